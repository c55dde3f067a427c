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

func TestWycheproofKeys(t *testing.T) {
	file := loadWycheproof(t, "json_web_key_test.json", 26)
	all, different := judgeSignatures(t, file)
	require.Len(t, all, 26)
	require.Equal(t, listed(t, []deviation{
		{[]int{2, 13, 14, 15}, verdict(jws.FaultAlgorithm), noMAC},
	}), different)
	require.Equal(t, accepted, all[5])
	for _, id := range []int{6, 7, 19, 20, 21, 22, 23, 24} {
		require.Equal(t, noKeys, all[id], "the key breaks the policy, case %d", id)
	}
}

// TestWycheproofPrivateKeys publishes the private halves: no set has a key.
func TestWycheproofPrivateKeys(t *testing.T) {
	for _, group := range loadWycheproof(t, "json_web_key_test.json", 26).Groups {
		if group.Public == nil {
			continue // the group has secret keys alone
		}
		_, err := jwk.ParseSet(asDocument(t, group.Private))
		require.ErrorIs(t, err, jwk.FaultNoKeys, group.Comment)
	}
}

// TestWycheproofCrypto is an older file with tokens of both kinds.
func TestWycheproofCrypto(t *testing.T) {
	file := loadWycheproof(t, "json_web_crypto_test.json", 83)
	all, different := judgeSignatures(t, file)
	require.Len(t, all, 49)
	require.Equal(t, listed(t, []deviation{
		{[]int{1, 48}, verdict(jws.FaultAlgorithm), noMAC},
	}), different)
	require.Equal(t, noKeys, all[46], "the key of CVE-2017-15361")
	require.Equal(t, 34, refuseEncrypted(t, file))
}

func TestWycheproofEncryption(t *testing.T) {
	require.Equal(t, 139, refuseEncrypted(t, loadWycheproof(t, "json_web_encryption_test.json", 139)))
}

// refuseEncrypted checks that every JWE is refused by the number of its dots
// alone, valid or not, and returns how many there are.
func refuseEncrypted(t *testing.T, file wycheproofFile) int {
	t.Helper()
	count := 0
	for _, group := range file.Groups {
		for _, test := range group.Tests {
			if test.JWE == nil {
				continue
			}
			count++
			token := text(t, test.JWE)
			_, err := jws.Parse(token, jws.HardTokenBytes)
			require.ErrorIs(t, err, jws.FaultCompact, "case %d: %s", test.ID, test.Comment)
			require.Zero(t, testing.AllocsPerRun(1, func() { _, _ = jws.Parse(token, jws.HardTokenBytes) }))
		}
	}
	return count
}
