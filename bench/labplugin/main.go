// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Command labplugin: experiments.
package main

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/helper/pluginutil"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/plugin"
	"github.com/hashicorp/vault/sdk/plugin/pb"
	"google.golang.org/grpc"

	claimsauth "github.com/vault-claims/vault-plugin-auth-claims"
)

var ballast []byte

func has(name string) bool { return strings.Contains(" "+os.Getenv("LAB")+" ", " "+name+" ") }
func num(name string) (int, bool) {
	for _, w := range strings.Fields(os.Getenv("LAB")) {
		if v, ok := strings.CutPrefix(w, name+"="); ok {
			n, _ := strconv.Atoi(v)
			return n, true
		}
	}
	return 0, false
}

type slim struct{ logical.Backend }

func (s slim) HandleRequest(ctx context.Context, req *logical.Request) (*logical.Response, error) {
	resp, err := s.Backend.HandleRequest(ctx, req)
	if resp != nil && resp.Auth != nil {
		if has("noclaims") {
			delete(resp.Auth.InternalData, "claims")
		}
		if has("nometa") {
			resp.Auth.Metadata = nil
			resp.Auth.Alias.Metadata = nil
		}
	}
	return resp, err
}

type emptyB struct{ *framework.Backend }

func (e emptyB) HandleRequest(ctx context.Context, req *logical.Request) (*logical.Response, error) {
	if req.Path == "login" && req.Operation == logical.UpdateOperation {
		auth := &logical.Auth{
			Policies:     []string{"deploy"},
			DisplayName:  "anybody",
			Alias:        &logical.Alias{Name: "anybody"},
			LeaseOptions: logical.LeaseOptions{TTL: time.Hour, Renewable: true},
		}
		if req.Data["role"] == "batch" {
			auth.TokenType = logical.TokenTypeBatch
		}
		return &logical.Response{Auth: auth}, nil
	}
	return e.Backend.HandleRequest(ctx, req)
}

func main() {
	if path := os.Getenv("CLAIMS_BENCH_CPUPROFILE"); path != "" && !pluginutil.InMetadataMode() {
		f, err := os.Create(path)
		if err != nil {
			panic(err)
		}
		defer f.Close()
		pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	if n, ok := num("ballast"); ok {
		ballast = make([]byte, n<<20)
	}
	if n, ok := num("gogc"); ok {
		debug.SetGCPercent(n)
	}
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: os.Stderr, JSONFormat: true})
	factory := claimsauth.Factory("")
	inner := factory
	if has("noclaims") || has("nometa") {
		factory = func(ctx context.Context, c *logical.BackendConfig) (logical.Backend, error) {
			b, err := inner(ctx, c)
			return slim{b}, err
		}
	}
	set := func(mux bool) goplugin.PluginSet {
		return goplugin.PluginSet{"backend": &plugin.GRPCBackendPlugin{Factory: factory, MultiplexingSupport: mux, Logger: logger}}
	}
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig,
		VersionedPlugins: map[int]goplugin.PluginSet{3: set(false), 4: set(false), 5: set(true)},
		Logger:           logger,
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			opts = append(opts, grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32))
			if n, ok := num("workers"); ok {
				opts = append(opts, grpc.NumStreamWorkers(uint32(n)))
			}
			if n, ok := num("window"); ok {
				opts = append(opts, grpc.InitialWindowSize(int32(n)), grpc.InitialConnWindowSize(int32(n)))
			}
			if n, ok := num("rbuf"); ok {
				opts = append(opts, grpc.ReadBufferSize(n))
			}
			if has("short") {
				opts = append(opts, grpc.ChainUnaryInterceptor(shortcut))
			}
			return goplugin.DefaultGRPCServer(opts)
		},
	})
}

func shortcut(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	switch r := req.(type) {
	case *pb.HandleExistenceCheckArgs:
		if r.Request.GetPath() == "login" {
			return &pb.HandleExistenceCheckReply{}, nil
		}
	}
	return handler(ctx, req)
}
