// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// diary is what a source remembers of its fetches. Source.mu guards it.
type diary struct {
	fetches   uint64 // begun
	successes uint64
	refused   uint64 // callers who were answered without a fetch: budget spent

	lastAttempt time.Time
	lastSuccess time.Time
	lastError   error // nil after a success
	failures    int   // in a row
	silent      bool  // it was logged that there are no keys
}

// notes is what to log when the lock is gone.
type notes struct {
	failure   error
	noKeys    bool
	recovered bool
	changed   *jwk.Set
}

// failed notes a failure: the first of a row, and the first that finds the
// source without keys. noKeys says whether it is without.
func (d *diary) failed(err error, noKeys bool) notes {
	d.failures++
	d.lastError = err
	n := notes{noKeys: noKeys && !d.silent}
	d.silent = noKeys
	if d.failures == 1 || n.noKeys {
		n.failure = err
	}
	return n
}

func (d *diary) succeeded(at time.Time, old, v *version) notes {
	n := notes{recovered: d.failures > 0}
	if old == nil || old.set != v.set {
		n.changed = v.set
	}
	d.successes++
	d.lastSuccess, d.lastError, d.failures, d.silent = at, nil, 0, false
	return n
}

func (n notes) write(log Logger, host string) {
	if n.failure != nil {
		log.Warn("keys of an issuer could not be fetched", "issuer_host", host, "error", n.failure.Error(), "no_keys", n.noKeys)
	}
	if n.recovered {
		log.Info("keys of an issuer can be fetched again", "issuer_host", host)
	}
	if n.changed == nil {
		return
	}
	log.Info("keys of an issuer are new", "issuer_host", host, "keys", len(n.changed.Keys()), "skipped", len(n.changed.Skipped()))
	for _, skipped := range n.changed.Skipped() {
		if skipped.Fault == jwk.FaultPrivate {
			log.Warn("an issuer publishes a private or secret key; tell its owner to replace it", "issuer_host", host, "index", skipped.Index)
		}
	}
}
