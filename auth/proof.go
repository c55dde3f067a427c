// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// What a role may demand as proof that the caller has the key which the token
// is bound to by its claim cnf (RFC 7800).
const (
	ProofUnset = ""     // bound tokens are refused: nobody could tell who holds them
	ProofNone  = "none" // bound tokens are taken as if they were not
	ProofDPoP  = "dpop" // RFC 9449
	ProofMTLS  = "mtls" // RFC 8705, section 3
)

// proofBroken is a demand that does not compile: nobody meets it.
const proofBroken = "broken"

// possession is the compiled demand of a role.
type possession struct {
	kind string
	urls []string // what htu may be, in canonical form
}

// compilePossession reads the demand. One that it cannot read admits nobody.
func compilePossession(kind string, urls []string) (possession, error) {
	p, broken := possession{kind: kind}, possession{kind: proofBroken}
	switch kind {
	case ProofUnset, ProofNone, ProofDPoP, ProofMTLS:
	default:
		return broken, fmt.Errorf("proof: must be %q, %q or %q", ProofNone, ProofDPoP, ProofMTLS)
	}
	for _, text := range urls {
		u, ok := canonicalURL(text)
		if !ok {
			return broken, errors.New("dpop_urls: each must be a URL of the login path, such as https://vault.example.com:8200/v1/auth/ci/login, without user name, query and fragment")
		}
		if !slices.Contains(p.urls, u) {
			p.urls = append(p.urls, u)
		}
	}
	if kind == ProofDPoP && len(p.urls) == 0 {
		return broken, fmt.Errorf("dpop_urls: required with proof %q; it lists the URLs under which clients reach the login path, such as https://vault.example.com:8200/v1/auth/ci/login", ProofDPoP)
	}
	return p, nil
}

// checkPossession demands the proof that the role asks for. At a renewal, and
// for an example, nobody is there to be asked. What the proof uses up is returned.
func (r *Role) checkPossession(f *facts) (*Use, *denial) {
	if f.shown.token == "" {
		return nil, nil
	}
	switch r.possession.kind {
	case ProofNone:
		return nil, nil
	case ProofUnset:
		// RFC 9449 section 7.2 forbids to take a bound token without proof.
		if _, bound := f.claims.Get("cnf"); bound {
			return nil, deny(ProofMissing, "cnf")
		}
		return nil, nil
	case ProofMTLS:
		return nil, checkCertificate(f)
	case ProofDPoP:
		return r.checkDPoP(f)
	default:
		return nil, deny(ProofInvalid, "proof")
	}
}

// checkCertificate compares the certificate of the caller's TLS connection with
// the one that the token is bound to (RFC 8705, section 3.1). That the caller
// has its key is what the handshake has shown.
func checkCertificate(f *facts) *denial {
	bound, ok := confirmation(f.claims, "x5t#S256")
	if !ok {
		return deny(ProofUnbound, "x5t#S256")
	}
	if len(f.shown.certificate) == 0 {
		return deny(ProofMissing, "certificate")
	}
	if thumbprint(f.shown.certificate) != bound {
		return deny(ProofInvalid, "certificate")
	}
	return nil
}

// confirmation reads a SHA-256 thumbprint from the claim cnf.
func confirmation(claims strictjson.Value, method string) (string, bool) {
	cnf, _ := claims.Get("cnf")
	member, _ := cnf.Get(method)
	text, ok := member.Text()
	return text, ok && jwk.ValidThumbprint(text)
}

// thumbprint is SHA-256 in base64url.
func thumbprint[T string | []byte](data T) string {
	sum := sha256.Sum256([]byte(data))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// shown is what the caller shows besides the claims. At a renewal and in an
// example it is empty.
type shown struct {
	token       string // as it was sent, without the white space around it
	dpop        string // "" for none
	certificate []byte // DER, nil for none
}
