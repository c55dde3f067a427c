// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout

import (
	"context"
	"slices"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

// Clean ends a rollout, however it went: no mirror, no staged mount. A version
// is taken out of the catalog only when it is named, and no mount is to run it.
func (r *Rollout) Clean(ctx context.Context, deregister string) error {
	s, err := r.scene(ctx)
	if err != nil {
		r.fail("live mount", err)
		return err
	}
	if s.live.Running != s.live.Version {
		err := refuse("auth/%s is to run %s and runs %s: finish that with `plugin promote` or `plugin rollback` first", r.live, s.live.Version, s.live.Running)
		r.fail("live mount", err)
		return err
	}
	users := usersOf(s, deregister, r.stagedPath())
	if deregister != "" && len(users) > 0 {
		err := refuse("%s is used by auth/%s and stays registered", deregister, strings.Join(users, ", auth/"))
		r.fail("deregister", err)
		return err
	}
	if err := r.stopMirror(ctx); err != nil {
		return err
	}
	if s.staged == nil {
		r.note("staged mount", Already, "auth/%s is not there", r.stagedPath())
	} else if err := r.change("staged mount", "auth/"+r.stagedPath()+" disabled", func() (string, error) {
		return "", r.vault.Disable(ctx, r.stagedPath())
	}); err != nil {
		return err
	}
	return r.deregister(ctx, s, deregister)
}

// usersOf are the mounts that run a version or are to, but for the staged one.
func usersOf(s scene, version, staged string) []string {
	var users []string
	for path, m := range s.all {
		if m.Type == s.live.Type && path != staged && (m.Version == version || m.Running == version) {
			users = append(users, path)
		}
	}
	slices.Sort(users)
	return users
}

func (r *Rollout) deregister(ctx context.Context, s scene, version string) error {
	if version == "" {
		return nil
	}
	const name = "deregister"
	entry, err := r.vault.Plugin(ctx, s.live.Type, version)
	if err != nil {
		r.fail(name, err)
		return err
	}
	if entry == nil {
		r.note(name, Already, "%s %s is not in the catalog", s.live.Type, version)
		return nil
	}
	return r.change(name, s.live.Type+" "+version+"; its file "+entry.Command+" stays where it is", func() (string, error) {
		return "", r.vault.Deregister(ctx, s.live.Type, version)
	})
}

// Status is how a rollout stands.
type Status struct {
	Mount   string  `json:"mount"`
	Plugin  string  `json:"plugin"`
	Version string  `json:"plugin_version"`
	Running string  `json:"running_plugin_version"`
	SHA256  string  `json:"running_sha256"`
	Staged  *Staged `json:"staged"` // null when nothing is staged
	Mirrors bool    `json:"mirrors"`
	// Phase is "none", "staged", "mirroring", "half_promoted", "promoted",
	// or "not_serving" when the mount takes no logins.
	Phase string `json:"phase"`
	Next  string `json:"next"` // what to do, in words
}

// Staged is the version on trial.
type Staged struct {
	Mount   string `json:"mount"`
	Version string `json:"plugin_version"`
	Running string `json:"running_plugin_version"`
	SHA256  string `json:"running_sha256"`
	Before  string `json:"previous_version"`
}

// Status looks, and changes nothing.
func (r *Rollout) Status(ctx context.Context) (*Status, error) {
	s, err := r.scene(ctx)
	if err != nil {
		return nil, err
	}
	serves := r.vault.Serves(ctx, r.live)
	shadow, err := r.vault.Read(ctx, r.shadowPath())
	if err != nil && !missing(err) && serves == nil {
		return nil, err
	}
	st := &Status{Mount: r.live, Plugin: s.live.Type, Version: s.live.Version, Running: s.live.Running, SHA256: s.live.SHA256, Mirrors: shadow != nil}
	if m := s.staged; m != nil {
		st.Staged = &Staged{Mount: m.Path, Version: m.Version, Running: m.Running, SHA256: m.SHA256, Before: s.before()}
	}
	st.Phase, st.Next = phase(s.live, s.staged, st.Mirrors)
	if serves != nil {
		st.Phase, st.Next = "not_serving", "it takes no logins ("+serves.Error()+"): `plugin promote` or `plugin rollback` reloads it"
	}
	return st, nil
}

func phase(live vault.Mount, staged *vault.Mount, mirrors bool) (is, next string) {
	switch {
	case live.Version != live.Running && live.Running != "":
		return "half_promoted", "tuned and not reloaded: `plugin promote` goes on, `plugin rollback` goes back"
	case staged == nil:
		return "none", "`plugin new BINARY` stages another version"
	case live.Running == staged.Version:
		return "promoted", "`plugin clean` when you are content, `plugin rollback` when you are not"
	case mirrors:
		return "mirroring", "`plugin report`, then `plugin promote`"
	}
	return "staged", "run `plugin new` again: it goes on where it stopped; or `plugin clean`"
}
