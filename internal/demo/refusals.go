// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"context"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

func (d *demo) loginForged(ctx context.Context) error {
	token, err := d.forged()
	if err != nil {
		return err
	}
	return d.loginRefused(ctx, "forged.jwt", token)
}

func (d *demo) loginExpired(ctx context.Context) error {
	return d.loginRefused(ctx, "expired.jwt", d.expired())
}

func (d *demo) loginElsewhere(ctx context.Context) error {
	return d.loginRefused(ctx, "elsewhere.jwt", d.elsewhere())
}

func (d *demo) loginRefused(ctx context.Context, name, token string) error {
	args, err := d.loginCommand(name, token)
	if err != nil {
		return err
	}
	return d.refused(ctx, "", args...)
}

// forged is a token that differs from a good one in its signature alone.
func (d *demo) forged() (string, error) {
	current := d.provider.Current()
	stranger, err := idp.GenerateKey(current.Alg, current.KID)
	if err != nil {
		return "", err
	}
	return d.provider.MintWith(stranger, nil, d.provider.GitHubClaims(nil)), nil
}

// expired ran out an hour ago, more than any leeway for clock skew.
func (d *demo) expired() string {
	end := time.Now().Add(-time.Hour)
	begin := end.Add(-10 * time.Minute).Unix()
	return d.provider.Mint(d.provider.GitHubClaims(map[string]any{"iat": begin, "nbf": begin, "exp": end.Unix()}))
}

// elsewhere is a good token of a repository that the role does not name.
func (d *demo) elsewhere() string {
	return d.provider.Mint(d.provider.GitHubClaims(map[string]any{
		"sub":        "repo:octo-org/other-repo:environment:production",
		"repository": "octo-org/other-repo",
	}))
}
