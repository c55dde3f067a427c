// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"bytes"
	"context"
	"encoding/asn1"
	"math/big"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Short r and s must keep their leading zeros: one signature in 128 has some.
func TestJoinRSPads(t *testing.T) {
	der, err := asn1.Marshal(struct{ R, S *big.Int }{big.NewInt(1), big.NewInt(0x0203)})
	require.NoError(t, err)
	out, err := joinRS(der, 4)
	require.NoError(t, err)
	require.Equal(t, []byte{0, 0, 0, 1, 0, 0, 2, 3}, out)

	_, err = joinRS([]byte("not ASN.1"), 4)
	require.ErrorContains(t, err, "no ASN.1 signature")
}

func TestPacedWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var out bytes.Buffer
		w := &pacedWriter{ctx: ctx, w: &out, pause: time.Minute}
		start := time.Now()
		n, err := w.Write([]byte("four"))
		require.NoError(t, err)
		require.Equal(t, 4, n)
		require.Equal(t, "four", out.String())
		require.Equal(t, 4*time.Minute, time.Since(start))

		time.AfterFunc(150*time.Second, cancel)
		n, err = w.Write([]byte("five!"))
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 2, n)
		require.Equal(t, "fourfi", out.String())
	})
}

func TestCutWriter(t *testing.T) {
	var out bytes.Buffer
	w := &cutWriter{w: &out, left: 5}
	n, err := w.Write([]byte("abc"))
	require.NoError(t, err)
	require.Equal(t, 3, n)
	n, err = w.Write([]byte("defg"))
	require.ErrorIs(t, err, errCut)
	require.Equal(t, 2, n)
	require.Equal(t, "abcde", out.String())
}

// Each of the three events ends a hang, and only a release leads to an answer.
func TestHangEnds(t *testing.T) {
	open, closed := context.Background(), canceled(t)
	released := make(chan struct{})
	close(released)
	require.True(t, Fault{}.wait(open, open, nil), "no hang, no wait")
	require.True(t, Fault{Hang: true}.wait(open, open, released))
	require.False(t, Fault{Hang: true}.wait(closed, open, nil), "client gone")
	require.False(t, Fault{Hang: true}.wait(open, closed, nil), "provider closed")

	synctest.Test(t, func(t *testing.T) {
		release, done := make(chan struct{}), false
		go func() { done = Fault{Hang: true}.wait(open, open, release) }()
		synctest.Wait()
		require.False(t, done, "nothing happened, so it hangs")
		close(release)
		synctest.Wait()
		require.True(t, done)
	})
}

func canceled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
