// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// Limits of what a caller asks for.
const (
	maxAsked      = 128                            // policies
	maxAskedBytes = 512                            // of one name
	maxAskedText  = maxAsked * (maxAskedBytes + 1) // bytes of a comma string
	maxAskedItems = 8 * maxAsked                   // of a list, those included that are empty or said twice
)

// defaultPolicy is the policy that Vault adds to tokens by itself.
const defaultPolicy = "default"

var errTooMuchAsked = errors.New(`field "token_policies" is too long`)

// wish is the part of a login that asks for less than it would be granted. The
// zero value asks for all of it.
type wish struct {
	policies  []string // normalised; nil for all
	noDefault bool
}

// readPolicies reads token_policies: a comma string or a list of strings. The
// errors quote nothing of it. A list without names is refused: a caller that asks
// for nothing does not mean everything. No signature has verified yet, so the
// length is bounded before anything is made of it.
func (w *wish) readPolicies(value any) error {
	var list []string
	switch v := value.(type) {
	case nil:
		return nil
	case string:
		if len(v) > maxAskedText {
			return errTooMuchAsked
		}
		list = strings.Split(v, ",")
	case []string:
		list = v
	case []any:
		if len(v) > maxAskedItems {
			return errTooMuchAsked
		}
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return errors.New(`field "token_policies" must be a string or a list of strings`)
			}
			list = append(list, text)
		}
	default:
		return errors.New(`field "token_policies" must be a string or a list of strings`)
	}
	if len(list) > maxAskedItems {
		return errTooMuchAsked
	}
	for _, raw := range list {
		if len(raw) > maxAskedText {
			return errTooMuchAsked
		}
		name := normalPolicy(raw)
		switch {
		case name == "" || slices.Contains(w.policies, name):
			continue
		case len(name) > maxAskedBytes || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
			return fmt.Errorf(`field "token_policies" has a name that no policy has`)
		case len(w.policies) == maxAsked:
			return fmt.Errorf(`field "token_policies" has more than %d names`, maxAsked)
		}
		w.policies = append(w.policies, name)
	}
	if len(w.policies) == 0 {
		return errors.New(`field "token_policies" names no policy; leave it out to be given all`)
	}
	return nil
}

// readNoDefault reads no_default_policy, which command lines send as text.
func (w *wish) readNoDefault(value any) error {
	switch v := value.(type) {
	case nil:
		return nil
	case bool:
		w.noDefault = v
		return nil
	case string:
		switch strings.ToLower(v) {
		case "true", "1":
			w.noDefault = true
			return nil
		case "false", "0", "":
			return nil
		}
	}
	return errors.New(`field "no_default_policy" must be true or false`)
}

// check refuses a contradiction.
func (w *wish) check() error {
	if w.noDefault && slices.Contains(w.policies, defaultPolicy) {
		return errors.New(`field "token_policies" asks for the policy "default" and "no_default_policy" leaves it out`)
	}
	return nil
}

// normalPolicy is a name as Vault keeps it.
func normalPolicy(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// judge refuses a decision that does not grant all that is asked for.
func (w *wish) judge(d auth.Decision, entry *roleEntry) auth.Decision {
	if !d.Allowed() {
		return d
	}
	for _, name := range w.policies {
		is := func(granted string) bool { return normalPolicy(granted) == name }
		if name == defaultPolicy && !entry.params.TokenNoDefaultPolicy || slices.ContainsFunc(d.Policies, is) || slices.ContainsFunc(entry.params.TokenPolicies, is) {
			continue
		}
		return auth.Decision{Reason: auth.PolicyNotGranted, About: name, Issuer: d.Issuer}
	}
	return d
}

// narrow takes from what is granted all that was not asked for. As when a token
// creates another, Vault adds the policy default unless it is told not to.
func (w *wish) narrow(a *logical.Auth) {
	if w.policies != nil {
		a.Policies = without(a.Policies, func(name string) bool { return !slices.Contains(w.policies, name) })
	}
	if w.noDefault {
		a.NoDefaultPolicy = true
		a.Policies = without(a.Policies, func(name string) bool { return name == defaultPolicy })
	}
}

// without is the list without what drop tells of a normalised name. The list
// itself may be the role's, and stays as it is.
func without(policies []string, drop func(string) bool) []string {
	var kept []string
	for _, name := range policies {
		if !drop(normalPolicy(name)) {
			kept = append(kept, name)
		}
	}
	return kept
}
