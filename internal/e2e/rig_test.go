// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

const (
	version     = "v0.1.0"
	nextVersion = "v0.2.0"
)

// rig is what tests share: binaries, which take seconds to build, and one
// server for the tests that do not need one to themselves.
type rig struct {
	dir          string // plugin directory
	plugin, next vaultdev.Plugin
	server       *vaultdev.Server
}

// suite starts the rig when the first test asks for it, so that runs which need
// no Vault build nothing.
var suite = sync.OnceValues(startRig)

func startRig() (*rig, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "claims-e2e-")
	if err != nil {
		return nil, err
	}
	r := &rig{dir: dir}
	if r.plugin, err = vaultdev.BuildPlugin(ctx, dir, version); err != nil {
		return r, err
	}
	if r.next, err = vaultdev.BuildPlugin(ctx, dir, nextVersion); err != nil {
		return r, err
	}
	if r.server, err = vaultdev.Start(ctx, vaultdev.Options{PluginDir: dir}); err != nil {
		return r, err
	}
	return r, r.server.RegisterPlugin(ctx, vaultdev.PluginName, r.plugin)
}

func (r *rig) close() error {
	var err error
	if r.server != nil {
		err = r.server.Close()
	}
	return errors.Join(err, os.RemoveAll(r.dir))
}

func TestMain(m *testing.M) {
	started := false
	start := suite
	suite = func() (*rig, error) { started = true; return start() }
	code := m.Run()
	if started {
		if r, _ := start(); r != nil {
			if err := r.close(); err != nil {
				fmt.Fprintln(os.Stderr, "closing the shared server:", err)
				code = max(code, 1)
			}
		}
	}
	os.Exit(code)
}

// need returns the rig, or skips the test where there is no Vault.
func need(t *testing.T) *rig {
	t.Helper()
	vaultdev.Require(t)
	r, err := suite()
	require.NoError(t, err)
	return r
}

// ownServer starts a server for one test, with our plugin registered.
func ownServer(t *testing.T, opts vaultdev.Options) *vaultdev.Server {
	t.Helper()
	r := need(t)
	opts.PluginDir = r.dir
	server := vaultdev.ForTest(t, opts)
	for _, plugin := range []vaultdev.Plugin{r.plugin, r.next} {
		require.NoError(t, server.RegisterPlugin(t.Context(), vaultdev.PluginName, plugin))
	}
	return server
}

// sharedProcess starts a server for one test, where all mounts of our plugin
// run in one process.
func sharedProcess(t *testing.T, opts vaultdev.Options) *vaultdev.Server {
	t.Helper()
	r := need(t)
	opts.PluginDir = r.dir
	server := vaultdev.ForTest(t, opts)
	for _, plugin := range []vaultdev.Plugin{r.plugin, r.next} {
		plugin.Args = []string{"-share-process"}
		require.NoError(t, server.RegisterPlugin(t.Context(), vaultdev.PluginName, plugin))
	}
	return server
}

// enableOurs mounts the plugin for the length of a test.
func enableOurs(t *testing.T, server *vaultdev.Server, path string) *mount {
	t.Helper()
	require.NoError(t, server.EnableAuth(t.Context(), path, vaultdev.PluginName, version))
	disableLater(t, server, path)
	return newMount(server, path)
}

// enableTheirs mounts the method that Vault brings along.
func enableTheirs(t *testing.T, server *vaultdev.Server, path string) *mount {
	t.Helper()
	require.NoError(t, server.EnableBuiltin(t.Context(), path, "jwt"))
	disableLater(t, server, path)
	return newMount(server, path)
}

func disableLater(t *testing.T, server *vaultdev.Server, path string) {
	t.Cleanup(func() {
		// t.Context is done by now.
		if err := server.Client().Sys().DisableAuthWithContext(context.WithoutCancel(t.Context()), path); err != nil {
			t.Errorf("disabling auth/%s: %v", path, err)
		}
	})
}

// pathFor makes a mount path of a test's name.
func pathFor(t *testing.T, kind string) string {
	return kind + "-" + strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
}
