// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// spiffeScheme begins every SPIFFE ID.
const spiffeScheme = "spiffe://"

// SPIFFEAlgorithms returns what JWT-SVIDs may be signed with (JWT-SVID,
// section 2.1): all but EdDSA.
func SPIFFEAlgorithms() jws.Algorithms {
	return jws.AllAlgorithms() &^ jws.AlgorithmSet(jws.EdDSA)
}

// ValidTrustDomain tells whether name can be a trust domain (SPIFFE-ID,
// section 2.1): 1 to 255 lower-case letters, digits, dots, dashes and underscores.
func ValidTrustDomain(name string) bool {
	return name != "" && len(name) <= 255 && onlyOf(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_")
}

// trustDomain returns the trust domain of a SPIFFE ID with a path, as a
// workload's always has, and false for anything else (SPIFFE-ID, section 2).
func trustDomain(id string) (string, bool) {
	rest, found := strings.CutPrefix(id, spiffeScheme)
	domain, path, hasPath := strings.Cut(rest, "/")
	if !found || !hasPath || !ValidTrustDomain(domain) {
		return "", false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." ||
			!onlyOf(segment, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") {
			return "", false
		}
	}
	return domain, true
}

func onlyOf(s, chars string) bool {
	for i := range len(s) {
		if strings.IndexByte(chars, s[i]) < 0 {
			return false
		}
	}
	return true
}

// checkSPIFFE judges what a JWT-SVID must have beyond a JWT (JWT-SVID, section
// 3): a sub in the issuer's trust domain and an audience.
func (i *Issuer) checkSPIFFE(claims strictjson.Value) *denial {
	if i.TrustDomain == "" {
		return nil
	}
	sub, _ := claims.Get("sub")
	id, _ := sub.Text()
	if domain, ok := trustDomain(id); !ok || domain != i.TrustDomain {
		return deny(SPIFFEID, "sub")
	}
	aud, found := claims.Get("aud")
	if !found || aud.Kind() == strictjson.Array && aud.Len() == 0 {
		return deny(ClaimForm, "aud")
	}
	return nil
}
