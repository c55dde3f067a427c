// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"

	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// Keys of a token's internal data. The other plugin knows only the role. The
// issuer is left out for the default one.
const (
	internalRole   = "role"
	internalClaims = "claims"
	internalFew    = "registered_only" // true if claims has the registered ones alone
	internalHeader = "header"
	internalIssuer = "issuer"
	internalKey    = "key"
)

// grant turns an allowed decision into what Vault makes a token of. The
// verified claims are kept with a token that can be renewed, so that a renewal
// can judge them again; they are not the token, whose signature is left out.
func grant(d auth.Decision, entry *roleEntry) *logical.Auth {
	a := &logical.Auth{
		DisplayName:  d.Identity.Alias,
		Alias:        &logical.Alias{Name: d.Identity.Alias, Metadata: d.Identity.Metadata},
		InternalData: map[string]any{internalRole: entry.role.Name()},
		Metadata:     d.Identity.Metadata,
	}
	a.InternalData[internalClaims] = d.Payload
	if entry.params.TokenType == logical.TokenTypeBatch {
		// Nobody renews a batch token, but a mount can be tuned so that Vault makes
		// a service token of it. For that the registered claims have to do: to keep
		// all would cost each login of a batch role a twentieth of its time.
		a.InternalData[internalClaims], a.InternalData[internalFew] = d.Verified.RegisteredClaims(), true
	}
	if d.Header != nil {
		a.InternalData[internalHeader] = keepHeader(*d.Header)
	}
	if entry.role.Life().Renew == auth.RenewRevalidated {
		a.InternalData[internalHeader] = keepHeader(d.Verified.Header())
		a.InternalData[internalKey] = d.Verified.Key()
	}
	if d.Issuer != auth.DefaultIssuer {
		a.InternalData[internalIssuer] = d.Issuer
	}
	if len(d.Identity.Groups) > 0 {
		a.GroupAliases = make([]*logical.Alias, len(d.Identity.Groups))
		for i, name := range d.Identity.Groups {
			a.GroupAliases[i] = &logical.Alias{Name: name}
		}
	}
	entry.params.PopulateTokenAuth(a)
	a.Policies = auth.JoinPolicies(a.Policies, d.Policies)
	a.Renewable = entry.role.Life().Renew != auth.RenewNever
	return a
}

// refusedText is what a caller reads as long as no signature has verified,
// whatever the cause. Anything more would tell a stranger which roles, issuers
// and keys there are.
const refusedText = "login refused: the token is not accepted for this role"

// refusal turns a denial into an answer. With detailed errors the reason's
// name is told even before a signature has verified. id leads the operator to
// the whole of it; "" for none.
func refusal(d auth.Decision, detailed bool, id string) *logical.Response {
	text := refusedText
	switch {
	case !d.Reason.BeforeSignature():
		text = deniedText(d)
	case detailed:
		text += " (" + string(d.Reason) + ")"
	}
	return logical.ErrorResponse(withDecision(text, id))
}

// deniedText says which check of a verified token failed. It names claims that
// the role or a standard names, and no value of either side.
func deniedText(d auth.Decision) string {
	switch d.Reason {
	case auth.IssuerNotBound:
		return "the role does not accept tokens of this issuer"
	case auth.Revoked:
		return "error validating token: the token has been revoked"
	case auth.TokenReplayed:
		return "error validating token: the token has logged in before, and the role lets a token log in once"
	case auth.ReplayFull:
		return "error validating token: the role lets a token log in once, and there is no room to remember another one; try again later"
	case auth.TokenTooOld:
		return "error validating token: invalid issued at (iat) claim: the token is older than max_token_age of its issuer or of the role"
	case auth.SPIFFEID:
		return "error validating token: invalid subject (sub) claim: not a SPIFFE ID of the issuer's trust domain"
	case auth.ClaimForm:
		return fmt.Sprintf("error validating token: claim %q is missing, malformed or not allowed", d.About)
	case auth.ClaimName:
		return fmt.Sprintf("error validating token: a claim's name differs from %q by letter case alone", d.About)
	case auth.Expired:
		return "error validating token: invalid expiration time (exp) claim: token is expired"
	case auth.ExpiryTooFar:
		return "error validating token: invalid expiration time (exp) claim: it is more than 100 years ahead"
	case auth.NotYetValid:
		return "error validating token: invalid not before (nbf) claim: token not yet valid"
	case auth.IssuedInFuture:
		return "error validating token: invalid issued at (iat) claim: token issued in the future"
	case auth.Audience:
		return "error validating token: invalid audience (aud) claim: audience claim does not match any expected audience"
	case auth.AudienceNone:
		return "audience claim found in JWT but no audiences bound to the role"
	case auth.Subject:
		return "error validating token: invalid subject (sub) claim"
	case auth.ClaimMissing:
		return fmt.Sprintf("error validating claims: claim %q is missing", d.About)
	case auth.ClaimMismatch:
		return fmt.Sprintf("error validating claims: claim %q does not match any associated bound claim values", d.About)
	case auth.EmailUnverified:
		return fmt.Sprintf("error validating claims: claim %q is not true, and the role goes by the email address", d.About)
	case auth.Condition:
		return "the role's condition does not hold for this token"
	case auth.ExpressionError:
		return fmt.Sprintf("the role's %s could not be evaluated for this token", d.About)
	case auth.PolicyNotAllowed:
		return fmt.Sprintf("the role's %s gave a policy that the role does not allow, or more than %d policies", d.About, auth.MaxPolicies)
	case auth.ProofMissing, auth.ProofInvalid, auth.ProofUnbound, auth.ProofUsed:
		return proofText(d)
	case auth.UserClaim, auth.GroupsClaim, auth.MetadataClaim:
		return identityText(d)
	case auth.PolicyNotGranted:
		return fmt.Sprintf("token_policies: the policy %q is not granted by this login", d.About)
	case auth.RoleNone, auth.RoleAmbiguous, auth.RoleConflict, auth.RoleUnusable, auth.RoleLimit:
		return selectionText(d)
	default:
		return "login refused: " + string(d.Reason)
	}
}

// identityText says what is wrong with a user, groups or metadata, whether a
// claim or an expression gives them.
func identityText(d auth.Decision) string {
	kind, fault := "user claim", fmt.Sprintf("is missing or is not a string of 1 to %d bytes without control characters", auth.MaxIdentifierBytes)
	switch d.Reason {
	case auth.GroupsClaim:
		kind, fault = "groups claim", fmt.Sprintf("is missing or is not a list of at most %d strings without control characters", auth.MaxGroups)
	case auth.MetadataClaim:
		kind, fault = "mapped claim", fmt.Sprintf("is not a string of at most %d bytes without control characters", auth.MaxIdentifierBytes)
	}
	switch {
	case d.About == auth.FieldMetadata:
		return fmt.Sprintf("the role's %s gave metadata that is not allowed, or more than %d pairs", d.About, auth.MaxMetadata)
	case d.About == auth.FieldUser || d.About == auth.FieldGroups:
		return fmt.Sprintf("the result of the role's %s %s", d.About, fault)
	}
	return fmt.Sprintf("%s %q %s", kind, d.About, fault)
}
