// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// A decision is a function of the token, the role, the issuer's keys and the
// time, so it can be tried without a server.
func ExampleDecide() {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	set, err := jwk.ParseSet(fmt.Appendf(nil, `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"2030","x":"%s"}]}`,
		base64.RawURLEncoding.EncodeToString(private.Public().(ed25519.PublicKey))))
	if err != nil {
		fmt.Println(err)
		return
	}
	issuers := &auth.Issuers{TokenBytes: jws.DefaultTokenBytes, Default: &auth.Issuer{
		Name: auth.DefaultIssuer, ID: "https://ci.example", Algorithms: jws.AllAlgorithms(), Types: auth.DefaultTypes(), Keys: auth.StaticKeys{Set: set},
	}}
	role, err := auth.CompileRole(auth.RoleSpec{
		Name: "deploy", UserClaim: "sub", BoundAudiences: []string{"vault"}, BoundClaims: map[string]any{"branch": "main"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, branch := range []string{"main", "feature"} {
		claims := fmt.Sprintf(`{"iss":"https://ci.example","sub":"job-7","aud":"vault","exp":%d,"branch":%q}`, now.Unix()+60, branch)
		d := auth.Decide(context.Background(), auth.Request{Token: sign(private, claims), Circumstances: auth.Circumstances{Now: now}}, issuers, role)
		fmt.Printf("%s: %s %s%s\n", branch, d.Reason, d.Identity.Alias, d.About)
	}
	// Output:
	// main: allowed job-7
	// feature: claim_mismatch branch
}

func sign(private ed25519.PrivateKey, claims string) string {
	enc := base64.RawURLEncoding
	input := enc.EncodeToString([]byte(`{"alg":"EdDSA","kid":"2030"}`)) + "." + enc.EncodeToString([]byte(claims))
	return input + "." + enc.EncodeToString(ed25519.Sign(private, []byte(input)))
}
