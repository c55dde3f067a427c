// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vectors_test

import (
	"fmt"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// headers signs each header with the true ES256 key, so that nothing but the
// header is wrong.
func (s *stage) headers(row string, want verdict, headers ...string) []attack {
	var made []attack
	for _, header := range headers {
		made = append(made, attack{row, header, s.sign("ES256", header), want})
	}
	return made
}

// none covers T1.
func (s *stage) none() []attack {
	var made []attack
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "none ", " none", "no\\u006ee", "none\\u0000", "nonE", "NoNe", "ｎone", ""} {
		header := `{"alg":"` + alg + `","kid":"ES256"}`
		made = append(made,
			attack{"T1", "no signature, " + header, b64(header) + "." + b64(claims) + ".", verdict(jws.FaultCompact)},
			attack{"T1", "junk, " + header, b64(header) + "." + b64(claims) + "." + b64("junk"), verdict(jws.FaultAlgorithm)},
		)
	}
	return made
}

// embeddedKeys covers T4 and T5.
func (s *stage) embeddedKeys() []attack {
	own := fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":%q,"y":%q}`, s.stranger.JWK()["x"], s.stranger.JWK()["y"])
	var made []attack
	for _, header := range []string{`{"alg":"ES256","jwk":` + own + `}`, `{"alg":"ES256","kid":"ES256","jwk":` + own + `}`, `{"jwk":` + own + `,"alg":"ES256","kid":"ES256"}`} {
		made = append(made, attack{"T4", "signed with the key inside", signed(s.stranger, "ES256", b64(header)+"."+b64(claims)), verdict(jws.FaultEmbedded)})
	}
	made = append(made, s.headers("T4", verdict(jws.FaultEmbedded),
		`{"alg":"ES256","kid":"ES256","jwk":`+own+`}`, `{"alg":"ES256","kid":"ES256","jwk":{}}`, `{"alg":"ES256","kid":"ES256","jwk":null}`, `{"alg":"ES256","kid":"ES256","jwk":"x"}`)...)
	for _, name := range []string{"jku", "x5u"} {
		header := fmt.Sprintf(`{"alg":"ES256","kid":"ES256",%q:%q}`, name, s.provider.JWKSURL())
		made = append(made,
			attack{"T5", name + ", a stranger's", signed(s.stranger, "ES256", b64(header)+"."+b64(claims)), verdict(jws.FaultEmbedded)},
			attack{"T5", name, s.sign("ES256", header), verdict(jws.FaultEmbedded)},
		)
	}
	return made
}

// keyIDs covers T7 and T8.
func (s *stage) keyIDs() []attack {
	var made []attack
	for _, kid := range []string{
		"es256", "ES256 ", "../../../../dev/null", "/proc/self/environ", "' OR 1=1 --", "ES256;id", "$(id)", "https://evil.example/keys", "%45S256", "*", "ES*", "0", strings.Repeat("k", 256),
	} {
		made = append(made, s.headers("T7", verdict(jwk.MissKeyID), `{"alg":"ES256","kid":"`+kid+`"}`)...)
	}
	for _, literal := range []string{
		`""`, `1`, `null`, `["ES256"]`, `{"kid":"ES256"}`, `"ES256\u0000"`, `"\u0000"`, `"ES256\n"`, `"ES２56"`, `"` + strings.Repeat("k", 257) + `"`,
	} {
		made = append(made, s.headers("T7", verdict(jws.FaultKeyID), `{"alg":"ES256","kid":`+literal+`}`)...)
	}
	made = append(made, s.headers("T7", verdict(jws.FaultHeader), `{"alg":"ES256","kid":"`+strings.Repeat("k", 40<<10)+`"}`)...)
	stranger := signed(s.stranger, "ES256", b64(`{"alg":"ES256"}`)+"."+b64(claims))
	return append(made, attack{"T8", "no kid, a stranger's", stranger, badSignature})
}

// extensions covers T9, with both encodings of a payload that b64 speaks of.
func (s *stage) extensions() []attack {
	made := s.headers("T9", verdict(jws.FaultCritical),
		`{"alg":"ES256","kid":"ES256","crit":["x"],"x":1}`, `{"alg":"ES256","kid":"ES256","crit":[]}`, `{"alg":"ES256","kid":"ES256","crit":["x"]}`,
		`{"alg":"ES256","kid":"ES256","crit":["exp"],"exp":1}`, `{"alg":"ES256","kid":"ES256","crit":["x","x"],"x":1}`, `{"alg":"ES256","kid":"ES256","crit":null}`,
		`{"alg":"ES256","kid":"ES256","crit":["b64"],"b64":false}`, `{"alg":"ES256","kid":"ES256","b64":false}`, `{"alg":"ES256","kid":"ES256","b64":true}`,
	)
	header := b64(`{"alg":"ES256","kid":"ES256","crit":["b64"],"b64":false}`)
	return append(made, attack{"T9", "payload not encoded", signed(s.keys["ES256"], "ES256", header+"."+claims), verdict(jws.FaultCompact)})
}

// duplicates covers T10.
func (s *stage) duplicates() []attack {
	return s.headers("T10", verdict(jws.FaultHeader),
		`{"alg":"ES256","alg":"ES256","kid":"ES256"}`, `{"alg":"none","alg":"ES256","kid":"ES256"}`, `{"alg":"ES256","kid":"ES256","\u0061lg":"ES256"}`,
		`{"alg":"ES256","ALG":"none","kid":"ES256"}`, `{"Alg":"none","alg":"ES256","kid":"ES256"}`, `{"alg":"ES256","kid":"ES256","kid":"ES256"}`,
		`{"alg":"ES256","kid":"ES256","\u212aid":"x"}`, `{"alg":"ES256","kid":"ES256","KID":"x"}`, `{"alg":"ES256","\u212aid":"ES256"}`,
		`{"alg":"ES256","kid":"ES256","JWK":{}}`, `{"alg":"ES256","kid":"ES256","Crit":["x"]}`, `{"alg":"ES256","kid":"ES256","x":{"a":1,"A":2}}`,
	)
}

// types covers the form of T18; which types an issuer may use is its own
// setting.
func (s *stage) types() []attack {
	return append(
		s.headers("T18", verdict(jws.FaultType),
			`{"alg":"ES256","kid":"ES256","typ":1}`, `{"alg":"ES256","kid":"ES256","typ":""}`, `{"alg":"ES256","kid":"ES256","typ":null}`, `{"alg":"ES256","kid":"ES256","typ":["JWT"]}`,
			`{"alg":"ES256","kid":"ES256","typ":"JWT\u0000"}`, `{"alg":"ES256","kid":"ES256","enc":"A128GCM"}`, `{"alg":"ES256","kid":"ES256","zip":"DEF"}`),
		s.headers("T13", verdict(jws.FaultType), `{"alg":"ES256","kid":"ES256","cty":"JWT"}`, `{"alg":"ES256","kid":"ES256","cty":"application/jwt"}`)...)
}

// headerJSON covers T21.
func (s *stage) headerJSON() []attack {
	return append(
		s.headers("T21", verdict(jws.FaultHeader),
			`null`, `[]`, `"ES256"`, `[{"alg":"ES256","kid":"ES256"}]`, `{"alg":"ES256","kid":"ES256"}{}`, `{"alg":"ES256","kid":"ES256"}x`, "{\"alg\":\"ES256\",\"kid\":\"ES256\"}\x00",
			`{"alg":"ES256","kid":"ES256"}//`, `{"alg":"ES256",/**/"kid":"ES256"}`, `{"alg":"ES256","kid":"ES256",}`, `{'alg':'ES256','kid':'ES256'}`, "\ufeff"+`{"alg":"ES256","kid":"ES256"}`,
			"{\"alg\":\"ES256\",\"kid\":\"ES256\",\"x\":\"\xff\"}", `{"alg":"ES256","kid":"ES256","x":"\ud800"}`, `{"alg":"ES256","kid":"ES256","x":01}`, `{"alg":"ES256","kid":"ES256","x":1e999}`, ` `),
		s.headers("T21", verdict(jws.FaultAlgorithm), `{}`, `{"kid":"ES256"}`, `{"alg":["ES256"],"kid":"ES256"}`, `{"alg":{"a":"ES256"},"kid":"ES256"}`, `{"alg":null,"kid":"ES256"}`)...)
}
