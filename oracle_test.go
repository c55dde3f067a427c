// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"
)

// oracle says with the standard library alone, and without any code of the
// product, why a login must not have been granted; nil if it may have been. It
// is simpler than the product and knows less: it never says that a login must
// be granted.
type oracle struct {
	public ed25519.PublicKey
	now    time.Time
	config map[string]any // records as they are in storage
	role   map[string]any
}

func (o oracle) objects(token, alias string) error {
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return errors.New("not three parts")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !ed25519.Verify(o.public, []byte(parts[0]+"."+parts[1]), signature) {
		return errors.New("the signature is not the issuer's")
	}
	header, err := decodePart(parts[0])
	if err != nil || header["alg"] != "EdDSA" || header["crit"] != nil {
		return fmt.Errorf("header %v: %w", header, err)
	}
	claims, err := decodePart(parts[1])
	if err != nil {
		return err
	}
	if o.role == nil || o.role["role_type"] == "oidc" {
		return errors.New("there is no such role for logins")
	}
	return errors.Join(o.registered(claims), o.bound(claims), o.user(claims, alias))
}

func decodePart(part string) (map[string]any, error) {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var object map[string]any
	err = d.Decode(&object)
	return object, err
}

func (o oracle) registered(claims map[string]any) error {
	skew := time.Duration(number(o.role["clock_skew_leeway"]))
	switch {
	case skew == 0:
		skew = time.Minute
	case skew < 0:
		skew = 0
	}
	second := float64(o.now.Unix())
	exp, isDate := claims["exp"].(json.Number)
	if !isDate || number(exp) <= second-skew.Seconds() {
		return errors.New("expired, or without exp")
	}
	for _, name := range []string{"nbf", "iat"} {
		if claims[name] != nil && number(claims[name]) > second+skew.Seconds() {
			return fmt.Errorf("%s is ahead", name)
		}
	}
	if issuer, _ := o.config["bound_issuer"].(string); issuer != "" && claims["iss"] != issuer {
		return errors.New("another issuer")
	}
	if subject, _ := o.role["bound_subject"].(string); subject != "" && claims["sub"] != subject {
		return errors.New("another subject")
	}
	return o.audience(claims["aud"])
}

func (o oracle) audience(aud any) error {
	audiences, isList := aud.([]any)
	if !isList && aud != nil {
		audiences = []any{aud}
	}
	bound, _ := o.role["bound_audiences"].([]any)
	if len(bound) == 0 && len(audiences) == 0 {
		return nil
	}
	if slices.ContainsFunc(audiences, func(a any) bool { return slices.Contains(bound, a) }) {
		return nil
	}
	return errors.New("another audience")
}

func (o oracle) bound(claims map[string]any) error {
	bound, _ := o.role["bound_claims"].(map[string]any)
	for name, wanted := range bound {
		values, found := asList(wanted), asList(walk(claims, name))
		match := slices.ContainsFunc(found, func(f any) bool {
			return slices.ContainsFunc(values, func(v any) bool { return o.same(v, f) })
		})
		if !match {
			return fmt.Errorf("claim %q", name)
		}
	}
	return nil
}

func (o oracle) same(wanted, found any) bool {
	switch w := wanted.(type) {
	case json.Number:
		f, isNumber := found.(json.Number)
		x, okX := new(big.Rat).SetString(w.String())
		y, okY := new(big.Rat).SetString(f.String())
		return isNumber && okX && okY && x.Cmp(y) == 0
	case string:
		f, isText := found.(string)
		if isText && o.role["bound_claims_type"] == "glob" {
			return regexp.MustCompile(`(?s)\A` + strings.ReplaceAll(regexp.QuoteMeta(w), `\*`, `.*`) + `\z`).MatchString(f)
		}
		return isText && w == f
	case bool:
		return found == w
	}
	return false
}

func (o oracle) user(claims map[string]any, alias string) error {
	name, _ := o.role["user_claim"].(string)
	value := claims[name]
	if o.role["user_claim_json_pointer"] == true {
		value = walk(claims, name)
	}
	if value != alias || alias == "" {
		return fmt.Errorf("the user is %v", value)
	}
	return nil
}

// walk follows a claim's name or JSON pointer; nil if it leads nowhere.
func walk(claims map[string]any, name string) any {
	if !strings.HasPrefix(name, "/") {
		return claims[name]
	}
	var at any = claims
	for step := range strings.SplitSeq(name[1:], "/") {
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch v := at.(type) {
		case map[string]any:
			at = v[step]
		case []any:
			var i int
			if n, err := fmt.Sscanf(step, "%d", &i); n != 1 || err != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		default:
			return nil
		}
	}
	return at
}

func asList(v any) []any {
	if list, isList := v.([]any); isList {
		return list
	}
	return []any{v}
}

// number returns a JSON number as a double, 0 for anything else.
func number(v any) float64 {
	n, _ := v.(json.Number)
	f, _ := n.Float64()
	return f
}
