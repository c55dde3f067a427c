// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp

import (
	"crypto/rand"
	"time"
)

// Audience is the aud claim that [Provider.Claims] writes.
const Audience = "vault"

// lifetime is how long a token of [Provider.Claims] is valid.
const lifetime = 10 * time.Minute

// Claims returns a new map with iss, sub, aud ([Audience]), iat, nbf (both
// now), exp (ten minutes from now) and a unique jti. Overrides replace or add
// members; a nil value removes one. Times are whole seconds of the provider's
// clock.
func (p *Provider) Claims(overrides map[string]any) map[string]any {
	now := p.now()
	return overlay(map[string]any{
		"iss": p.issuer,
		"sub": "alice",
		"aud": Audience,
		"iat": now.Unix(),
		"nbf": now.Unix(),
		"exp": now.Add(lifetime).Unix(),
		"jti": rand.Text(),
	}, overrides)
}

// GitHubClaims returns [Provider.Claims] with the claims that a GitHub Actions
// job of an environment carries, all consistent with each other. Overrides
// work as there.
func (p *Provider) GitHubClaims(overrides map[string]any) map[string]any {
	const (
		repository = "octo-org/octo-repo"
		ref        = "refs/heads/main"
		commit     = "2b7d1f0c6a35e8940d1c7be2f58a9d3c46b0e871"
	)
	return overlay(p.Claims(map[string]any{
		"sub":                   "repo:" + repository + ":environment:production",
		"repository":            repository,
		"repository_id":         "74205631",
		"repository_owner":      "octo-org",
		"repository_owner_id":   "65104",
		"repository_visibility": "private",
		"ref":                   ref,
		"ref_type":              "branch",
		"ref_protected":         "true",
		"head_ref":              "",
		"base_ref":              "",
		"sha":                   commit,
		"workflow":              "deploy",
		"workflow_ref":          repository + "/.github/workflows/deploy.yml@" + ref,
		"workflow_sha":          commit,
		"job_workflow_ref":      "octo-org/shared/.github/workflows/deploy.yml@refs/tags/v2",
		"job_workflow_sha":      "90ad3c5be17f2468a0c9d1e3f5b7682d4c6e8a01",
		"environment":           "production",
		"actor":                 "octocat",
		"actor_id":              "583231",
		"event_name":            "push",
		"run_id":                "9817364520",
		"run_number":            "128",
		"run_attempt":           "1",
		"runner_environment":    "github-hosted",
	}), overrides)
}
