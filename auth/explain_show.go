// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

const absent = "not in the token"

// foundValue writes the value of a claim as JSON, shortened.
func foundValue(v strictjson.Value, found bool) string {
	if !found {
		return absent
	}
	return expr.Shorten(asJSON(v.Any()))
}

func asJSON(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return "" // never: what is encoded came from JSON or is text
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// foundKind says what a claim is without saying its value.
func foundKind(v strictjson.Value, found bool) string {
	if !found {
		return absent
	}
	if s, ok := v.Text(); ok {
		return fmt.Sprintf("a string of %d bytes", len(s))
	}
	return [...]string{"nothing", "null", "a boolean", "a number", "a string", "a list", "an object"}[v.Kind()]
}

func showRevoked(_ *Role, f *facts, refused *denial) []Check {
	if f.revoked == nil {
		return nil
	}
	found := "none"
	if refused != nil {
		found = "one"
	}
	return []Check{row(refused, "no revocation that matches", found)}
}

func showForm(_ *Role, f *facts, refused *denial) []Check {
	found := ""
	if refused != nil {
		v, there := f.claims.Get(refused.about)
		found = refused.about + " is " + foundKind(v, there)
	}
	return []Check{row(refused, fmt.Sprintf("sub, and iss and jti if there, are strings of 1 to %d bytes without control characters; no events", MaxIdentifierBytes), found)}
}

func showNames(r *Role, f *facts, refused *denial) []Check {
	found := ""
	if refused != nil {
		for name := range f.claims.Members() {
			if strictjson.Fold(name) == strictjson.Fold(refused.about) && name != refused.about {
				found = expr.Shorten(expr.Quote(name) + " beside " + expr.Quote(refused.about))
			}
		}
	}
	return []Check{row(refused, "no name that differs by letter case alone from one that matters", found)}
}

func showTimes(r *Role, f *facts, _ *denial) []Check {
	var rows []Check
	add := func(name string, refused *denial, wanted string) {
		v, there := f.claims.Get(name)
		if there || refused != nil {
			rows = append(rows, about(name, refused, wanted, foundDate(v, there)))
		}
	}
	add("exp", checkExpiry(f.claims, f.now, r.skew), "later than "+date(f.now.Add(-r.skew)))
	latest := "not later than " + date(f.now.Add(r.skew))
	add("nbf", checkBegin(f.claims, "nbf", NotYetValid, f.now, r.skew), latest)
	add("iat", checkBegin(f.claims, "iat", IssuedInFuture, f.now, r.skew), latest)
	return rows
}

func showAge(r *Role, f *facts, refused *denial) []Check {
	longest := r.maxAge(f.issuer)
	if longest == 0 {
		return nil
	}
	iat, there := f.claims.Get("iat")
	return []Check{about("iat", refused, "not before "+date(f.now.Add(-r.skew-longest)), foundDate(iat, there))}
}

func date(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func foundDate(v strictjson.Value, there bool) string {
	t, ok := numericDate(v)
	if !ok {
		return foundValue(v, there)
	}
	return foundValue(v, there) + " (" + date(t) + ")"
}

func showIssuer(r *Role, f *facts, refused *denial) []Check {
	wanted := DefaultIssuer
	if len(r.issuers) > 0 {
		wanted = strings.Join(r.issuers, " or ")
	}
	return []Check{row(refused, "issuer "+expr.Shorten(wanted), f.issuer.Name)}
}

func showSPIFFE(_ *Role, f *facts, refused *denial) []Check {
	if f.issuer.TrustDomain == "" {
		return nil
	}
	sub, there := f.claims.Get("sub")
	return []Check{about("sub", refused, "a SPIFFE ID of "+f.issuer.TrustDomain+", and an audience", foundValue(sub, there))}
}

func showAudience(r *Role, f *facts, refused *denial) []Check {
	wanted := "none, since the role binds no audience"
	if len(r.audiences) > 0 {
		wanted = expr.Shorten("one of " + asJSON(r.audiences))
	}
	aud, there := f.claims.Get("aud")
	return []Check{about("aud", refused, wanted, foundValue(aud, there))}
}

func showSubject(r *Role, f *facts, refused *denial) []Check {
	if r.subject == "" {
		return nil
	}
	sub, there := f.claims.Get("sub")
	return []Check{about("sub", refused, expr.Shorten(expr.Quote(r.subject)), foundValue(sub, there))}
}

func showBindings(r *Role, f *facts, _ *denial) []Check {
	var rows []Check
	for _, b := range r.bindings {
		v, there := b.path.lookup(f.claims)
		rows = append(rows, about(b.path.name, r.checkBinding(b, f), b.wanted(), foundValue(v, there)))
	}
	return rows
}

// wanted lists the values that the claim may have.
func (b binding) wanted() string {
	if len(b.values) == 0 {
		return "a value, of which the role allows none"
	}
	var values []string
	kind := "one of "
	for _, m := range b.values {
		switch {
		case m.glob != nil:
			kind = "like one of "
			values = append(values, expr.Quote(m.glob.String()))
		case m.kind == strictjson.String:
			values = append(values, expr.Quote(m.text))
		case m.kind == strictjson.Bool:
			values = append(values, fmt.Sprint(m.truth))
		default:
			values = append(values, m.text)
		}
	}
	if len(values) == 1 {
		kind = strings.TrimSuffix(kind, "one of ")
	}
	return expr.Shorten(kind + strings.Join(values, ", "))
}

func showEmail(r *Role, f *facts, refused *denial) []Check {
	if !r.email {
		return nil
	}
	said, there := f.claims.Get(claimEmailVerified)
	return []Check{about(claimEmailVerified, refused, "true, or "+absent, foundValue(said, there))}
}
