// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// TestAlgorithmIsOneOfTen covers T1 and T2: none and every MAC are no
// algorithms here, so no key can be used with them.
func TestAlgorithmIsOneOfTen(t *testing.T) {
	for _, name := range algorithmNames() {
		require.Equal(t, name, header(t, `{"alg":"`+name+`"}`).Algorithm.String())
	}
	for _, literal := range []string{
		`"none"`, `"None"`, `"nOnE"`, `"NONE"`, `"none "`, `" none"`, `"none\u0000"`, `"n\u006fne"`, `"ｎone"`, `"nоne"`, `"null"`, `""`,
		`"HS256"`, `"HS384"`, `"HS512"`, `"hs256"`, `"HS1"`,
		`"rs256"`, `"Rs256"`, `"RS256 "`, `" RS256"`, `"RS256\n"`, `"RS-256"`, `"RS1"`, `"RS2048"`, `"PS1"`, `"es256"`, `"ES256K"`, `"ES521"`, `"ES224"`, `"ECDSA"`,
		`"eddsa"`, `"EDDSA"`, `"Ed25519"`, `"Ed448"`, `"RSA-OAEP"`, `"dir"`, `"A128KW"`, `"ML-DSA-44"`, `"ſS256"`, `"E` + "ſ" + `256"`,
		`null`, `1`, `256`, `true`, `["ES256"]`, `{"alg":"ES256"}`,
	} {
		for _, signature := range []string{"", "junk"} {
			want := jws.FaultAlgorithm
			if signature == "" {
				want = jws.FaultCompact
			}
			require.Equal(t, want, judge(t, compact(`{"alg":`+literal+`}`, goodPayload, []byte(signature))), literal)
		}
	}
}

func TestAlgorithmIsRequired(t *testing.T) {
	require.Equal(t, jws.FaultAlgorithm, judge(t, compact(`{}`, goodPayload, []byte("x"))))
	require.Equal(t, jws.FaultAlgorithm, judge(t, compact(`{"kid":"k1"}`, goodPayload, []byte("x"))))
	require.Equal(t, accepted, judge(t, compact(`{"kid":"k1","alg":"ES256"}`, goodPayload, []byte("x"))))
}

func TestParseAlgorithmIsExact(t *testing.T) {
	for _, name := range algorithmNames() {
		a, known := jws.ParseAlgorithm(name)
		require.True(t, known)
		require.Equal(t, name, a.String())
		require.True(t, jws.AllAlgorithms().Has(a))
	}
	for _, name := range []string{"", "none", "HS256", "rs256", "RS256 "} {
		a, known := jws.ParseAlgorithm(name)
		require.False(t, known, name)
		require.Zero(t, a)
	}
}

// TestNoAlgorithm: the zero value is in no set, has no name and no family.
func TestNoAlgorithm(t *testing.T) {
	require.False(t, jws.AllAlgorithms().Has(0))
	require.False(t, jws.AlgorithmSet(0).Has(0))
	require.Empty(t, jws.Algorithm(0).String())
	require.Empty(t, jws.Algorithm(200).String())
	require.Zero(t, jws.Algorithm(0).Family())
	require.Zero(t, jws.Of(0))
}

func TestFamiliesPartitionTheAlgorithms(t *testing.T) {
	for family, want := range map[jws.Family]jws.Algorithms{
		jws.RSA:     jws.AlgorithmSet(jws.RS256, jws.RS384, jws.RS512, jws.PS256, jws.PS384, jws.PS512),
		jws.P256:    jws.AlgorithmSet(jws.ES256),
		jws.P384:    jws.AlgorithmSet(jws.ES384),
		jws.P521:    jws.AlgorithmSet(jws.ES512),
		jws.Ed25519: jws.AlgorithmSet(jws.EdDSA),
	} {
		require.Equal(t, want, jws.Of(family))
	}
	require.False(t, jws.AlgorithmSet(jws.ES256, jws.EdDSA).Has(jws.ES384))
	require.True(t, jws.AlgorithmSet(jws.ES256, jws.EdDSA).Has(jws.EdDSA))
}
