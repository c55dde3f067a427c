// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

// Reason says which check decided a login. The strings are stable: metrics,
// comparisons and operators' scripts rely on them.
type Reason string

// Allowed is the reason of a login that passed every check.
const Allowed Reason = "allowed"

// Reasons found before a signature has verified. Callers cannot tell them apart.
const (
	TokenTooLong     Reason = "token_too_long"     // longer than max_token_bytes
	TokenForm        Reason = "token_form"         // not a canonical compact JWS
	TokenHeader      Reason = "token_header"       // header JSON, crit, b64, jwk, jku, x5u, kid
	TokenType        Reason = "token_type"         // typ or cty is not one that the issuer may use
	TokenAlgorithm   Reason = "token_algorithm"    // alg unknown, or not among the issuer's
	TokenPayload     Reason = "token_payload"      // payload is not an acceptable JSON object
	RoleUnknown      Reason = "role_unknown"       // no role of that name
	RoleNotForLogin  Reason = "role_not_for_login" // role_type oidc
	PeerAddress      Reason = "peer_address"       // outside of token_bound_cidrs, or not known
	IssuerUnknown    Reason = "issuer_unknown"     // iss is missing or not a configured one
	KeyUnknown       Reason = "key_unknown"        // no key of the issuer fits kid and alg
	KeysUnavailable  Reason = "keys_unavailable"   // the issuer's keys could not be had in time
	SignatureInvalid Reason = "signature_invalid"  // no key of the issuer made it

	TokenInactive       Reason = "token_inactive"       // the issuer was asked, and does not call the token active
	IntrospectionFailed Reason = "introspection_failed" // the issuer could not be asked, or its answer cannot be read
)

// Reasons found after the signature has verified. The caller is told.
const (
	IssuerNotBound   Reason = "issuer_not_bound"   // the role does not take tokens of this issuer
	Revoked          Reason = "revoked"            // a revocation matches the token
	ClaimForm        Reason = "claim_form"         // a registered claim is missing or of the wrong type
	ClaimName        Reason = "claim_name"         // a name differs from one that matters only by letter case
	Expired          Reason = "expired"            // exp is past
	TokenTooOld      Reason = "token_too_old"      // iat is longer ago than max_token_age
	SPIFFEID         Reason = "spiffe_id"          // sub is no SPIFFE ID of the issuer's trust domain
	ExpiryTooFar     Reason = "expiry_too_far"     // exp is no date that can be meant
	NotYetValid      Reason = "not_yet_valid"      // nbf is ahead
	IssuedInFuture   Reason = "issued_in_future"   // iat is ahead
	AudienceNone     Reason = "audience_unbound"   // the token has an audience, the role binds none
	Audience         Reason = "audience"           // no audience of the role is in the token
	Subject          Reason = "subject"            // sub is not bound_subject
	ClaimMissing     Reason = "claim_missing"      // a bound claim is not in the token
	ClaimMismatch    Reason = "claim_mismatch"     // a bound claim has another value
	EmailUnverified  Reason = "email_unverified"   // the role goes by email, and email_verified is there and not true
	Condition        Reason = "condition"          // the role's condition is false
	ExpressionError  Reason = "expression_error"   // an expression of the role has no value, or costs too much
	PolicyNotAllowed Reason = "policy_not_allowed" // a computed policy is none of allowed_policies, or none that a token can have
	ProofMissing     Reason = "proof_missing"      // the token is bound to a key, and the login shows no proof of having it
	ProofInvalid     Reason = "proof_invalid"      // the proof is not one of the token's key for this login
	ProofUnbound     Reason = "proof_unbound"      // the role asks for a proof, the token is bound to no key
	ProofUsed        Reason = "proof_used"         // the proof was used before, or that cannot be told
	UserClaim        Reason = "user_claim"         // user_claim is missing, no string, empty or unfit for an alias
	GroupsClaim      Reason = "groups_claim"       // groups_claim is missing, of the wrong type or too long
	MetadataClaim    Reason = "metadata_claim"     // a mapped claim is no string or unfit for metadata
	PolicyNotGranted Reason = "policy_not_granted" // the caller asks for a policy that the login does not grant
	RoleNone         Reason = "role_none"          // no role was named, and none that may be chosen admits the token
	RoleAmbiguous    Reason = "role_ambiguous"     // no role was named, and several of the highest priority admit the token
	RoleConflict     Reason = "role_conflict"      // no role was named, and those that admit the token cannot be joined
	RoleUnusable     Reason = "role_unusable"      // no role was named, and one that could match has parts that cannot be read
	RoleLimit        Reason = "role_limit"         // no role was named, and choosing one takes more than a login may
	TokenReplayed    Reason = "token_replayed"     // the token has logged in before, and the role lets it do so once
	ReplayFull       Reason = "replay_full"        // there is no room to remember that the token has logged in
	RenewalNever     Reason = "renewal_never"      // at renewal: the role allows none
	IdentityChanged  Reason = "identity_changed"   // at renewal: the role now names another user
	ClaimsNotKept    Reason = "claims_not_kept"    // at renewal: what was kept at login cannot be read
	RoleGone         Reason = "role_gone"          // at renewal: the role was deleted
	ConfigGone       Reason = "config_gone"        // at renewal: the issuer is no longer configured
)

// BeforeSignature tells whether a decision with this reason is made without a
// verified signature, so that callers must not learn it.
func (r Reason) BeforeSignature() bool {
	switch r {
	case TokenTooLong, TokenForm, TokenHeader, TokenType, TokenAlgorithm, TokenPayload, RoleUnknown, RoleNotForLogin,
		PeerAddress, IssuerUnknown, KeyUnknown, KeysUnavailable, SignatureInvalid,
		TokenInactive, IntrospectionFailed:
		return true
	}
	return false
}
