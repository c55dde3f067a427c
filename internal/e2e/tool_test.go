// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// operators builds vault-claims once, when a test first needs it.
var operators = sync.OnceValues(func() (vaultdev.Plugin, error) {
	r, err := suite()
	if err != nil {
		return vaultdev.Plugin{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	root, err := vaultdev.ModuleRoot()
	if err != nil {
		return vaultdev.Plugin{}, err
	}
	return vaultdev.BuildBinary(ctx, root, "./cmd/vault-claims", filepath.Join(r.dir, "vault-claims"))
})

// tool runs vault-claims against a server as root, as an operator would.
type tool struct {
	bin, addr, token string
	home             string
}

func newTool(t *testing.T, server *vaultdev.Server) *tool {
	t.Helper()
	built, err := operators()
	require.NoError(t, err)
	return &tool{bin: built.Path, addr: server.Addr, token: server.RootToken, home: t.TempDir()}
}

// ran is how a run of the tool ended.
type ran struct {
	code           int
	stdout, stderr string
}

func (c *tool) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.bin, args...)
	cmd.Env = []string{"VAULT_ADDR=" + c.addr, "VAULT_TOKEN=" + c.token, "HOME=" + c.home, "PATH=" + os.Getenv("PATH")}
	return cmd
}

func (c *tool) try(t *testing.T, args ...string) ran {
	t.Helper()
	cmd := c.command(t.Context(), args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return ran{code: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: errOut.String()}
}

// must runs the tool and fails the test unless it ends well.
func (c *tool) must(t *testing.T, args ...string) ran {
	t.Helper()
	r := c.try(t, args...)
	require.Equal(t, 0, r.code, "vault-claims %v:\n%s%s", args, r.stdout, r.stderr)
	return r
}

// refused runs the tool where it must say no, with a text.
func (c *tool) refused(t *testing.T, text string, args ...string) {
	t.Helper()
	r := c.try(t, args...)
	require.Equal(t, 2, r.code, "vault-claims %v:\n%s%s", args, r.stdout, r.stderr)
	require.Contains(t, r.stdout+r.stderr, text)
}

// json runs the tool and reads what it prints as JSON.
func (c *tool) json(t *testing.T, args ...string) object {
	t.Helper()
	r := c.try(t, append(args, "-format=json")...)
	var out object
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &out), "vault-claims %v:\n%s%s", args, r.stdout, r.stderr)
	return out
}

// again runs the tool until it ends well, as an operator does whose command was
// interrupted. It returns how often that was.
func (c *tool) again(t *testing.T, args ...string) int {
	t.Helper()
	var last ran
	for runs, start := 1, time.Now(); time.Since(start) < 90*time.Second; runs++ {
		if last = c.try(t, args...); last.code == 0 {
			return runs
		}
		time.Sleep(200 * time.Millisecond) // a person needs longer to press a key
	}
	require.Equal(t, 0, last.code, "vault-claims %v:\n%s%s", args, last.stdout, last.stderr)
	return 0
}
