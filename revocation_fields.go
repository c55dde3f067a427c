// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/vault/sdk/framework"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// readRevocation makes a revocation of the fields of a write.
func readRevocation(d *framework.FieldData) (*revocationRecord, error) {
	r := &revocationRecord{}
	set(d, "issuer", &r.Issuer)
	set(d, "jti", &r.JTI)
	set(d, "sub", &r.Subject)
	set(d, "note", &r.Note)
	for name, text := range map[string]string{"jti": r.JTI, "sub": r.Subject, "note": r.Note} {
		if len(text) > auth.MaxIdentifierBytes || strings.ContainsFunc(text, unicode.IsControl) {
			return nil, fmt.Errorf("field %q: it must be at most %d bytes without control characters", name, auth.MaxIdentifierBytes)
		}
	}
	var err error
	if r.IssuedBefore, err = readTime(d.Raw["issued_before"]); err != nil {
		return nil, fmt.Errorf("field %q: %w", "issued_before", err)
	}
	switch {
	case r.Issuer == "":
		return nil, errors.New(`field "issuer": it is required; the issuer that config describes is called default`)
	case r.JTI == "" && r.Subject == "" && r.IssuedBefore.IsZero():
		return nil, errors.New(`at least one of "jti", "sub" and "issued_before" is required`)
	}
	return r, nil
}

// readTime reads a time as a caller sends it. Numbers reach a plugin as floats.
func readTime(raw any) (time.Time, error) {
	seconds := math.NaN()
	switch v := raw.(type) {
	case nil:
		return time.Time{}, nil
	case float64:
		seconds = v
	case int:
		seconds = float64(v)
	case int64:
		seconds = float64(v)
	case json.Number:
		seconds, _ = strconv.ParseFloat(v.String(), 64)
	case string:
		if v == "" {
			return time.Time{}, nil
		}
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return checkTime(at)
		}
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			seconds = float64(n)
		}
	}
	if seconds != math.Trunc(seconds) || math.Abs(seconds) > 1<<50 { // NaN too
		return time.Time{}, errors.New("it must be a time in RFC 3339 form, such as 2030-01-02T15:04:05Z, or Unix time in whole seconds")
	}
	return checkTime(time.Unix(int64(seconds), 0))
}

// checkTime refuses what is no time of a token: before 1970, or after the year
// 9999, as milliseconds are.
func checkTime(at time.Time) (time.Time, error) {
	if at.Unix() <= 0 || at.UTC().Year() > 9999 {
		return time.Time{}, errors.New("it must be between 1970 and 9999; is it in milliseconds?")
	}
	return at.UTC(), nil
}
