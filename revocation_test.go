// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

const revokedText = "error validating token: the token has been revoked"

// A revocation counts at the next login and the next renewal, and until it is
// deleted.
func TestRevocation(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(map[string]any{"jti": "j1"})
	granted := m.login("ci", token)
	now := m.clock.now()
	for name, body := range map[string]map[string]any{
		"jti":     {"jti": "j1"},
		"sub":     {"sub": "alice"},
		"time":    {"issued_before": now.Add(time.Second).UTC().Format(time.RFC3339)},
		"seconds": {"issued_before": float64(now.Unix() + 1)},
		"all":     {"jti": "j1", "sub": "alice", "issued_before": fmt.Sprint(now.Unix() + 1), "note": "lost laptop"},
	} {
		body["issuer"] = "default"
		m.write("revocation/r1", body)
		require.True(t, strings.HasPrefix(m.refuse("ci", token, auth.Revoked), revokedText), name)
		require.Contains(t, m.refuseRenewal(granted), "the token has been revoked", name)
		m.send(logical.DeleteOperation, "revocation/r1", nil)
		m.login("ci", token)
		m.renew(granted)
	}
	for name, body := range map[string]map[string]any{
		"another jti":    {"jti": "j2"},
		"not all":        {"jti": "j1", "sub": "bob"},
		"issued later":   {"issued_before": now.Unix()},
		"later, and sub": {"issued_before": now.Unix(), "sub": "alice"},
	} {
		body["issuer"] = "default"
		m.write("revocation/r1", body)
		m.login("ci", token)
		m.renew(granted)
		require.NotEmpty(t, name)
	}
	m.write("revocation/r1", map[string]any{"issuer": "default", "issued_before": now.Unix()})
	m.login("ci", token)
	m.refuse("ci", m.issuer.token(map[string]any{"iat": nil}), auth.Revoked)
}

// A write replaces all of a revocation: what is left out of it would otherwise
// make it match fewer tokens.
func TestRevocationIsReplaced(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	at := m.clock.now().UTC()
	m.write("revocation/R1", map[string]any{"issuer": "Default", "jti": "j1", "issued_before": at.Format(time.RFC3339), "note": "why"})
	require.Equal(t, map[string]any{"issuer": "default", "jti": "j1", "issued_before": at.Format(time.RFC3339), "note": "why"}, m.read("revocation/r1"))
	m.write("revocation/r1", map[string]any{"issuer": "default", "sub": "alice"})
	require.Equal(t, map[string]any{"issuer": "default", "sub": "alice"}, m.read("revocation/r1"))
	require.Equal(t, []string{"r1"}, m.send(logical.ListOperation, "revocation/", nil).Data["keys"])
	m.refuse("ci", m.issuer.token(nil), auth.Revoked)
	m.send(logical.DeleteOperation, "revocation/r1", nil)
	require.Nil(t, m.read("revocation/r1"))
	require.Empty(t, m.send(logical.ListOperation, "revocation/", nil).Data["keys"])
}

func TestRevocationFields(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	for text, body := range map[string]map[string]any{
		`field "issuer": it is required`:              {"jti": "j1"},
		`field "issuer": there is no issuer "ci"`:     {"issuer": "ci", "jti": "j1"},
		`at least one of "jti"`:                       {"issuer": "default", "note": "x"},
		`field "jti": it must be at most 512`:         {"issuer": "default", "jti": strings.Repeat("x", 513)},
		`field "sub": it must be at most 512`:         {"issuer": "default", "sub": "a\nb"},
		`field "note": it must be at most 512`:        {"issuer": "default", "sub": "a", "note": "\x00"},
		`field "issued_before": it must be a time`:    {"issuer": "default", "issued_before": "yesterday"},
		`field "issued_before": it must be between`:   {"issuer": "default", "issued_before": 1893456000000.0},
		`field "issued_before": it must be a time in`: {"issuer": "default", "issued_before": 1.5},
	} {
		require.Contains(t, m.refuseWrite("revocation/r1", body), text)
	}
	require.Contains(t, strings.Join(m.write("revocation/r1", map[string]any{"issuer": "default", "issued_before": m.clock.in(time.Hour)}), ""), "issued_before is ahead")
}

// A mount remembers so many, and can change those it has.
func TestRevocationsAreBounded(t *testing.T) {
	t.Parallel()
	storage := newSpyStorage()
	for i := range maxRevocations {
		storage.seed(t, fmt.Sprintf("revocation/r%d", i), fmt.Sprintf(`{"issuer":"default","jti":"j%d"}`, i))
	}
	m := mountOn(t, storage)
	m.issuer = newOfflineIssuer(t, m.clock)
	m.reconfigure(nil)
	m.write("role/ci", jwtRole(nil))
	m.refuse("ci", m.issuer.token(map[string]any{"jti": "j9999"}), auth.Revoked)
	m.login("ci", m.issuer.token(map[string]any{"jti": "j10000"}))
	require.Contains(t, m.refuseWrite("revocation/new", map[string]any{"issuer": "default", "jti": "x"}), "at most 10000 revocations")
	m.write("revocation/r5", map[string]any{"issuer": "default", "jti": "x"})
	m.refuse("ci", m.issuer.token(map[string]any{"jti": "x"}), auth.Revoked)
	m.login("ci", m.issuer.token(map[string]any{"jti": "j5"}))
}

// Other nodes hear of it, and a restart changes nothing.
func TestRevocationOnOtherNodes(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	token := m.issuer.token(nil)
	other := mountOn(t, m.storage)
	other.login("ci", token)
	m.write("revocation/r1", map[string]any{"issuer": "default", "sub": "alice"})
	other.backend.InvalidateKey(t.Context(), "revocation/r1")
	other.refuse("ci", token, auth.Revoked)
	reads := m.storage.reads.Load()
	other.refuse("ci", token, auth.Revoked)
	require.Equal(t, reads, m.storage.reads.Load(), "a warm login reads storage")
	mountOn(t, m.storage).refuse("ci", token, auth.Revoked)
	m.reconfigure(nil)
	m.refuse("ci", token, auth.Revoked)
	m.send(logical.DeleteOperation, "revocation/r1", nil)
	other.backend.InvalidateKey(t.Context(), "revocation/r1")
	other.login("ci", token)
}

// One that cannot be read could be about anybody: nobody gets in until it is
// deleted, which is possible.
func TestRevocationThatCannotBeRead(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.storage.seed(t, "revocation/r1", `{`)
	m.backend.InvalidateKey(t.Context(), "revocation/r1")
	token := m.issuer.token(nil)
	_, err := m.handle(loginRequest("ci", token))
	require.ErrorContains(t, err, `"revocation/r1" in storage is not readable`)
	m.send(logical.DeleteOperation, "revocation/r1", nil)
	m.login("ci", token)

	m.storage.failOn("put")
	_, err = m.put("revocation/r2", map[string]any{"issuer": "default", "sub": "alice"})
	require.ErrorIs(t, err, errDisk)
	m.storage.fail(nil)
	m.login("ci", token)
}

// An issuer can be deleted at once, whatever is revoked; the revocations wait
// for an issuer of that name.
func TestRevocationsOutliveTheirIssuer(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	issuer := map[string]any{"issuer": "https://ci.test", "jwt_validation_pubkeys": m.issuer.key.PEM()}
	m.write("issuer/ci", issuer)
	m.write("role/two", jwtRole(map[string]any{"bound_issuers": "ci"}))
	token := m.issuer.token(map[string]any{"iss": "https://ci.test"})
	m.login("two", token)
	m.write("revocation/r1", map[string]any{"issuer": "ci", "sub": "alice"})
	m.refuse("two", token, auth.Revoked)
	m.login("ci", m.issuer.token(nil))
	resp := m.send(logical.DeleteOperation, "issuer/ci", nil)
	require.Contains(t, strings.Join(resp.Warnings, ""), "revocations of this issuer that are kept: 1")
	require.NotNil(t, m.read("revocation/r1"))
	m.write("issuer/ci", issuer)
	m.refuse("two", token, auth.Revoked)
}

// A token that was issued without its claims is stopped by the one revocation
// that needs none.
func TestRevocationOfTokensOfTheOtherPlugin(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	old := &logical.Auth{InternalData: map[string]any{"role": "ci"}}
	m.write("revocation/r1", map[string]any{"issuer": "default", "sub": "alice"})
	m.renew(old)
	m.write("revocation/r1", map[string]any{"issuer": "default", "issued_before": m.clock.in(0)})
	require.Contains(t, m.refuseRenewal(old), "the token has been revoked")
}
