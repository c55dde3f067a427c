// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/fakevault"
	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/rollout"
)

func enough() rollout.PromoteOptions {
	return rollout.PromoteOptions{Waived: rollout.Waived{MinLogins: 100}, JWT: "token", Role: "deploy"}
}

func TestPromote(t *testing.T) {
	t.Parallel()
	b := staged(t, 100)
	require.NoError(t, b.rollout(t).Promote(t.Context(), enough()))
	require.Equal(t, []string{"PUT sys/auth/ci/tune", "PUT sys/plugins/reload/backend", "PUT auth/token/revoke-self", "DELETE auth/ci/shadow"}, b.Changes)
	live := b.Mounts["ci"]
	require.Equal(t, "v0.2.0", live.Running)
	require.Equal(t, b.Mounts["ci-staged"].SHA256, live.SHA256)

	b.Changes = nil
	r := b.rollout(t)
	require.NoError(t, r.Promote(t.Context(), enough()))
	require.Contains(t, states(r), "promote: already")
	require.Empty(t, b.Changes)
}

func TestPromoteRefuses(t *testing.T) {
	t.Parallel()
	report := func(b *bench) fakevault.Object { return b.Mounts["ci"].Data["shadow/report"] }
	for name, c := range map[string]struct {
		spoil  func(*bench)
		text   string
		accept string // that lets it through, if any
	}{
		"too few":        {func(b *bench) { report(b)["seen"] = 99 }, "only 99 logins were compared, and 100 are wanted", ""},
		"difference":     {func(b *bench) { report(b)["ttl"] = 1 }, "1 logins differ in ttl", "ttl"},
		"let in":         {func(b *bench) { report(b)["deny_to_allow"] = 2 }, "2 logins differ in deny_to_allow", "deny_to_allow"},
		"unknown kind":   {func(b *bench) { report(b)["differences"] = fakevault.Object{"colour": 1} }, "1 logins differ in colour", ""},
		"grants more":    {func(b *bench) { report(b)["grants_more"] = 3 }, "3 logins would be given more than now", "grants_more"},
		"errors":         {func(b *bench) { report(b)["errors"] = 3 }, "3 mirrored logins were not answered", "errors"},
		"changed":        {func(b *bench) { b.Mounts["ci"].Data["role/test"]["user_claim"] = "email" }, "1 things of auth/ci have changed since", ""},
		"nothing staged": {func(b *bench) { delete(b.Mounts, "ci-staged") }, "nothing is staged for auth/ci", ""},
		"pinned":         {func(b *bench) { b.Pins["claims"] = "v0.1.0" }, "claims is pinned", ""},
		"no way back":    {func(b *bench) { delete(b.Catalog, "claims v0.1.0") }, "v0.1.0 is not in the catalog", ""},
		"other bytes":    {func(b *bench) { b.Catalog["claims v0.2.0"]["sha256"] = "cc" }, "does not run what the catalog has", ""},
		"siblings": {func(b *bench) {
			b.Catalog["claims v0.1.0"]["args"] = []any{"-share-process"}
			b.Mounts["twin"] = &fakevault.Mount{Type: "claims", Version: "v0.1.0", Running: "v0.1.0", SHA256: "aa"}
		}, "ends the process of auth/twin too", "siblings"},
		"trial token": {func(b *bench) { b.Allow = func(*fakevault.Mount, fakevault.Object) bool { return false } }, "the new version would refuse the token of -jwt (claim_mismatch)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := staged(t, 100)
			c.spoil(b)
			requireRefused(t, b.rollout(t).Promote(t.Context(), enough()), c.text)
			require.Empty(t, b.Changes)
			if c.accept != "" {
				o := enough()
				o.Accept = []string{c.accept}
				require.NoError(t, b.rollout(t).Promote(t.Context(), o))
			}
		})
	}
	require.ErrorContains(t, rollout.CheckAccept([]string{"ttl", "tll"}), `no difference "tll"`)
	require.NoError(t, rollout.CheckAccept([]string{"ttl", "grants_more"}))
}

// Whatever goes wrong once the mount was touched, it ends on the old version.
func TestPromoteGoesBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*bench)
		text  string
	}{
		"the reload fails": {func(b *bench) {
			failOnce(b, "PUT sys/plugins/reload/backend", func() {})
		}, "Vault says that it runs v0.1.0"},
		"other bytes run": {func(b *bench) {
			failOnce(b, "PUT sys/plugins/reload/backend", func() { b.Mounts["ci"].Running, b.Mounts["ci"].SHA256 = "v0.2.0", "ee" })
		}, "with SHA-256 ee"},
		"no login": {func(b *bench) {
			b.Allow = func(m *fakevault.Mount, _ fakevault.Object) bool { return m == b.Mounts["ci-staged"] }
		}, "logging in at auth/ci: Vault answered 400: the token was refused"},
		"it does not answer": {func(b *bench) {
			failOnce(b, "PUT sys/plugins/reload/backend", func() {
				b.Mounts["ci"].Running, b.Mounts["ci"].SHA256 = "v0.2.0", b.Mounts["ci-staged"].SHA256
				b.Faults["GET auth/ci/config"] = fakevault.Fault{Status: 500, Text: "plugin is shut down"}
				b.Faults["PUT sys/auth/ci/tune"] = fakevault.Fault{Do: func() {
					b.Mounts["ci"].Version = "v0.1.0"
					delete(b.Faults, "GET auth/ci/config")
				}}
			})
		}, "plugin is shut down"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := staged(t, 100)
			c.spoil(b)
			err := b.rollout(t).Promote(t.Context(), enough())
			require.ErrorContains(t, err, c.text)
			require.ErrorContains(t, err, "auth/ci is back on v0.1.0")
			require.Equal(t, "v0.1.0", b.Mounts["ci"].Version)
			require.Equal(t, "v0.1.0", b.Mounts["ci"].Running)
			require.NotNil(t, b.Mounts["ci"].Data["shadow"], "it mirrors on")
		})
	}
}

// failOnce does something else instead of a request, once.
func failOnce(b *bench, request string, do func()) {
	b.Faults[request] = fakevault.Fault{Do: func() { delete(b.Faults, request); do() }}
}

// Stopped between tune and reload, the same command finishes, and rollback and
// clean know what to do.
func TestHalfPromoted(t *testing.T) {
	t.Parallel()
	half := func(t *testing.T) *bench {
		b := staged(t, 100)
		b.Mounts["ci"].Version = "v0.2.0"
		b.Mounts["ci"].Data["shadow/report"]["ttl"] = 1 // the gate was passed before
		st, err := b.rollout(t).Status(t.Context())
		require.NoError(t, err)
		require.Equal(t, "half_promoted", st.Phase)
		return b
	}
	t.Run("promote", func(t *testing.T) {
		t.Parallel()
		b := half(t)
		require.NoError(t, b.rollout(t).Promote(t.Context(), enough()))
		require.Equal(t, "v0.2.0", b.Mounts["ci"].Running)
	})
	t.Run("rollback", func(t *testing.T) {
		t.Parallel()
		b := half(t)
		require.NoError(t, b.rollout(t).Rollback(t.Context(), ""))
		require.Equal(t, "v0.1.0", b.Mounts["ci"].Running)
		require.Equal(t, "v0.1.0", b.Mounts["ci"].Version)
	})
	t.Run("clean", func(t *testing.T) {
		t.Parallel()
		b := half(t)
		requireRefused(t, b.rollout(t).Clean(t.Context(), ""), "finish that with `plugin promote` or `plugin rollback` first")
		require.Empty(t, b.Changes)
	})
}

// The person at the terminal may lose patience: the way back is taken anyway.
func TestPromoteGoesBackAfterAnInterrupt(t *testing.T) {
	t.Parallel()
	b := staged(t, 100)
	ctx, cancel := context.WithCancel(t.Context())
	b.Faults["PUT sys/auth/ci/tune"] = fakevault.Fault{Do: func() {
		b.Mounts["ci"].Version = "v0.2.0"
		delete(b.Faults, "PUT sys/auth/ci/tune")
		cancel()
	}}
	err := b.rollout(t).Promote(ctx, enough())
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, "v0.1.0", b.Mounts["ci"].Version)
	require.Equal(t, "v0.1.0", b.Mounts["ci"].Running)
}

func TestRollback(t *testing.T) {
	t.Parallel()
	b := staged(t, 100)
	require.NoError(t, b.rollout(t).Promote(t.Context(), enough()))
	b.Changes = nil
	require.NoError(t, b.rollout(t).Rollback(t.Context(), ""))
	require.Equal(t, []string{"PUT sys/auth/ci/tune", "PUT sys/plugins/reload/backend"}, b.Changes)
	require.Equal(t, "v0.1.0", b.Mounts["ci"].Running)
	require.NoError(t, b.rollout(t).Rollback(t.Context(), ""), "again")
	require.Len(t, b.Changes, 2)
	requireRefused(t, b.rollout(t).Rollback(t.Context(), "v9.9.9"), "claims v9.9.9 is not in the catalog")

	require.NoError(t, b.rollout(t).Clean(t.Context(), ""))
	requireRefused(t, b.rollout(t).Rollback(t.Context(), ""), "say it with -to=vX.Y.Z")
	require.NoError(t, b.rollout(t).Rollback(t.Context(), "v0.2.0"))
	require.Equal(t, "v0.2.0", b.Mounts["ci"].Running)
}

// A plugin that is killed while its mount is reloaded can leave a mount that is
// listed as running, and takes no logins. Saying that all is done would be wrong.
func TestAMountThatRunsAndDoesNotServe(t *testing.T) {
	t.Parallel()
	b := staged(t, 100)
	require.NoError(t, b.rollout(t).Promote(t.Context(), enough()))
	for _, repair := range []func() error{
		func() error { return b.rollout(t).Promote(t.Context(), enough()) },
		func() error { return b.rollout(t).Rollback(t.Context(), "v0.2.0") },
	} {
		b.NotServing, b.Changes = true, nil
		b.Faults["GET auth/ci/shadow"] = fakevault.Fault{Status: 500, Text: "connection error"}
		st, err := b.rollout(t).Status(t.Context())
		require.NoError(t, err)
		require.Equal(t, "not_serving", st.Phase)
		delete(b.Faults, "GET auth/ci/shadow")
		require.NoError(t, repair())
		require.Contains(t, b.Changes, "PUT sys/plugins/reload/backend")
		require.False(t, b.NotServing)
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	b := staged(t, 100)
	requireRefused(t, b.rollout(t).Clean(t.Context(), "v0.1.0"), "v0.1.0 is used by auth/ci and stays registered")
	require.Empty(t, b.Changes)
	require.NoError(t, b.rollout(t).Promote(t.Context(), enough()))
	require.NoError(t, b.rollout(t).Clean(t.Context(), "v0.1.0"))
	require.NotContains(t, b.Mounts, "ci-staged")
	require.NotContains(t, b.Catalog, "claims v0.1.0")
	require.Contains(t, b.Catalog, "claims v0.2.0")
	b.Changes = nil
	require.NoError(t, b.rollout(t).Clean(t.Context(), "v0.1.0"), "again")
	require.Empty(t, b.Changes)
}
