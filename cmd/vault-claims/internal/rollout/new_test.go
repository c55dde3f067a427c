// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/fakevault"
)

func TestNew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.rollout(t)
	require.NoError(t, r.New(t.Context(), b.options()))

	info, err := os.Stat(filepath.Join(b.dir, "claims_0.2.0"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o755), info.Mode())
	require.Equal(t, "claims_0.2.0", b.Catalog["claims v0.2.0"]["command"])
	staged := b.Mounts["ci-staged"]
	require.Equal(t, "v0.2.0", staged.Running)
	require.Equal(t, map[string]string{"shadow": "true", "rollout_of": "ci", "rollout_from": "v0.1.0"}, staged.Options)
	require.Equal(t, "hidden", staged.Config["listing_visibility"])
	require.EqualValues(t, 3600, staged.Config["default_lease_ttl"], "its tokens would live as long")
	live := b.Mounts["ci"]
	require.Equal(t, live.Copied(), staged.Copied())
	require.Equal(t, "ci-staged", live.Data["shadow"]["mount"])
	require.Equal(t, b.URL, live.Data["shadow"]["address"])
	require.Equal(t, "v0.1.0", live.Running)

	// The second time there is nothing to do but to say again how to mirror.
	b.Changes = nil
	r = b.rollout(t)
	require.NoError(t, r.New(t.Context(), b.options()))
	require.Equal(t, []string{"PUT auth/ci/shadow"}, b.Changes)
	require.Contains(t, states(r), "copy file: already\nregister: already\nstaged mount: already\ncopy configuration: already")
}

// However far it comes, the same command goes on from there.
func TestNewGoesOnAfterEachInterruption(t *testing.T) {
	t.Parallel()
	whole := newBench(t)
	require.NoError(t, whole.rollout(t).New(t.Context(), whole.options()))
	require.Greater(t, len(whole.Changes), 6)
	for n := range len(whole.Changes) {
		b := newBench(t)
		b.ChangesLeft = n
		require.Error(t, b.rollout(t).New(t.Context(), b.options()), n)
		require.Equal(t, "v0.1.0", b.Mounts["ci"].Running)
		require.Equal(t, "v0.1.0", b.Mounts["ci"].Version)
		b.ChangesLeft = -1
		require.NoError(t, b.rollout(t).New(t.Context(), b.options()), n)
		require.Equal(t, whole.Mounts["ci"].Copied(), b.Mounts["ci-staged"].Copied())
		require.NotNil(t, b.Mounts["ci"].Data["shadow"])
	}
}

func TestNewBringsTheCopyUpToDate(t *testing.T) {
	t.Parallel()
	b := staged(t, 0)
	live := b.Mounts["ci"]
	delete(live.Data, "role/test")
	live.Data["role/deploy"] = fakevault.Object{"role_type": "jwt", "user_claim": "sub"} // a field less
	live.Data["role/more"] = fakevault.Object{"role_type": "jwt"}
	require.NoError(t, b.rollout(t).New(t.Context(), b.options()))
	require.Equal(t, live.Copied(), b.Mounts["ci-staged"].Copied())
}

func TestDryRunChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.rolloutOf(t, "auth/ci/", true)
	require.NoError(t, r.New(t.Context(), b.options()))
	require.Empty(t, b.Changes)
	require.Contains(t, states(r), "copy file: would\nregister: would\nstaged mount: would\ncopy configuration: would\nmirror: would")
	files, err := os.ReadDir(b.dir)
	require.NoError(t, err)
	require.Empty(t, files)
}

// What is wrong is found before anything is changed.
func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*testing.T, *bench)
		text  string
	}{
		"no mount":   {func(_ *testing.T, b *bench) { delete(b.Mounts, "ci") }, `there is no auth mount "ci/"`},
		"no file":    {func(t *testing.T, b *bench) { require.NoError(t, os.Remove(b.binary)) }, "there is no file"},
		"a script":   {func(t *testing.T, b *bench) { write(t, b.binary, "#!/bin/sh\n") }, "neither ELF nor Mach-O"},
		"a pin":      {func(_ *testing.T, b *bench) { b.Pins["claims"] = "v0.1.0" }, "claims is pinned to v0.1.0"},
		"no version": {func(_ *testing.T, b *bench) { b.Mounts["ci"].Version, b.Mounts["ci"].Running = "", "" }, "auth/ci has no plugin version"},
		"built in": {func(_ *testing.T, b *bench) {
			m := b.Mounts["ci"]
			m.Type, m.Version, m.Running, m.SHA256 = "jwt", "", "v0.25.0+builtin", ""
		}, "vault-claims import"},
		"not reloaded": {func(_ *testing.T, b *bench) { b.Mounts["ci"].Version = "v0.1.1" }, "is to run v0.1.1 and runs v0.1.0"},
		"read-only token": {func(_ *testing.T, b *bench) {
			b.Denied["sys/plugins/catalog/auth/claims"], b.Denied["auth/ci/shadow"] = []string{"update", "sudo"}, []string{"update"}
		}, "it lacks update on auth/ci/shadow, update on sys/plugins/catalog/auth/claims, sudo on sys/plugins/catalog/auth/claims"},
		"other bytes": {func(_ *testing.T, b *bench) { b.Catalog["claims v0.2.0"] = fakevault.Object{"sha256": "bb"} }, "registered already with another SHA-256 (bb)"},
		"other file":  {func(t *testing.T, b *bench) { write(t, filepath.Join(b.dir, "claims_0.2.0"), "x") }, "is there already with other bytes"},
		"no way back": {func(_ *testing.T, b *bench) { delete(b.Catalog, "claims v0.1.0") }, "is not in the catalog any more"},
		"platform":    {func(_ *testing.T, b *bench) { b.Host = fakevault.Object{"os": "plan9", "kernelArch": "x86_64"} }, "the server is plan9 on x86_64"},
		"no dir":      {func(_ *testing.T, b *bench) { b.Dir = "/not/there" }, "there is no plugin directory /not/there"},
		"unknown dir": {func(_ *testing.T, b *bench) { b.Dir = "" }, "the plugin directory is not known"},
		"linked dir": {func(t *testing.T, b *bench) {
			b.Dir = filepath.Join(t.TempDir(), "link")
			require.NoError(t, os.Symlink(b.dir, b.Dir))
		}, "is a symbolic link"},
		"foreign mount": {func(_ *testing.T, b *bench) { b.Mounts["ci-staged"] = &fakevault.Mount{Type: "userpass"} }, "was not made by `plugin new`"},
		"other trial": {func(_ *testing.T, b *bench) {
			b.Mounts["ci-staged"] = &fakevault.Mount{Type: "claims", Version: "v0.3.0", Options: map[string]string{"rollout_of": "ci"}}
		}, "v0.3.0 is being tried"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			c.spoil(t, b)
			requireRefused(t, b.rollout(t).New(t.Context(), b.options()), c.text)
			require.Empty(t, b.Changes)
		})
	}
}

// A sum that Vault does not agree with is found when the version is mounted,
// while the live mount goes on as it is.
func TestNewWithAWrongChecksum(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Faults["PUT sys/auth/ci-staged"] = fakevault.Fault{Status: 400, Text: "2 errors occurred:\n\t* checksums did not match\n\t* checksums did not match\n"}
	err := b.rollout(t).New(t.Context(), b.options())
	require.ErrorContains(t, err, "mounting claims v0.2.0 at auth/ci-staged: Vault answered 400: checksums did not match")
	require.NotContains(t, b.Mounts, "ci-staged")
	require.NotContains(t, b.Catalog, "claims v0.2.0", "it is taken back")
	require.Nil(t, b.Mounts["ci"].Data["shadow"])
	require.Equal(t, "v0.1.0", b.Mounts["ci"].Version)
}

func TestNewWhereTheRunningVersionCannotMirror(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Mounts["ci"].CannotMirror = true
	requireRefused(t, b.rollout(t).New(t.Context(), b.options()), "v0.1.0, which runs at auth/ci, cannot mirror")
	require.NotNil(t, b.Mounts["ci-staged"])
}

func TestNewSaysWhatItCannotSee(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Nodes = []string{"one", "two", "three"}
	b.Mounts["ci"].Data["config"]["oidc_client_id"] = "web"
	b.Mounts["twin"] = &fakevault.Mount{Type: "claims", Version: "v0.1.0", Running: "v0.1.0", SHA256: "aa"}
	b.Catalog["claims v0.1.0"]["args"] = []any{"-share-process"}
	r := b.rollout(t)
	require.NoError(t, r.New(t.Context(), b.options()))
	var notes []string
	for _, step := range r.Steps() {
		if step.State == "note" {
			notes = append(notes, step.Name+": "+step.Detail)
		}
	}
	all := strings.Join(notes, "\n")
	require.Contains(t, all, "cluster: 3 nodes, one (active), two, three: the file claims_0.2.0 has to be on each")
	require.Contains(t, all, "siblings: share a process with auth/ci, and fail logins in flight when it is promoted: auth/twin")
	require.Contains(t, all, "left out: oidc_client_secret of config")
	require.Equal(t, []any{"-share-process"}, b.Catalog["claims v0.2.0"]["args"], "registered as the one that runs")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o755))
}
