// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

// symptom is one thing that the doctor looked at.
type symptom struct {
	Check  string `json:"check"`
	State  string `json:"state"` // "ok", "bad", "note" or "unknown"
	Detail string `json:"detail"`
}

// patient is a login that does not work, or should.
type patient struct {
	session *session
	client  *vault.Client
	mount   string
	role    string
	token   string
	claims  map[string]any // as far as they could be read; nothing is verified
	found   []symptom
}

func (p *patient) note(check, state, format string, args ...any) {
	p.found = append(p.found, symptom{check, state, fmt.Sprintf(format, args...)})
}

func doctor() command {
	var mount, jwt, role string
	var noLogin bool
	return command{
		synopsis: "Find out why a login from here fails",
		help: `
Goes through a login step by step, from this machine: is Vault there, is the
mount, can the token be read, does it have the form that the mount takes, is it
still valid by Vault's clock, does the mount trust its issuer, is there the role,
and what does the mount say to it. A Vault token is not needed; with one that
may read the mount it sees more. Ends with exit code 2 when something is wrong.

  $ vault-claims doctor -mount=ci -jwt=@job.jwt -role=deploy

The last step is a real login, and the Vault token that it gets is revoked at
once. -no-login leaves it out, for a token that works only once.`,
		flags: func(f *flags) {
			f.mount(&mount)
			f.text(&jwt, "jwt", "", "The token; @FILE reads it from a file, - from standard input. Required.")
			f.text(&role, "role", "", "The role to log in with.")
			f.yes(&noLogin, "no-login", "Do not log in.")
		},
		run: func(ctx context.Context, s *session, _ []string) (view, error) {
			client, _, err := s.at(mount)
			if err != nil {
				return view{}, err
			}
			p := &patient{session: s, client: client, mount: vault.Clean(mount), role: role}
			p.examine(ctx, jwt, noLogin)
			return p.view(), p.verdict()
		},
	}
}

// examine stops where nothing more can be learned.
func (p *patient) examine(ctx context.Context, jwt string, noLogin bool) {
	if !p.reachable(ctx) {
		return
	}
	if !p.readToken(jwt) {
		return
	}
	p.form()
	p.content(time.Now())
	p.inside(ctx)
	if !noLogin {
		p.login(ctx)
	}
}

// reachable asks for the server's health, and compares the clocks.
func (p *patient) reachable(ctx context.Context) bool {
	before := time.Now()
	health, err := p.client.Health(ctx)
	if err != nil {
		p.note("address", "bad", "%s does not answer: %v. Is VAULT_ADDR right, and VAULT_CACERT?", p.client.Address(), err)
		return false
	}
	if health.Sealed || !health.Initialized {
		p.note("address", "bad", "%s is sealed or not initialised: no login is possible", p.client.Address())
		return false
	}
	p.note("address", "ok", "%s, version %s", p.client.Address(), health.Version)
	skew := time.Unix(health.ServerTimeUTC, 0).Sub(before).Truncate(time.Second)
	if skew.Abs() > 30*time.Second {
		p.note("clock", "note", "Vault's clock differs from this machine's by %s; tokens are judged by Vault's", skew)
	} else {
		p.note("clock", "ok", "Vault's and this machine's agree within 30 s")
	}
	return true
}

// inside looks at the mount with the Vault token, if there is one.
func (p *patient) inside(ctx context.Context) {
	if p.client.Token() == "" {
		p.note("mount", "unknown", "there is no Vault token to look at auth/%s with", p.mount)
		return
	}
	if all, err := p.client.Mounts(ctx); err != nil {
		p.note("mount", "unknown", "%v", err)
	} else if m, there := all[p.mount]; there {
		p.note("mount", "ok", "auth/%s runs %s %s", p.mount, m.Type, m.Running)
	} else {
		p.note("mount", "bad", "there is no auth mount %q; are -mount and VAULT_NAMESPACE right?", p.mount+"/")
		return
	}
	p.issuer(ctx)
	p.roleThere(ctx)
	p.explained(ctx)
}

func (p *patient) login(ctx context.Context) {
	auth, err := p.client.Login(ctx, p.mount, p.role, p.token)
	switch {
	case auth != nil && err != nil:
		p.note("login", "ok", "logged in; %v", err)
	case err != nil:
		p.note("login", "bad", "%v", err)
	default:
		p.note("login", "ok", "logged in with policies %v; the Vault token is revoked", auth.TokenPolicies)
	}
}

func (p *patient) view() view {
	return view{data: map[string]any{"checks": p.found}, text: func(w io.Writer) {
		rows := make([][]string, len(p.found))
		for i, one := range p.found {
			rows[i] = []string{one.Check, one.State, one.Detail}
		}
		table(w, []string{"Check", "State", "Detail"}, rows)
	}}
}

func (p *patient) verdict() error {
	meaning := "a login from here does not work: "
	for _, one := range p.found {
		if one.Check == "login" && one.State == "ok" {
			meaning = "the login works; still, "
		}
	}
	for _, one := range p.found {
		if one.State == "bad" {
			return &finding{meaning + one.Check + ": " + one.Detail}
		}
	}
	return nil
}
