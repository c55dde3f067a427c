// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuerFault is a way for a provider to fail, and what the operator reads.
type issuerFault struct {
	on   idp.Endpoint
	idp  idp.Fault
	says string
}

// issuerFaults are K8 to K12, K15, K20 and K22 of what may come over the wire.
// Those that take time are in the tests of hanging issuers.
func issuerFaults(p *idp.Provider) map[string]issuerFault {
	body := func(text string) idp.Fault { return idp.Fault{Body: []byte(text)} }
	good := string(p.JWKSDocument())
	utf16 := "\xff\xfe" + strings.Join(strings.Split(good, ""), "\x00")
	const notASet = "the document is not a JWK Set"
	return map[string]issuerFault{
		"503":                    {idp.JWKS, idp.Fault{Status: 503}, "answered with status 503"},
		"404":                    {idp.Discovery, idp.Fault{Status: 404}, "answered with status 404"},
		"204":                    {idp.JWKS, idp.Fault{Status: 204, Body: []byte{}}, "answered with status 204"},
		"206":                    {idp.JWKS, idp.Fault{Status: 206}, "answered with status 206"},
		"login page":             {idp.JWKS, body("<html><form action=login>"), notASet},
		"login page, discovery":  {idp.Discovery, body("<html><form action=login>"), "not a discovery document"},
		"error in JSON":          {idp.JWKS, body(`{"error":"unavailable"}`), notASet},
		"KEYS":                   {idp.JWKS, body(strings.Replace(good, `"keys"`, `"KEYS"`, 1)), notASet},
		"keys twice":             {idp.JWKS, body(`{"keys":[],` + good[1:]), notASet},
		"array":                  {idp.JWKS, body("[" + good + "]"), notASet},
		"trailing junk":          {idp.JWKS, body(good + "x"), notASet},
		"cut off":                {idp.JWKS, body(good[:len(good)-1]), notASet},
		"byte order mark":        {idp.JWKS, body("\xef\xbb\xbf" + good), notASet},
		"UTF-16":                 {idp.JWKS, body(utf16), notASet},
		"nothing":                {idp.JWKS, body(""), notASet},
		"no keys":                {idp.JWKS, body(`{"keys":[]}`), "no usable key"},
		"101 keys":               {idp.JWKS, body(`{"keys":[` + strings.Repeat("{},", 100) + `{}]}`), "more than 100 keys"},
		"endless":                {idp.JWKS, idp.Fault{PadTo: 1 << 40}, "longer than 512 KiB"},
		"endless discovery":      {idp.Discovery, idp.Fault{PadTo: 1 << 40}, "longer than 256 KiB"},
		"gzip bomb":              {idp.JWKS, idp.Fault{PadTo: 1 << 30, Gzip: true}, "compressed body"},
		"gzip without saying so": {idp.JWKS, idp.Fault{Gzip: true, Header: map[string]string{"Content-Encoding": ""}}, notASet},
		"long header":            {idp.JWKS, idp.Fault{Header: map[string]string{"X-Long": strings.Repeat("x", 1<<20)}}, "failed waiting for the answer"},
		"reset":                  {idp.JWKS, idp.Fault{Reset: true}, "JWK Set of 127.0.0.1"},
		"reset in the body":      {idp.JWKS, idp.Fault{Reset: true, ResetAfter: 20}, "JWK Set of 127.0.0.1"},
		"redirect to itself":     {idp.JWKS, idp.Fault{RedirectTo: p.JWKSURL()}, "redirect (status 302)"},
		"redirect to metadata":   {idp.JWKS, idp.Fault{RedirectTo: "http://169.254.169.254/latest"}, "redirect (status 302)"},
		"other issuer":           {idp.Discovery, idp.Fault{Members: map[string]any{"issuer": p.Issuer() + "/"}}, "byte for byte"},
		"issuer missing":         {idp.Discovery, idp.Fault{Members: map[string]any{"issuer": nil}}, "byte for byte"},
		"keys at metadata":       {idp.Discovery, idp.Fault{Members: map[string]any{"jwks_uri": "https://169.254.169.254/keys"}}, "never contacted"},
		"keys without TLS":       {idp.Discovery, idp.Fault{Members: map[string]any{"jwks_uri": "http://127.0.0.1/keys"}}, "must begin with https://"},
		"keys in a file":         {idp.Discovery, idp.Fault{Members: map[string]any{"jwks_uri": "file:///etc/passwd"}}, "must begin with https://"},
		"no jwks_uri":            {idp.Discovery, idp.Fault{Members: map[string]any{"jwks_uri": nil}}, `"jwks_uri" is missing`},
	}
}

// TestIssuerFaultMatrix meets each fault on a cold, a warm and a stale cache:
// what is good stays, what is not there is not invented, nobody waits, little
// memory is used, and all is well a minute after the fault is gone. That no
// goroutine stays behind is what the bubble sees to.
func TestIssuerFaultMatrix(t *testing.T) {
	p := idp.Start(t)
	for name, f := range issuerFaults(p) {
		t.Run(name, func(t *testing.T) {
			p.ClearFaults()
			issuerBubble(t, func(t *testing.T, w *issuerWorld) {
				m := issuerNewMount(t)
				body := issuerWith(issuerOf(p), "jwks_max_stale", "5m")
				fail := func() { w.outside(func() { p.SetFault(f.on, f.idp) }) }

				fail()
				issuerSeeded(t, m.storage, "ci", body)
				m.write("role/ci", issuerRole("ci"))
				require.Equal(t, auth.KeysUnavailable, m.reason("ci", issuerToken(p)), "cold")
				require.Equal(t, stateCold, m.status("ci")["state"])
				require.Contains(t, m.status("ci")["last_error"], f.says)

				w.heal(p)
				time.Sleep(time.Minute)
				m.login("ci", issuerToken(p))
				fail()
				spent := issuerMemory(func() { require.ErrorContains(t, m.refresh("ci"), f.says) })
				require.Less(t, spent, uint64(8<<20), "bytes allocated for one fetch")
				begun := time.Now()
				for range 20 {
					require.Equal(t, auth.Allowed, m.reason("ci", issuerToken(p)), "warm")
				}
				require.Zero(t, time.Since(begun))
				require.Equal(t, stateFailing, m.status("ci")["state"])

				time.Sleep(5 * time.Minute)
				require.Equal(t, auth.KeysUnavailable, m.reason("ci", issuerToken(p)), "stale")
				require.Equal(t, stateStale, m.status("ci")["state"])
				w.heal(p)
				time.Sleep(time.Minute)
				require.Equal(t, auth.Allowed, m.reason("ci", issuerToken(p)), "recovered")
			})
		})
	}
}

// issuerMemory is how much f allocates.
func issuerMemory(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
