// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const issuedAt = 1893455000 // before the tests happen

func TestRevocationsMatch(t *testing.T) {
	t.Parallel()
	at := func(offset time.Duration) time.Time { return time.Unix(issuedAt, 0).Add(offset) }
	dated := fmt.Sprintf(`"jti":"j1","iat":%d`, issuedAt)
	for name, c := range map[string]struct {
		list    []Revocation
		more    string
		revoked bool
	}{
		"none":                            {nil, dated, false},
		"jti":                             {[]Revocation{{Issuer: "default", JTI: "j1"}}, dated, true},
		"another jti":                     {[]Revocation{{Issuer: "default", JTI: "J1"}}, dated, false},
		"jti of a token without":          {[]Revocation{{Issuer: "default", JTI: "j1"}}, "", false},
		"subject":                         {[]Revocation{{Issuer: "default", Subject: "alice"}}, dated, true},
		"another subject":                 {[]Revocation{{Issuer: "default", Subject: "alic"}}, dated, false},
		"another issuer":                  {[]Revocation{{Issuer: "ci", Subject: "alice", JTI: "j1"}}, dated, false},
		"issued before":                   {[]Revocation{{Issuer: "default", IssuedBefore: at(time.Second)}}, dated, true},
		"issued just then":                {[]Revocation{{Issuer: "default", IssuedBefore: at(0)}}, dated, false},
		"issued who knows when":           {[]Revocation{{Issuer: "default", IssuedBefore: at(0)}}, `"jti":"j1"`, true},
		"both of subject and time":        {[]Revocation{{Issuer: "default", Subject: "alice", IssuedBefore: at(time.Second)}}, dated, true},
		"subject, issued later":           {[]Revocation{{Issuer: "default", Subject: "alice", IssuedBefore: at(0)}}, dated, false},
		"time, another subject":           {[]Revocation{{Issuer: "default", Subject: "bob", IssuedBefore: at(time.Hour)}}, dated, false},
		"all three":                       {[]Revocation{{Issuer: "default", Subject: "alice", JTI: "j1", IssuedBefore: at(time.Second)}}, dated, true},
		"jti, another subject":            {[]Revocation{{Issuer: "default", Subject: "bob", JTI: "j1"}}, dated, false},
		"the later time of one subject":   {[]Revocation{{Issuer: "default", Subject: "alice", IssuedBefore: at(time.Hour)}, {Issuer: "default", Subject: "alice", IssuedBefore: at(-time.Hour)}}, dated, true},
		"a time and no time of one":       {[]Revocation{{Issuer: "default", Subject: "alice"}, {Issuer: "default", Subject: "alice", IssuedBefore: at(-time.Hour)}}, dated, true},
		"one of many":                     {[]Revocation{{Issuer: "ci", JTI: "j1"}, {Issuer: "default", Subject: "bob"}, {Issuer: "default", JTI: "j1"}}, dated, true},
		"a jti that is another's subject": {[]Revocation{{Issuer: "default", JTI: "alice"}, {Issuer: "default", Subject: "j1"}}, dated, false},
	} {
		f := newFixture(t)
		f.issuers.Revoked = NewRevocations(c.list)
		want := Allowed
		if c.revoked {
			want = Revoked
		}
		d := f.decide(f.token(c.more))
		require.Equal(t, want, d.Reason, name)
		require.Equal(t, "default", d.Issuer, name)
		kept := Renewal{Payload: kept(`{` + claims + comma(c.more) + `}`)}
		require.Equal(t, want, Recheck(t.Context(), kept, f.issuers, f.role()).Reason, "%s, at renewal", name)
	}
}

func comma(more string) string {
	if more == "" {
		return ""
	}
	return "," + more
}

// A revocation is looked at right after the signature: a token that is revoked
// says so although other things are wrong with it, and a forged one does not.
func TestRevocationsComeAfterTheSignature(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.issuers.Revoked = NewRevocations([]Revocation{{Issuer: "default", Subject: "alice"}})
	f.spec.BoundSubject = "bob"
	expired := f.raw(`{"alg":"EdDSA"}`, `{"iss":"https://issuer.test","sub":"alice","aud":"other","exp":1}`)
	require.Equal(t, Revoked, f.decide(expired).Reason)
	require.Equal(t, SignatureInvalid, f.decide(expired[:len(expired)-4]+"AAAA").Reason)
	f.issuers.Revoked = nil
	require.Equal(t, Expired, f.decide(expired).Reason)
}

// Of a token that was issued without its claims nothing is known but its alias,
// and that it is of the default issuer.
func TestRevocationsOfTokensWithoutClaims(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct {
		one  Revocation
		want Reason
	}{
		{Revocation{Issuer: "default", Subject: "alice"}, Revoked},
		{Revocation{Issuer: "default", Subject: "alice", IssuedBefore: start()}, Revoked},
		{Revocation{Issuer: "default", Subject: "bob"}, Allowed},
		{Revocation{Issuer: "ci", Subject: "alice"}, Allowed},
		{Revocation{Issuer: "default", Subject: "alice", JTI: "j1"}, Allowed},
		{Revocation{Issuer: "default", JTI: "j1"}, Allowed},
		{Revocation{Issuer: "ci", IssuedBefore: start()}, Allowed},
		{Revocation{Issuer: "default", IssuedBefore: start()}, Revoked},
	} {
		f.issuers.Revoked = NewRevocations([]Revocation{c.one})
		require.Equal(t, c.want, RecheckWithoutClaims(Renewal{Alias: "alice"}, f.issuers, f.role()).Reason)
	}
}

// An example is about the role, so it does not fail because somebody's tokens
// were revoked.
func TestRevocationsDoNotFailExamples(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.issuers.Revoked = NewRevocations([]Revocation{{Issuer: "default", Subject: "alice"}})
	examples, err := ParseExamples([]byte(`[{"name":"alice","claims":{"sub":"alice"},"expect":{"allow":true}}]`))
	require.NoError(t, err)
	require.NoError(t, f.role().CheckExamples(examples, ExampleScene{Issuers: f.issuers, Now: f.now}))
	require.Equal(t, Revoked, f.decide(f.token("")).Reason)
}

// A login costs the same with one revocation as with ten thousand.
func BenchmarkRevocations(b *testing.B) {
	for _, n := range []int{0, 1, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var list []Revocation
			for i := range n {
				list = append(list, Revocation{Issuer: "default", JTI: fmt.Sprint(i)})
			}
			r := NewRevocations(list)
			c := parse(b, `{`+claims+`,"jti":"x","iat":1893455000}`)
			b.ReportAllocs()
			for b.Loop() {
				if r.check("default", c) != nil {
					b.Fatal("revoked")
				}
			}
		})
	}
}
