// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// claims is a claim set of ordinary size: 17 members.
const claims = `{"iss":"https://token.actions.githubusercontent.com","sub":"repo:octo-org/octo-repo:environment:production","aud":"vault",` +
	`"iat":1893456000,"nbf":1893456000,"exp":1893456600,"jti":"1b2c3d4e5f60718293a4b5c6d7e8f901","repository":"octo-org/octo-repo","repository_owner":"octo-org",` +
	`"ref":"refs/heads/main","sha":"2b7d1f0c6a35e8940d1c7be2f58a9d3c46b0e871","workflow":"deploy","actor":"octocat","event_name":"push","run_id":"9817364520",` +
	`"environment":"production","runner_environment":"github-hosted"}`

func TestOrdinaryClaimsCostTwoAllocations(t *testing.T) {
	require.Equal(t, 17, root(t, claims).Len())
	require.EqualValues(t, 2, testing.AllocsPerRun(100, func() {
		if _, err := strictjson.Parse(claims, wide()); err != nil {
			t.Fatal(err)
		}
	}))
}

func TestReadingCostsNoAllocation(t *testing.T) {
	v := root(t, claims)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		sub, _ := v.Get("sub")
		if text, ok := sub.Text(); !ok || text == "" {
			t.Fatal("no sub")
		}
	}))
}

// TestTooLongCostsNothing: the length is looked at before anything else.
func TestTooLongCostsNothing(t *testing.T) {
	src := strings.Repeat("[", wide().Bytes+1)
	require.Zero(t, testing.AllocsPerRun(10, func() {
		if _, err := strictjson.Parse(src, wide()); err == nil {
			t.Fatal("accepted")
		}
	}))
}

func BenchmarkParseClaims(b *testing.B) {
	b.SetBytes(int64(len(claims)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := strictjson.Parse(claims, wide()); err != nil {
			b.Fatal(err)
		}
	}
}
