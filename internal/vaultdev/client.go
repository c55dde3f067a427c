// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"fmt"

	"github.com/hashicorp/vault/api"
)

// Client returns a new API client with the root token. It never retries, so
// that a test sees each failure; it shares nothing with other clients.
//
// A configuration that the api package rejects (a malformed VAULT_* variable
// in the environment) panics: there is no test to run then.
func (s *Server) Client() *api.Client {
	config := api.DefaultConfig()
	if config.Error != nil {
		panic(fmt.Sprintf("vaultdev: the environment holds a bad VAULT_* variable: %v", config.Error))
	}
	config.Address = s.Addr
	config.AgentAddress = ""
	config.MaxRetries = 0
	client, err := api.NewClient(config)
	if err != nil {
		panic(fmt.Sprintf("vaultdev: making an API client for %s: %v", s.Addr, err))
	}
	client.ClearNamespace() // VAULT_NAMESPACE of the caller's shell
	client.SetToken(s.RootToken)
	return client
}
