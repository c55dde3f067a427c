// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"
	"testing/synctest"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuerWorld is the world around a bubble of testing/synctest: providers,
// which live in real time and answer at once as seen from within. The fake clock
// stands still while a request is on its way. So a provider may do anything
// but hang.
type issuerWorld struct {
	work chan func()
	done chan struct{}
}

// issuerBubble runs a test in fake time. providers are made before it.
func issuerBubble(t *testing.T, test func(t *testing.T, w *issuerWorld)) {
	w := &issuerWorld{work: make(chan func()), done: make(chan struct{})}
	go func() {
		for f := range w.work {
			f()
			w.done <- struct{}{}
		}
	}()
	defer close(w.work)
	synctest.Test(t, func(t *testing.T) { test(t, w) })
}

// outside runs f outside of the bubble: whatever makes channels that the
// provider's goroutines use.
func (w *issuerWorld) outside(f func()) {
	w.work <- f
	<-w.done
}

// fault makes all documents of the provider fail as f says.
func (w *issuerWorld) fault(p *idp.Provider, f idp.Fault) {
	w.outside(func() {
		p.SetFault(idp.Discovery, f)
		p.SetFault(idp.JWKS, f)
	})
}

func (w *issuerWorld) heal(p *idp.Provider) { w.outside(p.ClearFaults) }

// issuerDown is what a provider answers that is not there for a while.
func issuerDown() idp.Fault { return idp.Fault{Status: 503} }

// settle lets what runs in the background come to rest, the storing of keys
// above all. It is for tests in a bubble.
func (m *issuerMount) settle() { synctest.Wait() }
