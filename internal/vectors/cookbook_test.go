// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

type cookbookFile struct {
	Input struct {
		Key json.RawMessage `json:"key"`
	} `json:"input"`
	Output cookbookOutput `json:"output"`
}

type cookbookOutput struct {
	Compact  string          `json:"compact"`
	JSON     json.RawMessage `json:"json"`
	JSONFlat json.RawMessage `json:"json_flat"`
}

// TestCookbookSignatures: the four examples with a signature of ours verify, in
// the compact form and in no other.
func TestCookbookSignatures(t *testing.T) {
	for path, alg := range map[string]string{
		"jws/4_1.rsa_v15_signature": "RS256", "jws/4_2.rsa-pss_signature": "PS384", "jws/4_3.ecdsa_signature": "ES512", "curve25519/jws": "EdDSA",
	} {
		t.Run(alg, func(t *testing.T) {
			var file cookbookFile
			load(t, "cookbook/"+path+".json", &file)
			set := keySet(t, publicHalf(t, file.Input.Key))
			require.Equal(t, accepted, verifySignature(set, file.Output.Compact))
			require.Nil(t, keySet(t, file.Input.Key), "the private key")
			require.Equal(t, verdict(jws.FaultPayload), enter(set, file.Output.Compact), "text is no claims")
			signature := strings.LastIndexByte(file.Output.Compact, '.') + 1
			require.Equal(t, badSignature, verifySignature(set, file.Output.Compact[:signature]+strings.Repeat("A", len(file.Output.Compact)-signature)))
		})
	}
}

// TestCookbookRefused: MACs, detached content, b64, encryption and nesting.
func TestCookbookRefused(t *testing.T) {
	for path, want := range map[string]jws.Fault{
		"jws/4_4.hmac-sha2_integrity_protection":    jws.FaultAlgorithm,
		"jws/4_5.signature_with_detached_content":   jws.FaultCompact,
		"rfc7797/hmac-sha2_b64_false":               jws.FaultAlgorithm,
		"curve25519/ecdh-es":                        jws.FaultCompact,
		"jws/4_6.protecting_specific_header_fields": "",
		"jws/4_7.protecting_content_only":           "",
		"jws/4_8.multiple_signatures":               "",
		"rfc7797/4.2.hmac-sha2_b64_false":           "",
	} {
		var file cookbookFile
		load(t, "cookbook/"+path+".json", &file)
		require.Equal(t, want == "", file.Output.Compact == "", path)
		if want != "" {
			_, err := jws.Parse(file.Output.Compact, jws.HardTokenBytes)
			require.ErrorIs(t, err, want, path)
		}
	}
	var nested struct{ Sign, Encrypt cookbookFile }
	load(t, "cookbook/6.nesting_signatures_and_encryption.json", &nested)
	_, err := jws.Parse(nested.Encrypt.Output.Compact, jws.HardTokenBytes)
	require.ErrorIs(t, err, jws.FaultCompact)
	require.Equal(t, accepted, enter(keySet(t, publicHalf(t, nested.Sign.Input.Key)), nested.Sign.Output.Compact), "the inner token is a true one")
}

// TestCookbookJSONSerialisation: no other form of any example is read.
func TestCookbookJSONSerialisation(t *testing.T) {
	seen := 0
	for _, pattern := range []string{"cookbook/jws/*.json", "cookbook/rfc7797/*.json", "cookbook/curve25519/*.json"} {
		for _, path := range glob(t, pattern) {
			var file cookbookFile
			load(t, filepath.ToSlash(path), &file)
			for _, form := range []json.RawMessage{file.Output.JSON, file.Output.JSONFlat} {
				if form == nil {
					continue
				}
				seen++
				_, err := jws.Parse(string(form), jws.HardTokenBytes)
				require.ErrorIs(t, err, jws.FaultCompact, path)
			}
		}
	}
	require.Equal(t, 23, seen)
}

func TestCookbookKeys(t *testing.T) {
	for name, want := range map[string]jwk.Fault{
		"3_1.ec_public_key": "", "3_3.rsa_public_key": "",
		"3_2.ec_private_key": jwk.FaultPrivate, "3_4.rsa_private_key": jwk.FaultPrivate,
		"3_5.symmetric_key_mac_computation": jwk.FaultPrivate, "3_6.symmetric_key_encryption": jwk.FaultPrivate,
	} {
		var key json.RawMessage
		load(t, "cookbook/jwk/"+name+".json", &key)
		set, err := jwk.ParseSet(asDocument(t, key))
		if want == "" {
			require.NoError(t, err, name)
			require.Len(t, set.Keys(), 1)
			continue
		}
		require.ErrorIs(t, err, jwk.FaultNoKeys, name)
		if strings.Contains(name, "private") {
			require.Len(t, keySet(t, publicHalf(t, key)).Keys(), 1, "the public half of %s", name)
		}
	}
}
