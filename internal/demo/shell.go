// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// vaultCommand shows and runs a vault command as root, and shows its output.
func (d *demo) vaultCommand(ctx context.Context, args ...string) error {
	d.command(commandLine(args))
	out, err := d.cli(ctx, d.vault.RootToken, args...)
	if err != nil {
		return err
	}
	d.output(out)
	return nil
}

// refused runs a command that Vault must refuse. Only a refusal by Vault
// counts (HTTP 4xx); any other failure proves nothing.
func (d *demo) refused(ctx context.Context, token string, args ...string) error {
	_, err := d.cli(ctx, token, args...)
	if err == nil {
		return errors.New("this must be refused, and was not")
	}
	var exit *vaultdev.CLIError
	if !errors.As(err, &exit) || !strings.Contains(exit.Stderr, "Code: 4") {
		return fmt.Errorf("this must be refused by Vault, but failed otherwise: %w", err)
	}
	d.output(refusalText(exit.Stderr))
	d.ok("refused, as it should be")
	return nil
}

// refusalText picks the reasons from what the vault command prints: they are
// its "* " items, after the URL and the HTTP status.
func refusalText(stderr string) string {
	var reasons []string
	for line := range strings.Lines(stderr) {
		reason, item := strings.CutPrefix(strings.TrimSpace(line), "* ")
		if item && !strings.HasSuffix(reason, "occurred:") {
			reasons = append(reasons, reason)
		}
	}
	return strings.Join(reasons, "\n")
}

// file is the full path of one of the demo's files.
func (d *demo) file(name string) string { return filepath.Join(d.dir, name) }

func commandLine(args []string) string {
	words := []string{"vault"}
	for _, arg := range args {
		words = append(words, quote(arg))
	}
	return strings.Join(words, " ")
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quote makes one word of any text for a POSIX shell.
func quote(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
