// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/fakevault"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"vault-claims": main})
}

// TestScripts plays the files of testdata/script, each against a fake Vault of
// its own. Beside the commands of testscript they have "vault", which spoils
// that Vault; see spoil.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			fake := fakevault.Start(env.T().(testing.TB))
			fake.Dir = filepath.Join(env.WorkDir, "plugins")
			env.Values["fake"] = fake
			env.Setenv("VAULT_ADDR", fake.URL)
			env.Setenv("VAULT_TOKEN", "root")
			env.Setenv("VAULT_MAX_RETRIES", "0")
			env.Setenv("HOME", env.WorkDir)
			if err := os.Mkdir(fake.Dir, 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "new-plugin"), fakevault.Program(), 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"vault": spoil},
	})
}

// spoil changes the fake Vault of a script:
//
//	vault write PATH JSON     what a path of a mount answers
//	vault got PATH JSON       fails unless that was written to a path
//	vault fault METHOD PATH STATUS TEXT
//	vault deny PATH CAPABILITY...
//	vault pin NAME VERSION
//	vault unversioned MOUNT
//	vault jwt MOUNT           mounts Vault's own method, with a role and a secret
//	vault claims FILE JSON    writes a token that nobody signed
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	fake := ts.Value("fake").(*fakevault.Server)
	defer fake.Lock()()
	switch args[0] {
	case "write":
		mount, path, _ := strings.Cut(strings.TrimPrefix(args[1], "auth/"), "/")
		var data fakevault.Object
		ts.Check(json.Unmarshal([]byte(args[2]), &data))
		fake.Mounts[mount].Data[path] = data
	case "got":
		mount, path, _ := strings.Cut(strings.TrimPrefix(args[1], "auth/"), "/")
		var want fakevault.Object
		ts.Check(json.Unmarshal([]byte(args[2]), &want))
		if got := fake.Mounts[mount].Data[path]; !reflect.DeepEqual(got, want) {
			ts.Fatalf("%s was written, not %s", fmt.Sprint(got), args[2])
		}
	case "fault":
		status := map[string]int{"400": 400, "403": 403, "404": 404, "500": 500}[args[3]]
		fake.Faults[args[1]+" "+args[2]] = fakevault.Fault{Status: status, Text: args[4]}
	case "deny":
		fake.Denied[args[1]] = args[2:]
	case "pin":
		fake.Pins[args[1]] = args[2]
	case "jwt":
		fake.Mounts[args[1]] = &fakevault.Mount{Type: "jwt", Running: "v0.25.0+builtin", Data: map[string]fakevault.Object{
			"config":   {"bound_issuer": "https://a.example", "oidc_client_id": "web"},
			"role/old": {"user_claim": "sub"},
		}}
	case "claims":
		encode := base64.RawURLEncoding.EncodeToString
		token := encode([]byte(`{"alg":"ES256","kid":"k1"}`)) + "." + encode([]byte(args[2])) + "." + encode(make([]byte, 64))
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(token), 0o600))
	case "unversioned":
		fake.Mounts[args[1]].Version, fake.Mounts[args[1]].Running = "", ""
	default:
		ts.Fatalf("there is no `vault %s`", args[0])
	}
}
