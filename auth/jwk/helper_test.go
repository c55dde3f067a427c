// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package jwk_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// keys returns one key of each family, named after it, made once.
var keys = sync.OnceValue(func() map[string]*idp.Key {
	made := map[string]*idp.Key{}
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		key, err := idp.GenerateKey(alg, alg)
		if err != nil {
			panic(err)
		}
		made[alg] = key
	}
	return made
})

// member is a JWK as a test changes it.
type member map[string]any

// public is the JWK of the key for alg, with kid, use and alg.
func public(alg string) member { return keys()[alg].JWK() }

// with returns a copy with another value; nil removes the member.
func (m member) with(name string, value any) member {
	out := member{}
	for n, v := range m {
		out[n] = v
	}
	if out[name] = value; value == nil {
		delete(out, name)
	}
	return out
}

// bare is the key material alone.
func (m member) bare() member { return m.with("kid", nil).with("use", nil).with("alg", nil) }

func (m member) String() string {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// document puts members, as text, into a JWK Set.
func document(members ...string) []byte {
	return []byte(`{"keys":[` + strings.Join(members, ",") + `]}`)
}

// bystander is a good key that every set of a test also holds: what is wrong
// with another must not cost it.
func bystander() member { return public("EdDSA").with("kid", "bystander") }

// judge parses a set of the bystander and one more member, and returns the
// fault of the latter, "" if it is usable.
func judge(t testing.TB, text string) jwk.Fault {
	t.Helper()
	set, err := jwk.ParseSet(document(bystander().String(), text))
	require.NoError(t, err)
	require.Equal(t, "bystander", set.Keys()[0].ID)
	if len(set.Keys()) == 2 {
		require.Empty(t, set.Skipped())
		return ""
	}
	require.Len(t, set.Keys(), 1)
	require.Len(t, set.Skipped(), 1)
	require.Equal(t, 1, set.Skipped()[0].Index)
	return set.Skipped()[0].Fault
}

// refused is one member that must be left out, and why.
type refused struct {
	name string
	bad  member
	want jwk.Fault
}

// judgeAll judges each row, and the good key that the rows are made from.
func judgeAll(t *testing.T, good member, table []refused) {
	t.Helper()
	require.Empty(t, judge(t, good.String()), "the twin of every row")
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, judge(t, c.bad.String()))
		})
	}
}

// parse reads a set that must be good.
func parse(t testing.TB, members ...member) *jwk.Set {
	t.Helper()
	var texts []string
	for _, m := range members {
		texts = append(texts, m.String())
	}
	set, err := jwk.ParseSet(document(texts...))
	require.NoError(t, err)
	return set
}

func b64(octets []byte) string { return base64.RawURLEncoding.EncodeToString(octets) }

func b64Int(n *big.Int) string { return b64(n.Bytes()) }

func rsaKey() *rsa.PublicKey { return keys()["RS256"].Private.Public().(*rsa.PublicKey) }

// ids are the kids of a set in its order.
func ids(set *jwk.Set) []string {
	var list []string
	for _, k := range set.Keys() {
		list = append(list, k.ID)
	}
	return list
}
