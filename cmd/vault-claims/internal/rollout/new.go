// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/copymount"
	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

// noDirectory as a plugin directory says that the file gets there otherwise.
const noDirectory = "none"

// NewOptions say what is to be tried and how logins are mirrored.
type NewOptions struct {
	Binary    string
	Version   string   // empty: the binary is asked
	PluginDir string   // empty: what the server says; "none": the file is in place
	Args      []string // of the plugin; nil: as those of the version that runs
	Env       []string // of the plugin, "K=V"
	Secret    string   // oidc_client_secret
	Mirror    Mirror
	Progress  func(done, total int)
}

// Mirror is how the live mount reaches the staged one.
type Mirror struct {
	Address    string // of Vault, as the plugin sees it
	CAPEM      string
	SampleRate float64       // 0 to 1
	QueueSize  int           // 0: the plugin's default
	Timeout    time.Duration // 0: the plugin's default
}

// New brings a binary beside the one that a mount runs and mirrors the mount's
// logins to it. Callers of the live mount see nothing of it.
func (r *Rollout) New(ctx context.Context, o NewOptions) error {
	s, b, err := r.preflight(ctx, &o)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, *scene, *Binary, NewOptions) error{
		r.copyFile, r.register, r.stage, r.configure, r.mirror,
	} {
		if err := step(ctx, &s, b, o); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rollout) copyFile(_ context.Context, s *scene, b *Binary, o NewOptions) error {
	const name = "copy file"
	if o.PluginDir == noDirectory {
		return nil
	}
	file := commandFor(s.live.Type, b.Version)
	there, err := installed(o.PluginDir, file, b.SHA256)
	if err != nil {
		r.fail(name, err)
		return err
	}
	path := filepath.Join(o.PluginDir, file)
	if there {
		r.note(name, Already, "%s", path)
		return nil
	}
	return r.change(name, path, func() (string, error) { return "", install(*b, o.PluginDir, file) })
}

func (r *Rollout) register(ctx context.Context, s *scene, b *Binary, o NewOptions) error {
	const name = "register"
	want := vault.Plugin{Name: s.live.Type, Version: b.Version, SHA256: b.SHA256, Command: commandFor(s.live.Type, b.Version), Args: o.Args, Env: o.Env}
	there, err := r.vault.Plugin(ctx, want.Name, want.Version)
	if err != nil {
		r.fail(name, err)
		return err
	}
	what := want.Name + " " + want.Version + " as " + want.Command
	if there != nil && (there.Command == want.Command || s.staged != nil) {
		r.note(name, Already, "%s", what)
		return nil
	}
	return r.change(name, what, func() (string, error) {
		if err := r.vault.Register(ctx, want); err != nil {
			return "", err
		}
		r.registered = there == nil
		got, err := r.vault.Plugin(ctx, want.Name, want.Version)
		if err == nil && (got == nil || !strings.EqualFold(got.SHA256, want.SHA256)) {
			err = fmt.Errorf("%s %s was registered, but the catalog does not show it with its SHA-256", want.Name, want.Version)
		}
		return "", err
	})
}

// stage mounts the new version. This is where Vault first runs it and compares
// its sum, so a wrong one fails here, and logins of the live mount do not.
func (r *Rollout) stage(ctx context.Context, s *scene, b *Binary, _ NewOptions) error {
	const name = "staged mount"
	path := r.stagedPath()
	what := "auth/" + path + ", runs " + b.Version
	if s.staged != nil {
		if !runs(*s.staged, b.Version, b.SHA256) {
			err := fmt.Errorf("auth/%s is there but runs %s with SHA-256 %s: reload it, or end this with `plugin clean`", path, s.staged.Running, s.staged.SHA256)
			r.fail(name, err)
			return err
		}
		r.note(name, Already, "%s", what)
		return nil
	}
	err := r.change(name, what, func() (string, error) {
		options := map[string]string{optionShadow: "true", optionOf: r.live, optionFrom: s.live.Version}
		description := "staged by vault-claims: " + b.Version + " on trial for auth/" + r.live
		if err := r.vault.EnableLike(ctx, path, b.Version, description, s.live, options); err != nil {
			return "", err
		}
		now, err := r.scene(ctx)
		if err != nil {
			return "", err
		}
		if now.staged == nil || !runs(*now.staged, b.Version, b.SHA256) {
			return "", fmt.Errorf("auth/%s was mounted, but Vault does not say that it runs %s with SHA-256 %s", path, b.Version, b.SHA256)
		}
		*s = now
		return "", nil
	})
	if err != nil && r.registered {
		return r.unregister(ctx, *b, *s, err)
	}
	return err
}

// unregister takes back what this run put into the catalog when Vault does not
// run it, so that all is as it was.
func (r *Rollout) unregister(ctx context.Context, b Binary, s scene, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	if now, err := r.scene(ctx); err != nil || now.staged != nil {
		return cause // it may be that only the answer was lost
	}
	err := r.change("register", s.live.Type+" "+b.Version+" is taken out of the catalog again", func() (string, error) {
		return "", r.vault.Deregister(ctx, s.live.Type, b.Version)
	})
	return errors.Join(cause, err)
}

func (r *Rollout) configure(ctx context.Context, s *scene, _ *Binary, o NewOptions) error {
	const name = "copy configuration"
	c := copymount.Copy{Vault: r.vault, From: r.live, To: r.stagedPath(), Secret: o.Secret, Progress: o.Progress, DryRun: r.dryRun}
	got, err := c.Run(ctx)
	if err != nil {
		r.fail(name, err)
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(got.Refused)) {
		r.note(name, Note, "the new version does not take %s: %s", path, got.Refused[path])
	}
	for _, what := range got.LeftOut {
		r.note(name, Note, "left out: %s", what)
	}
	state := Done
	switch {
	case r.dryRun:
		state = Would
	case len(got.Written)+len(got.Removed) == 0:
		state = Already
	}
	r.note(name, state, "%s", got.Summary())
	return nil
}
