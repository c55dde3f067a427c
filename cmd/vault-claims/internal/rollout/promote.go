// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/copymount"
	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

// PromoteOptions say what is enough to promote.
type PromoteOptions struct {
	Waived
	JWT, Role string // of the trial login; without JWT there is none
}

// undoTime is what going back gets when the caller has given up waiting.
const undoTime = 2 * time.Minute

// Promote lets the live mount run the staged version. When the new version does
// not run, or does not log in the trial token, the mount goes back to the old
// one before Promote returns.
//
// The order is: tune, reload, look. Vault holds the mount's logins back while
// it reloads, so none fails. Until the reload the old version serves, and from
// the tune on a failover would start the new one.
func (r *Rollout) Promote(ctx context.Context, o PromoteOptions) error {
	s, entry, err := r.prepare(ctx)
	if err != nil {
		return err
	}
	if runs(s.live, s.staged.Version, entry.SHA256) && r.vault.Serves(ctx, r.live) == nil {
		r.note("promote", Already, "auth/%s runs %s", r.live, s.live.Running)
		return r.stopMirror(ctx)
	}
	if s.live.Version == s.staged.Version {
		r.note("gate", Already, "auth/%s was tuned to %s before and not reloaded: going on from there", r.live, s.live.Version)
	} else if err := r.gate(ctx, s, o); err != nil {
		return err
	}
	if r.dryRun {
		r.note("promote", Would, "auth/%s from %s to %s", r.live, s.live.Running, s.staged.Version)
		return nil
	}
	if err := r.switchTo(ctx, s.staged.Version, entry.SHA256, "promote"); err != nil {
		return r.undo(ctx, s, err)
	}
	if err := r.trialLogin(ctx, o); err != nil {
		return r.undo(ctx, s, err)
	}
	return r.stopMirror(ctx)
}

// prepare reads what a promotion depends on.
func (r *Rollout) prepare(ctx context.Context) (scene, *vault.Plugin, error) {
	var s scene
	var entry *vault.Plugin
	err := r.look("staged mount", func() (_ State, _ string, err error) {
		if s, err = r.scene(ctx); err != nil {
			return "", "", err
		}
		if s.staged == nil {
			return "", "", refuse("nothing is staged for auth/%s: begin with `plugin new`", r.live)
		}
		if entry, err = r.vault.Plugin(ctx, s.staged.Type, s.staged.Version); err != nil {
			return "", "", err
		}
		if entry == nil || !runs(*s.staged, s.staged.Version, entry.SHA256) {
			return "", "", refuse("auth/%s does not run what the catalog has as %s %s; reload it or stage anew", s.staged.Path, s.staged.Type, s.staged.Version)
		}
		return OK, fmt.Sprintf("auth/%s runs %s, SHA-256 %s", s.staged.Path, s.staged.Running, s.staged.SHA256), nil
	})
	if err != nil {
		return s, nil, err
	}
	return s, entry, r.look("pin", func() (State, string, error) { return r.checkPin(ctx, s.live.Type) })
}

// gate is all that speaks against the new version before anything changes.
func (r *Rollout) gate(ctx context.Context, s scene, o PromoteOptions) error {
	checks := []struct {
		name  string
		check func() (State, string, error)
	}{
		{"way back", func() (State, string, error) {
			old, err := r.vault.Plugin(ctx, s.live.Type, s.live.Version)
			if err == nil && old == nil {
				err = refuse("%s %s is not in the catalog any more: register it again first", s.live.Type, s.live.Version)
			}
			return OK, s.live.Version, err
		}},
		{"configuration", func() (State, string, error) {
			n, err := copymount.Copy{Vault: r.vault, From: r.live, To: s.staged.Path}.Drift(ctx)
			if err == nil && n > 0 {
				err = refuse("%d things of auth/%s have changed since they were copied: run `plugin new` again, which copies them, and look at the report after that", n, r.live)
			}
			return OK, "auth/" + s.staged.Path + " is configured as auth/" + r.live, err
		}},
		{"report", func() (State, string, error) { return r.checkReport(ctx, o) }},
		{"siblings", func() (State, string, error) {
			siblings, err := r.siblings(ctx, s)
			if err == nil && len(siblings) > 0 && !slices.Contains(o.Accept, "siblings") {
				err = refuse("a reload of auth/%s ends the process of auth/%s too, and logins in flight there fail: accept that with -accept=siblings", r.live, strings.Join(siblings, ", auth/"))
			}
			return OK, "no login of another mount is at risk, or that was accepted", err
		}},
		{"trial", func() (State, string, error) { return r.checkTrial(ctx, s, o) }},
	}
	for _, c := range checks {
		if err := r.look(c.name, c.check); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rollout) checkReport(ctx context.Context, o PromoteOptions) (State, string, error) {
	report, err := r.Report(ctx)
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) && o.MinLogins == 0 {
		return Note, "there is none, and with -min-logins=0 none is wanted", nil
	}
	if err != nil {
		return "", "", err
	}
	if why := report.Against(o.Waived); len(why) > 0 {
		return "", "", refuse("%s. Look at `plugin report`; accept by name what is as it should be: -accept=KIND,…", strings.Join(why, "; "))
	}
	return OK, fmt.Sprintf("%d logins compared, %d agreed", report.Seen, report.Agreed), nil
}

// checkTrial asks the staged mount about the trial token, which spends nothing.
func (r *Rollout) checkTrial(ctx context.Context, s scene, o PromoteOptions) (State, string, error) {
	if o.JWT == "" {
		return Note, "no token was given (-jwt), so no login will be tried", nil
	}
	secret, err := r.vault.Write(ctx, "auth/"+s.staged.Path+"/check", trialBody(o))
	if missing(err) {
		return Note, "the staged version cannot be asked beforehand; the login after the reload decides", nil
	}
	if err != nil {
		return "", "", err
	}
	var allowed bool
	var reason any
	if secret != nil {
		allowed, _ = secret.Data["allowed"].(bool)
		reason = secret.Data["reason"]
	}
	if !allowed {
		return "", "", refuse("the new version would refuse the token of -jwt (%v)", reason)
	}
	return OK, "the new version would let the token of -jwt in", nil
}

func trialBody(o PromoteOptions) map[string]any {
	body := map[string]any{"jwt": o.JWT}
	if o.Role != "" {
		body["role"] = o.Role
	}
	return body
}

// switchTo makes the live mount run a version and looks whether it does.
func (r *Rollout) switchTo(ctx context.Context, version, sha, name string) error {
	return r.change(name, fmt.Sprintf("auth/%s runs %s, SHA-256 %s", r.live, version, sha), func() (string, error) {
		if err := r.vault.Tune(ctx, r.live, version); err != nil {
			return "", err
		}
		start := time.Now()
		if err := r.vault.Reload(ctx, r.live); err != nil {
			return "", err
		}
		took := time.Since(start).Round(time.Millisecond)
		now, err := r.scene(ctx)
		if err != nil {
			return "", err
		}
		if !runs(now.live, version, sha) {
			return "", fmt.Errorf("auth/%s was reloaded, and Vault says that it runs %s with SHA-256 %s", r.live, now.live.Running, now.live.SHA256)
		}
		// Running is not serving: the mount has to take logins, and to answer from
		// its storage.
		if err := r.vault.Serves(ctx, r.live); err != nil {
			return "", err
		}
		if _, err := r.vault.Read(ctx, "auth/"+r.live+"/config"); err != nil {
			return "", err
		}
		return fmt.Sprintf("auth/%s runs %s, SHA-256 %s; the reload took %s", r.live, version, sha, took), nil
	})
}

func (r *Rollout) trialLogin(ctx context.Context, o PromoteOptions) error {
	if o.JWT == "" {
		return nil
	}
	return r.change("login", "a login at auth/"+r.live, func() (string, error) {
		auth, err := r.vault.Login(ctx, r.live, o.Role, o.JWT)
		if auth != nil && err != nil {
			return "logged in; the token could not be revoked: " + err.Error(), nil
		}
		if err != nil {
			return "", err
		}
		return "logged in with policies " + strings.Join(auth.TokenPolicies, ", ") + "; the token is revoked", nil
	})
}

// undo goes back after a failed promotion, also when the caller has given up.
func (r *Rollout) undo(ctx context.Context, s scene, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	old := s.old()
	entry, err := r.vault.Plugin(ctx, s.live.Type, old)
	if err == nil && entry == nil {
		err = fmt.Errorf("%s %s is not in the catalog", s.live.Type, old)
	}
	if err == nil {
		err = r.switchTo(ctx, old, entry.SHA256, "go back")
	}
	if err != nil {
		return fmt.Errorf("%w; going back to %s failed too (%w): run `vault-claims plugin rollback -mount=%s` until it succeeds", cause, old, err, r.live)
	}
	return fmt.Errorf("%w; auth/%s is back on %s", cause, r.live, old)
}
