// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"math"
	"strconv"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

const (
	// DefaultSkew is the clock skew that is forgiven when a role does not say.
	DefaultSkew = 60 * time.Second
	// MaxLeeway is the longest leeway that a role may be given.
	MaxLeeway = 300 * time.Second
	// maxDate is the last second of the year 9999. Later dates are overflows
	// or milliseconds taken for seconds.
	maxDate = 253402300799
	// farExpiry is how far ahead an exp may lie. Nobody means a token to
	// outlive this; a value beyond it is a mistake or a trick.
	farExpiry = 100 * 365 * 24 * time.Hour
)

// numericDate reads a NumericDate (RFC 7519, section 2): seconds since 1970,
// perhaps with a fraction, from 0 to the end of the year 9999.
func numericDate(v strictjson.Value) (time.Time, bool) {
	literal, ok := v.Literal()
	if !ok {
		return time.Time{}, false
	}
	if seconds, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return time.Unix(seconds, 0), seconds >= 0 && seconds <= maxDate
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || f < 0 || f > maxDate {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(f)
	return time.Unix(int64(whole), int64(fraction*1e9)), true
}

// checkTimes judges exp, nbf and iat (RFC 7519, sections 4.1.4 to 4.1.6). exp
// must be there; the other two are optional, as the RFC says.
func checkTimes(claims strictjson.Value, now time.Time, skew time.Duration) *denial {
	if refused := checkExpiry(claims, now, skew); refused != nil {
		return refused
	}
	if refused := checkBegin(claims, "nbf", NotYetValid, now, skew); refused != nil {
		return refused
	}
	return checkBegin(claims, "iat", IssuedInFuture, now, skew)
}

func checkExpiry(claims strictjson.Value, now time.Time, skew time.Duration) *denial {
	exp, found := claims.Get("exp")
	if !found {
		return deny(ClaimForm, "exp")
	}
	expires, ok := numericDate(exp)
	if !ok {
		return deny(ClaimForm, "exp")
	}
	if !now.Add(-skew).Before(expires) {
		return deny(Expired, "exp")
	}
	if expires.Sub(now) > farExpiry {
		return deny(ExpiryTooFar, "exp")
	}
	return nil
}

// checkBegin refuses a token whose claim of that name lies ahead.
func checkBegin(claims strictjson.Value, name string, reason Reason, now time.Time, skew time.Duration) *denial {
	v, found := claims.Get(name)
	if !found {
		return nil
	}
	from, ok := numericDate(v)
	if !ok {
		return deny(ClaimForm, name)
	}
	if from.After(now.Add(skew)) {
		return deny(reason, name)
	}
	return nil
}

// checkAge refuses a token that was issued longest ago or earlier, 0 for no
// limit. A token that is limited must say when it was issued.
func checkAge(claims strictjson.Value, now time.Time, skew, longest time.Duration) *denial {
	if longest == 0 {
		return nil
	}
	iat, _ := claims.Get("iat")
	issued, ok := numericDate(iat)
	if !ok {
		return deny(ClaimForm, "iat")
	}
	if now.Add(-skew).Sub(issued) > longest {
		return deny(TokenTooOld, "iat")
	}
	return nil
}
