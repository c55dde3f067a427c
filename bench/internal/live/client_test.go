// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeVault answers logins as Vault does. Role "refused" is refused, role
// "padded" gets an answer long enough to come in chunks.
func fakeVault(t *testing.T, seen func(mount, role, token, from string)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Role, JWT string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		mount := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v1/auth/"), "/login")
		seen(mount, body.Role, body.JWT, r.RemoteAddr)
		switch body.Role {
		case "refused":
			http.Error(w, `{"errors":["no"]}`, http.StatusBadRequest)
		case "tokenless":
			fmt.Fprint(w, `{"auth":null}`)
		case "padded":
			fmt.Fprint(w, `{"auth":{"client_token":"hvs.x","pad":"`+strings.Repeat("x", 1<<16)+`"}}`)
		default:
			fmt.Fprint(w, `{"auth":{"client_token":"hvs.x"}}`)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestClientSendsAndReadsOverOneConnection(t *testing.T) {
	var seen, from []string
	addr := fakeVault(t, func(mount, role, token, remote string) {
		seen = append(seen, mount+" "+role+" "+token)
		from = append(from, remote)
	})
	c, err := dial(addr)
	require.NoError(t, err)
	defer c.close()
	require.NoError(t, c.login("claims", "service", "a.b.c"))
	require.NoError(t, c.login("jwt", "padded", "d.e.f"))
	require.NoError(t, c.login("claims", "batch", "longer.than.before"))
	require.Equal(t, []string{"claims service a.b.c", "jwt padded d.e.f", "claims batch longer.than.before"}, seen)
	require.Equal(t, []string{from[0], from[0], from[0]}, from)
}

func TestClientTellsWhatIsNoLogin(t *testing.T) {
	addr := fakeVault(t, func(string, string, string, string) {})
	c, err := dial(addr)
	require.NoError(t, err)
	defer c.close()
	require.ErrorContains(t, c.login("claims", "refused", "a.b.c"), `status 400 Bad Request: {"errors":["no"]}`)
	require.ErrorContains(t, c.login("claims", "tokenless", "a.b.c"), `status 200 OK: {"auth":null}`)
	require.NoError(t, c.login("claims", "service", "a.b.c"))
}
