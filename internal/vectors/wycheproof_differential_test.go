// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// invalidForAll are the cases that Wycheproof wants refused and that cap,
// go-jose and golang-jwt, each given the key as a JWK, accept: another length
// of salt, alg of another key, and keys for encryption.
func invalidForAll() []int {
	return []int{281, 282, 283, 284, 285, 286, 332, 334, 336, 338, 340, 353, 354, 355, 356}
}

// TestWycheproofAgainstPeers: on every case, what a peer refuses ours refuses,
// and what a peer wrongly accepts is known.
func TestWycheproofAgainstPeers(t *testing.T) {
	file := loadWycheproof(t, "json_web_signature_test.json", 401)
	provider := idp.Start(t)
	wrong := map[string][]int{}
	for _, group := range file.Groups {
		document := asDocument(t, group.keys(t))
		provider.SetFault(idp.JWKS, idp.Fault{Body: document})
		peers := []peer{capRemote(t, provider), goJOSE(t, document), golangJWT(t, document)}
		set := keySet(t, group.keys(t))
		for _, test := range group.Tests {
			token := text(t, test.JWS)
			ours := verifySignature(set, token)
			for _, p := range peers {
				theirs := p.accepts(token)
				require.False(t, ours == accepted && !theirs, "%s refuses case %d, which we accept", p.name, test.ID)
				if theirs && test.Result == "invalid" {
					wrong[p.name] = append(wrong[p.name], test.ID)
				}
			}
		}
	}
	for name, ids := range wrong {
		slices.Sort(ids)
		require.Equal(t, invalidForAll(), ids, name)
	}
	require.Len(t, wrong, 3)
}

// golangJWT drives golang-jwt below its parser, which insists on claims in
// JSON. It has no JWKs of its own, so go-jose reads them.
func golangJWT(t testing.TB, document []byte) peer {
	t.Helper()
	var set jose.JSONWebKeySet
	var public crypto.PublicKey
	if json.Unmarshal(document, &set) == nil {
		require.Len(t, set.Keys, 1)
		public = set.Keys[0].Key
	}
	parser := jwt.NewParser()
	return peer{"golang-jwt", func(token string) bool {
		part := strings.Split(token, ".")
		if len(part) != 3 || public == nil {
			return false
		}
		text, err := parser.DecodeSegment(part[0])
		if err != nil {
			return false
		}
		var header struct{ Alg, Kid string }
		if json.Unmarshal(text, &header) != nil || !slices.Contains(idp.Algorithms(), header.Alg) || header.Kid != set.Keys[0].KeyID {
			return false
		}
		signature, err := parser.DecodeSegment(part[2])
		if err != nil {
			return false
		}
		if _, err := base64.RawURLEncoding.DecodeString(part[1]); err != nil {
			return false
		}
		return jwt.GetSigningMethod(header.Alg).Verify(part[0]+"."+part[1], signature, public) == nil
	}}
}
