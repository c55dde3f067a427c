// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bundleKey is a JWK on P-256 with more members written verbatim.
func bundleKey(t *testing.T, more string) string {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	point, err := private.PublicKey.Bytes()
	require.NoError(t, err)
	return fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":%q,"y":%q%s}`, encode(point[1:33]), encode(point[33:]), more)
}

func bundleEd25519(more string) string {
	seed := sha256.Sum256([]byte(more))
	public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":%q%s}`, encode(public), more)
}

func bundleOf(outer string, keys ...string) []byte {
	return []byte(`{"keys":[` + strings.Join(keys, ",") + `]` + outer + `}`)
}

func bundleIDs(s *Set) []string {
	ids := []string{}
	for _, k := range s.Keys() {
		ids = append(ids, k.ID)
	}
	return ids
}

func TestBundleTakesTheKeysForJWTSVIDs(t *testing.T) {
	document := bundleOf(`,"spiffe_sequence":7,"spiffe_refresh_hint":60`,
		bundleKey(t, `,"use":"x509-svid","x5c":["MIIB"]`),
		bundleKey(t, `,"use":"jwt-svid","kid":"a"`),
		bundleKey(t, `,"use":"sig","kid":"sig"`),
		bundleKey(t, `,"kid":"unused"`),
		bundleKey(t, `,"use":"wit-svid","kid":"wit"`),
		bundleKey(t, `,"use":"jwt-svid"`),
		bundleEd25519(`,"use":"jwt-svid","kid":"ed"`),
		bundleKey(t, `,"use":"JWT-SVID","kid":"upper"`),
		bundleKey(t, `,"use":"jwt-svid","kid":"b"`),
	)
	s, hint, err := ParseBundle(document)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "ed", "b"}, bundleIDs(s))
	require.Equal(t, time.Minute, hint)
	require.Equal(t, []Skipped{
		{Index: 0, Fault: FaultUse}, {Index: 2, Fault: FaultUse}, {Index: 3, Fault: FaultUse}, {Index: 4, Fault: FaultUse},
		{Index: 7, Fault: FaultUse}, {Index: -1, Fault: FaultKeyID},
	}, s.Skipped())

	plain, err := ParseSet(document)
	require.NoError(t, err)
	require.Equal(t, []string{"sig", "unused"}, bundleIDs(plain), "read as a JWK Set it has other keys")
}

func TestBundleWithoutUsableKeysIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		document []byte
		want     Fault
	}{
		"no keys":           {bundleOf(""), FaultNoKeys},
		"X.509 alone":       {bundleOf("", bundleKey(t, `,"use":"x509-svid"`)), FaultNoKeys},
		"no kid":            {bundleOf("", bundleKey(t, `,"use":"jwt-svid"`)), FaultKeyID},
		"a JWK Set":         {bundleOf("", bundleKey(t, `,"use":"sig","kid":"a"`)), FaultNoKeys},
		"private":           {bundleOf("", bundleKey(t, `,"use":"jwt-svid","kid":"a","d":"AAAA"`)), FaultNoKeys},
		"two keys, one kid": {bundleOf("", bundleKey(t, `,"use":"jwt-svid","kid":"a"`), bundleKey(t, `,"use":"jwt-svid","kid":"a"`)), FaultNoKeys},
		"HTML":              {[]byte("<html>"), FaultDocument},
		"nothing":           {nil, FaultDocument},
		"two keys members":  {[]byte(`{"keys":[],"keys":[]}`), FaultDocument},
		"trailing":          {append(bundleOf("", bundleKey(t, `,"use":"jwt-svid","kid":"a"`)), '}'), FaultDocument},
		"too long":          {[]byte(strings.Repeat(" ", MaxDocumentBytes+1)), FaultTooLong},
	} {
		s, hint, err := ParseBundle(c.document)
		require.Equal(t, c.want, err, name)
		require.Nil(t, s, name)
		require.Zero(t, hint, name)
	}
}

func TestBundleRefreshHint(t *testing.T) {
	for outer, want := range map[string]time.Duration{
		``:                                                       0,
		`,"spiffe_refresh_hint":300`:                             5 * time.Minute,
		`,"spiffe_refresh_hint":1`:                               time.Second,
		`,"spiffe_refresh_hint":0`:                               0,
		`,"spiffe_refresh_hint":-5`:                              0,
		`,"spiffe_refresh_hint":1.5`:                             0,
		`,"spiffe_refresh_hint":1e3`:                             0,
		`,"spiffe_refresh_hint":"300"`:                           0,
		`,"spiffe_refresh_hint":null`:                            0,
		`,"spiffe_refresh_hint":2147483647`:                      2147483647 * time.Second,
		`,"spiffe_refresh_hint":2147483648`:                      0,
		`,"spiffe_refresh_hint":99999999999999999999999`:         0,
		`,"Spiffe_Refresh_Hint":300`:                             0,
		`,"spiffe_refresh_hint":300,"unknown":{"a":[1,{"b":2}]}`: 5 * time.Minute,
	} {
		s, hint, err := ParseBundle(bundleOf(outer, bundleKey(t, `,"use":"jwt-svid","kid":"a"`)))
		require.NoError(t, err, outer)
		require.Equal(t, []string{"a"}, bundleIDs(s))
		require.Equal(t, want, hint, outer)
	}
	// A member of one odd key must not cost the hint's reader more than the hint.
	s, hint, err := ParseBundle(bundleOf(`,"spiffe_refresh_hint":300`, `{"kty":"EC","kty":"RSA"}`, bundleKey(t, `,"use":"jwt-svid","kid":"a"`)))
	require.NoError(t, err)
	require.Equal(t, []string{"a"}, bundleIDs(s))
	require.Zero(t, hint, "a document that is not strict has no hint")
}

func TestPinnedKeysAloneAreUsed(t *testing.T) {
	document := bundleOf("", bundleKey(t, `,"use":"enc","kid":"e"`), bundleKey(t, `,"kid":"a"`), bundleKey(t, `,"kid":"b"`), bundleKey(t, ``))
	all, err := ParseSet(document)
	require.NoError(t, err)
	thumbprint := func(i int) string { return all.Keys()[i].Thumbprint }
	nobody := encode(make([]byte, 32))

	same, err := all.Pinned(nil)
	require.NoError(t, err)
	require.Same(t, all, same)

	s, err := all.Pinned([]string{nobody, thumbprint(1)})
	require.NoError(t, err)
	require.Equal(t, []string{"b"}, bundleIDs(s))
	require.Equal(t, []Skipped{{Index: 0, Fault: FaultUse}, {-1, "a", FaultPin}, {-1, "", FaultPin}}, s.Skipped(),
		"a pin leaves a key out by its kid; where it stood is not known any more")
	require.Equal(t, []string{"a", "b", ""}, bundleIDs(all), "the set itself does not change")

	s, err = all.Pinned([]string{thumbprint(2), thumbprint(0), thumbprint(0)})
	require.NoError(t, err)
	require.Equal(t, []string{"a", ""}, bundleIDs(s), "in the issuer's order")

	for _, pins := range [][]string{{nobody}, {""}, {thumbprint(0)[:42]}, {strings.ToLower(thumbprint(0)) + "x"}} {
		s, err = all.Pinned(pins)
		require.Equal(t, FaultPin, err)
		require.Nil(t, s)
	}
}

func TestPinnedStaticKeys(t *testing.T) {
	one, err := ParseSet(bundleOf("", bundleKey(t, "")))
	require.NoError(t, err)
	two, err := ParseSet(bundleOf("", bundleKey(t, "")))
	require.NoError(t, err)
	static := NewStaticSet([]*Key{one.Keys()[0], two.Keys()[0]})
	s, err := static.Pinned([]string{two.Keys()[0].Thumbprint})
	require.NoError(t, err)
	require.Len(t, s.Keys(), 1)
	require.Equal(t, static.trial, s.trial, "keys without kid stay keys that are tried")
}

func TestValidThumbprint(t *testing.T) {
	good := encode(make([]byte, 32))
	for text, want := range map[string]bool{
		good: true, good + "=": false, good[:42]: false, good + "A": false, "": false, good[:42] + "B": false, // stray bits
		strings.Replace(good, "A", "+", 1): false, strings.Replace(good, "A", "-", 1): true, strings.Replace(good, "A", "\n", 1): false, " " + good: false,
	} {
		require.Equal(t, want, ValidThumbprint(text), text)
	}
}
