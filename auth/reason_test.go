// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// listedReasons reads the closed list from its source, so that a reason which
// nobody can get cannot be added.
func listedReasons(t *testing.T) []Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	require.NoError(t, err)
	var all []Reason
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			all = append(all, Reason(text))
		}
		return true
	})
	return all
}

// produced are ways to get each reason.
func produced() map[Reason]func(*fixture) Decision {
	header := func(h string) func(*fixture) Decision {
		return func(f *fixture) Decision { return f.decide(f.raw(h, "{"+claims+"}")) }
	}
	body := func(p string) func(*fixture) Decision {
		return func(f *fixture) Decision { return f.decide(f.raw(`{"alg":"EdDSA"}`, p)) }
	}
	role := func(change func(*RoleSpec)) func(*fixture) Decision {
		return func(f *fixture) Decision { change(&f.spec); return f.decide(f.token(`"env":"prod","n":1`)) }
	}
	renewal := func(in Renewal) func(*fixture) Decision {
		return func(f *fixture) Decision { return Recheck(context.Background(), in, f.issuers, f.role()) }
	}
	selection := func(mode Mode, specs ...RoleSpec) func(*fixture) Decision {
		return func(f *fixture) Decision { d, _ := f.sel(mode, f.token(`"l":[1,2]`), specs...); return d }
	}
	const rest = `"iss":"https://issuer.test","aud":"vault","sub":"alice"`
	return map[Reason]func(*fixture) Decision{
		Allowed:          header(`{"alg":"EdDSA"}`),
		TokenTooLong:     func(f *fixture) Decision { return f.decide(strings.Repeat("a", jws.DefaultTokenBytes+1)) },
		TokenForm:        func(f *fixture) Decision { return f.decide("hello") },
		TokenHeader:      header(`{"alg":"EdDSA","crit":["exp"]}`),
		TokenType:        header(`{"alg":"EdDSA","typ":"logout+jwt"}`),
		TokenAlgorithm:   header(`{"alg":"none"}`),
		TokenPayload:     body(`[]`),
		RoleUnknown:      func(f *fixture) Decision { return f.decideFrom(f.token(""), "", nil) },
		RoleNotForLogin:  role(func(s *RoleSpec) { s.BrowserOnly = true }),
		PeerAddress:      role(func(s *RoleSpec) { s.BoundCIDRs = []string{"10.0.0.0/8"} }),
		IssuerUnknown:    body(`{"iss":"https://evil.test"}`),
		KeyUnknown:       header(`{"alg":"EdDSA","kid":"k7"}`),
		KeysUnavailable:  func(f *fixture) Decision { f.issuers.Default.Keys = StaticKeys{}; return f.decide(f.token("")) },
		SignatureInvalid: func(f *fixture) Decision { f.private = keyOf(2); return f.decide(f.token("")) },
		TokenInactive: func(f *fixture) Decision {
			asked, _ := newAsked(f.t)
			return asked.login("unknown")
		},
		IntrospectionFailed: func(f *fixture) Decision {
			asked, as := newAsked(f.t)
			as.answers["opaque"] = "[]"
			return asked.login("opaque")
		},
		IssuerNotBound: role(func(s *RoleSpec) { s.BoundIssuers = []string{"other"} }),
		TokenTooOld: func(f *fixture) Decision {
			f.issuers.Default.MaxTokenAge = time.Minute
			return f.decide(f.token(`"iat":1893455000`))
		},
		Revoked: func(f *fixture) Decision {
			f.issuers.Revoked = NewRevocations([]Revocation{{Issuer: "default", Subject: "alice"}})
			return f.decide(f.token(""))
		},
		TokenReplayed: func(f *fixture) Decision { return f.decide(f.token("")).Replayed(false) },
		ReplayFull:    func(f *fixture) Decision { return f.decide(f.token("")).Replayed(true) },
		RenewalNever: func(f *fixture) Decision {
			f.spec.Renew = RenewNever
			return Recheck(context.Background(), Renewal{Payload: kept(`{` + rest + `}`)}, f.issuers, f.role())
		},
		SPIFFEID:       func(f *fixture) Decision { f.issuers.Default.TrustDomain = "example.org"; return f.decide(f.token("")) },
		ClaimForm:      body(`{"iss":"https://issuer.test"}`),
		ClaimName:      func(f *fixture) Decision { return f.decide(f.token(`"JTI":"x"`)) },
		Expired:        body(`{` + rest + `,"exp":1}`),
		ExpiryTooFar:   body(`{` + rest + `,"exp":253402300799}`),
		NotYetValid:    func(f *fixture) Decision { return f.decide(f.token(`"nbf":1993456600`)) },
		IssuedInFuture: func(f *fixture) Decision { return f.decide(f.token(`"iat":1993456600`)) },
		AudienceNone:   role(func(s *RoleSpec) { s.BoundAudiences = nil }),
		Audience:       role(func(s *RoleSpec) { s.BoundAudiences = []string{"x"} }),
		Subject:        role(func(s *RoleSpec) { s.BoundSubject = "bob" }),
		ClaimMissing:   role(func(s *RoleSpec) { s.BoundClaims = map[string]any{"x": "y"} }),
		ClaimMismatch:  role(func(s *RoleSpec) { s.BoundClaims = map[string]any{"env": "dev"} }),
		EmailUnverified: func(f *fixture) Decision {
			f.spec.UserClaim = "email"
			return f.decide(f.token(`"email":"a@b.test","email_verified":false`))
		},
		Condition:        role(func(s *RoleSpec) { s.Condition = "false" }),
		ExpressionError:  role(func(s *RoleSpec) { s.Condition = "claims.nobody == 1" }),
		PolicyNotAllowed: role(func(s *RoleSpec) { s.Policies, s.AllowedPolicies = `["root"]`, []string{"*"} }), UserClaim: role(func(s *RoleSpec) { s.UserClaim = "n" }),
		ProofMissing: func(f *fixture) Decision { return f.decide(f.token(`"cnf":{}`)) },
		ProofUnbound: role(func(s *RoleSpec) { s.Proof = ProofMTLS }),
		ProofInvalid: func(f *fixture) Decision {
			f.spec.Proof = ProofMTLS
			return f.showCertificate(f.token(`"cnf":{"x5t#S256":"`+b64sum("")+`"}`), []byte("x"))
		},
		ProofUsed: func(f *fixture) Decision {
			d := f.decide(f.token(""))
			if d.Allowed() {
				d = d.AlreadyUsed(false)
			}
			return d
		},
		GroupsClaim:   role(func(s *RoleSpec) { s.GroupsClaim = "n" }),
		MetadataClaim: role(func(s *RoleSpec) { s.ClaimMappings = map[string]string{"n": "n"} }),
		PolicyNotGranted: func(f *fixture) Decision { // made outside of the engine, of a decision that allows
			if d := f.decide(f.token("")); !d.Allowed() {
				return d
			}
			return Decision{Reason: PolicyNotGranted}
		},
		RoleNone:        selection(Match),
		RoleAmbiguous:   selection(Match, selectable("a", 0, nil), selectable("b", 0, nil)),
		RoleConflict:    selection(Union, selectable("a", 0, nil), selectable("b", 0, func(s *RoleSpec) { s.UserClaim = "iss" })),
		RoleUnusable:    selection(Match, selectable("broken", 0, func(s *RoleSpec) { s.Condition = "(" })),
		RoleLimit:       selection(Union, selectable(strings.Repeat("a", 500), 0, nil), selectable(strings.Repeat("b", 500), 0, nil)),
		IdentityChanged: renewal(Renewal{Payload: kept(`{` + rest + `}`), Alias: "bob"}),
		ClaimsNotKept:   renewal(Renewal{}),
		RoleGone:        func(f *fixture) Decision { return Recheck(context.Background(), Renewal{}, f.issuers, nil) },
		ConfigGone:      func(f *fixture) Decision { return Recheck(context.Background(), Renewal{}, &Issuers{}, f.role()) },
	}
}

func TestEveryReasonCanHappen(t *testing.T) {
	t.Parallel()
	ways := produced()
	require.ElementsMatch(t, listedReasons(t), slices.Collect(maps.Keys(ways)))
	for want, way := range ways {
		d := way(newFixture(t))
		require.Equal(t, want, d.Reason)
		require.Equal(t, want == Allowed, d.Allowed())
	}
}

// Metrics and scripts rely on the strings: lower case and underscores, none
// twice.
func TestReasonStrings(t *testing.T) {
	t.Parallel()
	all := listedReasons(t)
	for _, r := range all {
		require.Regexp(t, regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`), string(r))
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(all))), len(all))
}

// Every reason that a login can get without the issuer's key is one that
// callers cannot tell from the others.
func TestReasonsOfStrangers(t *testing.T) {
	t.Parallel()
	for want, way := range produced() {
		f := newFixture(t)
		f.private = keyOf(9) // a stranger's
		got := way(f).Reason
		switch want {
		case IdentityChanged, ClaimsNotKept, RenewalNever, RoleGone, ConfigGone: // at renewal there is no signature
		default:
			require.True(t, got.BeforeSignature(), "%s became %s", want, got)
		}
	}
	require.False(t, Allowed.BeforeSignature())
	require.False(t, Reason("").BeforeSignature())
}
