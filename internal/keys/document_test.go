// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

func TestFailuresKeepTheGoodKeys(t *testing.T) {
	bodies := map[string]string{
		"HTML page":         "<!doctype html><title>Sign in</title>",
		"error as JSON":     `{"error":"temporarily_unavailable"}`,
		"KEYS":              `{"KEYS":[` + keyText("x") + `]}`,
		"keys twice":        `{"keys":[` + keyText("x") + `],"keys":[]}`,
		"array":             `[` + keyText("x") + `]`,
		"trailing data":     setText("x") + "x",
		"empty set":         `{"keys":[]}`,
		"no usable key":     `{"keys":[{"kty":"oct","kid":"x","k":"AAAA"}]}`,
		"byte order mark":   "\ufeff" + setText("x"),
		"UTF-16":            "\xff\xfe{\x00}\x00",
		"cut off":           setText("x")[:40],
		"nothing":           "",
		"more than 512 KiB": setText("x") + string(make([]byte, maxSetBytes)),
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // K8, K21
				i := newFakeIssuer("a")
				s := i.source(t)
				good := warm(t, s)
				i.change(func(i *fakeIssuer) { i.body = body })
				err := s.Fetch(t.Context())
				var failure *Failure
				require.ErrorAs(t, err, &failure)
				require.Equal(t, KindDocument, failure.Kind)
				var fault jwk.Fault
				require.ErrorAs(t, err, &fault)
				require.Same(t, good, s.Keys(time.Now()))
				i.publish("x")
				require.NoError(t, s.Fetch(t.Context()))
				require.Equal(t, []string{"x"}, s.kids())
			})
		})
	}
}

func TestSameBytesAreTheSameSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		s := i.source(t)
		first := warm(t, s)
		time.Sleep(time.Hour)
		require.Same(t, first, s.Keys(time.Now()))
		require.Greater(t, s.Status().Successes, uint64(10))
		require.LessOrEqual(t, time.Since(s.Status().LastSuccess), defaultRefresh, "it counts as a success")
		i.publish("a", "b")
		require.NotSame(t, first, warm(t, s))
	})
}

func TestPanicIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		log := &logbook{}
		s := i.source(t, func(c *Config) { c.Logger = log })
		good := warm(t, s)
		i.change(func(i *fakeIssuer) { i.panics = true })
		var failure *Failure
		require.ErrorAs(t, s.Fetch(t.Context()), &failure)
		require.Equal(t, KindInternal, failure.Kind)
		require.Same(t, good, s.Keys(time.Now()))
		require.Contains(t, log.text(), "nil pointer dereference")
		i.change(func(i *fakeIssuer) { i.panics = false })
		require.NoError(t, s.Fetch(t.Context()))
	})
}

func TestPoisoning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // K21
		i := newFakeIssuer("a")
		s := i.source(t)
		warm(t, s)
		stop := make(chan struct{})
		var readers sync.WaitGroup
		for range 2 {
			readers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						if set := s.Keys(time.Now()); set == nil || len(set.Keys()) == 0 {
							panic("no keys after a success")
						}
						runtime.Gosched()
					}
				}
			})
		}
		for n := range 1000 {
			switch n % 4 {
			case 0:
				i.publish("a", "b")
			case 1:
				i.change(func(i *fakeIssuer) { i.body = `{"keys":[]}` })
			case 2:
				i.change(func(i *fakeIssuer) { i.body = "<html>" })
			case 3:
				i.publish("a")
			}
			err := s.Fetch(t.Context())
			require.Equal(t, n%4 == 1 || n%4 == 2, errors.Is(err, jwk.FaultDocument) || errors.Is(err, jwk.FaultNoKeys))
		}
		close(stop)
		readers.Wait()
	})
}
