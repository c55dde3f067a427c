// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Command bench compares this project's auth method with vault-plugin-auth-jwt,
// with a plugin that does nothing and with bare signature verification. See
// README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if err := describe(ctx, os.Stdout, s); err != nil {
		return err
	}
	if s.inprocess {
		if err := runInProcess(ctx, s); err != nil {
			return fmt.Errorf("in process: %w", err)
		}
	}
	if s.vault {
		if err := runLive(ctx, s); err != nil {
			return fmt.Errorf("through Vault: %w", err)
		}
	}
	return nil
}
