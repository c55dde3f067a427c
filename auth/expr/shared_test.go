// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheSameSourceIsOneExpression(t *testing.T) {
	const source = `claims.team == "shared"`
	a, err := CompileBool(source)
	require.NoError(t, err)
	b, err := CompileBool(source)
	require.NoError(t, err)
	require.Same(t, a, b)
	other, err := CompileBool(source + " ")
	require.NoError(t, err)
	require.NotSame(t, a, other)
	_, err = CompileString(source)
	require.ErrorContains(t, err, "it must give a string", "what a source may give is judged each time")
	text, err := CompileString(`claims.team`)
	require.NoError(t, err)
	boolean, err := CompileBool(`claims.team`)
	require.NoError(t, err)
	require.Equal(t, text.Source(), boolean.Source())
	for range 2 {
		_, err = CompileBool(`claims.team ==`)
		require.ErrorContains(t, err, "Syntax error")
	}
}

// What nobody uses is not kept, and does not come back broken.
func TestUnusedExpressionsAreForgotten(t *testing.T) {
	source := func(i int) string { return fmt.Sprintf(`claims.team == "forgotten-%d"`, i) }
	used, err := CompileBool(source(0))
	require.NoError(t, err)
	for i := range 20 {
		_, err := CompileBool(source(i))
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		runtime.GC()
		left := 0
		for i := range 20 {
			if _, found := bools.bySource.Load(source(i)); found {
				left++
			}
		}
		return left == 1
	}, 20*time.Second, time.Millisecond)
	again, err := CompileBool(source(0))
	require.NoError(t, err)
	require.Same(t, used, again)
	anew, err := CompileBool(source(1))
	require.NoError(t, err)
	require.Equal(t, source(1), anew.Source())
	runtime.KeepAlive(used)
}

func TestSharingIsSafeForManyAtOnce(t *testing.T) {
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 50 {
				e, err := CompileBool(fmt.Sprintf(`claims.n == %d`, i%5))
				if err != nil || e.Source() != fmt.Sprintf(`claims.n == %d`, i%5) {
					t.Errorf("%d: %v", n, err)
				}
				if i%10 == 0 {
					runtime.GC()
				}
			}
		})
	}
	all.Wait()
}
