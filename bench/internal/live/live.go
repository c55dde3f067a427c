// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package live compares logins through a real Vault: over HTTP from many
// clients on loopback, with the plugins as external processes.
package live

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/fixture"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// Options say what to run.
type Options struct {
	Algorithm string
	Rounds    int
	Slice     time.Duration // length of a contender's stretch of load in a round
	Clients   int
	Peer      string   // what the other plugin is called in the tables
	Only      []string // contenders by their mount; all of them if empty
	Noise     bool     // mount the empty plugin a second time
	Tries     []Try
	Profile   string    // file for a CPU profile of this project's plugin, or ""
	Progress  io.Writer // told what goes on
}

// Try is this project's plugin once more, another build of it or in another
// environment.
type Try struct {
	Name   string
	Binary string // file; empty means the build that is measured
	Env    []string
}

func (o Options) log(format string, args ...any) { fmt.Fprintf(o.Progress, format+"\n", args...) }

// Run starts a Vault, makes all measurements and writes the tables to w.
func Run(ctx context.Context, w io.Writer, o Options) (err error) {
	dir, err := os.MkdirTemp("", "bench-plugins-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	candidates, err := o.build(ctx, dir)
	if err != nil {
		return err
	}
	if err := o.check(candidates); err != nil {
		return err
	}
	binary, err := vaultdev.FindVault(ctx, func(line string) { o.log("%s", line) })
	if err != nil {
		return err
	}
	server, err := vaultdev.Start(ctx, vaultdev.Options{Vault: binary, PluginDir: dir, LogLevel: "error"})
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := server.Close(); err == nil {
			err = closeErr
		}
	}()
	return o.measure(ctx, w, server, candidates)
}

func (o Options) measure(ctx context.Context, w io.Writer, server *vaultdev.Server, candidates []candidate) error {
	issuer, err := fixture.NewIssuer(o.Algorithm)
	if err != nil {
		return err
	}
	defer issuer.Close()
	contenders, err := mountAll(ctx, server, candidates, issuer)
	if err != nil {
		return err
	}
	clients, err := newLoad(server.Addr, server.PID(), o.Clients)
	if err != nil {
		return err
	}
	defer clients.close()
	tidy := func(ctx context.Context) error { return revokeAll(ctx, server, contenders) }
	t := tournament{Options: o, load: clients, issuer: issuer, contenders: contenders, tidy: tidy}
	results, err := t.play(ctx)
	if err != nil {
		return err
	}
	return o.report(w, contenders, results)
}
