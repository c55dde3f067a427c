// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"context"
	"fmt"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// demo is what the steps build up, each on the ones before.
type demo struct {
	*screen
	dir string // holds every file of the demo

	binary   string // of the plugin, if it is not to be built
	plugin   vaultdev.Plugin
	vaultBin string
	vault    *vaultdev.Server
	provider *idp.Provider
	// cli runs the vault command with a token; see vaultdev.Server.CLIAs.
	cli func(ctx context.Context, token string, args ...string) (string, error)

	jobToken string // the Vault token that the CI job got
}

// step is one numbered part of the demo. run fails unless the outcome is the
// one that why promises.
type step struct {
	title string
	why   string
	run   func(context.Context) error
}

func (d *demo) steps() []step {
	return []step{
		{"Build the plugin", "A static binary of its own. Vault runs it as a separate process.", d.buildPlugin},
		{"Get Vault", "From VAULT_BIN, the PATH or an earlier build; else built now, once per machine.", d.getVault},
		{"Start Vault and an OpenID provider", "Both on loopback. The provider plays the part of GitHub Actions.", d.startServers},
		{"Register the plugin", "By its SHA-256: Vault checks the sum each time it runs the binary.", d.register},
		{"Enable the auth method", "A mount at auth/ci. This is where Vault starts the plugin.", d.enable},
		{"Trust the provider", "Its public keys are fetched from its discovery document; the CA vouches for that connection.", d.configure},
		{"Create two secrets and a policy", "The policy allows reading the secrets of one application.", d.createSecrets},
		{"Create a role", "Who may log in as what: jobs of one repository, on one branch.", d.createRole},
		{"Look at a token of a CI job", "Three parts: header, payload, signature. The payload holds the claims.", d.showToken},
		{"Log in with it", "No secret is stored anywhere: the job shows its token and gets a Vault token.", d.login},
		{"Read the secret that the policy allows", "As the job, with the Vault token it just got.", d.readAllowed},
		{"Be refused the other one", "The same token, a secret of another application.", d.readForbidden},
		{"Be refused with a forged token", "The same claims and key ID, signed by a key that is not the provider's.", d.loginForged},
		{"Be refused with an expired token", "Genuine, but an hour too old.", d.loginExpired},
		{"Be refused from another repository", "Genuine and fresh, but not what the role asks for.", d.loginElsewhere},
		{"Log in once more", "To see that it was the tokens: an honest job still gets in.", d.login},
	}
}

// play runs the steps up to the first that fails.
func (d *demo) play(ctx context.Context, steps []step) error {
	for i, step := range steps {
		d.heading(i+1, len(steps), step.title, step.why)
		if err := step.run(ctx); err != nil {
			d.failed(step.title)
			return fmt.Errorf("step %d, %q: %w", i+1, step.title, err)
		}
	}
	d.say(fmt.Sprintf("All %d steps had the expected outcome.", len(steps)))
	return nil
}

func (d *demo) close() error {
	if d.provider != nil {
		d.provider.Close()
	}
	if d.vault != nil {
		return d.vault.Close()
	}
	return nil
}
