// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/rollout"
	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

// mountPath is a command that reads a path of a mount, or writes to one without
// a body, and prints the answer.
type mountPath struct {
	synopsis, args, help string
	min, max             int
	write, list          bool
	// path makes the path below the mount from the arguments.
	path func(args []string) string
	done string // what to say when a write answers nothing
	// field is one that a write may have, with a flag of its name; fieldHelp
	// says what it is for.
	field, fieldHelp string
}

func (p mountPath) command() command {
	var mount, field string
	return command{
		synopsis: p.synopsis, args: p.args, help: p.help, min: p.min, max: p.max,
		flags: func(f *flags) {
			f.mount(&mount)
			if p.field != "" {
				f.text(&field, p.field, "", p.fieldHelp)
			}
		},
		run: func(ctx context.Context, s *session, args []string) (view, error) {
			client, at, err := s.at(mount)
			if err != nil {
				return view{}, err
			}
			path := at + p.path(args)
			switch {
			case p.list && len(args) == 0:
				return listed(ctx, client, path)
			case p.write:
				var body map[string]any
				if field != "" {
					body = map[string]any{p.field: field}
				}
				return written(ctx, client, path, body, p.done)
			}
			return read(ctx, client, path)
		},
	}
}

// at returns a client and the start of a mount's paths.
func (s *session) at(mount string) (*vault.Client, string, error) {
	mount = vault.Clean(mount)
	if mount == "" {
		return nil, "", usage("no mount was named: give -mount=PATH")
	}
	client, err := s.client()
	return client, "auth/" + mount + "/", err
}

func read(ctx context.Context, client *vault.Client, path string) (view, error) {
	data, err := client.Read(ctx, path)
	if err != nil {
		return view{}, known(err)
	}
	if data == nil {
		return view{}, &finding{"there is nothing at " + path + ", or the mount's version knows no such path"}
	}
	return dataView(data), nil
}

func listed(ctx context.Context, client *vault.Client, path string) (view, error) {
	names, err := client.List(ctx, path)
	if err != nil {
		return view{}, known(err)
	}
	if names == nil {
		names = []string{}
	}
	return view{data: names, text: func(w io.Writer) {
		for _, name := range append([]string{"Keys", "----"}, names...) {
			_, _ = io.WriteString(w, name+"\n") // w is a buffer
		}
	}}, nil
}

func written(ctx context.Context, client *vault.Client, path string, body map[string]any, done string) (view, error) {
	secret, err := client.Write(ctx, path, body)
	if err != nil {
		return view{}, known(err)
	}
	data := map[string]any{}
	if secret != nil && secret.Data != nil {
		data = secret.Data
	}
	var warnings []string
	if secret != nil {
		warnings = secret.Warnings
	}
	if len(data) == 0 {
		data["done"] = done
	}
	if len(warnings) > 0 {
		data["warnings"] = warnings
	}
	return dataView(data), nil
}

// known adds what it means when a mount does not know a path.
func known(err error) error {
	if status := vault.Status(err); status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
		return errors.Join(err, &rollout.Refusal{Why: "either there is no such mount, or the plugin that it runs knows no such path"})
	}
	return err
}

func fixed(path string) func([]string) string { return func([]string) string { return path } }

// below makes paths such as issuer/NAME/status.
func below(first, last string) func([]string) string {
	return func(args []string) string {
		path := first
		if len(args) > 0 {
			path += "/" + args[0]
		}
		return strings.TrimSuffix(path+"/"+last, "/")
	}
}

func mountCommands() map[string]func() command {
	return map[string]func() command{
		"lint":             mountPath{synopsis: "List roles that are dangerous as written", help: lintHelp, path: fixed("lint")}.command,
		"status":           mountPath{synopsis: "Show how a mount is", help: "Shows versions, issuers, roles, caches and counts of the node that answers.\n\n  $ vault-claims status -mount=ci", path: fixed("status")}.command,
		"decisions":        mountPath{synopsis: "List the last refusals, or show one", args: "[ID]", help: decisionsHelp, max: 1, list: true, path: below("decisions", "")}.command,
		"issuer list":      mountPath{synopsis: "List the issuers", help: "Lists the issuers of a mount. What config describes is called default.\n\n  $ vault-claims issuer list -mount=ci", list: true, path: fixed("issuer")}.command,
		"issuer status":    mountPath{synopsis: "Show how an issuer's keys are", args: "NAME", help: "Shows an issuer's keys, the last fetch and its error, and what happens next.\n\n  $ vault-claims issuer status -mount=ci default", min: 1, max: 1, path: below("issuer", "status")}.command,
		"issuer refresh":   mountPath{synopsis: "Fetch an issuer's keys now", args: "NAME", help: "Fetches an issuer's keys now, on the node that answers.\n\n  $ vault-claims issuer refresh -mount=ci default", min: 1, max: 1, write: true, done: "the keys were fetched", path: below("issuer", "refresh")}.command,
		"candidate read":   mountPath{synopsis: "Show the candidate of a role", args: "ROLE", help: "Shows the role as it would be.\n\n  $ vault-claims candidate read -mount=ci deploy", min: 1, max: 1, path: below("role", "candidate")}.command,
		"candidate report": mountPath{synopsis: "Show how the candidate decides", args: "ROLE", help: "Shows on how many logins role and candidate agreed, and the differences.\n\n  $ vault-claims candidate report -mount=ci deploy", min: 1, max: 1, path: below("role", "candidate/report")}.command,
		"candidate promote": mountPath{synopsis: "Make the candidate the role", args: "ROLE", help: "Makes the candidate the role, in one write. The version before is kept.\n\n  $ vault-claims candidate promote -mount=ci -revision=5f0c1d2e3a4b5c6d deploy",
			field: "revision", fieldHelp: "The candidate_revision that candidate read showed. Another candidate is not promoted.",
			min: 1, max: 1, write: true, done: "the candidate is the role now; `candidate rollback` undoes it", path: below("role", "candidate/promote")}.command,
		"candidate rollback": mountPath{synopsis: "Bring back the version before", args: "ROLE", help: "Lets the role and the version before its last promotion change places.\n\n  $ vault-claims candidate rollback -mount=ci deploy",
			min: 1, max: 1, write: true, done: "the role is the version before again", path: below("role", "rollback")}.command,
	}
}

const lintHelp = `
Lists roles that are dangerous as they are written: without an audience, with
globs that match anybody, with no binding that names a tenant. Changes nothing.

  $ vault-claims lint -mount=ci`

const decisionsHelp = `
Lists the last refusals of a mount, or shows one: its reason, the role, the
issuer and the check that failed. A caller who was refused has its ID. They are
kept in the memory of the node that refused.

  $ vault-claims decisions -mount=ci
  $ vault-claims decisions -mount=ci ID`
