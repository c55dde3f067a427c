// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// A proof is good from dpopSkew before its iat, for clocks that differ, to
// dpopLife and dpopSkew after it. The leeway of a role does not count: a proof
// that was used under one role must be remembered as long as any other role
// would take it.
const (
	dpopLife = 60 * time.Second
	dpopSkew = 60 * time.Second
)

// Use is something that may be used once: the caller of the engine remembers
// the key until the end of its life, and refuses whoever brings it again.
type Use struct {
	Key   [sha256.Size]byte
	Until time.Time
}

// AlreadyUsed is what becomes of a login that would be allowed but for its Use,
// which was used before; or cannot be remembered, because the memory is full.
func (d Decision) AlreadyUsed(full bool) Decision {
	about := "jti"
	if full {
		about = "memory"
	}
	return Decision{Reason: ProofUsed, About: about, Issuer: d.Issuer}
}

// checkDPoP judges the caller's DPoP proof by the twelve rules of RFC 9449,
// section 4.3. The first is that of the login field, which is one string; no
// nonce is ever given out, so there is none to compare (rule 10); whether the
// proof was used before is for the caller of the engine to say.
func (r *Role) checkDPoP(f *facts) (*Use, *denial) {
	if f.proof == nil {
		f.proof = openProof(f)
	}
	if f.proof.refused != nil {
		return nil, f.proof.refused
	}
	claims := f.proof.claims
	issued, part := r.judgeProof(claims, f)
	if part != "" {
		return nil, deny(ProofInvalid, part)
	}
	jti, _ := claims.Get("jti")
	id, _ := jti.Text()
	// Whoever has another key can make no proof that counts as this one.
	return &Use{Key: sha256.Sum256([]byte("dpop " + f.proof.thumbprint + " " + id)), Until: issued.Add(dpopLife + dpopSkew)}, nil
}

// openedProof is what of a proof is the same for each role that judges one login.
type openedProof struct {
	claims     strictjson.Value
	thumbprint string // of the key that made it
	refused    *denial
}

// openProof verifies the caller's proof by the key that the token is bound to.
// Signatures are costly, and up to [MaxJudged] roles may ask.
func openProof(f *facts) *openedProof {
	bound, ok := confirmation(f.claims, "jkt")
	switch {
	case !ok:
		return &openedProof{refused: deny(ProofUnbound, "jkt")}
	case f.shown.dpop == "":
		return &openedProof{refused: deny(ProofMissing, "dpop")}
	}
	invalid := func(part string) *openedProof { return &openedProof{refused: deny(ProofInvalid, part)} }
	proof, err := jws.ParseProof(strings.Trim(f.shown.dpop, " \t\r\n"))
	if err != nil {
		return invalid(proofPart(err))
	}
	key, err := jwk.ParseKey(proof.Key)
	switch {
	case err != nil:
		return invalid("jwk")
	case !key.Algorithms.Has(proof.Header().Algorithm):
		return invalid("alg")
	case key.Thumbprint != bound:
		return invalid("jkt")
	case !proof.VerifiedBy(key.Public):
		return invalid("signature")
	}
	claims, err := proof.Payload()
	if err != nil {
		return invalid("payload")
	}
	return &openedProof{claims: claims, thumbprint: key.Thumbprint}
}

// judgeProof checks the claims of a proof (RFC 9449, section 4.2) and names the
// first that is not as it must be.
func (r *Role) judgeProof(claims strictjson.Value, f *facts) (issued time.Time, part string) {
	text := func(name string) string {
		v, _ := claims.Get(name)
		s, _ := v.Text()
		return s
	}
	// Vault takes a login as POST or PUT and does not say which it was.
	if method := text("htm"); method != "POST" && method != "PUT" {
		return issued, "htm"
	}
	if u, ok := canonicalURL(text("htu")); !ok || !slices.Contains(r.possession.urls, u) {
		return issued, "htu"
	}
	if jti, _ := claims.Get("jti"); !isIdentifier(jti) {
		return issued, "jti"
	}
	if text("ath") != thumbprint(f.shown.token) {
		return issued, "ath"
	}
	iat, _ := claims.Get("iat")
	issued, ok := numericDate(iat)
	if !ok || issued.After(f.now.Add(dpopSkew)) || !f.now.Before(issued.Add(dpopLife+dpopSkew)) {
		return issued, "iat"
	}
	return issued, proofDates(claims, f.now)
}

// proofDates judges exp and nbf, which a proof need not have (RFC 7519,
// sections 4.1.4 and 4.1.5).
func proofDates(claims strictjson.Value, now time.Time) string {
	if v, found := claims.Get("exp"); found {
		if exp, ok := numericDate(v); !ok || !now.Add(-dpopSkew).Before(exp) {
			return "exp"
		}
	}
	if v, found := claims.Get("nbf"); found {
		if nbf, ok := numericDate(v); !ok || nbf.After(now.Add(dpopSkew)) {
			return "nbf"
		}
	}
	return ""
}

// proofPart names what of a proof the front door refuses.
func proofPart(err error) string {
	switch formReason(err) {
	case TokenTooLong:
		return "length"
	case TokenType:
		return "typ"
	case TokenAlgorithm:
		return "alg"
	case TokenHeader:
		return "header"
	default:
		return "form"
	}
}
