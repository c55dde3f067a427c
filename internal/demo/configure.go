// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"context"
	"errors"
	"os"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

const (
	policyFile = "web-deploy.hcl"
	policy     = `# kv version 2 keeps the data of a secret below data/
path "secret/data/web/*" {
  capabilities = ["read"]
}
`
	roleFile = "web-deploy.json"
	role     = `{
  "role_type": "jwt",
  "bound_audiences": ["` + idp.Audience + `"],
  "bound_claims": {
    "repository": "octo-org/octo-repo",
    "ref": "refs/heads/main"
  },
  "user_claim": "repository",
  "claim_mappings": {"actor": "actor", "run_id": "run_id"},
  "token_policies": ["web-deploy"],
  "token_ttl": "10m"
}
`
)

func (d *demo) configure(ctx context.Context) error {
	return d.vaultCommand(ctx, "write", "auth/ci/config",
		"oidc_discovery_url="+d.provider.DiscoveryURL(),
		"oidc_discovery_ca_pem=@"+d.file("provider-ca.pem"),
		"bound_issuer="+d.provider.Issuer())
}

func (d *demo) createSecrets(ctx context.Context) error {
	if err := d.showFile(policyFile, policy); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"policy", "write", "web-deploy", d.file(policyFile)},
		{"secrets", "enable", "-path=secret", "kv-v2"},
	} {
		if err := d.vaultCommand(ctx, args...); err != nil {
			return err
		}
	}
	return errors.Join(
		d.putSecret(ctx, "web/database", "correct horse battery staple"),
		d.putSecret(ctx, "payroll/database", "none of your business"),
	)
}

// putSecret leaves out the dozen lines that the command prints.
func (d *demo) putSecret(ctx context.Context, name, password string) error {
	args := []string{"kv", "put", "-mount=secret", name, "password=" + password}
	d.command(commandLine(args))
	if _, err := d.cli(ctx, d.vault.RootToken, args...); err != nil {
		return err
	}
	d.ok("written")
	return nil
}

func (d *demo) createRole(ctx context.Context) error {
	if err := d.showFile(roleFile, role); err != nil {
		return err
	}
	return d.vaultCommand(ctx, "write", "auth/ci/role/web-deploy", "@"+d.file(roleFile))
}

// showFile writes one of the demo's files and shows what is in it.
func (d *demo) showFile(name, content string) error {
	if err := os.WriteFile(d.file(name), []byte(content), 0o644); err != nil {
		return err
	}
	d.command("cat " + quote(d.file(name)))
	d.output(content)
	return nil
}
