// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// RFC 6901, section 5, and what operators and attackers add to it.
func TestPathLookup(t *testing.T) {
	t.Parallel()
	root := parse(t, `{
		"plain": "p", "a/b": "slash", "m~n": "tilde", "/a/b": "literal", "": "empty", "null": null,
		"a": {"b": "deep", "null": null, "list": ["zero", {"c": "one"}, null], "01": "name", "-": "dash"},
		"text": "abc", "~1": "tilde one", "é": "accent"
	}`)
	for path, want := range map[string]string{
		"plain": "p", "/plain": "p", "/a/b": "deep", "/a~1b": "slash", "/m~0n": "tilde", "/~1a~1b": "literal", "/": "empty",
		"/a/list/0": "zero", "/a/list/1/c": "one", "/a/01": "name", "/a/-": "dash", "a/b": "slash", "m~n": "tilde", "/~01": "tilde one", "/é": "accent",
	} {
		v, found := ParsePath(path).lookup(root)
		require.True(t, found, path)
		text, _ := v.Text()
		require.Equal(t, want, text, path)
	}
	for _, path := range []string{
		"missing", "/missing", "/a/missing", "/a/b/c", "/text/0", "/plain/", "/a/list/2", "/a/list/3", "/a/list/-", "/a/list/-1",
		"/a/list/00", "/a/list/01", "/a/list/+1", "/a/list/1e0", "/a/list/ 1", "/a/list/99999999999999999999", "/a/list/", "/a/list/c",
		"null", "/null", "/a/null", "//a", "/a//b", "a/list",
	} {
		_, found := ParsePath(path).lookup(root)
		require.False(t, found, path)
	}
}

func TestPathTop(t *testing.T) {
	t.Parallel()
	for path, top := range map[string]string{"": "", "a": "a", "/a": "a", "/a/b/c": "a", "/a~1b/c": "a/b", "/": "", "a/b": "a/b"} {
		require.Equal(t, top, ParsePath(path).top(), path)
		require.Equal(t, path, ParsePath(path).String())
	}
}

// The tilde is unescaped after the slash: ~01 is ~1, never a slash.
func TestPathUnescapes(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"~1", "/", "~", "~2", "~"}, ParsePath("/~01/~1/~0/~2/~").tokens)
}
