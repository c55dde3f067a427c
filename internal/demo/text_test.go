// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuote(t *testing.T) {
	require.Equal(t, "jwt=@/some-dir/a_b/job.jwt", quote("jwt=@/some-dir/a_b/job.jwt"))
	require.Equal(t, `'two words'`, quote("two words"))
	require.Equal(t, `'it'\''s'`, quote("it's"))
	require.Equal(t, `'$(x)'`, quote("$(x)"))
	require.Equal(t, `''`, quote(""))
}

func TestRefusalText(t *testing.T) {
	require.Equal(t, "one\ntwo", refusalText("URL: PUT x\nCode: 400. Errors:\n\n* one\n* two\n"))
	require.Equal(t, "permission denied", refusalText("Code: 403. Errors:\n\n* 1 error occurred:\n\t* permission denied\n"))
}

func TestDecode(t *testing.T) {
	part := base64.RawURLEncoding.EncodeToString
	header, payload, err := decode(part([]byte(`{"alg":"ES256"}`)) + "." + part([]byte(`{"sub":"x"}`)) + ".sig")
	require.NoError(t, err)
	require.Equal(t, "{\n  \"alg\": \"ES256\"\n}", header)
	require.Equal(t, "{\n  \"sub\": \"x\"\n}", payload)
	for bad, want := range map[string]string{
		"a.b":                            "three parts",
		"!.b.c":                          "header",
		part([]byte(`{}`)) + ".!.c":      "payload",
		part([]byte(`not JSON`)) + ".b.": "header",
	} {
		_, _, err := decode(bad)
		require.ErrorContains(t, err, want)
	}
}

func TestShorten(t *testing.T) {
	long := "hvs.0123456789abcdefghijklmnopqrstuvwxyz0123456789"
	require.Equal(t, "hvs.01234567…6789", shorten(long))
	require.Equal(t, "…", shorten("hvs.short"), "a short token would be shown in full")
}

func TestWriteToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "job.jwt")
	for _, token := range []string{"first", "second"} {
		require.NoError(t, writeToken(path, token))
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, token, string(got))
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestScreenColours(t *testing.T) {
	var out bytes.Buffer
	plain := &screen{w: &out}
	plain.ok("done")
	require.Equal(t, "    ok done\n", out.String())

	out.Reset()
	coloured := &screen{w: &out, colour: true}
	coloured.ok("done")
	require.Equal(t, "    \x1b[32mok\x1b[0m done\n", out.String())
}

func TestNewScreenIsPlainInAFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer f.Close()
	require.False(t, newScreen(f).colour)
}
