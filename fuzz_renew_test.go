// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// claimsMark begins a value that the fuzzer wants encoded as claims are kept.
const claimsMark = "claims:"

// fuzzLogins are the roles that a fuzzed renewal's login may have had.
func fuzzLogins() []map[string]any {
	return []map[string]any{
		{}, {"renew": "revalidate"}, {"token_ttl_follows_jwt": true, "token_ttl": "1h"},
		{"token_ttl": "5m", "token_max_ttl": "30m", "token_explicit_max_ttl": "1h"},
		{"token_period": "7m", "condition": `header.alg == "EdDSA" && claims.sub == "alice"`},
	}
}

// fuzzChanges are what may happen between a login and a renewal; each byte of
// the fuzzer's list is one.
func fuzzChanges(m *testMount) []func() {
	set := func(path string, data map[string]any) func() {
		return func() {
			_, err := m.put(path, data) // refused where it needs a config that is gone
			require.NoError(m.t, err)
		}
	}
	drop := func(path string) func() { return func() { m.send(logical.DeleteOperation, path, nil) } }
	return []func(){
		drop("role/ci"), drop("role/two"), set("role/ci", jwtRole(nil)), set("role/two", jwtRole(map[string]any{"token_ttl": "3m"})),
		set("role/ci", jwtRole(map[string]any{"renew": "never"})), set("role/two", jwtRole(map[string]any{"renew": "revalidate"})),
		func() {
			require.NoError(m.t, m.storage.inner.Delete(m.t.Context(), "config"))
			m.backend.InvalidateKey(m.t.Context(), "config")
		},
		func() { m.reconfigure(nil) }, func() { m.reconfigure(map[string]any{"bound_issuer": "https://other.test"}) },
		func() {
			m.reconfigure(map[string]any{"jwt_validation_pubkeys": newOfflineIssuer(m.t, m.clock).key.PEM()})
		},
		set("issuer/second", map[string]any{"issuer": "https://second.test", "jwt_validation_pubkeys": m.issuer.key.PEM()}), drop("issuer/second"),
		set("revocation/a", map[string]any{"issuer": "default", "sub": "alice"}), drop("revocation/a"),
		set("revocation/b", map[string]any{"issuer": "default", "issued_before": m.clock.in(time.Hour)}), drop("revocation/b"),
		func() { m.clock.advance(time.Minute) }, func() { m.clock.advance(time.Hour) },
	}
}

// FuzzRenew logs in, changes the mount, the role and what was kept with the
// token, and renews it. A renewal that passes must have had a reason to in the
// eyes of an oracle that shares no code with the product, and its limits are
// those of the roles.
func FuzzRenew(f *testing.F) {
	for login := range fuzzLogins() {
		for change := range fuzzChanges(newReadyMount(f)) {
			f.Add(byte(login), []byte{byte(change)}, `{}`, `{}`, "alice")
		}
	}
	for _, kept := range []string{
		`{"role":null}`, `{"role":7}`, `{"role":["ci"]}`, `{"role":"two"}`, `{"role":"ci,two"}`, `{"role":"ci,"}`, `{"role":"ci,ci"}`, `{"role":"CI"}`, `{"role":"../config"}`,
		`{"claims":null}`, `{"claims":7}`, `{"claims":"!"}`, `{"claims":{"sub":"alice"}}`, `{"claims":"claims:{}"}`, `{"claims":"claims:null"}`,
		`{"claims":"claims:{\"iss\":\"https://issuer.test\",\"sub\":\"alice\",\"aud\":\"vault\"}"}`, `{"claims":"claims:{\"iss\":\"https://issuer.test\",\"sub\":\"bob\",\"aud\":\"vault\"}"}`,
		`{"claims":"claims:{\"iss\":\"https://evil.test\",\"sub\":\"alice\",\"aud\":\"vault\"}"}`, `{"claims":"claims:{\"iss\":\"https://issuer.test\",\"sub\":\"alice\",\"aud\":\"vault\",\"exp\":1e300}"}`,
		`{"claims":"claims:{\"iss\":\"https://second.test\",\"sub\":\"alice\",\"aud\":\"vault\"}","issuer":"second"}`,
		`{"issuer":7}`, `{"issuer":"second"}`, `{"issuer":null}`, `{"key":7}`, `{"key":"x"}`, `{"header":"x"}`, `{"header":{"alg":7}}`, `{"header":{"alg":"none","kid":"","typ":""}}`,
	} {
		for login := range 3 {
			f.Add(byte(login), []byte{10}, `{}`, kept, "alice")
		}
	}
	for _, role := range []string{
		`{"bound_subject":"bob"}`, `{"bound_claims":{"env":"dev"}}`, `{"bound_claims":{"env":"prod"}}`, `{"user_claim":"iss"}`, `{"bound_audiences":"x"}`, `{"token_ttl":"1s","token_max_ttl":"2s"}`,
		`{"renew":"never"}`, `{"renew":"revalidate"}`, `{"token_ttl_follows_jwt":true}`, `{"token_period":"9h"}`, `{"token_ttl":"9h"}`, `{"token_bound_cidrs":"10.0.0.0/8"}`, `{"condition":"header.alg == \"EdDSA\""}`,
	} {
		f.Add(byte(0), []byte{}, role, `{}`, "alice")
		f.Add(byte(2), []byte{16}, role, `{}`, "")
		f.Add(byte(1), []byte{17}, role, `{}`, "bob")
	}
	f.Fuzz(func(t *testing.T, login byte, changes []byte, role, kept, alias string) {
		var fields, forged map[string]any
		if json.Unmarshal([]byte(role), &fields) != nil || json.Unmarshal([]byte(kept), &forged) != nil || len(changes) > 8 {
			t.Skip("not what Vault would pass on")
		}
		z := newFuzzMount(t)
		z.write("role/ci", jwtRole(maps.Clone(fuzzLogins()[int(login)%len(fuzzLogins())])))
		z.write("role/two", jwtRole(map[string]any{"token_ttl": "2m"}))
		granted := z.login("ci", z.issuer.token(map[string]any{"env": "prod", "sub": "alice"}))
		granted.IssueTime = z.clock.now()
		for _, change := range changes {
			all := fuzzChanges(z.testMount)
			all[int(change)%len(all)]()
		}
		if len(fields) > 0 {
			_, err := z.put("role/ci", fields) // which may be refused
			_ = err
		}
		z.forge(granted, forged, alias)
		z.renewAndCheck(granted)
	})
}

// forge puts other data with the token. It comes from storage, as JSON.
func (z *fuzzMount) forge(granted *logical.Auth, forged map[string]any, alias string) {
	for name, value := range forged {
		if text, isText := value.(string); isText && strings.HasPrefix(text, claimsMark) {
			value = claimsText(strings.TrimPrefix(text, claimsMark))
		}
		if granted.InternalData[name] = value; value == "remove" {
			delete(granted.InternalData, name)
		}
	}
	if granted.Alias.Name = alias; alias == "" {
		granted.Alias = nil
	}
}

func (z *fuzzMount) renewAndCheck(granted *logical.Auth) {
	z.t.Helper()
	before := z.storage.dump(z.t)
	resp, err := z.tryRenew(granted)
	require.Zero(z.t, z.backend.panics.Load(), "%s", z.log)
	require.Equal(z.t, before, z.storage.dump(z.t), "a renewal changed storage")
	require.NoError(z.t, err, "a renewal without a fault of storage")
	if resp.IsError() {
		return
	}
	o := renewalOracle{records: before, peer: z.peer, now: z.clock.now(), key: z.issuer.key.PEM()}
	require.NoError(z.t, o.objects(stored(z.t, granted)), "a renewal was granted")
	require.NoError(z.t, o.limits(granted, resp.Auth))
	if granted.Alias != nil {
		require.Equal(z.t, granted.Alias.Name, resp.Auth.Alias.Name)
	}
	require.Equal(z.t, granted.Policies, resp.Auth.Policies)
	require.True(z.t, slices.Equal(granted.TokenPolicies, resp.Auth.TokenPolicies))
}
