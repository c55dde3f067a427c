// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

func (d *demo) showToken(context.Context) error {
	token := d.provider.Mint(d.provider.GitHubClaims(nil))
	header, payload, err := decode(token)
	if err != nil {
		return err
	}
	d.ok(fmt.Sprintf("the token, %d characters: %s", len(token), shorten(token)))
	d.ok("its header:")
	d.output(header)
	d.ok("its payload:")
	d.output(payload)
	return nil
}

func (d *demo) login(ctx context.Context) error {
	args, err := d.loginCommand("job.jwt", d.provider.Mint(d.provider.GitHubClaims(nil)))
	if err != nil {
		return err
	}
	out, err := d.cli(ctx, "", args...)
	if err != nil {
		return err
	}
	return d.readLogin(out)
}

// readLogin takes the Vault token from the answer to a login and shows what
// came with it.
func (d *demo) readLogin(out string) error {
	var answer struct {
		Auth struct {
			ClientToken   string            `json:"client_token"`
			Policies      []string          `json:"policies"`
			Metadata      map[string]string `json:"metadata"`
			LeaseDuration int               `json:"lease_duration"`
		} `json:"auth"`
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		return fmt.Errorf("reading the login's answer: %w", err)
	}
	auth := answer.Auth
	if auth.ClientToken == "" || !slices.Contains(auth.Policies, "web-deploy") {
		return fmt.Errorf("want a token with the policy web-deploy, got the policies %v", auth.Policies)
	}
	d.jobToken = auth.ClientToken
	d.ok("logged in")
	d.output(fmt.Sprintf("token     %s\npolicies  %s\nvalid for %s\nmetadata  actor %s, run %s",
		shorten(auth.ClientToken), strings.Join(auth.Policies, ", "), time.Duration(auth.LeaseDuration)*time.Second,
		auth.Metadata["actor"], auth.Metadata["run_id"]))
	return nil
}

// loginCommand writes a token to a file, which keeps it out of the process
// list and the shell's history, and shows the command that logs in with it.
func (d *demo) loginCommand(name, token string) ([]string, error) {
	if err := writeToken(d.file(name), token); err != nil {
		return nil, err
	}
	args := []string{"write", "-format=json", "auth/ci/login", "role=web-deploy", "jwt=@" + d.file(name)}
	d.command(commandLine(args))
	return args, nil
}

func (d *demo) readAllowed(ctx context.Context) error {
	args := []string{"kv", "get", "-mount=secret", "-field=password", "web/database"}
	d.command("VAULT_TOKEN=" + shorten(d.jobToken) + " " + commandLine(args))
	out, err := d.cli(ctx, d.jobToken, args...)
	if err != nil {
		return err
	}
	d.output(out)
	d.ok("allowed")
	return nil
}

func (d *demo) readForbidden(ctx context.Context) error {
	args := []string{"kv", "get", "-mount=secret", "-field=password", "payroll/database"}
	d.command("VAULT_TOKEN=" + shorten(d.jobToken) + " " + commandLine(args))
	return d.refused(ctx, d.jobToken, args...)
}
