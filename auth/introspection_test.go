// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// teller is an issuer that answers about tokens.
type teller struct {
	answers map[string]string // active tokens
	err     error
	asked   []string
}

func (t *teller) Introspect(_ context.Context, token string) (string, bool, error) {
	t.asked = append(t.asked, token)
	answer, active := t.answers[token]
	return answer, active, t.err
}

const aboutAlice = `"active":true,"sub":"alice","aud":"vault","exp":1893456600`

// newAsked is a mount with the issuer "as", which is asked about tokens, and a
// role that binds it.
func newAsked(t testing.TB) (*fixture, *teller) {
	t.Helper()
	f, as := newFixture(t), &teller{answers: map[string]string{"opaque": "{" + aboutAlice + "}"}}
	s := NewIssuers(f.issuers.TokenBytes, f.issuers.Default, []*Issuer{{
		Name: "as", ID: "https://as.test", Algorithms: jws.AllAlgorithms(), Types: DefaultTypes(), Keys: StaticKeys{}, Introspection: as, Aliases: AliasPrefixed,
	}})
	f.issuers = &s
	f.spec.BoundIssuers = []string{"as"}
	return f, as
}

func (f *fixture) login(token string) Decision {
	f.t.Helper()
	return Decide(f.t.Context(), Request{token, Circumstances{Now: f.now}}, f.issuers, f.role())
}

func TestIntrospection(t *testing.T) {
	t.Parallel()
	f, as := newAsked(t)
	d := f.login(" opaque\n")
	require.Equal(t, Allowed, d.Reason)
	require.Equal(t, "issuer:as:alice", d.Identity.Alias)
	require.Equal(t, "as", d.Issuer)
	require.Equal(t, []string{"opaque"}, as.asked)

	// What it said is kept and judged again, without asking.
	renewal := Renewal{Payload: d.Payload, Alias: d.Identity.Alias, Issuer: d.Issuer, Now: f.now}
	require.Equal(t, Allowed, Recheck(t.Context(), renewal, f.issuers, f.role()).Reason)
	f.spec.BoundSubject = "bob"
	require.Equal(t, Subject, Recheck(t.Context(), renewal, f.issuers, f.role()).Reason)
	require.Len(t, as.asked, 1)
}

// The answer is judged by the very checks of a token's claims.
func TestIntrospectionAnswers(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]Reason{
		`{` + aboutAlice + `}`:                                     Allowed,
		` {` + aboutAlice + `,"iss":"https://as.test"} ` + "\n":    Allowed,
		`{` + aboutAlice + `,"token_type":"Bearer"}`:               Allowed,
		`{` + aboutAlice + `,"token_type":"DPoP"}`:                 Allowed,
		`{` + aboutAlice + `,"token_type":"refresh_token"}`:        TokenType,
		`{` + aboutAlice + `,"token_type":null}`:                   TokenType,
		`{` + aboutAlice + `,"iss":"https://issuer.test"}`:         IssuerUnknown,
		`{` + aboutAlice + `,"iss":""}`:                            IssuerUnknown,
		`{` + aboutAlice + `,"iss":null}`:                          IssuerUnknown,
		`{` + aboutAlice + `,"ISS":"https://as.test"}`:             IntrospectionFailed, // beside the iss that is filled in
		`{` + aboutAlice + `,"Sub":"bob"}`:                         IntrospectionFailed,
		`{` + aboutAlice + `,"sub":"bob"}`:                         IntrospectionFailed,
		`{` + aboutAlice + `}{}`:                                   IntrospectionFailed,
		`[` + `true]`:                                              IntrospectionFailed,
		``:                                                         IntrospectionFailed,
		`{}`:                                                       IntrospectionFailed,
		`{"active":true,"aud":"vault","exp":1893456600}`:           ClaimForm,
		`{"active":true,"sub":"alice","aud":"vault"}`:              ClaimForm,
		`{"active":true,"sub":"alice","aud":"vault","exp":1}`:      Expired,
		`{"active":true,"sub":"alice","exp":1893456600}`:           Audience,
		`{"active":true,"sub":"alice","aud":"x","exp":1893456600}`: Audience,
		`{` + aboutAlice + `,"nbf":1893459999}`:                    NotYetValid,
		`{` + aboutAlice + `,"cnf":{"jkt":"x"}}`:                   ProofMissing,
	} {
		f, as := newAsked(t)
		as.answers["opaque"] = answer
		require.Equal(t, want, f.login("opaque").Reason, answer)
	}
}

// Which tokens are shown to the issuer at all.
func TestIntrospectionAsksAboutFewTokens(t *testing.T) {
	t.Parallel()
	f, as := newAsked(t)
	own := f.raw(`{"alg":"EdDSA"}`, `{"iss":"https://as.test","sub":"x"}`)
	as.answers[own] = "{" + aboutAlice + "}"
	require.Equal(t, Allowed, f.login(own).Reason, "a JWT of the issuer is asked about as well")
	require.Equal(t, TokenInactive, f.login("b64+/~._-==").Reason)
	as.asked = nil
	for token, want := range map[string]Reason{
		f.token(""):  IssuerUnknown, // of another issuer
		"with space": TokenForm,
		"with\nline": TokenForm,
		"=":          TokenForm,
		"":           TokenForm,
		"a=b":        TokenForm,
		"über":       TokenForm,
		"a&token=b":  TokenForm,
		"nul\x00":    TokenForm,
		strings.Repeat("a", f.issuers.TokenBytes+1): TokenTooLong,
	} {
		require.Equal(t, want, f.login(token).Reason, token)
	}
	for _, bound := range [][]string{nil, {DefaultIssuer}, {"as", DefaultIssuer}, {"other"}} {
		f.spec.BoundIssuers = bound
		require.Equal(t, TokenForm, f.login("opaque").Reason, "%v", bound)
		require.Equal(t, KeysUnavailable, f.login(own).Reason, "it has no keys")
	}
	f.spec.BoundIssuers, f.spec.BrowserOnly = []string{"as"}, true
	require.Equal(t, TokenForm, f.login("opaque").Reason)
	require.Equal(t, TokenForm, f.decideFrom("opaque", "", nil).Reason, "a role that does not exist")
	f.spec.BrowserOnly, f.spec.BoundCIDRs = false, []string{"10.0.0.0/8"}
	require.Equal(t, PeerAddress, f.login("opaque").Reason)
	require.Empty(t, as.asked)
}

func TestIntrospectionFails(t *testing.T) {
	t.Parallel()
	f, as := newAsked(t)
	require.Equal(t, TokenInactive, f.login("unknown").Reason)
	as.err = errors.New("no answer")
	require.Equal(t, IntrospectionFailed, f.login("opaque").Reason)
	as.err = nil
	require.Equal(t, Allowed, f.login("opaque").Reason)
}

// An explanation shows the token to nobody, and judges claims as a login would.
func TestIntrospectionIsNotExplained(t *testing.T) {
	t.Parallel()
	f, as := newAsked(t)
	e := Inspect(t.Context(), Request{"opaque", Circumstances{Now: f.now}}, f.issuers).Explain(f.role())
	require.Equal(t, IntrospectionFailed, e.Reason)
	require.Equal(t, "introspection", e.FirstFailed().Name)
	require.Empty(t, as.asked)
	i, err := Suppose(json.RawMessage("{"+aboutAlice+"}"), "as", Circumstances{Now: f.now}, f.issuers)
	require.NoError(t, err)
	require.Equal(t, Allowed, i.Explain(f.role()).Reason)
}

// RFC 9449, section 6.2: the answer says which key the token is bound to.
func TestIntrospectionOfBoundTokens(t *testing.T) {
	t.Parallel()
	p := newProver(t, "EdDSA")
	f, as := newAsked(t)
	p.issuers, p.spec.BoundIssuers, p.token = f.issuers, []string{"as"}, "opaque"
	as.answers["opaque"] = "{" + aboutAlice + `,"cnf":{"jkt":"` + jkt(t, p.key) + `"}}`
	p.requireGood(p.proof(nil, nil))
	p.requireBad(p.proof(nil, change{"ath": "x"}), "ath", "another token")
}
