// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Command demo goes from a clone of this repository to a login, for a person
// at a terminal: it builds the plugin, runs a real Vault and an OpenID
// provider, and logs in as a CI job would, showing each command. It ends with
// an error when any step, a refusal included, has not the expected outcome.
//
// "make demo" runs it; "make dev" runs it with -keep.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	keep := flag.Bool("keep", false, "leave Vault and the provider running until Ctrl-C")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, newScreen(os.Stdout), *keep); err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			err = errors.New("interrupted")
		}
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run plays the whole demo and leaves nothing behind, unless a step failed:
// then the files and Vault's log stay for a look.
func run(ctx context.Context, s *screen, keep bool) (err error) {
	dir, err := os.MkdirTemp("", "vault-claims-demo-")
	if err != nil {
		return err
	}
	d := &demo{screen: s, dir: dir}
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
	if keep {
		return d.keepRunning(ctx)
	}
	d.say("Run `make dev` to keep all this running and try it by hand.")
	return nil
}
