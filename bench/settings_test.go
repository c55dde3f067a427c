// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/live"
)

func TestParseChoosesTheParts(t *testing.T) {
	for name, c := range map[string]struct {
		args             []string
		inprocess, vault bool
	}{
		"both":             {[]string{"-quick"}, true, true},
		"word first":       {[]string{"inprocess", "-quick"}, true, false},
		"word last":        {[]string{"-quick", "vault"}, false, true},
		"a value, no word": {[]string{"-alg", "RS256"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := parse(c.args)
			require.NoError(t, err)
			require.Equal(t, c.inprocess, s.inprocess)
			require.Equal(t, c.vault, s.vault)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for args, message := range map[string]string{
		"fast":         `unknown argument "fast"`,
		"-clients=0":   "must be positive",
		"-slice=-1s":   "must be positive",
		"-try=gogc400": "want NAME:",
	} {
		_, err := parse([]string{args})
		require.ErrorContains(t, err, message, args)
	}
}

func TestParseReadsTries(t *testing.T) {
	s, err := parse([]string{"-try", "lazy:GOGC=400,GOMAXPROCS=1", "-try", "other:binary=/usr/bin/other"})
	require.NoError(t, err)
	require.Equal(t, []live.Try{
		{Name: "lazy", Env: []string{"GOGC=400", "GOMAXPROCS=1"}},
		{Name: "other", Binary: "/usr/bin/other"},
	}, s.tries)
}
