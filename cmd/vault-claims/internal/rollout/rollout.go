// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout

import (
	"context"
	"slices"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

// The options of a staged mount. The plugin reads the first; the others are the
// memory of the rollout.
const (
	optionShadow = "shadow"
	optionOf     = "rollout_of"
	optionFrom   = "rollout_from"
)

// sharing is the plugin's argument that puts all mounts of a version into one
// process.
const sharing = "-share-process"

// Rollout is the change of the plugin version of one mount. A value takes one
// command at a time.
type Rollout struct {
	vault *vault.Client
	live  string // path of the mount
	// registered says that this run put the new version into the catalog.
	registered bool
	journal
}

// Start makes a rollout of the mount at a path. tell, if not nil, hears of each
// step as it is taken. With dryRun nothing is changed.
func Start(client *vault.Client, mount string, dryRun bool, tell func(Step)) *Rollout {
	return &Rollout{vault: client, live: vault.Clean(mount), journal: journal{tell: tell, dryRun: dryRun}}
}

// Steps are those taken so far.
func (r *Rollout) Steps() []Step { return slices.Clone(r.steps) }

func (r *Rollout) stagedPath() string { return r.live + "-staged" }

// scene is what Vault says of the mounts that matter.
type scene struct {
	all    map[string]vault.Mount
	live   vault.Mount
	staged *vault.Mount // nil when nothing is staged
}

// look reads the mounts. The live mount has to be there.
func (r *Rollout) scene(ctx context.Context) (scene, error) {
	if r.live == "" {
		return scene{}, refuse("no mount was named: give -mount=PATH")
	}
	all, err := r.vault.Mounts(ctx)
	if err != nil {
		return scene{}, err
	}
	s := scene{all: all}
	live, there := all[r.live]
	if !there {
		return s, refuse("there is no auth mount %q%s; `vault auth list` shows those that there are", r.live+"/", r.inNamespace())
	}
	s.live = live
	if staged, there := all[r.stagedPath()]; there {
		if staged.Options[optionOf] != r.live {
			return s, refuse("auth/%s is there already and is no staged mount of auth/%s: it was not made by `plugin new`, so it is left alone", staged.Path, r.live)
		}
		s.staged = &staged
	}
	return s, nil
}

func (r *Rollout) inNamespace() string {
	if ns := r.vault.Namespace(); ns != "" {
		return " in the namespace " + ns
	}
	return ""
}

// before is the version to go back to.
func (s scene) before() string {
	if s.staged == nil {
		return ""
	}
	return s.staged.Options[optionFrom]
}

// runs tells whether a mount runs what it is said to run.
func runs(m vault.Mount, version, sum string) bool {
	return m.Version == version && m.Running == version && strings.EqualFold(m.SHA256, sum)
}
