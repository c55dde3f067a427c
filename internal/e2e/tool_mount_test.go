// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestToolImport copies a mount of Vault's own method into one of ours, and the
// same logins work there.
func TestToolImport(t *testing.T) {
	server := need(t).server
	theirs, ours := enableTheirs(t, server, pathFor(t, "theirs")), enableOurs(t, server, pathFor(t, "ours"))
	p := newIssuer(t)
	theirs.write(t, "config", p.discovery())
	theirs.write(t, "role/plain", plainRole())
	theirs.write(t, "role/full", fullRole())
	c := newTool(t, server)

	require.Equal(t, 0, c.try(t, "import", "-from="+theirs.path, "-to="+ours.path, "-dry-run").code)
	require.Equal(t, 404, ours.asRoot(t, "GET", ours.at("role/plain"), nil).status)
	got := c.json(t, "import", "-from="+theirs.path, "-to="+ours.path)
	require.Empty(t, got["refused"])
	require.Equal(t, object{"config": 1.0, "role": 2.0}, got["written"])
	for _, role := range []string{"plain", "full"} {
		for name, value := range theirs.read(t, "role/"+role) {
			if value != nil { // which ours answers as a list without members
				require.Equal(t, value, ours.read(t, "role/"+role)[name], name)
			}
		}
	}
	ours.mustLogin(t, "plain", p.token(nil))
	again := c.json(t, "import", "-from="+theirs.path, "-to="+ours.path)
	require.Empty(t, again["written"], "%v", again)
}

// TestToolReads has the tool read a real mount.
func TestToolReads(t *testing.T) {
	server := need(t).server
	m, p, c := enableOurs(t, server, pathFor(t, "ours")), newIssuer(t), newTool(t, server)
	m.write(t, "config", p.discovery())
	m.write(t, "role/plain", plainRole())
	file := func(name, token string) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, []byte(token), 0o600))
		return "-jwt=@" + path
	}
	good, bad := file("good", p.token(nil)), file("bad", p.token(object{"aud": "other"}))

	mount := "-mount=" + m.path
	t.Log(c.must(t, "doctor", mount, good, "-role=plain").stdout)
	c.refused(t, "explain: audience", "doctor", mount, bad, "-role=plain")
	t.Log(c.must(t, "explain", mount, good, "-role=plain").stdout)
	c.refused(t, "the login would be refused: audience", "explain", mount, bad, "-role=plain")
	c.must(t, "explain", mount, good)
	require.Equal(t, "healthy", c.json(t, "issuer", "status", mount, "default")["state"])
	c.must(t, "issuer", "refresh", mount, "default")
	require.Equal(t, version, c.json(t, "status", mount)["version"])

	c.must(t, "candidate", "write", mount, "plain", "bound_audiences=other")
	m.mustLogin(t, "plain", p.token(nil))
	require.InDelta(t, 1, c.json(t, "candidate", "report", mount, "plain")["allow_to_deny"], 0)
	c.must(t, "candidate", "promote", mount, "plain")
	require.Equal(t, 400, m.login(t, "plain", p.token(nil)).status)
	c.must(t, "candidate", "rollback", mount, "plain")
	m.mustLogin(t, "plain", p.token(nil))
}
