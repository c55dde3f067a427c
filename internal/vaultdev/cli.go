// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// CLIError is a vault command that ended with a non-zero status.
type CLIError struct {
	Command  string // without "key=value" arguments, which may be secret
	ExitCode int
	Stderr   string
}

func (e *CLIError) Error() string {
	return fmt.Sprintf("`%s` exited with status %d: %s", e.Command, e.ExitCode, strings.TrimSpace(e.Stderr))
}

// CLI runs the vault command against this server as root and returns what it
// printed on standard output. See [Server.CLIAs].
func (s *Server) CLI(ctx context.Context, args ...string) (stdout string, err error) {
	return s.CLIAs(ctx, s.RootToken, args...)
}

// CLIAs runs the vault command with the given token, or with none when it is
// empty. Its HOME is empty and no variable of the caller's shell reaches it. A
// command that fails returns its standard output so far and a [*CLIError].
func (s *Server) CLIAs(ctx context.Context, token string, args ...string) (stdout string, err error) {
	cmd := exec.CommandContext(ctx, s.opts.Vault, args...)
	cmd.Env = append(s.cleanEnv(), "VAULT_ADDR="+s.Addr, "VAULT_CLI_NO_COLOR=1", "VAULT_MAX_RETRIES=0")
	if token != "" {
		cmd.Env = append(cmd.Env, "VAULT_TOKEN="+token)
	}
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = &CLIError{Command: shownCommand(args), ExitCode: exit.ExitCode(), Stderr: errOut.String()}
	}
	return out.String(), err
}

func shownCommand(args []string) string {
	shown := []string{"vault"}
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") || !strings.Contains(arg, "=") {
			shown = append(shown, arg)
		}
	}
	return strings.Join(shown, " ")
}
