// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// Introspector asks an issuer about a token that only the issuer can read (RFC
// 7662). Implementations bound time, size and number of requests, and are safe
// for concurrent use.
type Introspector interface {
	// Introspect returns the issuer's answer, a JSON object, and whether it
	// calls the token active. It waits no longer than ctx.
	Introspect(ctx context.Context, token string) (answer string, active bool, err error)
}

// introspected returns the issuer that must be asked about the tokens of a
// role, nil if their signature is to be checked. It is never the token that
// chooses: a stranger could make us send it, and any number of others, to an
// endpoint that the role has nothing to do with.
func (s *Issuers) introspected(role *Role) *Issuer {
	if role == nil || len(s.asked) == 0 || len(role.issuers) != 1 || role.browserOnly {
		return nil
	}
	return s.asked[role.issuers[0]]
}

// introspect is [Verify] for a token that the issuer must be asked about. What
// it says takes the place of the claims, and is judged as claims are.
func (s *Issuers) introspect(ctx context.Context, compact string, issuer *Issuer) (Verified, Decision) {
	whole := strings.Trim(compact, " \t\r\n")
	refuse := func(reason Reason) (Verified, Decision) {
		return Verified{}, Decision{Reason: reason, Issuer: issuer.Name}
	}
	switch {
	case len(whole) > s.TokenBytes:
		return refuse(TokenTooLong)
	case !isBearerToken(whole):
		return refuse(TokenForm)
	case s.isForeign(whole, issuer):
		return refuse(IssuerUnknown)
	}
	answer, active, err := issuer.Introspection.Introspect(ctx, whole)
	switch {
	case err != nil:
		return refuse(IntrospectionFailed)
	case !active:
		return refuse(TokenInactive)
	}
	payload, claims, ok := readAnswer(answer, issuer.ID)
	switch iss, _ := claims.Get("iss"); {
	case !ok:
		return refuse(IntrospectionFailed)
	case text(iss) != issuer.ID:
		return refuse(IssuerUnknown)
	case !isAccessToken(claims):
		return refuse(TokenType)
	}
	return Verified{issuers: s, issuer: issuer, claims: claims, payload: payload, whole: whole}, Decision{}
}

// isBearerToken tells whether the token has the form of RFC 6750, section 2.1.
func isBearerToken(token string) bool {
	const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
	core := strings.TrimRight(token, "=")
	return core != "" && strings.Trim(core, characters) == ""
}

// isForeign tells whether the token is a JWT that names another issuer: there is
// no need to show it to this one.
func (s *Issuers) isForeign(whole string, issuer *Issuer) bool {
	token, err := jws.Parse(whole, s.TokenBytes)
	if err != nil {
		return false
	}
	claims, err := token.Payload()
	if err != nil {
		return false
	}
	iss, found := claims.Get("iss")
	return found && text(iss) != issuer.ID
}

// readAnswer reads an answer as the claims of a token are read, and returns it
// in the form in which claims are kept. An answer without iss gets that of the
// issuer, who is known: by the URL and the certificate of the endpoint.
func readAnswer(answer, issuer string) (string, strictjson.Value, bool) {
	answer = strings.Trim(answer, " \t\r\n")
	payload := base64.RawURLEncoding.EncodeToString([]byte(answer))
	claims, err := jws.DecodePayload(payload)
	if err != nil {
		return "", strictjson.Value{}, false
	}
	if _, found := claims.Get("iss"); found {
		return payload, claims, true
	}
	iss, err := json.Marshal(issuer)
	if err != nil {
		return "", strictjson.Value{}, false
	}
	// The object has members, or it would have been refused: active at least.
	payload = base64.RawURLEncoding.EncodeToString([]byte(`{"iss":` + string(iss) + "," + answer[1:]))
	claims, err = jws.DecodePayload(payload)
	return payload, claims, err == nil
}

// isAccessToken tells whether an answer is about a token for bearers, or one
// that is bound to a key (RFC 7662, section 2.2). Some issuers answer about
// refresh tokens too, and say so in token_type.
func isAccessToken(claims strictjson.Value) bool {
	kind, found := claims.Get("token_type")
	if !found {
		return true
	}
	name := strings.ToLower(text(kind))
	return name == "bearer" || name == "dpop"
}

func text(v strictjson.Value) string {
	s, _ := v.Text()
	return s
}
