// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import "github.com/vault-claims/vault-plugin-auth-claims/auth/expr"

// keepHeader turns the header of a login into data that is kept with its token,
// for a renewal whose expressions read it.
func keepHeader(h expr.Header) map[string]any {
	return map[string]any{"alg": h.Algorithm, "kid": h.KeyID, "typ": h.Type}
}

// keptHeader reads what keepHeader kept. It returns nil for a token without, so
// that an expression which reads the header fails.
func keptHeader(internal map[string]any) *expr.Header {
	kept, ok := internal[internalHeader].(map[string]any)
	if !ok {
		return nil
	}
	h := new(expr.Header)
	for name, into := range map[string]*string{"alg": &h.Algorithm, "kid": &h.KeyID, "typ": &h.Type} {
		if *into, ok = kept[name].(string); !ok {
			return nil
		}
	}
	return h
}
