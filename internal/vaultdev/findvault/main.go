// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Command findvault prints the path of a working vault binary and builds one
// first when this machine has none. "make vault" runs it.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	path, err := vaultdev.FindVault(ctx, func(line string) { fmt.Fprintln(os.Stderr, line) })
	if err != nil {
		fmt.Fprintln(os.Stderr, "findvault:", err)
		os.Exit(1)
	}
	fmt.Println(path)
}
