// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package serving runs the plugin's process: it serves a backend to Vault as
// plugin.Serve and plugin.ServeMultiplex of the SDK do, with a server that is set up for many
// short calls. Nothing that Vault sees differs but the time it takes.
package serving

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/vault/sdk/helper/pluginutil"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/plugin"
	"google.golang.org/grpc"
)

// Serve serves the backends that factory makes, one a mount, to the Vault that
// started the process, and returns when that Vault ends it. With share, all
// mounts of a version are served by one process. It changes the
// process-wide settings of the Go runtime, and ends the process with a text for
// the reader if it was not Vault that started it.
func Serve(factory logical.Factory, share bool) error {
	// Before anything else: in a Vault that locks its memory the plugin must, too.
	if err := pluginutil.OptionallyEnableMlock(); err != nil {
		return err
	}
	shareProcessors(os.Getenv)
	kept := headroom(os.Getenv)
	served, ended := &server{}, make(chan struct{})
	go giveBack(ended, &served.calls, debug.FreeOSMemory)
	goplugin.Serve(served.config(factory, share))
	close(ended)
	runtime.KeepAlive(kept)
	return nil
}

// server is the state of the process; that of mounts is theirs.
type server struct {
	calls atomic.Int64 // answered so far
}

// protocols are the versions of the plugin protocol that the SDK serves. Vault
// takes the last; there mounts can share the process, and the two sides agree
// on certificates by themselves. No TLS provider is given, since an own one
// would turn that off.
func protocols(factory logical.Factory, share bool, logger hclog.Logger) map[int]goplugin.PluginSet {
	set := func(multiplexed bool) goplugin.PluginSet {
		return goplugin.PluginSet{plugin.BackendPluginName: &plugin.GRPCBackendPlugin{
			Factory:             factory,
			MultiplexingSupport: multiplexed,
			Logger:              logger,
		}}
	}
	return map[int]goplugin.PluginSet{3: set(false), 4: set(false), 5: set(share)}
}

func (s *server) config(factory logical.Factory, share bool) *goplugin.ServeConfig {
	// Vault reads the lines and keeps those of its own log level.
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: os.Stderr, JSONFormat: true})
	return &goplugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig,
		VersionedPlugins: protocols(takingOver(factory), share, logger),
		Logger:           logger,
		GRPCServer:       s.grpc,
	}
}

// streamWorkers is how many calls are answered by goroutines that stay. A new
// one for each call would have to grow its stack anew; calls above the number
// get one.
const streamWorkers = 32

func (s *server) grpc(options []grpc.ServerOption) *grpc.Server {
	return goplugin.DefaultGRPCServer(append(options,
		// Vault limits what it takes from callers, as it does for any plugin.
		grpc.MaxRecvMsgSize(math.MaxInt32),
		grpc.MaxSendMsgSize(math.MaxInt32),
		grpc.NumStreamWorkers(streamWorkers),
		grpc.UnaryInterceptor(s.handOver),
	))
}
