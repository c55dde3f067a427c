// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
	"github.com/hashicorp/vault/api/cliconfig"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

// session is one run of a command: how to reach Vault and how to print.
type session struct {
	streams Streams
	format  string

	address, namespace            string
	caCert, caPath, tlsServerName string
	clientCert, clientKey         string
	skipVerify                    bool
}

func (s *session) connectionFlags(f *flags) {
	f.text(&s.address, "address", "", "Address of Vault. Also VAULT_ADDR.")
	f.text(&s.namespace, "namespace", "", "Namespace of the mount. Also VAULT_NAMESPACE.")
	f.file(&s.caCert, "ca-cert", "PEM file of the CA that vouches for Vault. Also VAULT_CACERT.")
	f.file(&s.caPath, "ca-path", "Folder of such files. Also VAULT_CAPATH.")
	f.file(&s.clientCert, "client-cert", "PEM file of a client certificate. Also VAULT_CLIENT_CERT.")
	f.file(&s.clientKey, "client-key", "PEM file of its key. Also VAULT_CLIENT_KEY.")
	f.text(&s.tlsServerName, "tls-server-name", "", "Name that Vault's certificate is to have. Also VAULT_TLS_SERVER_NAME.")
	f.yes(&s.skipVerify, "tls-skip-verify", "Do not verify Vault's certificate. Also VAULT_SKIP_VERIFY.")
}

func (s *session) checkFormat() error {
	if s.format == "table" {
		if env := os.Getenv("VAULT_FORMAT"); env != "" {
			s.format = env
		}
	}
	if !slices.Contains([]string{"table", "json", "yaml"}, s.format) {
		return usage("there is no format %q: table, json, yaml", s.format)
	}
	return nil
}

// config is what the environment says, and then the flags.
func (s *session) config() (*api.Config, error) {
	config := api.DefaultConfig()
	if config.Error != nil {
		return nil, fmt.Errorf("the environment: %w", config.Error)
	}
	if s.caCert+s.caPath+s.clientCert+s.clientKey+s.tlsServerName != "" || s.skipVerify {
		tls := &api.TLSConfig{
			CACert: or(s.caCert, os.Getenv(api.EnvVaultCACert)), CAPath: or(s.caPath, os.Getenv(api.EnvVaultCAPath)),
			ClientCert: or(s.clientCert, os.Getenv(api.EnvVaultClientCert)), ClientKey: or(s.clientKey, os.Getenv(api.EnvVaultClientKey)),
			TLSServerName: or(s.tlsServerName, os.Getenv(api.EnvVaultTLSServerName)), Insecure: s.skipVerify,
		}
		if err := config.ConfigureTLS(tls); err != nil {
			return nil, err
		}
	}
	return config, nil
}

// client reaches Vault with the token of the environment or of the token
// helper, which is ~/.vault-token unless Vault's CLI is configured otherwise.
func (s *session) client() (*vault.Client, error) {
	config, err := s.config()
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(config)
	if err != nil {
		return nil, err
	}
	if s.address != "" {
		if err := client.SetAddress(s.address); err != nil {
			return nil, err
		}
	}
	if s.namespace != "" {
		client.SetNamespace(strings.Trim(s.namespace, "/"))
	}
	if client.Token() == "" {
		helper, err := cliconfig.DefaultTokenHelper()
		if err != nil {
			return nil, fmt.Errorf("the token helper: %w", err)
		}
		token, err := helper.Get()
		if err != nil {
			return nil, fmt.Errorf("the token helper: %w", err)
		}
		client.SetToken(token)
	}
	return vault.New(client)
}

// caPEM is the text of the CA file that the session uses, or "".
func (s *session) caPEM() (string, error) {
	file := or(s.caCert, os.Getenv(api.EnvVaultCACert))
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	return string(text), err
}

func or(first, second string) string {
	if first != "" {
		return first
	}
	return second
}

// progress tells a person at the terminal what goes on. It never is part of the
// output.
func (s *session) progress(format string, args ...any) {
	fmt.Fprintf(s.streams.Err, format+"\n", args...)
}

// everySecond tells how far a long copy is, now and then.
func (s *session) everySecond() func(done, total int) {
	last := time.Time{}
	return func(done, total int) {
		if total > 100 && (time.Since(last) > time.Second || done == total) {
			last = time.Now()
			s.progress("copied %d of %d roles", done, total)
		}
	}
}

// fileArgument is a flag's value, or with a leading @ what the file holds.
func fileArgument(value string) (string, error) {
	name, isFile := strings.CutPrefix(value, "@")
	if !isFile {
		return value, nil
	}
	text, err := os.ReadFile(name)
	return strings.TrimSpace(string(text)), err
}
