// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package view_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/view"
)

func TestViewsHaveTheSameContentAndCopyNothing(t *testing.T) {
	for _, s := range []string{"", "a", "eyJhbGciOiJFUzI1NiJ9"} {
		require.Equal(t, []byte(s), append([]byte{}, view.Bytes(s)...))
		require.Equal(t, s, view.String([]byte(s)))
	}
	text, octets := "some token", []byte("some token")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if len(view.Bytes(text)) != len(view.String(octets)) {
			t.Fatal("lengths differ")
		}
	}))
}
