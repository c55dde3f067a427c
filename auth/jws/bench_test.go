// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jws_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// BenchmarkRefuse is about tokens that are as long as may be and good for
// nothing. The goal is 20 us each.
func BenchmarkRefuse(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	junk := func(n int) string {
		out := make([]byte, n)
		for i := range out {
			out[i] = urlAlphabet[random.IntN(len(urlAlphabet))]
		}
		return string(out)
	}
	head, signature := b64(goodHeader), b64(junk(64))
	room := jws.DefaultTokenBytes - len(head) - len(signature) - 2
	claims := goodPayload[:len(goodPayload)-1]
	longest := claims + fmt.Sprintf(`,"groups":[%q`, strings.Repeat("x", 8000))
	for _, shape := range []struct {
		name, token string
		want        jws.Fault
	}{
		{"random", junk(jws.DefaultTokenBytes), jws.FaultCompact},
		{"random parts", junk(1000) + "." + junk(14000) + "." + junk(1000), jws.FaultHeader},
		{"dots", strings.Repeat(".", jws.DefaultTokenBytes), jws.FaultCompact},
		{"deep header", compact(strings.Repeat("[", 1500), junk(10_000), []byte("x")), jws.FaultHeader},
		{"good header, garbage payload", head + "." + junk(room/4*4) + "." + signature, jws.FaultPayload},
		{"good header, deep payload", head + "." + b64(strings.Repeat("[", room/4*3-3)) + "." + signature, jws.FaultPayload},
		{"good header, long claim, cut short", head + "." + b64(longest) + "." + signature, jws.FaultPayload},
		{"good header, many claims, cut short", head + "." + b64(strings.TrimSuffix(manyMembers(950), "}")) + "." + signature, jws.FaultPayload},
		{"too long", junk(jws.DefaultTokenBytes + 1), jws.FaultTooLong},
	} {
		b.Run(shape.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				u, err := jws.Parse(shape.token, jws.DefaultTokenBytes)
				if err == nil {
					_, err = u.Payload()
				}
				if err != shape.want {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParse reads header and payload of a token with 17 claims.
func BenchmarkParse(b *testing.B) {
	token := signedAs(b, "ES256", goodHeader, ordinaryClaims())
	b.ReportAllocs()
	for b.Loop() {
		u, err := jws.Parse(token, jws.DefaultTokenBytes)
		if err != nil {
			b.Fatal(err)
		}
		if claims, err := u.Payload(); err != nil || claims.Len() != 17 {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify holds a verification against the bare call into the standard
// library, hash included.
func BenchmarkVerify(b *testing.B) {
	for _, alg := range []string{"ES256", "RS256", "EdDSA"} {
		token := signedAs(b, alg, `{"alg":"`+alg+`","kid":"k1"}`, ordinaryClaims())
		u := parsed(b, token)
		key := keys()[alg].Private.Public()
		signature := signatureOf(b, token)
		input := []byte(token[:strings.LastIndexByte(token, '.')])
		b.Run(alg+"/ours", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !u.VerifiedBy(key) {
					b.Fatal("refused")
				}
			}
		})
		b.Run(alg+"/bare", func(b *testing.B) {
			b.ReportAllocs()
			verify := bare(key, signature)
			for b.Loop() {
				if !verify(input) {
					b.Fatal("refused")
				}
			}
		})
	}
}

func bare(key crypto.PublicKey, signature []byte) func(input []byte) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return func(input []byte) bool {
			sum := sha256.Sum256(input)
			return ecdsa.Verify(k, sum[:], r, s)
		}
	case *rsa.PublicKey:
		return func(input []byte) bool {
			sum := sha256.Sum256(input)
			return rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], signature) == nil
		}
	default:
		return func(input []byte) bool { return ed25519.Verify(k.(ed25519.PublicKey), input, signature) }
	}
}

// ordinaryClaims are 17, as a CI job has them.
func ordinaryClaims() string {
	var b strings.Builder
	b.WriteString(goodPayload[:len(goodPayload)-1]) // 4 claims
	for i := range 13 {
		fmt.Fprintf(&b, `,"claim_%d":"octo-org/octo-repo/.github/workflows/deploy.yml"`, i)
	}
	return b.String() + "}"
}
