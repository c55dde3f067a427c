// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/inprocess"
	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/live"
)

func runInProcess(ctx context.Context, s settings) (err error) {
	o := inprocess.Options{
		Algorithms: []string{"ES256", "RS256", "EdDSA"},
		Rounds:     21,
		Block:      300,
		Roles:      100_000,
		Peer:       peerName(),
	}
	if s.quick {
		o.Rounds, o.Block, o.Roles = 5, 100, 10_000
	}
	if s.algorithm != "" {
		o.Algorithms = []string{s.algorithm}
	}
	if s.rounds > 0 {
		o.Rounds = s.rounds
	}
	if s.profile != "" {
		f, err := os.Create(s.profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return errors.Join(err, f.Close())
		}
		defer func() {
			pprof.StopCPUProfile()
			err = errors.Join(err, f.Close())
		}()
	}
	return inprocess.Run(ctx, os.Stdout, o)
}

func runLive(ctx context.Context, s settings) error {
	o := live.Options{
		Algorithm: "ES256",
		Rounds:    8,
		Slice:     s.slice,
		Clients:   s.clients,
		Peer:      peerName(),
		Noise:     s.noise,
		Tries:     s.tries,
		Progress:  os.Stderr,
	}
	if s.quick {
		o.Rounds, o.Slice = 3, min(s.slice, 500*time.Millisecond)
	}
	if s.algorithm != "" {
		o.Algorithm = s.algorithm
	}
	if s.rounds > 0 {
		o.Rounds = s.rounds
	}
	if s.only != "" {
		o.Only = strings.Split(s.only, ",")
	}
	if s.pluginProfile != "" {
		// The plugin process runs in another folder.
		path, err := filepath.Abs(s.pluginProfile)
		if err != nil {
			return err
		}
		o.Profile = path
	}
	return live.Run(ctx, os.Stdout, o)
}
