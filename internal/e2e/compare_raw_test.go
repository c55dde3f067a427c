// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"bytes"
	"encoding/json"
	"strings"
)

// where a difference shows: theirs reads tokens with other code for static keys
// than for fetched ones.
type where int

const (
	everySource where = iota
	staticKeys
	fetchedKeys
)

func (w where) holds(source string) bool {
	return w == everySource || (w == staticKeys) == (source == "static")
}

// rawCase is a token that no encoder would make.
type rawCase struct {
	name, token string
	must        string // "" for none
	where       where
}

// rawCases take the bytes of a good token and change them.
func rawCases(p *issuer) []rawCase {
	header, claims := encode(object{"alg": p.Current().Alg, "kid": p.Current().KID}), encode(p.person(nil))
	return append(rawParts(p, header, claims), rawForms(p.Sign(p.Current(), header, claims))...)
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // a literal of these tests
	}
	return text
}

// insert puts members before the others of a JSON object.
func insert(doc []byte, members string) []byte { return append([]byte("{"+members+","), doc[1:]...) }

// rawParts sign odd headers and odd claims.
func rawParts(p *issuer, header, claims []byte) []rawCase {
	var cases []rawCase
	inHeader := func(name string, raw []byte, must string) {
		cases = append(cases, rawCase{name, p.Sign(p.Current(), raw, claims), must, everySource})
	}
	inClaims := func(name string, raw []byte, must string, where where) {
		cases = append(cases, rawCase{name, p.Sign(p.Current(), header, raw), must, where})
	}
	inHeader("nothing", header, "")
	inHeader("duplicate alg", insert(header, `"alg":"ES256"`), "")
	inHeader("duplicate kid", insert(header, `"kid":"x"`), "")
	inHeader("header with BOM", append([]byte("\ufeff"), header...), "")
	inHeader("header is a list", []byte(`[]`), "")
	inHeader("header is large", insert(header, `"x":"`+strings.Repeat("a", 3000)+`"`), "token-limits")
	inClaims("duplicate sub", insert(claims, `"sub":"mallory"`), "token-names", fetchedKeys)
	inClaims("duplicate in depth", insert(claims, `"deep":{"a":1,"a":2}`), "token-names", fetchedKeys)
	for name, member := range map[string]string{"in depth": `"deep":{"a":1,"A":2}`, "of sub": `"SUB":"mallory"`, "of team": `"TEAM":"x"`, "not used": `"foo":1,"FOO":2`, "with a long s": `"ſub":"mallory"`} {
		inClaims("case twin "+name, insert(claims, member), "token-names", everySource)
	}
	inClaims("claims with BOM", append([]byte("\ufeff"), claims...), "", everySource)
	for _, text := range []string{`[]`, `null`, `{}`, `hello`, `"x"`} {
		inClaims("claims are "+text, []byte(text), "", everySource)
	}
	inClaims("claims with something after", append(bytes.Clone(claims), " x"...), "", everySource)
	inClaims("claims with white space", append(append([]byte(" \n"), claims...), " \n"...), "", everySource)
	inClaims("claims with bad UTF-8", insert(claims, "\"x\":\"\xff\""), "token-text", everySource)
	inClaims("claims with a surrogate", insert(claims, `"x":"\ud800"`), "token-text", everySource)
	inClaims("claims with an escape", insert(claims, `"x":"\u0041"`), "", everySource)
	inClaims("claims with a big number", insert(claims, `"x":1e400`), "", everySource)
	inClaims("claims deep", insert(claims, `"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)), "token-limits", everySource)
	inClaims("claims large", insert(claims, `"x":"`+strings.Repeat("a", 7000)+`"`), "", everySource)
	inClaims("claims too large", insert(claims, `"x":["`+strings.Repeat("a", 7000)+`","`+strings.Repeat("a", 7000)+`"]`), "token-limits", everySource)
	inClaims("claims with a long text", insert(claims, `"x":"`+strings.Repeat("a", 9000)+`"`), "token-limits", everySource)
	return cases
}

// rawForms take the three parts of a token apart.
func rawForms(good string) []rawCase {
	parts := strings.Split(good, ".")
	return []rawCase{
		{"no signature", parts[0] + "." + parts[1] + ".", "", everySource},
		{"two parts", parts[0] + "." + parts[1], "", everySource},
		{"four parts", good + ".AAAA", "", everySource},
		{"five parts", good + ".AAAA.AAAA", "", everySource},
		{"no claims", parts[0] + ".." + parts[2], "", everySource},
		{"short signature", good[:len(good)-4], "", everySource},
		{"long signature", good + "AAAA", "", everySource},
		{"other signature", parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), "", everySource},
		{"padding", good + "==", "token-encoding", staticKeys},
		{"flattened JSON", `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`, "token-json", everySource},
		{"general JSON", `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`, "token-json", everySource},
		{"standard base64", strings.NewReplacer("-", "+", "_", "/").Replace(good), "", everySource},
	}
}
