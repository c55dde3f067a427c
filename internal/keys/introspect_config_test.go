// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestIntrospectWithPost(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		good := r.Method == http.MethodPost && r.Header.Get("Authorization") == "" && r.URL.RawQuery == "" &&
			r.PostFormValue("client_id") == "vault/ci" && r.PostFormValue("client_secret") == "s:cret &" && r.PostFormValue("token") == "a+b/c="
		fmt.Fprintf(w, `{"active":%t}`, good)
	})
	i, _ := introspecting(t, s, func(c *IntrospectionConfig) { c.AuthMethod = ClientSecretPost })
	_, active, err := i.Introspect(t.Context(), "a+b/c=")
	require.NoError(t, err)
	require.True(t, active)
	requireInactive(t, i, "a b")
}

func TestIntrospectionConfig(t *testing.T) {
	t.Parallel()
	good := IntrospectionConfig{URL: "https://as.test/introspect", ClientID: "a", ClientSecret: "SECRET"}
	for want, change := range map[string]func(*IntrospectionConfig){
		"introspection_url must begin":                     func(c *IntrospectionConfig) { c.URL = "as.test" },
		"introspection_url must begin with https":          func(c *IntrospectionConfig) { c.URL = "http://127.0.0.1/x" },
		"introspection_url must not hold a user":           func(c *IntrospectionConfig) { c.URL = "https://a:SECRET@as.test" },
		"introspection_url: the address is link-local":     func(c *IntrospectionConfig) { c.URL = "https://169.254.169.254/" },
		"introspection_client_id and introspection_client": func(c *IntrospectionConfig) { c.ClientID = "" },
		"and introspection_client_secret must be set":      func(c *IntrospectionConfig) { c.ClientSecret = "" },
		"introspection_auth_method must be":                func(c *IntrospectionConfig) { c.AuthMethod = "none" },
		"introspection_cache_ttl must be between":          func(c *IntrospectionConfig) { c.CacheTTL = 11 * time.Minute },
		"introspection_rate must be between 1 and 1000":    func(c *IntrospectionConfig) { c.Rate = 1001 },
		"introspection_rate must be between 1":             func(c *IntrospectionConfig) { c.Rate = -1 },
		"CA PEM":                                           func(c *IntrospectionConfig) { c.CAPEM = "x" },
		"proxy must begin":                                 func(c *IntrospectionConfig) { c.Proxy = "x" },
	} {
		c := good
		change(&c)
		_, err := NewIntrospector(c)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "SECRET")
	}
	i, err := NewIntrospector(good)
	require.NoError(t, err)
	i.Close()
}
