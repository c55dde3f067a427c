// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package serving

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheEnvironmentDecidesAboutTheRuntime(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	env := func(set map[string]string) func(string) string {
		return func(name string) string { return set[name] }
	}
	shareProcessors(env(map[string]string{"GOMAXPROCS": "7"}))
	require.Equal(t, before, runtime.GOMAXPROCS(0))
	for allowed, used := range map[int]int{1: 1, 2: 1, 3: 2, 4: 2, 64: 32} {
		runtime.GOMAXPROCS(allowed)
		shareProcessors(env(nil))
		require.Equal(t, used, runtime.GOMAXPROCS(0))
	}
	require.Len(t, headroom(env(nil)), headroomBytes)
	require.Nil(t, headroom(env(map[string]string{"GOGC": "50"})))
	require.Nil(t, headroom(env(map[string]string{"GOMEMLIMIT": "64MiB"})))
}

func TestMemoryIsGivenBackOnceWhenRestFollowsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		freed := 0
		ended, done := make(chan struct{}), make(chan struct{})
		go func() {
			giveBack(ended, &calls, func() { freed++ })
			close(done)
		}()
		minute := func(n int64) int {
			calls.Add(n)
			time.Sleep(restPeriod)
			synctest.Wait()
			return freed
		}
		require.Zero(t, minute(0), "nothing to give back yet")
		require.Zero(t, minute(restCalls-1), "that was no work")
		require.Zero(t, minute(restCalls), "work")
		require.Zero(t, minute(100_000), "more work")
		require.Equal(t, 1, minute(restCalls-1), "rest")
		require.Equal(t, 1, minute(0), "once is enough")
		require.Equal(t, 1, minute(restCalls), "work again")
		require.Equal(t, 2, minute(0), "and rest")
		close(ended)
		<-done
	})
}
