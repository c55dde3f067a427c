// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/posener/complete"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/rollout"
)

// rollout begins one and tells its steps while they are taken.
func (s *session) rollout(mount string, dryRun bool) (*rollout.Rollout, error) {
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	return rollout.Start(client, mount, dryRun, func(step rollout.Step) {
		if s.format != "table" {
			s.progress("%s: %s: %s", step.Name, step.State, step.Detail)
		}
	}), nil
}

// stepsView prints the steps that were taken.
func stepsView(r *rollout.Rollout) view {
	steps := r.Steps()
	return view{data: map[string]any{"steps": steps}, text: func(w io.Writer) {
		rows := make([][]string, len(steps))
		for i, step := range steps {
			rows[i] = []string{step.Name, string(step.State), step.Detail}
		}
		table(w, []string{"Step", "State", "Detail"}, rows)
	}}
}

func pluginNew() command {
	var mount, secretFile string
	var dryRun bool
	var queue int64
	o := rollout.NewOptions{}
	return command{
		synopsis: "Stage a new version beside the one that runs",
		args:     "BINARY",
		help: `
Brings a new version of the plugin beside the one that a mount runs, and lets
the mount show its logins to both. The new version answers what it would decide
and never issues a token; callers see nothing of it.

  $ vault-claims plugin new -mount=ci ./vault-plugin-auth-claims

First all is looked at: the binary, the token's rights, the catalog, pins, the
cluster. If that refuses, nothing was changed. Then: copy the file into the
plugin directory, register it, mount it at MOUNT-staged, copy config, issuers,
roles and revocations, start to mirror. A run that was interrupted goes on when
it is started again, and one that is complete brings the copy up to date.`,
		min: 1, max: 1, complete: complete.PredictFiles("*"),
		flags: func(f *flags) {
			f.mount(&mount)
			f.yes(&dryRun, "dry-run", "Look at all and say what would be done.")
			f.text(&o.Version, "version", "", "Version of the binary, if it cannot be run here to ask it.")
			f.file(&o.PluginDir, "plugin-dir", "Plugin directory of Vault on this machine. By default what Vault says.\n\"none\" if the file gets there by other means.")
			f.each(&o.Args, "arg", "Argument for the plugin; may be given again. By default those of the version\nthat runs.")
			f.each(&o.Env, "env", "K=V for the plugin's environment; may be given again. Vault does not tell\nthose of the version that runs.")
			f.file(&secretFile, "client-secret-file", "File with oidc_client_secret, which cannot be read back.")
			f.text(&o.Mirror.Address, "mirror-address", "", "Address of Vault as the plugin reaches it. By default that of -address.")
			f.share(&o.Mirror.SampleRate, "sample-rate", 1, "Share of the logins that is mirrored, 0 to 1.")
			f.count(&queue, "queue-size", 0, "Logins that may wait to be mirrored; more are dropped and counted.")
			f.duration(&o.Mirror.Timeout, "timeout", 0, "How long the staged version may take for an answer.")
		},
		run: func(ctx context.Context, s *session, args []string) (view, error) {
			o.Binary, o.Mirror.QueueSize = args[0], int(queue)
			r, err := s.rollout(mount, dryRun)
			if err != nil {
				return view{}, err
			}
			if err := s.completeMirror(&o, secretFile); err != nil {
				return view{}, err
			}
			err = r.New(ctx, o)
			return stepsView(r), err
		},
	}
}

func (s *session) completeMirror(o *rollout.NewOptions, secretFile string) error {
	client, err := s.client()
	if err != nil {
		return err
	}
	o.Mirror.Address = or(o.Mirror.Address, client.Address())
	if strings.HasPrefix(o.Mirror.Address, "https://") {
		if o.Mirror.CAPEM, err = s.caPEM(); err != nil {
			return err
		}
	}
	if secretFile != "" {
		if o.Secret, err = fileArgument("@" + secretFile); err != nil {
			return err
		}
	}
	o.Progress = s.everySecond()
	return nil
}

func pluginPromote() command {
	var mount, jwt string
	var dryRun bool
	o := rollout.PromoteOptions{}
	return command{
		synopsis: "Let the mount run the staged version",
		help: `
Lets the mount run the version that is staged. Refuses while the report shows a
difference that was not accepted by name, too few logins, or a configuration
that has changed since it was copied.

  $ vault-claims plugin promote -mount=ci -jwt=@job.jwt -role=deploy

Tunes the mount, reloads it alone, looks whether it runs the version and the
SHA-256 that were staged, and logs in with the token of -jwt. If one of these
fails, the mount goes back to the old version at once. Vault holds logins back
while it reloads, so none fails.`,
		flags: func(f *flags) {
			f.mount(&mount)
			f.yes(&dryRun, "dry-run", "Look at all and say what would be done.")
			f.count(&o.MinLogins, "min-logins", 100, "How many logins must have been compared.")
			f.list(&o.Accept, "accept", "Differences that are as they should be: "+strings.Join(rollout.Accepted(), ", ")+".", rollout.Accepted()...)
			f.text(&jwt, "jwt", "", "Token for one login after the reload; @FILE reads it from a file. The Vault\ntoken that it gets is revoked at once.")
			f.text(&o.Role, "role", "", "Role of that login.")
		},
		run: func(ctx context.Context, s *session, _ []string) (view, error) {
			if err := rollout.CheckAccept(o.Accept); err != nil {
				return view{}, usage("%w", err)
			}
			var err error
			if o.JWT, err = fileArgument(jwt); err != nil {
				return view{}, err
			}
			r, err := s.rollout(mount, dryRun)
			if err != nil {
				return view{}, err
			}
			err = r.Promote(ctx, o)
			return stepsView(r), err
		},
	}
}

func pluginRollback() command {
	var mount, to string
	var dryRun bool
	return command{
		synopsis: "Let the mount run the version before",
		help: `
Lets the mount run the version that it ran before the staged one, or the one
that -to names, in the way of "plugin promote": tune, reload, look. It asks for
no report, and what is staged stays.

  $ vault-claims plugin rollback -mount=ci`,
		flags: func(f *flags) {
			f.mount(&mount)
			f.yes(&dryRun, "dry-run", "Look at all and say what would be done.")
			f.text(&to, "to", "", "Version to run, vX.Y.Z. By default the one before.")
		},
		run: func(ctx context.Context, s *session, _ []string) (view, error) {
			r, err := s.rollout(mount, dryRun)
			if err != nil {
				return view{}, err
			}
			err = r.Rollback(ctx, to)
			return stepsView(r), err
		},
	}
}

func pluginClean() command {
	var mount, deregister string
	var dryRun bool
	return command{
		synopsis: "End the trial: no mirror, no staged mount",
		help: `
Ends what "plugin new" began, before or after a promotion: the mount mirrors
nothing any more and the staged mount is disabled. Files are never removed.

  $ vault-claims plugin clean -mount=ci -deregister=v0.1.0`,
		flags: func(f *flags) {
			f.mount(&mount)
			f.yes(&dryRun, "dry-run", "Say what would be done.")
			f.text(&deregister, "deregister", "", "Version to take out of the catalog as well; refused while a mount uses it.")
		},
		run: func(ctx context.Context, s *session, _ []string) (view, error) {
			r, err := s.rollout(mount, dryRun)
			if err != nil {
				return view{}, err
			}
			err = r.Clean(ctx, deregister)
			return stepsView(r), err
		},
	}
}

func pluginStatus() command {
	var mount string
	return command{
		synopsis: "Show what a mount runs and what is staged",
		help: `
Shows what a mount runs, what is staged for it, and what to do next.

  $ vault-claims plugin status -mount=ci`,
		flags: func(f *flags) { f.mount(&mount) },
		run: func(ctx context.Context, s *session, _ []string) (view, error) {
			r, err := s.rollout(mount, false)
			if err != nil {
				return view{}, err
			}
			st, err := r.Status(ctx)
			if err != nil {
				return view{}, err
			}
			return view{data: st, text: func(w io.Writer) { pairs(w, statusRows(st)) }}, nil
		},
	}
}

func statusRows(st *rollout.Status) [][2]string {
	rows := [][2]string{
		{"mount", "auth/" + st.Mount}, {"plugin", st.Plugin}, {"plugin_version", st.Version},
		{"running_plugin_version", st.Running}, {"running_sha256", st.SHA256},
	}
	if st.Staged != nil {
		rows = append(rows, [][2]string{
			{"staged", "auth/" + st.Staged.Mount}, {"staged_version", st.Staged.Running}, {"staged_sha256", st.Staged.SHA256}, {"previous_version", st.Staged.Before},
		}...)
	}
	return append(rows, [][2]string{{"mirrors", fmt.Sprint(st.Mirrors)}, {"phase", st.Phase}, {"next", st.Next}}...)
}
