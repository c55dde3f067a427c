// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// fuzzOperations are what the first byte of a fuzzed request chooses from.
func fuzzOperations() []logical.Operation {
	return []logical.Operation{
		logical.UpdateOperation, logical.CreateOperation, logical.ReadOperation, logical.DeleteOperation, logical.ListOperation,
		logical.AliasLookaheadOperation, logical.ResolveRoleOperation, logical.RenewOperation, logical.RevokeOperation, logical.HelpOperation,
	}
}

// signMark begins a value that the fuzzer wants signed: payload, or header,
// line feed and payload.
const signMark = "sign:"

const fuzzClaims = `"iss":"https://issuer.test","sub":"alice","aud":"vault","exp":1893456600`

// fuzzPayloads are what tests of single checks begin with: each has once been
// accepted by some verifier, but for the first.
func fuzzPayloads() []string {
	with := func(more string) string { return "{" + fuzzClaims + "," + more + "}" }
	return []string{
		with(`"env":"prod"`), with(`"iss":"https://evil.test"`), with(`"ISS":"https://evil.test"`), with(`"\u017fub":"root"`),
		with(`"nbf":1e300`), with(`"nbf":9223372036854775807`), with(`"iat":-1e300`), with(`"exp":0.4`), with(`"jti":7`), with(`"events":{}`),
		with(`"groups":["a",{}]`), with(`"n":1.9`), with(`"n":9007199254740993`), with(`"x":[["a"]]`), with(`"x":"\ud800"`), with(`"a":{"b":["x",1,true]}`),
		`{"iss":"https://issuer.test","sub":null,"aud":["vault",1],"exp":1893456600}`, `{"iss":"https://issuer.test","aud":"vault"}`,
		`null`, `[]`, `{}`, "\ufeff{}", `{"a":` + strings.Repeat(`{"a":`, 30) + `0` + strings.Repeat("}", 31), strings.Repeat("[", 5000),
		"{\"alg\":\"EdDSA\",\"crit\":[\"b64\"],\"b64\":false}\n{" + fuzzClaims + "}",
		"{\"alg\":\"none\"}\n{" + fuzzClaims + "}", "{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}\n{" + fuzzClaims + "}",
		"{\"alg\":\"EdDSA\",\"jwk\":{}}\n{" + fuzzClaims + "}", "{\"alg\":\"EdDSA\",\"typ\":\"at+jwt\"}\n{" + fuzzClaims + "}",
	}
}

func fuzzSeed(f *testing.F, op logical.Operation, path string, body map[string]any) {
	f.Helper()
	text, err := json.Marshal(body)
	require.NoError(f, err)
	f.Add(byte(slices.Index(fuzzOperations(), op)), path, string(text))
}

// FuzzHandleRequest sends one request to a mount that is set up, and then a
// login, and holds the answers to what must always be true: no panic, no Auth
// beside an error, no login that an independent verifier objects to, no
// change of storage by a login.
func FuzzHandleRequest(f *testing.F) {
	for _, p := range fuzzPayloads() {
		for _, op := range []logical.Operation{logical.UpdateOperation, logical.AliasLookaheadOperation} {
			fuzzSeed(f, op, loginPath, map[string]any{"role": "ci", "jwt": signMark + p})
		}
		fuzzSeed(f, logical.RenewOperation, "", map[string]any{"role": "ci", "claims": claimsText(p)})
	}
	fuzzSeed(f, logical.UpdateOperation, loginPath, map[string]any{"role": []string{"ci"}, "jwt": map[string]any{"k": "v"}})
	fuzzSeed(f, logical.UpdateOperation, loginPath, map[string]any{"role": "CI", "jwt": "eyJ..", "x": 1})
	fuzzSeed(f, logical.ResolveRoleOperation, loginPath, map[string]any{"role": "ci"})
	fuzzSeed(f, logical.UpdateOperation, "config", map[string]any{"bound_issuer": "", "default_role": "ci", "login_errors": "detailed", "token_types": "at+jwt"})
	fuzzSeed(f, logical.UpdateOperation, "config", map[string]any{"jwt_supported_algs": "EdDSA", "provider_config": map[string]any{"provider": "ibmisam"}, "token_cache_size": 0})
	fuzzSeed(f, logical.CreateOperation, "role/new", jwtRole(map[string]any{"bound_claims": map[string]any{"a": []any{1, true, "x"}}, "ttl": "1h"}))
	fuzzSeed(f, logical.UpdateOperation, "role/ci", map[string]any{"bound_claims_type": "glob", "bound_claims": map[string]any{"sub": "a*"}, "user_claim": "iss"})
	fuzzSeed(f, logical.UpdateOperation, "role/ci", map[string]any{"user_claim": "/a/b/0", "user_claim_json_pointer": true, "groups_claim": "groups", "token_type": "batch"})
	fuzzSeed(f, logical.DeleteOperation, "role/ci", nil)
	fuzzSeed(f, logical.ListOperation, "role/", nil)
	fuzzSeed(f, logical.UpdateOperation, "oidc/callback", map[string]any{"state": "s"})

	f.Fuzz(func(t *testing.T, op byte, path, body string) {
		var data map[string]any
		if json.Unmarshal([]byte(body), &data) != nil {
			t.Skip("not a body that Vault would pass on")
		}
		z := newFuzzMount(t)
		z.prepare(path, data)
		z.send(fuzzOperations()[int(op)%len(fuzzOperations())], path, data)
		token := z.issuer.raw(z.issuer.header(""), fuzzPayloads()[0])
		z.send(logical.UpdateOperation, loginPath, map[string]any{"role": "ci", "jwt": token})
		z.send(logical.UpdateOperation, loginPath, map[string]any{"role": "new", "jwt": token})
	})
}

// fuzzMount is a mount with an offline key that is the same in every process.
type fuzzMount struct {
	*testMount
	t *testing.T
}

func newFuzzMount(t *testing.T) *fuzzMount {
	t.Helper()
	m := newMount(t)
	key, err := idp.NewKey("EdDSA", "fuzz", ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)))
	require.NoError(t, err)
	m.issuer = &offlineIssuer{t: t, id: "https://issuer.test", key: key, clock: m.clock}
	m.reconfigure(nil)
	m.write("role/ci", jwtRole(nil))
	return &fuzzMount{m, t}
}

// prepare signs what is marked, and keeps config from contacting anybody.
func (z *fuzzMount) prepare(path string, data map[string]any) {
	for name, value := range data {
		if text, isText := value.(string); isText && strings.HasPrefix(text, signMark) {
			header, payload, both := strings.Cut(strings.TrimPrefix(text, signMark), "\n")
			if !both {
				header, payload = z.issuer.header(""), header
			}
			data[name] = z.issuer.raw(header, payload)
		}
	}
	if strings.HasPrefix(path, "config") && data != nil {
		for _, url := range []string{"oidc_discovery_url", "jwks_url", "jwks_pairs"} {
			delete(data, url)
		}
		data["jwt_validation_pubkeys"] = z.issuer.key.PEM()
	}
}

func (z *fuzzMount) send(op logical.Operation, path string, data map[string]any) {
	z.t.Helper()
	req := &logical.Request{Operation: op, Path: path, Data: data}
	if op == logical.RenewOperation {
		req.Auth = &logical.Auth{InternalData: data, Alias: &logical.Alias{Name: "alice"}}
	}
	before := z.storage.dump(z.t)
	resp, err := z.handle(req) // which checks what holds for every answer
	require.Zero(z.t, z.backend.panics.Load(), "%s", z.log)
	if path == loginPath {
		require.Equal(z.t, before, z.storage.dump(z.t), "a login changed storage")
	}
	if err != nil || resp == nil || resp.Auth == nil || op == logical.RenewOperation {
		return
	}
	token, _ := data["jwt"].(string)
	require.NoError(z.t, z.oracle(data, before).objects(token, resp.Auth.Alias.Name), "a login was granted")
}

func (z *fuzzMount) oracle(data map[string]any, records map[string]string) oracle {
	z.t.Helper()
	record := func(key string) map[string]any {
		object := map[string]any{}
		d := json.NewDecoder(strings.NewReader(records[key]))
		d.UseNumber()
		require.NoError(z.t, d.Decode(&object))
		return object
	}
	o := oracle{public: z.issuer.key.Public.(ed25519.PublicKey), now: z.clock.now(), config: record("config")}
	name, _ := data["role"].(string)
	if name == "" {
		name, _ = o.config["default_role"].(string)
	}
	if records["role/"+strings.ToLower(name)] != "" {
		o.role = record("role/" + strings.ToLower(name))
	}
	return o
}

// The oracle itself objects to each way in which a login can be wrong.
func TestOracleObjects(t *testing.T) {
	t.Parallel()
	z := newFuzzMount(t)
	z.write("role/ci", map[string]any{"bound_subject": "alice", "bound_claims": map[string]any{"env": []any{"prod", true, 1}, "/a/b/0": "x"}})
	o := z.oracle(map[string]any{"role": "ci"}, z.storage.dump(t))
	token := func(over map[string]any) string {
		claims := z.issuer.claims(map[string]any{"env": 1.0, "a": map[string]any{"b": []any{"x"}}})
		return z.issuer.raw(z.issuer.header(""), payload(t, overlay(claims, over)))
	}
	require.NoError(t, o.objects(token(nil), "alice"))
	for _, over := range []map[string]any{
		{"iss": "x"}, {"sub": "bob"}, {"aud": "x"}, {"aud": nil}, {"exp": 1}, {"exp": nil}, {"nbf": 1e10}, {"iat": 1e10},
		{"env": "dev"}, {"env": "1"}, {"env": 1.5}, {"env": nil}, {"a": nil}, {"a": map[string]any{"b": "x"}},
	} {
		require.Error(t, o.objects(token(over), "alice"), "%v", over)
	}
	require.Error(t, o.objects(token(nil), "bob"))
	require.Error(t, o.objects(forged(token(nil)), "alice"))
	o.role = nil
	require.Error(t, o.objects(token(nil), "alice"))
}
