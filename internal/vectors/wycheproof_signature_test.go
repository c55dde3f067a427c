// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

const noMAC = "signed with HMAC: whoever can verify can also forge, so no MAC is an algorithm here"

func signatureDeviations() []deviation {
	return []deviation{
		{
			[]int{1, 348, 352, 357, 358, 359, 373, 376, 377}, verdict(jws.FaultAlgorithm), noMAC,
		}, {
			[]int{372}, verdict(jws.FaultEncoding),
			"HMAC again, but a question mark inside of the header's base64url is found first (RFC 4648, section 3.3)",
		}, {
			[]int{346, 350}, verdict(jwk.MissAlgorithm),
			"the JWK says PS256 and the token PS384: a key is used with its own alg alone (RFC 8725, section 3.1)",
		}, {
			[]int{347, 351}, noKeys,
			"the JWK says ES521, which is no algorithm; case 19 of the file of keys wants such a key refused",
		}, {
			[]int{259, 264, 268, 272, 320, 325}, verdict(jws.FaultCompact),
			"the payload is empty: a JWS may be that, a JWT never is (RFC 7519, section 7.2), and an empty part is the mark of detached content",
		},
	}
}

func TestWycheproofSignatures(t *testing.T) {
	file := loadWycheproof(t, "json_web_signature_test.json", 401)
	all, different := judgeSignatures(t, file)
	require.Len(t, all, 401)
	require.Equal(t, listed(t, signatureDeviations()), different)

	for _, id := range file.flagged("JsonSerialization") {
		require.Equal(t, verdict(jws.FaultCompact), all[id], id)
	}
	for _, id := range file.flagged("AlgIsNone") {
		require.True(t, all[id].isForm(), id)
	}
	for _, id := range file.flagged("ModifiedPadding") {
		require.Equal(t, badSignature, all[id], id)
	}
	for id := 281; id <= 286; id++ {
		require.Equal(t, badSignature, all[id], "salt of another length, case %d", id)
	}
	for _, id := range []int{332, 334, 336, 338, 340} {
		require.Equal(t, verdict(jwk.MissAlgorithm), all[id], "alg of another key, case %d", id)
	}
	for id := 353; id <= 356; id++ {
		require.Equal(t, noKeys, all[id], "key for encryption, case %d", id)
	}
}
