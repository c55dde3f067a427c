// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

const urlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// TestForeignCharactersInEverySegment covers T12: each byte that is neither of
// the alphabet nor a dot, at the start, the middle and the end of each part.
func TestForeignCharactersInEverySegment(t *testing.T) {
	token := signed(t, "ES256")
	parts := strings.Split(token, ".")
	require.Equal(t, accepted, judge(t, token))
	for segment := range parts {
		for b := range 256 {
			if strings.IndexByte(urlAlphabet+".", byte(b)) >= 0 {
				continue
			}
			for _, at := range []int{0, len(parts[segment]) / 2, len(parts[segment])} {
				spoiled := strings.Split(token, ".")
				spoiled[segment] = parts[segment][:at] + string([]byte{byte(b)}) + parts[segment][at:]
				require.Equal(t, jws.FaultEncoding, judge(t, strings.Join(spoiled, ".")), "byte %#x at %d of part %d", b, at, segment)
			}
		}
	}
}

func TestPaddingAndLineBreaks(t *testing.T) {
	token := signed(t, "ES256")
	for segment := range 3 {
		for _, tail := range []string{"=", "==", "\n", "\r\n", "\r", " ", "\t", "====\n"} {
			spoiled := strings.Split(token, ".")
			spoiled[segment] += tail
			require.Equal(t, jws.FaultEncoding, judge(t, strings.Join(spoiled, ".")), "%q behind part %d", tail, segment)
		}
	}
}

// TestStandardAlphabet: + and / where base64url has - and _.
func TestStandardAlphabet(t *testing.T) {
	h, p, s := b64(`{"alg":"ES256","k":"???>>>~~~"}`), b64(`{"a":"???>>>~~~"}`), b64("\xff\xef\xbe\xff")
	require.Equal(t, accepted, judge(t, h+"."+p+"."+s))
	toStandard := strings.NewReplacer("-", "+", "_", "/")
	for _, spoiled := range []string{
		toStandard.Replace(h) + "." + p + "." + s,
		h + "." + toStandard.Replace(p) + "." + s,
		h + "." + p + "." + toStandard.Replace(s),
	} {
		require.NotEqual(t, h+"."+p+"."+s, spoiled)
		require.Equal(t, jws.FaultEncoding, judge(t, spoiled))
	}
}

// TestUnusedBitsAreZero: one octet sequence has one encoding (RFC 4648, section
// 3.5), so a signed token has no twin that a cache or a log would take for
// another.
func TestUnusedBitsAreZero(t *testing.T) {
	for _, length := range []int{1, 2} { // octets in the last quantum
		payload := `{"a":"` + strings.Repeat("x", 6+length) + `"}`
		for len(payload)%3 != length {
			payload += " "
		}
		header := goodHeader
		for len(header)%3 != length {
			header += " "
		}
		signature := strings.Repeat("s", 63+length)
		parts := []string{b64(header), b64(payload), b64(signature)}
		require.Equal(t, accepted, judge(t, strings.Join(parts, ".")))
		for segment := range parts {
			last := len(parts[segment]) - 1
			value := strings.IndexByte(urlAlphabet, parts[segment][last])
			spoiled := append([]string{}, parts...)
			spoiled[segment] = parts[segment][:last] + urlAlphabet[value|1:value|1+1]
			lenient, err := base64.RawURLEncoding.DecodeString(spoiled[segment])
			require.NoError(t, err)
			require.Equal(t, parts[segment], base64.RawURLEncoding.EncodeToString(lenient), "the same octets")
			require.Equal(t, jws.FaultEncoding, judge(t, strings.Join(spoiled, ".")), "part %d", segment)
		}
	}
}

// TestLengthThatNoOctetsHave: one character of a last quantum encodes nothing.
func TestLengthThatNoOctetsHave(t *testing.T) {
	parts := []string{b64(goodHeader), b64(goodPayload), b64("signature")}
	for segment := range parts {
		spoiled := append([]string{}, parts...)
		for len(spoiled[segment])%4 != 1 {
			spoiled[segment] += "A"
		}
		require.Equal(t, jws.FaultEncoding, judge(t, strings.Join(spoiled, ".")), "part %d", segment)
	}
}
