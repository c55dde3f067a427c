// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"hash"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// form attacks the form of a token: header, encoding, signature.
func (a *attackers) form(t *testing.T) []attack {
	list := append(a.algorithms(), a.headers()...)
	list = append(list, a.encodings()...)
	list = append(list, a.sizes()...)
	return append(list, a.signatures(t)...)
}

// signed makes a token of the canary's claims whose header is changed.
func (a *attackers) signed(key *idp.Key, header object) string {
	return a.MintWith(key, header, a.claims(nil))
}

func unsigned(header, claims object, signature string) string {
	enc := base64.RawURLEncoding
	return enc.EncodeToString(encode(header)) + "." + enc.EncodeToString(encode(claims)) + "." + signature
}

// algorithms: no signature, a MAC with a public key for a secret, and keys of
// one algorithm used with another.
func (a *attackers) algorithms() []attack {
	var list []attack
	kid := a.Current().KID
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "none ", " none", ""} {
		for _, signature := range []string{"", "AAAA", base64.RawURLEncoding.EncodeToString([]byte("none"))} {
			list = append(list, attack{name: fmt.Sprintf("alg %q with signature %q", alg, signature), token: unsigned(object{"alg": alg, "kid": kid}, a.claims(nil), signature)})
		}
	}
	for name, secret := range a.publicSecrets() {
		for alg, h := range map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New} {
			input := unsigned(object{"alg": alg, "kid": "kid-RS256"}, a.claims(nil), "")
			mac := hmac.New(h, secret)
			mac.Write([]byte(strings.TrimSuffix(input, ".")))
			list = append(list, attack{name: alg + " with the public key as " + name, token: input + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))})
		}
	}
	for _, label := range idp.Algorithms() {
		for _, signer := range idp.Algorithms() {
			if label != signer {
				key := a.keys[signer]
				list = append(list, attack{name: signer + " called " + label, token: a.signed(key, object{"alg": label}), twin: a.MintWith(key, nil, a.person(nil))})
				list = append(list, attack{name: signer + " called " + label + " under its kid", token: a.signed(key, object{"alg": label, "kid": a.keys[label].KID})})
			}
		}
	}
	return list
}

// publicSecrets are what attackers know of the RSA key, in the forms that
// careless verifiers take for a secret.
func (a *attackers) publicSecrets() map[string][]byte {
	text := a.keys["RS256"].PEM()
	block, _ := pem.Decode([]byte(text))
	jwk := a.keys["RS256"].JWK()
	n, _ := base64.RawURLEncoding.DecodeString(jwk["n"].(string))
	return map[string][]byte{"PEM": []byte(text), "trimmed PEM": []byte(strings.TrimSpace(text)), "DER": block.Bytes, "JWK": encode(jwk), "modulus": n, "nothing": {}}
}

// headers: keys and places to fetch them, critical extensions, odd kids, types
// of tokens for other purposes, names that stand twice.
func (a *attackers) headers() []attack {
	var list []attack
	key := a.Current()
	header := func(name string, change object) {
		list = append(list, attack{name: name, token: a.signed(key, change)})
	}
	stranger, err := idp.GenerateKey("ES256", "")
	if err != nil {
		panic(err)
	}
	list = append(list, attack{name: "key in the header", token: a.signed(stranger, object{"jwk": stranger.JWK()})},
		attack{name: "key in the header under our kid", token: a.signed(stranger, object{"jwk": stranger.JWK(), "kid": key.KID})},
		attack{name: "certificate in the header", token: a.signed(stranger, object{"x5c": []string{strings.Join(strings.Split(a.other.CAPEM(), "\n")[1:8], "")}, "kid": key.KID})})
	header("jwk of the issuer", object{"jwk": key.JWK()})
	header("jwk that is none", object{"jwk": 5})
	for _, name := range []string{"jku", "x5u"} {
		header(name+" with its own key", object{name: a.other.JWKSURL()})
		list = append(list, attack{name: name + " with a stranger's key", token: a.MintWith(a.other.Current(), object{name: a.other.JWKSURL()}, a.claims(nil))})
	}
	for _, kid := range []any{
		"../../../../dev/null", "/dev/null", "a\x00b", "' OR '1'='1", "; true", "|true", "$(true)", a.other.JWKSURL(), strings.Repeat("k", 257), strings.Repeat("k", 1<<11), 5, []string{key.KID}, object{"kid": key.KID}, true, "", "ü", "\u212aid", "\n",
	} {
		// With written keys the kid is not used, so sign with a key that is not trusted.
		list = append(list, attack{name: "kid " + shorten(shown(kid)), token: a.signed(stranger, object{"kid": kid})})
	}
	for _, value := range []any{[]string{"exp"}, []string{}, []string{"b64"}, []string{"x"}, []string{"exp", "exp"}, "exp", nil} {
		list = append(list, attack{name: "crit " + shown(value), token: a.Sign(key, encode(object{"alg": key.Alg, "kid": key.KID, "crit": value}), encode(a.claims(nil)))})
	}
	header("b64 false", object{"b64": false, "crit": []string{"b64"}})
	header("b64 true", object{"b64": true})
	for _, typ := range []any{"logout+jwt", "dpop+jwt", "secevent+jwt", "at+jwt", "application/at+jwt", 5, []string{"JWT"}, strings.Repeat("t", 1000)} {
		header("typ "+shorten(shown(typ)), object{"typ": typ})
	}
	for _, cty := range []any{"JWT", "jwt", "application/jwt", 5} {
		header("cty "+shown(cty), object{"cty": cty})
	}
	header("enc", object{"enc": "A128GCM"})
	header("zip", object{"zip": "DEF"})
	plain := encode(object{"alg": key.Alg, "kid": key.KID})
	for _, member := range []string{`"alg":"ES256"`, `"alg":"none"`, `"kid":"x"`, `"ALG":"none"`, `"Kid":"x"`, `"\u212aid":"x"`, `"x":1,"x":2`, `"x":1,"X":2`} {
		list = append(list, attack{name: "header with " + member, token: a.Sign(key, insert(plain, member), encode(a.claims(nil)))})
	}
	for _, raw := range []string{`[]`, `null`, `"x"`, `{}`, `5`, ``, `{"alg":"ES256"} x`, `{"alg":"ES256"}{}`, `{"alg":["ES256"]}`, `{/**/"alg":"ES256"}`, `{'alg':'ES256'}`, "\ufeff" + string(plain), `{"alg":"ES256",}`} {
		list = append(list, attack{name: "header " + raw, token: a.Sign(key, []byte(raw), encode(a.claims(nil)))})
	}
	return list
}

// encodings: other serialisations, other spellings of one token.
func (a *attackers) encodings() []attack {
	good := a.Mint(a.claims(nil))
	p := strings.Split(good, ".")
	list := []attack{
		{name: "flattened JSON", token: `{"protected":"` + p[0] + `","payload":"` + p[1] + `","signature":"` + p[2] + `"}`},
		{name: "general JSON", token: `{"payload":"` + p[1] + `","signatures":[{"protected":"` + p[0] + `","signature":"` + p[2] + `"}]}`},
		{name: "JSON with an unprotected header", token: `{"header":{"alg":"none"},"protected":"` + p[0] + `","payload":"` + p[1] + `","signature":"` + p[2] + `"}`},
		{name: "five parts", token: good + ".AAAA.AAAA"}, {name: "four parts", token: good + ".AAAA"}, {name: "two parts", token: p[0] + "." + p[1]}, {name: "one part", token: p[0]}, {name: "dots", token: ".."},
		{name: "no header", token: "." + p[1] + "." + p[2]}, {name: "no claims", token: p[0] + ".." + p[2]}, {name: "no signature", token: p[0] + "." + p[1] + "."},
		{name: "trailing dot", token: good + "."}, {name: "leading dot", token: "." + good}, {name: "bearer", token: "Bearer " + good}, {name: "two tokens", token: good + " " + good}, {name: "two tokens, comma", token: good + "," + good},
		{name: "quoted", token: `"` + good + `"`}, {name: "BOM", token: "\ufeff" + good}, {name: "zero byte", token: good + "\x00"}, {name: "claims and signature swapped", token: p[0] + "." + p[2] + "." + p[1]},
		{name: "role name for token", token: "plain"},
	}
	for i := range p {
		for _, c := range []string{"\n", "\r", " ", "\t", "=", "+", "/", "%", "é"} {
			parts := append([]string(nil), p...)
			parts[i] = parts[i][:4] + c + parts[i][4:]
			list = append(list, attack{name: fmt.Sprintf("%q in part %d", c, i), token: strings.Join(parts, ".")})
		}
		parts := append([]string(nil), p...)
		parts[i] += "="
		list = append(list, attack{name: fmt.Sprintf("padding of part %d", i), token: strings.Join(parts, ".")})
	}
	return list
}

// sizes: tokens that cost a careless verifier its memory or its stack.
func (a *attackers) sizes() []attack {
	enc := base64.RawURLEncoding.EncodeToString
	deep := enc([]byte(`{"alg":"ES256","x":` + strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20) + `}`))
	body := enc(encode(a.claims(nil)))
	return []attack{
		{name: "16 KiB", token: a.Mint(a.claims(object{"x": []string{strings.Repeat("x", 6000), strings.Repeat("x", 6000)}}))},
		{name: "1 MiB", token: a.Mint(a.claims(object{"x": strings.Repeat("x", 1<<20)}))},
		{name: "4 MiB of dots", token: strings.Repeat(".", 4<<20)},
		{name: "4 MiB of letters", token: strings.Repeat("A", 4<<20)},
		{name: "header a million deep", token: deep + "." + body + ".AAAA"},
		{name: "claims a million deep", token: enc([]byte(`{"alg":"ES256"}`)) + "." + deep + ".AAAA"},
		{name: "header of 3 KiB", token: a.signed(a.Current(), object{"x": strings.Repeat("x", 3<<10)})},
	}
}

// signatures: forged, malleable or degenerate ones. The twin of the ECDSA cases
// has s replaced by n-s, which is as valid as s.
func (a *attackers) signatures(t *testing.T) []attack {
	var list []attack
	for _, alg := range idp.Algorithms() {
		key := a.keys[alg]
		stranger, err := idp.GenerateKey(alg, key.KID)
		require.NoError(t, err)
		genuine := a.MintWith(key, nil, a.person(nil))
		list = append(list, attack{name: alg + " by a stranger", token: a.signed(stranger, nil), twin: genuine})
		token := a.signed(key, nil)
		at := strings.LastIndex(token, ".") + 1
		signature, err := base64.RawURLEncoding.DecodeString(token[at:])
		require.NoError(t, err)
		for name, forged := range forgeries(signature) {
			list = append(list, attack{name: alg + " " + name, token: token[:at] + base64.RawURLEncoding.EncodeToString(forged), twin: genuine})
		}
		changed := a.MintWith(key, nil, a.claims(object{"admin": false}))
		list = append(list, attack{name: alg + " of other claims", token: changed[:strings.LastIndex(changed, ".")] + "." + token[at:], twin: genuine})
	}
	return append(list, a.curveSignatures(t)...)
}

// forgeries change a signature a little.
func forgeries(good []byte) map[string][]byte {
	flip := func(at int) []byte {
		out := append([]byte(nil), good...)
		out[at] ^= 1
		return out
	}
	half := len(good) / 2
	return map[string][]byte{
		"first bit": flip(0), "middle bit": flip(half), "last bit": flip(len(good) - 1),
		"too short": good[:len(good)-1], "too long": append(append([]byte(nil), good...), 0), "zero before": append([]byte{0}, good...), "half": good[:half],
		"zeros": make([]byte, len(good)), "one byte": {0}, "zero and half": append(make([]byte, half), good[half:]...), "half and zero": append(append([]byte(nil), good[:half]...), make([]byte, len(good)-half)...),
	}
}
