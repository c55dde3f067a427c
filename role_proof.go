// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"errors"

	"github.com/hashicorp/vault/sdk/framework"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// addProofFields adds the fields of a role that ask for proof of possession.
func addProofFields(fields map[string]*framework.FieldSchema) {
	fields["proof"] = &framework.FieldSchema{Type: framework.TypeString, Description: "What the caller must prove besides showing the token: 'dpop' that it has the key of the token's cnf.jkt (RFC 9449), 'mtls' that its TLS client certificate is the one of cnf.x5t#S256 (RFC 8705). Left out, tokens with cnf are refused; 'none' takes them like others."}
	fields["dpop_urls"] = &framework.FieldSchema{Type: framework.TypeCommaStringSlice, Description: "URLs under which clients reach the login path, one of which the htu of a DPoP proof must be. Required with proof=dpop."}
}

func (r *roleRecord) applyProof(d *framework.FieldData) {
	set(d, "proof", &r.Proof)
	set(d, "dpop_urls", &r.DPoPURLs)
}

// proofData adds the fields that are set to what is read back.
func (r *roleRecord) proofData(data map[string]any) {
	if r.Proof != "" {
		data["proof"] = r.Proof
	}
	if len(r.DPoPURLs) > 0 {
		data["dpop_urls"] = r.DPoPURLs
	}
}

// checkProof refuses a proof that a browser login could not bring.
func (r *roleRecord) checkProof() error {
	if r.RoleType != roleTypeJWT && r.Proof != auth.ProofUnset {
		return errors.New("proof: needs role_type 'jwt'; a browser has no proof to show")
	}
	return nil
}

// proofText says what is wrong with a proof.
func proofText(d auth.Decision) string {
	switch {
	case d.Reason == auth.ProofUnbound:
		return "the role asks for proof of possession, and the token is bound to no key: its claim cnf has no valid " + d.About
	case d.Reason == auth.ProofUsed && d.About == "memory":
		return "the memory of used DPoP proofs is full; try again in two minutes"
	case d.Reason == auth.ProofUsed:
		return "the DPoP proof was used before; make a new one for each login"
	case d.Reason == auth.ProofMissing && d.About == "cnf":
		return "the token is bound to a key (claim cnf), and the role does not say how its holder proves possession; set the role's proof"
	case d.Reason == auth.ProofMissing && d.About == "certificate":
		return "the role asks for the TLS client certificate that the token is bound to, and Vault saw none"
	case d.Reason == auth.ProofMissing:
		return "the role asks for a DPoP proof in the field dpop"
	case d.About == "certificate":
		return "the token is bound to another TLS client certificate"
	}
	return "the DPoP proof is not one for this login and token: its " + d.About + " is not as it must be"
}
