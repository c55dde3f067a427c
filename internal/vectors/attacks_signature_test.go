// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
)

// split returns what is signed, and the signature.
func split(token string) (input string, signature []byte) {
	at := strings.LastIndexByte(token, '.')
	signature, err := base64.RawURLEncoding.DecodeString(token[at+1:])
	must(err)
	return token[:at], signature
}

func join(input string, signature []byte) string { return input + "." + b64(string(signature)) }

// ecdsaEdges covers T14.
func (s *stage) ecdsaEdges() []attack {
	var made []attack
	for _, alg := range []string{"ES256", "ES384", "ES512"} {
		input, signature := split(s.token(alg))
		half := len(signature) / 2
		r, g := signature[:half], signature[half:]
		n := s.keys[alg].Private.Public().(*ecdsa.PublicKey).Curve.Params().N
		fill := func(v *big.Int) []byte { return v.FillBytes(make([]byte, half)) }
		edges := [][]byte{fill(big.NewInt(0)), fill(big.NewInt(1)), fill(new(big.Int).Sub(n, big.NewInt(1))), fill(n)}
		for i, a := range edges {
			for j, b := range edges {
				made = append(made, attack{"T14", fmt.Sprintf("%s, edges %d and %d", alg, i, j), join(input, append(append([]byte{}, a...), b...)), badSignature})
			}
			made = append(made,
				attack{"T14", fmt.Sprintf("%s, r at edge %d", alg, i), join(input, append(append([]byte{}, a...), g...)), badSignature},
				attack{"T14", fmt.Sprintf("%s, s at edge %d", alg, i), join(input, append(append([]byte{}, r...), a...)), badSignature})
		}
		der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(r), new(big.Int).SetBytes(g)})
		must(err)
		for name, other := range map[string][]byte{
			"DER": der, "short": signature[:len(signature)-1], "long": append(append([]byte{}, signature...), 0), "swapped": append(append([]byte{}, g...), r...),
			"padded": append(append([]byte{0}, r...), append([]byte{0}, g...)...), "twice": append(append([]byte{}, signature...), signature...),
		} {
			made = append(made, attack{"T14", alg + ", " + name, join(input, other), badSignature})
		}
	}
	return made
}

// twins are ECDSA signatures that are valid beside the one that was made.
func (s *stage) twins() []string {
	var made []string
	for _, alg := range []string{"ES256", "ES384", "ES512"} {
		input, signature := split(s.token(alg))
		half := len(signature) / 2
		n := s.keys[alg].Private.Public().(*ecdsa.PublicKey).Curve.Params().N
		other := new(big.Int).Sub(n, new(big.Int).SetBytes(signature[half:]))
		made = append(made, join(input, append(signature[:half:half], other.FillBytes(make([]byte, half))...)))
	}
	return made
}

// edwardsEdges covers T15, the half that is not about keys.
func (s *stage) edwardsEdges() []attack {
	input, signature := split(s.token("EdDSA"))
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	scalar := new(big.Int).SetBytes(reversed(signature[32:]))
	var made []attack
	for multiple := int64(1); multiple < 15; multiple++ {
		other := new(big.Int).Add(scalar, new(big.Int).Mul(order, big.NewInt(multiple)))
		made = append(made, attack{"T15", fmt.Sprintf("S + %d L", multiple), join(input, append(signature[:32:32], reversed(other.FillBytes(make([]byte, 32)))...)), badSignature})
	}
	for _, point := range []string{
		"0100000000000000000000000000000000000000000000000000000000000000", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	} {
		made = append(made,
			attack{"T15", "R is " + point, join(input, append(unhex(point), signature[32:]...)), badSignature},
			attack{"T15", "S is 0, R is " + point, join(input, append(unhex(point), make([]byte, 32)...)), badSignature})
	}
	return append(made, attack{"T15", "all zero", join(input, make([]byte, 64)), badSignature}, attack{"T15", "short", join(input, signature[:63]), badSignature})
}

// saltLengths covers T16.
func (s *stage) saltLengths() []attack {
	private := s.keys["PS256"].Private.(*rsa.PrivateKey)
	input, _ := split(s.token("PS256"))
	sum := sha256.Sum256([]byte(input))
	var made []attack
	for _, length := range []int{1, 20, 31, 33, 64, private.Size() - 34} {
		signature, err := rsa.SignPSS(rand.Reader, private, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: length})
		must(err)
		made = append(made, attack{"T16", fmt.Sprintf("%d octets of salt", length), join(input, signature), badSignature})
	}
	return made
}

// paddings covers T17.
func (s *stage) paddings() []attack {
	private := s.keys["RS256"].Private.(*rsa.PrivateKey)
	input, _ := split(s.token("RS256"))
	sum := sha256.Sum256([]byte(input))
	info := append(unhex("3031300d060960864801650304020105000420"), sum[:]...)
	bare := append(unhex("302f300b06096086480165030402010420"), sum[:]...)
	ff := func(n int) string { return strings.Repeat("\xff", n) }
	size := private.Size()
	var made []attack
	for name, block := range map[string]string{
		"garbage behind":      "\x00\x01" + ff(8) + "\x00" + string(info) + strings.Repeat("g", size-11-len(info)),
		"garbage before":      "\x00\x01" + ff(8) + "\x00" + strings.Repeat("g", size-12-len(info)) + "\x00" + string(info),
		"no NULL":             "\x00\x01" + ff(size-3-len(bare)) + "\x00" + string(bare),
		"block type 2":        "\x00\x02" + ff(size-3-len(info)) + "\x00" + string(info),
		"padding of FE":       "\x00\x01" + strings.Repeat("\xfe", size-3-len(info)) + "\x00" + string(info),
		"digest alone":        "\x00\x01" + ff(size-3-len(sum)) + "\x00" + string(sum[:]),
		"no separator":        "\x00\x01" + ff(size-2-len(info)) + string(info),
		"nothing but padding": "\x00\x01" + ff(size-2),
	} {
		signature := new(big.Int).Exp(new(big.Int).SetBytes([]byte(block)), private.D, private.N).FillBytes(make([]byte, size))
		made = append(made, attack{"T17", name, join(input, signature), badSignature})
	}
	return made
}

func reversed(octets []byte) []byte {
	out := make([]byte, len(octets))
	for i, o := range octets {
		out[len(out)-1-i] = o
	}
	return out
}

func unhex(text string) []byte {
	octets, err := hex.DecodeString(text)
	must(err)
	return octets
}
