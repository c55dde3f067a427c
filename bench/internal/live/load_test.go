// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package live

import (
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLoadShowsEachTokenOnceAndStopsWhenNoneIsLeft(t *testing.T) {
	var mu sync.Mutex
	shown := map[string]int{}
	addr := fakeVault(t, func(_, _, token, _ string) {
		mu.Lock()
		defer mu.Unlock()
		shown[token]++
	})
	l, err := newLoad(addr, os.Getpid(), 4)
	require.NoError(t, err)
	defer l.close()
	tokens := &stock{}
	for i := range 100 {
		tokens.tokens = append(tokens.tokens, strconv.Itoa(i))
	}
	s, err := l.run(contender{name: "x", mount: "x"}, "service", tokens, time.Minute)
	require.NoError(t, err)
	require.Equal(t, 100, s.logins)
	require.Len(t, shown, 100)
	for token, times := range shown {
		require.Equal(t, 1, times, token)
	}

	// Another contender starts over.
	s, err = l.run(contender{name: "y", mount: "y"}, "service", tokens.again(), time.Minute)
	require.NoError(t, err)
	require.Equal(t, 100, s.logins)
}

func TestLoadFailsWhenALoginFails(t *testing.T) {
	addr := fakeVault(t, func(string, string, string, string) {})
	l, err := newLoad(addr, os.Getpid(), 2)
	require.NoError(t, err)
	defer l.close()
	tokens := &stock{tokens: []string{"1", "2", "3", "4"}}
	_, err = l.run(contender{name: "x", mount: "x"}, "refused", tokens, time.Minute)
	require.ErrorContains(t, err, "logging in to x as refused: status 400")
}
