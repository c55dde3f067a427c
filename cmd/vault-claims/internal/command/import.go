// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/copymount"
	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/rollout"
	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

func importMount() command {
	var from, to, secretFile string
	var dryRun bool
	return command{
		synopsis: "Copy a jwt or oidc mount into one of ours",
		help: `
Copies config and roles of a mount of Vault's own JWT/OIDC method, or of this
plugin, into another mount that runs this plugin, and reports what was taken,
what was left out and what was refused, with the reason. The mount that is
copied stays as it is, and a second run brings the copy up to date. Enable the
new mount first:

  $ vault auth enable -path=ci -plugin-version=v0.1.0 vault-plugin-auth-claims
  $ vault-claims import -from=jwt -to=ci

Callers of the new mount get new entities, since aliases belong to mounts. To
keep them, switch the mount in place, as docs/takeover.md says.`,
		flags: func(f *flags) {
			f.text(&from, "from", "", "Path of the mount to copy. Required.")
			f.text(&to, "to", "", "Path of the mount to copy into. Required.")
			f.yes(&dryRun, "dry-run", "Say what would be copied.")
			f.file(&secretFile, "client-secret-file", "File with oidc_client_secret, which cannot be read back.")
		},
		run: func(ctx context.Context, s *session, _ []string) (view, error) {
			c := copymount.Copy{From: vault.Clean(from), To: vault.Clean(to), DryRun: dryRun, KeepMore: true}
			if c.From == "" || c.To == "" || c.From == c.To {
				return view{}, usage("give two mounts: -from=PATH -to=PATH")
			}
			var err error
			if secretFile != "" {
				if c.Secret, err = fileArgument("@" + secretFile); err != nil {
					return view{}, err
				}
			}
			if c.Vault, err = s.client(); err != nil {
				return view{}, err
			}
			if err := importable(ctx, c); err != nil {
				return view{}, err
			}
			c.Progress = s.everySecond()
			got, err := c.Run(ctx)
			if err == nil && len(got.Refused) > 0 {
				err = &finding{fmt.Sprintf("%d things were refused and are not in auth/%s", len(got.Refused), c.To)}
			}
			return importView(got, dryRun), err
		},
	}
}

// importable refuses what is no copy of a mount into one of ours.
func importable(ctx context.Context, c copymount.Copy) error {
	all, err := c.Vault.Mounts(ctx)
	if err != nil {
		return err
	}
	for _, path := range []string{c.From, c.To} {
		if _, there := all[path]; !there {
			return &rollout.Refusal{Why: fmt.Sprintf("there is no auth mount %q", path+"/")}
		}
	}
	if m := all[c.To]; m.SHA256 == "" {
		return &rollout.Refusal{Why: fmt.Sprintf("auth/%s runs %s %s, which is no plugin: enable this one there first", c.To, m.Type, m.Running)}
	}
	return nil
}

func importView(got *copymount.Result, dryRun bool) view {
	return view{data: got, text: func(w io.Writer) {
		if dryRun {
			fmt.Fprintln(w, "Dry run: nothing was written.")
		}
		fmt.Fprintln(w, got.Summary())
		var rows [][]string
		for _, what := range got.LeftOut {
			rows = append(rows, []string{"config", "left out", what})
		}
		for _, path := range slices.Sorted(maps.Keys(got.Refused)) {
			rows = append(rows, []string{path, "refused", got.Refused[path]})
		}
		for _, path := range slices.Sorted(maps.Keys(got.Warnings)) {
			rows = append(rows, []string{path, "warning", strings.Join(got.Warnings[path], "; ")})
		}
		if len(rows) > 0 {
			fmt.Fprintln(w)
			table(w, []string{"What", "Outcome", "Why"}, rows)
		}
	}}
}
