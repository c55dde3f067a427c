// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Inspection is a token under examination, for any number of roles.
type Inspection struct {
	issuers *Issuers
	at      Circumstances
	checks  []Check // of the token, before any role counts

	whole    string           // the token, "" if there is none
	issuer   *Issuer          // nil if the token chooses none
	claims   strictjson.Value // not to be believed unless verified
	header   jws.Header       // likewise
	verified Verified
	refused  Decision // without a reason if the token is verified
	checked  bool     // whether there was a signature to check
}

// Inspect examines a token as a login does, and notes what it finds. Nothing is
// kept of it, the memory of verified tokens included. ctx bounds the wait for keys.
func Inspect(ctx context.Context, in Request, issuers *Issuers) *Inspection {
	i := &Inspection{issuers: issuers, at: in.Circumstances, checked: true}
	o, err := open(in.Token, issuers)
	i.whole, i.claims, i.header, i.issuer = o.whole, o.claims, o.token.Header(), o.issuer
	if err != nil {
		i.refused = refuse(formReason(err))
		i.explainForm(o, err)
		return i
	}
	i.explainForm(o, nil)
	i.explainChoice()
	if i.issuer == nil {
		i.refused = refuse(IssuerUnknown)
		return i
	}
	plain := *o.issuer
	plain.Verified = nil // so that the signature is checked, and not remembered
	key, reason := plain.check(ctx, o.token, o.whole, i.at.Now)
	if i.explainSignature(reason); reason != "" {
		i.refused = Decision{Reason: reason, Issuer: i.issuer.Name}
		return i
	}
	i.verified = o.verified(issuers, key)
	return i
}

// Suppose examines claims as if a token of the issuer had them. No signature is
// checked. An exp that is left out is taken to be ahead. The error says what is
// wrong with the arguments.
func Suppose(claims json.RawMessage, issuer string, at Circumstances, issuers *Issuers) (*Inspection, error) {
	var given map[string]json.RawMessage
	if json.Unmarshal(claims, &given) != nil || given == nil {
		return nil, errors.New(`field "claims": must be an object`)
	}
	if _, found := given["exp"]; !found {
		given["exp"], _ = json.Marshal(at.Now.Add(exampleLife).Unix())
	}
	read, err := payload(given)
	if err != nil {
		return nil, fmt.Errorf(`field "claims": %w`, err)
	}
	i := &Inspection{issuers: issuers, at: at, claims: read}
	chosen := issuers.choose(read)
	if i.issuer = issuers.named(issuer); i.issuer == nil {
		return nil, fmt.Errorf("field \"issuer\": there is no issuer %q on this mount", issuer)
	}
	if chosen != nil && chosen.Name == issuer {
		i.issuer = chosen
	}
	iss, found := read.Get("iss")
	var refused *denial
	if found && chosen != i.issuer {
		refused = deny(IssuerUnknown, "")
		i.refused = refuse(IssuerUnknown)
	}
	i.add("iss", row(refused, "that of issuer "+i.issuer.Name+": "+i.issuer.ID, foundValue(iss, found)))
	i.verified = Verified{issuers: issuers, issuer: i.issuer, claims: read}
	return i, nil
}

// Signature tells in a word or two what is known of the signature.
func (i *Inspection) Signature() string {
	switch {
	case !i.checked:
		return "not checked"
	case i.refused.Reason != "":
		return "not verified"
	}
	return "verified"
}

// Issuer returns the operator's name of the issuer that the token chose, "" if
// it chose none.
func (i *Inspection) Issuer() string {
	if i.issuer == nil {
		return ""
	}
	return i.issuer.Name
}

// facts are what a role would judge, verified or not.
func (i *Inspection) facts(r *Role) *facts {
	f := r.facts(Verified{issuers: i.issuers, issuer: i.issuer, claims: i.claims, header: i.header, whole: i.whole}, i.at)
	return &f
}

func (i *Inspection) add(name string, c Check) {
	c.Name = name
	i.checks = append(i.checks, c)
}
