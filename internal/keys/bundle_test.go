// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// bundleText is a SPIFFE trust bundle with a key that vouches for
// X.509-SVIDs, those kids for JWT-SVIDs, and a refresh hint in seconds.
func bundleText(hint int, kids ...string) string {
	list := []string{strings.Replace(keyText("x509"), "}", `,"use":"x509-svid"}`, 1)}
	for _, kid := range kids {
		list = append(list, strings.Replace(keyText(kid), "}", `,"use":"jwt-svid"}`, 1))
	}
	return fmt.Sprintf(`{"keys":[%s],"spiffe_sequence":1,"spiffe_refresh_hint":%d}`, strings.Join(list, ","), hint)
}

func asBundle(c *Config) { c.Bundle = true }

func TestBundleKeysAreThoseForJWTSVIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer()
		i.body = bundleText(300, "a", "b")
		s := i.source(t, asBundle)
		warm(t, s)
		require.Equal(t, []string{"a", "b"}, s.kids())
		require.Equal(t, []jwk.Skipped{{Index: 0, Fault: jwk.FaultUse}}, s.Status().Skipped)

		i.change(func(i *fakeIssuer) { i.body = bundleText(300) })
		require.ErrorIs(t, s.Fetch(t.Context()), jwk.FaultNoKeys)
		require.Equal(t, []string{"a", "b"}, s.kids(), "a bundle without keys for JWT-SVIDs replaces nothing")

		i.change(func(i *fakeIssuer) { i.body = setText("c") })
		require.ErrorIs(t, s.Fetch(t.Context()), jwk.FaultNoKeys, "a JWK Set is no bundle")
		require.NoError(t, i.source(t).Fetch(t.Context()), "but it is where one is asked for")
	})
}

// TestBundleRefreshHint: the publisher may ask to be read more often than the
// operator said, within reason, and not less often.
func TestBundleRefreshHint(t *testing.T) {
	cases := map[string]struct {
		hint   int
		maxAge time.Duration
		want   time.Duration
	}{
		"none":                         {0, 0, defaultRefresh},
		"shortens":                     {120, 0, 2 * time.Minute},
		"but not to nothing":           {1, 0, shortestMaxAge},
		"does not prolong":             {3600, 0, defaultRefresh},
		"shorter than Cache-Control":   {60, 2 * time.Minute, time.Minute},
		"longer than Cache-Control":    {180, 2 * time.Minute, 2 * time.Minute},
		"none, but with Cache-Control": {0, 2 * time.Minute, 2 * time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := newFakeIssuer()
				i.body, i.maxAge = bundleText(c.hint, "a"), c.maxAge
				s := i.source(t, asBundle)
				s.Start()
				time.Sleep(time.Hour - time.Second)
				times := i.times()
				for n := range times[1:] {
					require.Equal(t, c.want, times[n+1].Sub(times[n]))
				}
				require.Len(t, times, int((time.Hour-time.Second)/c.want)+1)
			})
		})
	}
}

// TestBundleOutlivesARestart: what is stored is no bundle any more but the
// public keys of one, and only a bundle's source takes it.
func TestBundleOutlivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		i := newFakeIssuer()
		i.body = bundleText(300, "a")
		s := i.source(t, asBundle, m.use)
		warm(t, s)
		synctest.Wait()
		s.Close()
		i.fail()
		require.Equal(t, []string{"a"}, kidsOf(i.source(t, asBundle, m.use).Renew(t.Context(), nil)))
		require.Nil(t, i.source(t, m.use).Renew(t.Context(), nil), "the same URL read as a JWK Set is another source")
	})
}

func TestBundleErrorsNameTheirField(t *testing.T) {
	_, err := New(Config{JWKSURL: "ftp://spire.test", Bundle: true})
	require.ErrorContains(t, err, "spiffe_bundle_url must begin with https://")
	_, err = New(Config{JWKSURL: "ftp://idp.test"})
	require.ErrorContains(t, err, "jwks_url must begin with https://")
}
