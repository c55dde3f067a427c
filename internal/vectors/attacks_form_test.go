// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"fmt"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// serialisations covers T11.
func (s *stage) serialisations() []attack {
	part := strings.Split(s.token("ES256"), ".")
	h, p, g := part[0], part[1], part[2]
	var made []attack
	for name, text := range map[string]string{
		"flattened":            fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, h, p, g),
		"flattened, spaced":    fmt.Sprintf(" \n{\"protected\":%q,\"payload\":%q,\"signature\":%q}\n", h, p, g),
		"general":              fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":%q}]}`, p, h, g),
		"several signatures":   fmt.Sprintf(`{"payload":%q,"signatures":[{"protected":%q,"signature":"AA"},{"protected":%q,"signature":%q}]}`, p, h, h, g),
		"unprotected header":   fmt.Sprintf(`{"protected":%q,"header":{"x":"y"},"payload":%q,"signature":%q}`, h, p, g),
		"all unprotected":      fmt.Sprintf(`{"header":{"alg":"ES256","kid":"ES256"},"payload":%q,"signature":%q}`, p, g),
		"payload not an octet": fmt.Sprintf(`{"protected":%q,"payload":null,"signature":%q}`, h, g),
	} {
		made = append(made, attack{"T11", name, text, verdict(jws.FaultCompact)})
	}
	return made
}

// encodings covers T12: what a lenient decoder skips or forgives, put into a
// token that was signed without it, and into one that was signed with it.
func (s *stage) encodings() []attack {
	var made []attack
	for segment := range 3 {
		for _, alg := range []string{"ES256", "RS256", "EdDSA"} {
			for _, c := range []struct{ name, before, middle, behind string }{
				{name: "line feed", middle: "\n"}, {name: "CR LF", middle: "\r\n"}, {name: "space", middle: " "}, {name: "tab", middle: "\t"}, {name: "NUL", middle: "\x00"},
				{name: "line feed behind", behind: "\n"}, {name: "padding", behind: "="}, {name: "more padding", behind: "=="}, {name: "space before", before: " "},
				{name: "question mark", middle: "?"}, {name: "plus", behind: "+"}, {name: "slash", behind: "/"}, {name: "percent", behind: "%3D"}, {name: "é", middle: "é"},
			} {
				part := strings.Split(s.token(alg), ".")
				half := len(part[segment]) / 2
				part[segment] = c.before + part[segment][:half] + c.middle + part[segment][half:] + c.behind
				name := fmt.Sprintf("%s, %s in part %d", alg, c.name, segment)
				made = append(made, attack{"T12", name, strings.Join(part, "."), verdict(jws.FaultEncoding)})
				if segment < 2 {
					again := signed(s.keys[alg], alg, part[0]+"."+part[1])
					made = append(made, attack{"T12", name + ", signed so", again, verdict(jws.FaultEncoding)})
				}
			}
		}
	}
	return append(made, s.unusedBits()...)
}

// unusedBits sets bits of the last character that no octet takes.
func (s *stage) unusedBits() []attack {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	next := func(part string) string {
		last := len(part) - 1
		return part[:last] + string(alphabet[strings.IndexByte(alphabet, part[last])+1])
	}
	padTo := func(text string) string { // so that the last quantum is not full
		for len(text)%3 == 0 {
			text += " "
		}
		return text
	}
	header, payload := b64(padTo(`{"alg":"ES256","kid":"ES256"}`)), b64(padTo(claims))
	_, signature := split(signed(s.keys["ES256"], "ES256", header+"."+payload))
	return []attack{
		{"T12", "unused bits of the header", signed(s.keys["ES256"], "ES256", next(header)+"."+payload), verdict(jws.FaultEncoding)},
		{"T12", "unused bits of the payload", signed(s.keys["ES256"], "ES256", header+"."+next(payload)), verdict(jws.FaultEncoding)},
		{"T12", "unused bits of the signature", header + "." + payload + "." + next(b64(string(signature))), verdict(jws.FaultEncoding)},
	}
}

// parts covers T13.
func (s *stage) parts() []attack {
	token := s.token("ES256")
	part := strings.Split(token, ".")
	h, p, g := part[0], part[1], part[2]
	empty := signed(s.keys["ES256"], "ES256", h+".")
	var made []attack
	for want, tokens := range map[jws.Fault][]string{
		jws.FaultCompact: {
			"", ".", "..", "...", h, h + "." + p, h + "." + p + ".", "." + p + "." + g, h + ".." + g, empty, token + ".", "." + token, token + "..", token + "." + g,
			strings.Join([]string{h, p, g, p, g}, "."), h + "." + p + "." + g + "." + p, token + "." + token, token + "\n" + token, token + token, token + "," + token,
		},
		jws.FaultEncoding: {
			token + "\x00", token + "!", token + "\n", token + " ", " " + token, "\n" + token, "\ufeff" + token, "Bearer " + token, "bearer " + token, token + "~", token + "#x",
		},
	} {
		for _, text := range tokens {
			made = append(made, attack{"T13", fmt.Sprintf("%.20q…", text), text, verdict(want)})
		}
	}
	return made
}

// polyglots covers T19: text that is also something else.
func (s *stage) polyglots() []attack {
	token := s.token("ES256")
	var made []attack
	for _, text := range []string{
		`"` + token + `"`, `["` + token + `"]`, `{"jwt":"` + token + `"}`, "<jwt>" + token + "</jwt>", "jwt=" + token + "&role=r", "-----BEGIN JWT-----\n" + token + "\n-----END JWT-----\n",
	} {
		made = append(made, attack{"T19", fmt.Sprintf("%.12q…", text), text, verdict(jws.FaultEncoding)})
	}
	return made
}

// sizes covers T20; package jws has the tests of what they cost.
func (s *stage) sizes() []attack {
	header, deep := `{"alg":"ES256","kid":"ES256"}`, strings.Repeat(`{"a":`, 9000)
	long := signed(s.keys["ES256"], "ES256", b64(header)+"."+b64(`{"sub":"`+strings.Repeat("x", 1<<20)+`"}`))
	return []attack{
		{"T20", "1 MiB, signed", long, verdict(jws.FaultTooLong)},
		{"T20", "1 MiB of dots", strings.Repeat(".", 1<<20), verdict(jws.FaultTooLong)},
		{"T20", "64 KiB of dots", strings.Repeat(".", 64<<10), verdict(jws.FaultCompact)},
		{"T20", "deep header", b64(deep) + "." + b64(claims) + ".AA", verdict(jws.FaultHeader)},
		{"T20", "wide header", s.sign("ES256", `{"alg":"ES256","kid":"ES256","x":[`+strings.Repeat("1,", 900)+`1]}`), verdict(jws.FaultHeader)},
	}
}
