// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// Two readers of a name that stands twice may believe different values, so
// that one checks what the other does not grant.
func TestLoginRefusesDuplicateNames(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	good := payload(t, m.issuer.claims(nil))
	inside := strings.TrimSuffix(strings.TrimPrefix(good, "{"), "}")
	for name, c := range map[string]struct{ twice, once string }{
		"iss, other one last":  {inside + `,"iss":"https://evil.test"`, inside},
		"iss, other one first": {`"iss":"https://evil.test",` + inside, inside},
		"same value twice":     {inside + `,"sub":"alice"`, inside},
		"written differently":  {inside + `,"s\u0075b":"bob"`, inside},
		"unknown claim":        {inside + `,"x":1,"x":2`, inside + `,"x":1`},
		"nested":               {inside + `,"x":{"y":{"z":1,"z":1}}`, inside + `,"x":{"y":{"z":1}}`},
		"in a list":            {inside + `,"x":[{"y":1,"y":1}]`, inside + `,"x":[{"y":1},{"y":1}]`},
		"folded":               {inside + `,"x":1,"X":2`, inside + `,"x":1,"Y":2`},
		"folded long s":        {inside + `,"ſub":"bob"`, inside},
		"folded Kelvin sign":   {inside + `,"key":1,"\u212Aey":2`, inside + `,"key":1`},
	} {
		m.refuse("ci", m.issuer.raw(m.issuer.header(""), "{"+c.twice+"}"), auth.TokenPayload)
		require.Equal(t, "alice", m.login("ci", m.issuer.raw(m.issuer.header(""), "{"+c.once+"}")).Alias.Name, name)
	}
}

// A name that is almost one that matters is refused even alone: who signs it
// may mean the real one, and a reader that folds names would take it for that.
func TestLoginRefusesFoldedNames(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.write("role/ci", map[string]any{
		"user_claim": "email", "groups_claim": "/realm/roles", "bound_claims": map[string]any{"team_id": "x"},
		"claim_mappings": map[string]any{"desk": "desk"},
	})
	good := map[string]any{"email": "a@corp.test", "realm": map[string]any{"roles": []string{"r"}}, "team_id": "x", "desk": "7", "jti": "1"}
	m.login("ci", m.issuer.token(good))

	for exact, folded := range map[string][]string{
		"nbf": {"NBF", "Nbf"}, "iat": {"IAT"}, "jti": {"Jti"}, // optional: nothing else is wrong without them
		"email": {"Email", "EMAIL"}, "realm": {"Realm"}, "team_id": {"Team_ID"}, "desk": {"Desk", "deſk", "desK"},
	} {
		for _, name := range folded {
			claims := overlay(map[string]any{name: m.issuer.claims(good)[exact]}, good)
			delete(claims, exact)
			claims = m.issuer.claims(claims)
			delete(claims, exact)
			text := m.refuse("ci", m.issuer.raw(m.issuer.header(""), payload(t, claims)), auth.ClaimName)
			require.Equal(t, fmt.Sprintf("error validating token: a claim's name differs from %q by letter case alone", exact), text)
		}
	}
	// Of the required ones, sub and iss are missed before names are compared.
	required := func(exact, folded string) string {
		return m.issuer.token(overlay(map[string]any{folded: m.issuer.claims(nil)[exact], exact: nil}, good))
	}
	m.refuse("ci", required("exp", "Exp"), auth.ClaimName)
	m.refuse("ci", required("sub", "ſub"), auth.ClaimForm)
	m.refuse("ci", required("iss", "ISS"), auth.IssuerUnknown)
	// Names that no check looks at may be written as they like.
	m.login("ci", m.issuer.token(overlay(map[string]any{"Actor": "x", "KEY": "y"}, good)))
}

// Text that is not UTF-8 would be repaired by some readers, so that two users
// become one.
func TestLoginRefusesBrokenText(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	sub := func(raw string) string {
		return m.issuer.raw(m.issuer.header(""), strings.Replace(payload(t, m.issuer.claims(nil)), "alice", raw, 1))
	}
	for _, broken := range []string{
		"a\xff", "a\xfe", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", `\ud800`, `\udc00\ud800`, `\ud800x`, "a\nb", "a\x00b", `\x61`, `\u12`,
	} {
		m.refuse("ci", sub(broken), auth.TokenPayload)
	}
	for raw, alias := range map[string]string{`\u00e9`: "é", `\ud83d\ude00`: "😀", "é": "é", "\ufffd": "\ufffd", "e\u0301": "e\u0301"} {
		require.Equal(t, alias, m.login("ci", sub(raw)).Alias.Name, "what is well-formed is taken as it is")
	}
}

func TestLoginRefusesPayloadsThatAreNoClaims(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	good := payload(t, m.issuer.claims(nil))
	for _, p := range []string{
		"null", "[]", "[" + good + "]", `"x"`, "7", "true", "{}", " ", good + "x", good + good, good + ",", "\ufeff" + good, "//c\n" + good,
		good[:len(good)-1], strings.Replace(good, `"`, "'", -1), strings.TrimSuffix(good, "}") + ",}", strings.TrimSuffix(good, "}") + `,"x":NaN}`,
		strings.TrimSuffix(good, "}") + `,"x":01}`, strings.TrimSuffix(good, "}") + `,"x":1e400}`, strings.TrimSuffix(good, "}") + `,"x":123456789012345678901}`,
	} {
		m.refuse("ci", m.issuer.raw(m.issuer.header(""), p), auth.TokenPayload)
	}
	m.login("ci", m.issuer.raw(m.issuer.header(""), " \r\n\t"+good+" \n"))
}

// Each limit at its edge: the last size accepted and the first refused.
func TestLoginPayloadLimits(t *testing.T) {
	t.Parallel()
	m := newReadyMount(t)
	m.reconfigure(map[string]any{"max_token_bytes": 64 << 10})
	objects := func(n int) string { return strings.Repeat(`{"a":`, n) + "0" + strings.Repeat("}", n) }
	lists := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	members := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"m%d":0`, i)
		}
		return "{" + b.String()[1:] + "}"
	}
	elements := func(n int) string { return "[" + strings.Repeat("0,", n-1) + "0]" }
	text := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	for name, c := range map[string]struct {
		make func(int) string
		most int
	}{
		"objects in objects": {objects, 15}, // the claims are the first level
		"lists in lists":     {lists, 15},
		"members":            {members, 1000},
		"elements":           {elements, 1000},
		"text":               {text, 8 << 10},
	} {
		require.NotNil(t, m.login("ci", m.issuer.with(`"x":`+c.make(c.most), nil)), name)
		m.refuse("ci", m.issuer.with(`"x":`+c.make(c.most+1), nil), auth.TokenPayload)
	}
	m.refuse("ci", m.issuer.with(`"x":`+lists(20000), nil), auth.TokenPayload)
}
