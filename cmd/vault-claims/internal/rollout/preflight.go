// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

// preflight looks at all that could go wrong, and changes nothing.
func (r *Rollout) preflight(ctx context.Context, o *NewOptions) (scene, *Binary, error) {
	var s scene
	var b Binary
	checks := []struct {
		name  string
		check func() (State, string, error)
	}{
		{"live mount", func() (_ State, _ string, err error) {
			if s, err = r.scene(ctx); err != nil {
				return "", "", err
			}
			return r.checkLive(s)
		}},
		{"binary", func() (_ State, _ string, err error) {
			if b, err = Examine(ctx, o.Binary, o.Version); err != nil {
				return "", "", err
			}
			if b.Version == s.live.Version && s.staged == nil {
				return "", "", refuse("auth/%s runs %s already; a new build needs a new version", r.live, b.Version)
			}
			if s.staged != nil && s.staged.Version != b.Version {
				return "", "", refuse("%s is being tried at auth/%s already: end that with `plugin clean` before you try %s", s.staged.Version, s.staged.Path, b.Version)
			}
			return OK, fmt.Sprintf("%s, %s/%s, SHA-256 %s", b.Version, b.System, b.Architecture, b.SHA256), nil
		}},
		{"token", func() (State, string, error) { return r.checkToken(ctx, s) }},
		{"server", func() (State, string, error) { return r.checkServer(ctx, b) }},
		{"pin", func() (State, string, error) { return r.checkPin(ctx, s.live.Type) }},
		{"catalog", func() (State, string, error) { return r.checkCatalog(ctx, s, b, o) }},
		{"siblings", func() (State, string, error) { return r.checkSiblings(ctx, s) }},
		{"cluster", func() (State, string, error) { return r.checkCluster(ctx, s, b) }},
		{"plugin directory", func() (State, string, error) { return r.checkDirectory(ctx, s, b, o) }},
	}
	for _, c := range checks {
		if err := r.look(c.name, c.check); err != nil {
			return s, nil, err
		}
	}
	return s, &b, nil
}

func (r *Rollout) checkLive(s scene) (State, string, error) {
	m := s.live
	switch {
	case m.SHA256 == "" && strings.HasSuffix(m.Running, "+builtin.vault") || m.SHA256 == "" && strings.Contains(m.Running, "+builtin"):
		return "", "", refuse("auth/%s runs the method that Vault brings along (%s %s): copy it with `vault-claims import`, or switch it as docs/takeover.md says", m.Path, m.Type, m.Running)
	case m.Version == "":
		return "", "", refuse("auth/%s has no plugin version, so there would be none to go back to: register what it runs under a version, then `vault auth tune -plugin-version=… %s/` and reload it", m.Path, m.Path)
	case m.Options[optionShadow] == "true":
		return "", "", refuse("auth/%s is a staged mount itself", m.Path)
	case m.Running != m.Version && s.staged == nil:
		return "", "", refuse("auth/%s is to run %s and runs %s: reload it first", m.Path, m.Version, m.Running)
	}
	return OK, fmt.Sprintf("auth/%s runs %s %s, SHA-256 %s", m.Path, m.Type, m.Running, m.SHA256), nil
}

// checkToken asks for all that the rollout will need, so that it does not stop
// half way for want of a right.
func (r *Rollout) checkToken(ctx context.Context, s scene) (State, string, error) {
	change := []string{"create", "update", "sudo"}
	missing, err := r.vault.Missing(ctx, map[string][]string{
		"sys/plugins/catalog/auth/" + s.live.Type: {"update", "sudo"},
		"sys/auth/" + r.stagedPath():              change,
		"sys/auth/" + r.live + "/tune":            {"update", "sudo"},
		"sys/plugins/reload/backend":              {"update"},
		"auth/" + r.live + "/config":              {"read"},
		"auth/" + r.live + "/role":                {"list"},
		"auth/" + r.live + "/shadow":              {"update"},
		"auth/" + r.stagedPath() + "/config":      {"update"},
		"auth/" + r.stagedPath() + "/role/any":    {"create", "update", "delete"},
	})
	if err != nil {
		return "", "", err
	}
	if len(missing) > 0 {
		return "", "", refuse("the token may not do what this needs; it lacks %s. docs/vault-claims.md has a policy", strings.Join(missing, ", "))
	}
	return OK, "may do all that a rollout needs", nil
}

func (r *Rollout) checkServer(ctx context.Context, b Binary) (State, string, error) {
	health, err := r.vault.Health(ctx)
	if err != nil {
		return "", "", err
	}
	system, machine, err := r.vault.Platform(ctx)
	if err != nil || system == "" {
		return Note, fmt.Sprintf("version %s; its platform is not known, since the token may not read sys/host-info: the binary is for %s/%s", health.Version, b.System, b.Architecture), nil
	}
	if !b.fits(system, machine) {
		return "", "", refuse("the binary is for %s/%s, and the server is %s on %s", b.System, b.Architecture, system, machine)
	}
	return OK, fmt.Sprintf("version %s on %s/%s, as the binary", health.Version, system, machine), nil
}

func (r *Rollout) checkPin(ctx context.Context, name string) (State, string, error) {
	pin, err := r.vault.Pin(ctx, name)
	if err != nil {
		return "", "", err
	}
	if pin != "" {
		return "", "", refuse("%s is pinned to %s, and Vault tunes no mount of a pinned plugin: check that each mount's plugin_version is %s, then `vault delete sys/plugins/pins/auth/%s`", name, pin, pin, name)
	}
	return OK, name + " is not pinned", nil
}

// checkCatalog learns how the version that runs was registered, too.
func (r *Rollout) checkCatalog(ctx context.Context, s scene, b Binary, o *NewOptions) (State, string, error) {
	old, err := r.vault.Plugin(ctx, s.live.Type, s.old())
	if err != nil {
		return "", "", err
	}
	if old == nil {
		return "", "", refuse("%s %s is not in the catalog any more, so there would be no way back: register it again", s.live.Type, s.old())
	}
	if o.Args == nil {
		o.Args = old.Args
	}
	there, err := r.vault.Plugin(ctx, s.live.Type, b.Version)
	switch {
	case err != nil:
		return "", "", err
	case there == nil:
		return OK, fmt.Sprintf("%s %s is there to go back to, %s is new", s.live.Type, s.old(), b.Version), nil
	case !strings.EqualFold(there.SHA256, b.SHA256):
		return "", "", refuse("%s %s is registered already with another SHA-256 (%s): a version never changes, so build the binary as a new one", s.live.Type, b.Version, there.SHA256)
	}
	return OK, fmt.Sprintf("%s %s is there to go back to, %s is registered already", s.live.Type, s.old(), b.Version), nil
}

// old is the version that ran before the rollout.
func (s scene) old() string {
	if from := s.before(); from != "" {
		return from
	}
	return s.live.Version
}

// checkSiblings looks for mounts that would feel a reload of the live one.
func (r *Rollout) checkSiblings(ctx context.Context, s scene) (State, string, error) {
	siblings, err := r.siblings(ctx, s)
	if err != nil {
		return "", "", err
	}
	if len(siblings) == 0 {
		return OK, "no other mount shares a process with auth/" + r.live, nil
	}
	return Note, "share a process with auth/" + r.live + ", and fail logins in flight when it is promoted: auth/" + strings.Join(siblings, ", auth/"), nil
}

func (r *Rollout) siblings(ctx context.Context, s scene) ([]string, error) {
	entry, err := r.vault.Plugin(ctx, s.live.Type, s.live.Running)
	if err != nil || entry == nil || !slices.Contains(entry.Args, sharing) {
		return nil, err
	}
	return vault.SameProcess(s.all, s.live), nil
}

func (r *Rollout) checkCluster(ctx context.Context, s scene, b Binary) (State, string, error) {
	file := commandFor(s.live.Type, b.Version)
	nodes, err := r.vault.Nodes(ctx)
	if err != nil || len(nodes) == 0 {
		return Note, "its nodes are not known: if there are several, the file " + file + " has to be on each, and Vault does not tell whether it is", nil
	}
	if len(nodes) == 1 {
		return OK, "one node, " + nodes[0], nil
	}
	return Note, fmt.Sprintf("%d nodes, %s: the file %s has to be on each, and only this machine can be seen from here. A node without it serves no login when it becomes active", len(nodes), strings.Join(nodes, ", "), file), nil
}

func (r *Rollout) checkDirectory(ctx context.Context, s scene, b Binary, o *NewOptions) (State, string, error) {
	file := commandFor(s.live.Type, b.Version)
	if o.PluginDir == "" {
		dir, err := r.vault.PluginDirectory(ctx)
		if err != nil || dir == "" {
			return "", "", refuse("the plugin directory is not known: give -plugin-dir=DIR if Vault runs on this machine, or -plugin-dir=none if the file is in place already")
		}
		o.PluginDir = dir
	}
	if o.PluginDir == noDirectory {
		return Note, fmt.Sprintf("not looked at; %s has to be there on each node, with mode 0755", file), nil
	}
	dir, err := checkDir(o.PluginDir)
	if err != nil {
		return "", "", err
	}
	o.PluginDir = dir
	if _, err := installed(dir, file, b.SHA256); err != nil {
		return "", "", err
	}
	return OK, dir, nil
}
