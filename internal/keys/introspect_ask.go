// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// told is what the issuer says of a token.
type told struct {
	active bool
	body   string    // the JSON object as it was sent, "" of a token that is not active
	ends   time.Time // exp, zero if there is none that can be read
}

// ask makes one request (RFC 7662, section 2.1).
func (i *Introspector) ask(ctx context.Context, token string) (told, error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	if i.config.AuthMethod == ClientSecretPost {
		form.Set("client_id", i.config.ClientID)
		form.Set("client_secret", i.config.ClientSecret)
	}
	t := i.target()
	v := i.web.visit(ctx)
	request, err := http.NewRequestWithContext(v.progress.trace(ctx), http.MethodPost, i.url.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return told{}, t.failure(KindInternal, "the request could not be made")
	}
	request.Header = http.Header{
		"Accept":          {"application/json"},
		"Accept-Encoding": {"identity"},
		"Content-Type":    {"application/x-www-form-urlencoded"},
		"User-Agent":      {"vault-plugin-auth-claims"},
	}
	if i.config.AuthMethod == ClientSecretBasic {
		// RFC 6749 section 2.3.1: both are form-encoded first.
		request.SetBasicAuth(url.QueryEscape(i.config.ClientID), url.QueryEscape(i.config.ClientSecret))
	}
	body, header, err := v.exchange(ctx, t, request, maxAnswerBytes)
	if err != nil {
		return told{}, err
	}
	if kind, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || kind != "application/json" {
		return told{}, t.failure(KindDocument, "the answer is not of type application/json")
	}
	a, ok := readTold(string(body))
	if !ok {
		return told{}, t.failure(KindDocument, "the answer is not a strict JSON object with a boolean \"active\"")
	}
	return a, nil
}

// readTold reads an answer as strictly as the claims of a token. "active" must
// be a boolean: what else is true to some reader is not to us.
func readTold(body string) (told, bool) {
	doc, err := strictjson.Parse(body, strictjson.Limits{Bytes: maxAnswerBytes, Depth: 16, Members: 1000, Elements: 1000, String: 8 << 10})
	if err != nil || doc.Root().Kind() != strictjson.Object {
		return told{}, false
	}
	member, _ := doc.Root().Get("active")
	active, isBool := member.Bool()
	if !isBool || !active {
		return told{}, isBool
	}
	a := told{active: true, body: body}
	exp, _ := doc.Root().Get("exp")
	literal, _ := exp.Literal()
	if seconds, err := strconv.ParseFloat(literal, 64); err == nil && seconds > 0 && seconds < math.MaxInt32*100 {
		a.ends = time.Unix(int64(seconds), 0)
	}
	return a, true
}
