// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// exampleLife is the time from now to exp where an example does not say.
const exampleLife = 5 * time.Minute

// stage makes of an example what a verified login would bring. Registered
// claims that it leaves out get values that satisfy the role, so that an
// example shows what it is about and nothing else. The issuer is nil if its
// iss is not that of any.
func (r *Role) stage(e Example, scene ExampleScene) (facts, error) {
	var given map[string]json.RawMessage
	if json.Unmarshal(e.Claims, &given) != nil || given == nil {
		return facts{}, errors.New("its claims must be an object")
	}
	var claims strictjson.Value
	var err error
	if len(given) > 0 { // no token is empty
		if claims, err = payload(given); err != nil {
			return facts{}, err
		}
	}
	f := facts{issuers: scene.Issuers, header: e.Header, peer: e.Remote, mount: scene.Mount, now: clock(claims, scene.Now)}
	if _, found := given["iss"]; found {
		f.issuer = scene.Issuers.choose(claims)
	} else {
		f.issuer = r.firstIssuer(scene.Issuers)
	}
	fill := func(name string, value any) {
		if _, found := given[name]; !found {
			given[name], _ = json.Marshal(value) // strings and numbers only
		}
	}
	if f.issuer != nil {
		if f.issuer.ID != "" {
			fill("iss", f.issuer.ID)
		}
		if f.issuer.TrustDomain != "" {
			fill("sub", spiffeScheme+f.issuer.TrustDomain+"/example")
		}
	}
	if len(r.audiences) > 0 {
		fill("aud", r.audiences[0])
	}
	sub := "example"
	if r.subject != "" {
		sub = r.subject
	}
	fill("sub", sub)
	fill("iat", f.now.Unix())
	fill("nbf", f.now.Unix())
	fill("exp", f.now.Add(exampleLife).Unix())
	f.claims, err = payload(given)
	return f, err
}

// payload reads claims as those of a token are read.
func payload(given map[string]json.RawMessage) (strictjson.Value, error) {
	text, err := json.Marshal(given)
	if err != nil {
		return strictjson.Value{}, fmt.Errorf("its claims are not JSON: %w", err)
	}
	claims, err := jws.DecodePayload(base64.RawURLEncoding.EncodeToString(text))
	if err != nil {
		return claims, fmt.Errorf("its claims could not be those of a token: %w", err)
	}
	return claims, nil
}

// clock returns a time within the token's life if the claims leave one: that of
// iat, or of nbf if it is later, else shortly before exp, else now.
func clock(claims strictjson.Value, now time.Time) time.Time {
	date := func(name string) (time.Time, bool) {
		v, found := claims.Get(name)
		if !found {
			return time.Time{}, false
		}
		return numericDate(v)
	}
	issued, hasIssued := date("iat")
	begins, hasBegins := date("nbf")
	switch {
	case hasIssued && !(hasBegins && begins.After(issued)):
		return issued
	case hasBegins:
		return begins
	}
	if expires, found := date("exp"); found {
		return expires.Add(-time.Minute)
	}
	return now.Truncate(time.Second)
}

// firstIssuer returns the issuer of an example that names none: the first one
// that the role binds. One that is not configured yet is stood in for, so that
// roles may be written before issuers.
func (r *Role) firstIssuer(issuers *Issuers) *Issuer {
	name := DefaultIssuer
	if len(r.issuers) > 0 {
		name = r.issuers[0]
	}
	if i := issuers.named(name); i != nil {
		return i
	}
	return &Issuer{Name: name}
}

// named returns the issuer of that name, nil if there is none; of several
// tenants the one with the least ID.
func (s *Issuers) named(name string) *Issuer {
	if name == DefaultIssuer {
		return s.Default
	}
	var found *Issuer
	for _, index := range []map[string]*Issuer{s.byID, s.byTrustDomain} {
		for _, i := range index {
			if i.Name == name && (found == nil || strings.Compare(i.ID, found.ID) < 0) {
				found = i
			}
		}
	}
	return found
}
