// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

func TestFoldAgreesWithEqualFoldOnEveryRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		fold := strictjson.Fold(string(r))
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			if strictjson.Fold(string(f)) != fold {
				t.Fatalf("%U and %U fold together, but not by Fold", r, f)
			}
		}
		if !strings.EqualFold(fold, string(r)) {
			t.Fatalf("Fold takes %U out of its class", r)
		}
	}
}

// names draws strings whose runes often have other runes in their class.
func names() *rapid.Generator[string] {
	const classes = "aAkK\u212asSſσςΣµμΜåÅ\u212bǆǅǄθϑΘϴßẞiIİıéÉ日1_ "
	return rapid.OneOf(
		rapid.StringOfN(rapid.SampledFrom([]rune(classes)), 0, 4, -1),
		rapid.String(),
	)
}

func TestFoldIsEqualFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := names().Draw(t, "a"), names().Draw(t, "b")
		require.Equal(t, strings.EqualFold(a, b), strictjson.Fold(a) == strictjson.Fold(b))
		swapped := strings.Map(unicode.SimpleFold, a)
		require.Equal(t, strictjson.Fold(a), strictjson.Fold(swapped))
		require.Equal(t, strictjson.Fold(a), strictjson.Fold(strictjson.Fold(a)), "folding twice changes nothing")
	})
}

func TestFoldLeavesLowerCaseASCIIAlone(t *testing.T) {
	for _, name := range []string{"", "iss", "cognito:groups", "x5t#s256", "https://example.com/roles", "a1_-"} {
		require.Zero(t, testing.AllocsPerRun(100, func() {
			if strictjson.Fold(name) != name {
				t.Fatalf("%q is changed", name)
			}
		}))
	}
	require.Equal(t, "kid", strictjson.Fold("\u212aId"))
	require.Equal(t, "sub", strictjson.Fold("ſUB"))
}
