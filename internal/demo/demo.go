// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package demo goes from a clone of this repository to a login, for a person
// at a terminal: it builds the plugin, runs a real Vault and an OpenID
// provider, and logs in as a CI job would, showing each command. It ends with
// an error when any step, a refusal included, has not the expected outcome.
//
// It is what `vault-claims dev` runs, and so "make demo" and "make dev".
package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Options say what to show.
type Options struct {
	// Keep leaves Vault and the provider running until the context ends.
	Keep bool
	// Plugin is a binary to run; empty means to build it from the clone that
	// the working directory is in.
	Plugin string
}

// Run plays the demo on a terminal, or on whatever out is.
func Run(ctx context.Context, out *os.File, o Options) error {
	err := run(ctx, newScreen(out), o)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return errors.New("interrupted")
	}
	return err
}

// run plays the whole demo and leaves nothing behind, unless a step failed:
// then the files and Vault's log stay for a look.
func run(ctx context.Context, s *screen, o Options) (err error) {
	dir, err := os.MkdirTemp("", "vault-claims-demo-")
	if err != nil {
		return err
	}
	d := &demo{screen: s, dir: dir, binary: o.Plugin}
	defer func() {
		err = errors.Join(err, d.close())
		if err != nil && ctx.Err() == nil {
			err = fmt.Errorf("%w\nthe demo's files, with Vault's log, are left in %s", err, dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	if err := d.play(ctx, d.steps()); err != nil {
		return err
	}
	if o.Keep {
		return d.keepRunning(ctx)
	}
	d.say("Run `make dev` to keep all this running and try it by hand.")
	return nil
}
