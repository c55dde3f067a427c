// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash"
	"math/big"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// macs covers T2: what an attacker knows of a public key, used as the secret of
// a MAC.
func (s *stage) macs() []attack {
	rsaKey, point := s.keys["RS256"].Private.Public().(*rsa.PublicKey), s.keys["ES256"].Private.Public().(*ecdsa.PublicKey)
	uncompressed, err := point.Bytes()
	must(err)
	block, _ := pem.Decode([]byte(s.keys["RS256"].PEM()))
	document, err := json.Marshal(s.keys["RS256"].JWK())
	must(err)
	secrets := map[string][]byte{
		"PEM":            []byte(s.keys["RS256"].PEM()),
		"PEM of ES256":   []byte(s.keys["ES256"].PEM()),
		"DER":            block.Bytes,
		"DER of PKCS #1": x509.MarshalPKCS1PublicKey(rsaKey),
		"JWK":            document,
		"n":              rsaKey.N.Bytes(),
		"n encoded":      []byte(b64(string(rsaKey.N.Bytes()))),
		"x and y":        uncompressed[1:],
	}
	var made []attack
	for alg, newHash := range map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New} {
		for name, secret := range secrets {
			for _, kid := range []string{"RS256", "ES256"} {
				input := b64(fmt.Sprintf(`{"alg":%q,"kid":%q}`, alg, kid)) + "." + b64(claims)
				mac := hmac.New(newHash, secret)
				mac.Write([]byte(input))
				made = append(made, attack{"T2", alg + " over " + name, input + "." + b64(string(mac.Sum(nil))), verdict(jws.FaultAlgorithm)})
			}
		}
	}
	return made
}

// otherAlgorithms covers T3: a true signature by another algorithm than that of
// the key that is named, or than the header says.
func (s *stage) otherAlgorithms() []attack {
	var made []attack
	for _, alg := range idp.Algorithms() {
		for _, other := range idp.Algorithms() {
			if alg == other {
				continue
			}
			header := fmt.Sprintf(`{"alg":%q,"kid":%q}`, alg, other)
			made = append(made, attack{"T3", alg + " token, " + other + " key", s.sign(alg, header), verdict(jwk.MissAlgorithm)})
			header = fmt.Sprintf(`{"alg":%q,"kid":%q}`, other, other)
			made = append(made, attack{"T3", alg + " signature, said to be " + other, s.sign(alg, header), badSignature})
		}
	}
	return made
}

// certificates covers T6: a stranger's certificate, and his signature.
func (s *stage) certificates() []attack {
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, s.stranger.Private.Public(), s.stranger.Private)
	must(err)
	sum := sha256.Sum256(der)
	var made []attack
	for _, member := range []string{
		fmt.Sprintf(`"x5c":[%q]`, base64.StdEncoding.EncodeToString(der)), fmt.Sprintf(`"x5t#S256":%q`, b64(string(sum[:]))), `"x5t":"AAAA"`,
	} {
		for _, header := range []string{`{"alg":"ES256","kid":"ES256",` + member + `}`, `{"alg":"ES256",` + member + `}`} {
			made = append(made, attack{"T6", member[:6], signed(s.stranger, "ES256", b64(header)+"."+b64(claims)), badSignature})
		}
	}
	return made
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
