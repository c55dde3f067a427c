// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"crypto"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// TestThumbprintOfRFC7638 is the example of section 3.1 there.
func TestThumbprintOfRFC7638(t *testing.T) {
	set, err := jwk.ParseSet(document(`{
		"kty": "RSA",
		"n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
		"e": "AQAB",
		"alg": "RS256",
		"kid": "2011-04-29"
	}`))
	require.NoError(t, err)
	require.Equal(t, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", set.Keys()[0].Thumbprint)
	require.Equal(t, "2011-04-29", set.Keys()[0].ID)
}

// TestThumbprintOfRFC8037 is the example of its appendix A.3.
func TestThumbprintOfRFC8037(t *testing.T) {
	set, err := jwk.ParseSet(document(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	require.NoError(t, err)
	require.Equal(t, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", set.Keys()[0].Thumbprint)
}

// TestThumbprintIsOfTheKeyAlone: what else the JWK says, and how it writes the
// numbers, makes no difference.
func TestThumbprintIsOfTheKeyAlone(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		theirs, err := (&jose.JSONWebKey{Key: keys()[alg].Private.Public()}).Thumbprint(crypto.SHA256)
		require.NoError(t, err)
		want := b64(theirs)
		require.Equal(t, want, parse(t, public(alg)).Keys()[0].Thumbprint, alg)
		require.Equal(t, want, parse(t, public(alg).bare()).Keys()[0].Thumbprint, alg)
		key, err := jwk.ParsePEM(keys()[alg].PEM())
		require.NoError(t, err)
		require.Equal(t, want, key.Thumbprint, "%s from PEM", alg)
	}
	zeros := public("RS256").with("n", b64(append([]byte{0, 0}, rsaKey().N.Bytes()...))).with("e", "AAEAAQ")
	require.Equal(t, parse(t, public("RS256")).Keys()[0].Thumbprint, parse(t, zeros).Keys()[0].Thumbprint)
}
