// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
)

// formRows are the rows of a token's form, by the fault that each is for.
var formRows = [...]struct {
	name, wanted string
	faults       []jws.Fault
}{
	{"length", "", []jws.Fault{jws.FaultTooLong}},
	{"encoding", "three parts in base64url, without padding, parted by dots", []jws.Fault{jws.FaultCompact, jws.FaultEncoding}},
	{"header", "a JSON object without crit, b64, jwk, jku and x5u, and with a plain kid if any", []jws.Fault{jws.FaultHeader, jws.FaultCritical, jws.FaultEmbedded, jws.FaultKeyID}},
	{"algorithm", "", []jws.Fault{jws.FaultAlgorithm}},
	{"type", "", []jws.Fault{jws.FaultType}},
	{"payload", "a JSON object with distinct names, within the limits", []jws.Fault{jws.FaultPayload}},
}

// explainForm tells how the token reads. err is the fault, nil for none.
func (i *Inspection) explainForm(o opened, err error) {
	for _, form := range formRows {
		var fault jws.Fault
		matches := false
		for _, f := range form.faults {
			matches = matches || errors.As(err, &fault) && fault == f
		}
		c := row(nil, form.wanted, "")
		switch {
		case form.name == "length":
			c.Wanted, c.Found = fmt.Sprintf("at most %d bytes", i.issuers.TokenBytes), fmt.Sprintf("%d bytes", len(o.whole))
		case form.name == "header" && i.header.Algorithm != 0:
			c.Found = fmt.Sprintf("alg %s, kid %s, typ %s", i.header.Algorithm, named(i.header.KeyID), named(i.header.Type))
		case form.name == "payload" && err == nil:
			c.Found = fmt.Sprintf("an object with %d members", o.claims.Len())
		case (form.name == "algorithm" || form.name == "type") && !matches:
			continue // the issuer has a say in these
		}
		if matches {
			c.OK, c.Reason = false, formReason(err)
			c.Found = strings.TrimPrefix(c.Found+"; "+fault.Error(), "; ")
		}
		if i.add(form.name, c); matches {
			return
		}
	}
}

// explainChoice tells which issuer the token's iss stands for.
func (i *Inspection) explainChoice() {
	iss, found := i.claims.Get("iss")
	c := row(nil, expr.Shorten("an issuer of this mount: "+i.issuers.list()), foundValue(iss, found))
	if i.issuer == nil {
		c.OK, c.Reason = false, IssuerUnknown
	} else {
		c.Found += ", which is issuer " + i.issuer.Name
	}
	i.add("iss", c)
}

// explainSignature tells of what the issuer checks itself, up to the reason why
// it does not stand for the token, "" if it does.
func (i *Inspection) explainSignature(reason Reason) {
	kid := fmt.Sprintf("kid %s, alg %s", named(i.header.KeyID), i.header.Algorithm)
	noKey := kid + ": " + i.issuer.miss(i.header, i.at.Now)
	if reason == KeysUnavailable {
		noKey = "the issuer's keys cannot be had; issuer/" + i.issuer.Name + "/status tells why"
	}
	decided := false
	for _, c := range []struct {
		name               string
		reasons            []Reason
		wanted, good, fail string
	}{
		{"algorithm", []Reason{TokenAlgorithm}, i.issuer.algorithmNames(), i.header.Algorithm.String(), i.header.Algorithm.String()},
		{"type", []Reason{TokenType}, i.issuer.typeNames(), named(i.header.Type), named(i.header.Type)},
		{"key", []Reason{KeyUnknown, KeysUnavailable}, i.issuer.keyNames(i.at.Now), kid, noKey},
		{"signature", []Reason{SignatureInvalid}, "made with that key", "it was", "no key of the issuer made it"},
	} {
		switch {
		case decided:
			i.add(c.name, Check{Wanted: c.wanted, Skipped: "an earlier check failed"})
		case slices.Contains(c.reasons, reason):
			decided = true
			i.add(c.name, Check{Reason: reason, Wanted: c.wanted, Found: c.fail})
		default:
			i.add(c.name, Check{OK: true, Wanted: c.wanted, Found: c.good})
		}
	}
}

// miss says why no key of the issuer fits the header.
func (i *Issuer) miss(h jws.Header, now time.Time) string {
	set := i.Keys.Keys(now)
	if set == nil {
		return "there are no keys"
	}
	_, miss := set.Candidates(h)
	if miss == jwk.MissNone {
		return "it fits by now"
	}
	return string(miss)
}

// list names the issuers of the mount and their iss.
func (s *Issuers) list() string {
	var all []string
	add := func(i *Issuer) {
		if i.ID == "" {
			all = append(all, i.Name+" (any iss)")
			return
		}
		all = append(all, i.Name+" ("+i.ID+")")
	}
	for _, index := range []map[string]*Issuer{s.byID, s.byTrustDomain} {
		for _, i := range index {
			add(i)
		}
	}
	slices.Sort(all)
	if s.Default != nil {
		add(s.Default)
		all = append(all[len(all)-1:], all[:len(all)-1]...)
	}
	return strings.Join(all, ", ")
}

func (i *Issuer) algorithmNames() string {
	var names []string
	for a := jws.RS256; a <= jws.EdDSA; a++ {
		if i.Algorithms.Has(a) {
			names = append(names, a.String())
		}
	}
	return "one of " + strings.Join(names, ", ")
}

func (i *Issuer) typeNames() string {
	var names []string
	for t, allowed := range i.Types {
		if allowed {
			names = append(names, named(t))
		}
	}
	slices.Sort(names)
	return expr.Shorten("one of " + strings.Join(names, ", "))
}

// keyNames lists the keys that the issuer has now.
func (i *Issuer) keyNames(now time.Time) string {
	set := i.Keys.Keys(now)
	if set == nil || len(set.Keys()) == 0 {
		return "a key of the issuer, which has none"
	}
	names := make([]string, len(set.Keys()))
	for n, k := range set.Keys() {
		names[n] = named(k.ID)
		if k.ID == "" {
			names[n] = "thumbprint " + k.Thumbprint
		}
	}
	return expr.Shorten("a key of the issuer, which has " + strings.Join(names, ", "))
}

// named is a name out of a header, quoted, or the word none.
func named(text string) string {
	if text == "" {
		return "none"
	}
	return expr.Quote(text)
}
