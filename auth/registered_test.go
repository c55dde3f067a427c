// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The audience, by its form and by what the role binds (RFC 7519, section
// 4.1.3). The empty reason stands for acceptance.
func TestCheckAudience(t *testing.T) {
	t.Parallel()
	many := strings.Repeat(`"x",`, 999)
	for _, c := range []struct {
		aud            string
		bound, unbound Reason
	}{
		{``, Audience, ""},
		{`[]`, Audience, ""},
		{`"v"`, "", AudienceNone},
		{`["v"]`, "", AudienceNone},
		{`["v","evil"]`, "", AudienceNone},
		{`["evil","w"]`, "", AudienceNone},
		{`[` + many + `"v"]`, "", AudienceNone},
		{`[` + many + `"x"]`, Audience, AudienceNone},
		{`"V"`, Audience, AudienceNone},
		{`"v "`, Audience, AudienceNone},
		{`"v/"`, Audience, AudienceNone},
		{`"v,w"`, Audience, AudienceNone},
		{`["evil"]`, Audience, AudienceNone},
		{`""`, ClaimForm, ClaimForm},
		{`[""]`, ClaimForm, ClaimForm},
		{`["v",""]`, ClaimForm, ClaimForm},
		{`1`, ClaimForm, ClaimForm},
		{`[1]`, ClaimForm, ClaimForm},
		{`["v",1]`, ClaimForm, ClaimForm},
		{`[["v"]]`, ClaimForm, ClaimForm},
		{`{"v":1}`, ClaimForm, ClaimForm},
		{`null`, ClaimForm, ClaimForm},
		{`[null]`, ClaimForm, ClaimForm},
		{`true`, ClaimForm, ClaimForm},
		{`"v\u0000"`, ClaimForm, ClaimForm},
	} {
		text := `{"x":1,"aud":` + c.aud + `}`
		if c.aud == "" {
			text = `{"x":1}`
		}
		for _, side := range []struct {
			bound []string
			want  Reason
		}{{[]string{"v", "w"}, c.bound}, {nil, c.unbound}} {
			refused := checkAudience(parse(t, text), side.bound)
			if side.want == "" {
				require.Nil(t, refused, "%s, bound %v", c.aud, side.bound)
				continue
			}
			require.Equal(t, deny(side.want, "aud"), refused, "%s, bound %v", c.aud, side.bound)
		}
	}
}

func TestCheckForm(t *testing.T) {
	t.Parallel()
	require.Nil(t, checkForm(parse(t, `{"sub":"a"}`)))
	require.Nil(t, checkForm(parse(t, `{"sub":"a","iss":"b","jti":"c"}`)))
	bad := []string{`1`, `true`, `null`, `[]`, `["a"]`, `{}`, `""`, `"a\u0000"`, `"\u009f"`, `"` + strings.Repeat("x", MaxIdentifierBytes+1) + `"`}
	for _, name := range []string{"sub", "iss", "jti"} {
		for _, value := range bad {
			text := fmt.Sprintf(`{"sub":"a",%q:%s}`, name, value)
			if name == "sub" {
				text = `{"sub":` + value + `}`
			}
			require.Equal(t, deny(ClaimForm, name), checkForm(parse(t, text)), text)
		}
	}
	require.Equal(t, deny(ClaimForm, "sub"), checkForm(parse(t, `{"iss":"b"}`)))
	for _, events := range []string{`{}`, `null`, `"x"`} {
		require.Equal(t, deny(ClaimForm, "events"), checkForm(parse(t, `{"sub":"a","events":`+events+`}`)))
	}
}

// An identifier is counted in bytes, since that is what Vault stores.
func TestIdentifierLength(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		strings.Repeat("x", 512): true, strings.Repeat("x", 513): false,
		strings.Repeat("é", 256): true, strings.Repeat("é", 256) + "x": false, "x": true, "": false, " ": true, "\u00a0": true,
	} {
		_, ok := identifier(parse(t, fmt.Sprintf("%q", text)))
		require.Equal(t, want, ok, "%d bytes", len(text))
	}
}

func TestCheckSubject(t *testing.T) {
	t.Parallel()
	require.Nil(t, checkSubject(parse(t, `{"sub":"a"}`), ""))
	require.Nil(t, checkSubject(parse(t, `{"sub":"a"}`), "a"))
	for _, sub := range []string{`{"sub":"A"}`, `{"sub":"a "}`, `{"sub":["a"]}`, `{"x":1}`} {
		require.Equal(t, deny(Subject, "sub"), checkSubject(parse(t, sub), "a"), sub)
	}
}

// Names that a role relies on, the ends of pointers excepted, and the
// registered ones.
func TestCheckNames(t *testing.T) {
	t.Parallel()
	role, err := CompileRole(RoleSpec{
		UserClaim: "email", GroupsClaim: "/realm/Roles", ClaimMappings: map[string]string{"desk": "d"},
		BoundClaims: map[string]any{"Team": "a"}, BoundAudiences: []string{"v"},
	})
	require.NoError(t, err)
	for name, exact := range map[string]string{
		"ISS": "iss", "ſub": "sub", "AUD": "aud", "Exp": "exp", "nBf": "nbf", "iAt": "iat", "JTI": "jti",
		"Email": "email", "REALM": "realm", "team": "Team", "de\u017fk": "desk", "des\u212a": "desk",
	} {
		require.Equal(t, deny(ClaimName, exact), checkNames(parse(t, fmt.Sprintf(`{%q:1}`, name)), role.relied), name)
	}
	for _, name := range []string{"iss", "email", "realm", "Team", "desk", "roles", "ROLES", "actor", "issuer"} {
		require.Nil(t, checkNames(parse(t, fmt.Sprintf(`{%q:1}`, name)), role.relied), name)
	}
}
