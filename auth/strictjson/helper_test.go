// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// accepted is the verdict on a document that Parse takes.
const accepted strictjson.Fault = ""

// wide has room for whatever a test does not make too big on purpose.
func wide() strictjson.Limits {
	return strictjson.Limits{Bytes: 1 << 20, Depth: 16, Members: 1000, Elements: 1000, String: 8 << 10}
}

// judge parses src and returns the fault, or accepted.
func judge(t testing.TB, src string, limits strictjson.Limits) strictjson.Fault {
	t.Helper()
	doc, err := strictjson.Parse(src, limits)
	if err == nil {
		require.NotNil(t, doc)
		return accepted
	}
	require.Nil(t, doc, "a refused document must not be usable")
	var fault strictjson.Fault
	require.ErrorAs(t, err, &fault)
	return fault
}

// root parses a document that must be good.
func root(t testing.TB, src string) strictjson.Value {
	t.Helper()
	doc, err := strictjson.Parse(src, wide())
	require.NoError(t, err)
	return doc.Root()
}

// twins are a document that must be refused and the nearest one that must not.
type twins struct {
	name, bad, good string
	want            strictjson.Fault
}

func judgeTwins(t *testing.T, limits strictjson.Limits, table []twins) {
	t.Helper()
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, judge(t, c.bad, limits))
			require.Equal(t, accepted, judge(t, c.good, limits))
		})
	}
}
