// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// parse reads what the issuer published. hint is how soon it asks to be read
// again, 0 if it does not say.
func (c Config) parse(document []byte) (set *jwk.Set, hint time.Duration, err error) {
	if c.Bundle {
		set, hint, err = jwk.ParseBundle(document)
	} else {
		set, err = jwk.ParseSet(document)
	}
	if err != nil {
		return nil, 0, err
	}
	set, err = set.Pinned(c.Pins)
	return set, hint, err
}
