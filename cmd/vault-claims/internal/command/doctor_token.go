// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

func (p *patient) readToken(value string) bool {
	token, err := p.session.token(value)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.note("token", "bad", "its file is not there: %v", err)
	case err != nil:
		p.note("token", "bad", "%v", err)
	case token == "":
		p.note("token", "bad", "it is empty; did the step that fetches it fail, or was -jwt not given?")
	default:
		p.token = token
		return true
	}
	return false
}

// form holds the token to what the plugin takes, by the plugin's own code.
func (p *patient) form() {
	unverified, err := jws.Parse(p.token, jws.DefaultTokenBytes)
	if err != nil {
		p.note("form", "bad", "%d characters: %v", len(p.token), err)
		return
	}
	h := unverified.Header()
	p.note("form", "ok", "%d characters; signed with %s, key %q, type %q", len(p.token), h.Algorithm, h.KeyID, h.Type)
}

// content reads the claims, which nobody has verified here.
func (p *patient) content(now time.Time) {
	parts := strings.Split(p.token, ".")
	if len(parts) != 3 {
		return
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(payload, &p.claims)
	}
	if err != nil {
		p.note("claims", "bad", "the middle part is no JSON in base64url")
		return
	}
	p.note("claims", "ok", "issuer %s, audience %s, subject %s", show(p.claims["iss"]), show(p.claims["aud"]), show(p.claims["sub"]))
	at := func(name string) (time.Time, bool) {
		seconds, is := p.claims[name].(float64)
		return time.Unix(int64(seconds), 0), is
	}
	if exp, is := at("exp"); is && now.After(exp) {
		p.note("time", "bad", "it expired %s ago, at %s", now.Sub(exp).Truncate(time.Second), exp.UTC().Format(time.RFC3339))
		return
	}
	for _, name := range []string{"nbf", "iat"} {
		if begin, is := at(name); is && begin.After(now.Add(time.Minute)) {
			p.note("time", "bad", "%s is in the future, at %s: is this machine's clock right, or the issuer's?", name, begin.UTC().Format(time.RFC3339))
			return
		}
	}
	p.note("time", "ok", "valid now, by this machine's clock")
}

// issuer looks for the token's issuer among those that the mount trusts.
func (p *patient) issuer(ctx context.Context) {
	iss, _ := p.claims["iss"].(string)
	names, err := p.client.List(ctx, "auth/"+p.mount+"/issuer")
	if err != nil {
		p.note("issuer", "unknown", "%v", err)
		return
	}
	for _, name := range names {
		data, err := p.client.Read(ctx, "auth/"+p.mount+"/issuer/"+name)
		if err != nil {
			p.note("issuer", "unknown", "%v", err)
			return
		}
		if known, _ := data["issuer"].(string); known == iss && iss != "" {
			p.keys(ctx, name)
			return
		}
	}
	p.note("issuer", "note", "none of the issuers of auth/%s (%s) says that it is %q. One with tenants, or that takes any issuer, may still be meant", p.mount, strings.Join(names, ", "), iss)
}

func (p *patient) keys(ctx context.Context, name string) {
	status, err := p.client.Read(ctx, "auth/"+p.mount+"/issuer/"+name+"/status")
	if err != nil || status == nil {
		p.note("issuer", "ok", "it is the issuer %q of the mount; how its keys are may not be read", name)
		return
	}
	state := show(status["state"])
	if state == "healthy" || state == "static" {
		p.note("issuer", "ok", "it is the issuer %q of the mount, and its keys are at hand", name)
		return
	}
	p.note("issuer", "bad", "it is the issuer %q of the mount, whose keys are %s: %s", name, state, show(status["summary"]))
}

func (p *patient) roleThere(ctx context.Context) {
	if p.role == "" {
		p.note("role", "note", "none was named: the mount's default role, or the one that the mount selects, is used")
		return
	}
	data, err := p.client.Read(ctx, "auth/"+p.mount+"/role/"+p.role)
	switch {
	case err != nil:
		p.note("role", "unknown", "%v", err)
	case data == nil:
		p.note("role", "bad", "auth/%s has no role %q", p.mount, p.role)
	default:
		p.note("role", "ok", "%s is there", p.role)
	}
}

// explained lets the mount say what it would decide.
func (p *patient) explained(ctx context.Context) {
	body := map[string]any{"jwt": p.token}
	if p.role != "" {
		body["role"] = p.role
	}
	secret, err := p.client.Write(ctx, "auth/"+p.mount+"/explain", body)
	if status := vault.Status(err); status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
		p.note("explain", "unknown", "the mount's version cannot explain")
		return
	}
	if err != nil || secret == nil {
		p.note("explain", "unknown", "%v", err)
		return
	}
	if allowed, _ := secret.Data["allowed"].(bool); allowed {
		p.note("explain", "ok", "the mount would let it in")
		return
	}
	checks, _ := secret.Data["checks"].([]any)
	for _, one := range checks {
		check, _ := one.(map[string]any)
		if ok, _ := check["ok"].(bool); !ok && check["skipped"] == nil {
			p.note("explain", "bad", "%s: %s wants %s, found %s", show(secret.Data["reason"]), show(check["check"]), flat(check["wanted"]), flat(check["found"]))
			return
		}
	}
	p.note("explain", "bad", "the mount would refuse it: %s", show(secret.Data["reason"]))
}
