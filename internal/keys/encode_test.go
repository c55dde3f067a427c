// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

func TestPublicDocumentReadsBackTheSame(t *testing.T) {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	rsaText := func(rest string) string {
		return fmt.Sprintf(`{"kty":"RSA","n":%q,"e":%q%s}`, encode(r.N.Bytes()), encode(big.NewInt(int64(r.E)).Bytes()), rest)
	}
	texts := keyText("ed")
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		k, err := ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
		point, err := k.PublicKey.Bytes()
		require.NoError(t, err)
		half := (len(point) + 1) / 2
		name := curve.Params().Name
		texts += fmt.Sprintf(`,{"kty":"EC","crv":%q,"kid":%q,"x":%q,"y":%q}`, name, name, encode(point[1:half]), encode(point[half:]))
	}
	texts += "," + rsaText(`,"kid":"any"`) + "," + rsaText(`,"kid":"one","alg":"PS384"`) +
		"," + rsaText(`,"kid":"two","alg":"RS256"`) + "," + rsaText(`,"kid":"two","alg":"PS256"`) +
		"," + rsaText("")
	set, err := jwk.ParseSet([]byte(`{"keys":[` + texts + `]}`))
	require.NoError(t, err)
	require.Len(t, set.Keys(), 8)
	require.Empty(t, set.Skipped())

	again, err := jwk.ParseSet(publicDocument(set))
	require.NoError(t, err)
	require.Equal(t, set.Keys(), again.Keys())
	require.Equal(t, []string{"RS256", "PS256"}, Describe(again)[6].Algorithms)
}
