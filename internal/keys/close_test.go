// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		s := i.source(t)
		old := warm(t, s)
		i.publish("b")
		i.slow(time.Second)
		result := make(chan error, 1)
		go func() { result <- s.Fetch(t.Context()) }()
		synctest.Wait()
		require.Equal(t, 1, i.inAir())

		s.Close()
		require.Zero(t, i.inAir(), "Close waits")
		require.Error(t, <-result)
		require.Same(t, old, s.Keys(time.Now()), "the fetch in the air installed nothing")
		began := i.fetches()
		s.Start()
		var failure *Failure
		require.ErrorAs(t, s.Fetch(t.Context()), &failure)
		require.Equal(t, KindClosed, failure.Kind)
		require.Same(t, old, s.Renew(t.Context(), old))
		time.Sleep(2 * time.Hour)
		require.Equal(t, began, i.fetches(), "no fetch starts after Close")
		s.Close()
		time.Sleep(defaultStale)
		require.Nil(t, s.Keys(time.Now()))
	})
}

// A fetcher that pays no heed to its context, the worst case for Close.
func TestCloseBeatsAFetchThatSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		arrived, answer := make(chan struct{}), make(chan struct{})
		c, err := Config{JWKSURL: "https://idp.test/jwks"}.withDefaults()
		require.NoError(t, err)
		s := newSource(c, "idp.test", func(context.Context) (document, error) {
			close(arrived)
			<-answer
			return document{body: []byte(setText("a"))}, nil
		}, func() float64 { return 0 })
		s.Start()
		<-arrived
		closed := make(chan struct{})
		go func() { s.Close(); close(closed) }()
		synctest.Wait()
		select {
		case <-closed:
			require.Fail(t, "Close did not wait")
		default:
		}
		close(answer)
		<-closed
		require.Nil(t, s.Keys(time.Now()))
		require.Zero(t, s.Status().Successes)
	})
}
