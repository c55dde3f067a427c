// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

// otherTexts are refusals of both that read differently.
func otherTexts() []allowance {
	// What theirs says of a token before its signature is checked, or of it.
	const early = `^400 (role ".*" could not be found|role with oidc role_type is not allowed|relative paths not supported` +
		`|error configuring token validator: .*` +
		`|error validating token: (error verifying token signature: (?s:.*)|invalid issuer \(iss\) claim|invalid algorithm \(alg\) header.*|json: cannot unmarshal .* Claims\.\w+ .*))$`
	// What theirs says of a claim with the wrong kind of value.
	const form = `^(400 error validating token: (go-jose/go-jose/jwt: expected .*|json: cannot unmarshal .*|no issued at .* claims in token` +
		`|invalid (expiration time|not before|issued at|audience|subject) \(\w+\) claim.*)` +
		`|400 audience claim found in JWT but no audiences bound to the role|400 claim "sub" not found in token|500 missing name in alias)$`
	everywhere := []allowance{
		row("uniform-refusal", wording, early, `^400 `+uniform+`$`),
		row("peer-address-status", wording, `^403 permission denied$`, `^400 `+uniform+`$`),
		row("missing-token-first", wording, `^400 (role (".*" could not be found|with oidc role_type is not allowed)|relative paths not supported)$`, `^400 missing token$`),
		row("login-fields", wording, `^400 (Field validation failed: .*|role ".*" could not be found|.*must have three parts)$`, `^400 field ".*" must be a string$`),
		row("claim-texts", wording, form, `^400 `+badClaim(`\w+`)+`$`),
		row("claim-texts", wording, `^400 error validating token: invalid not before \(nbf\) claim: .*`, `^400 error validating token: invalid issued at \(iat\) claim: .*`),
		row("claim-texts", wording, `^(400 claim ".*" (not found in token|could not be converted to string)|500 missing name in alias)$`, `^400 user claim ".*" is missing or is not .*`),
		row("claim-texts", wording, `^400 error converting claim '.*' to string$`, `^400 mapped claim ".*" is not .*`),
		row("claim-texts", wording, `^400 (failed to fetch groups: .*|value .* in groups claim could not be parsed as string|".*" claim could not be converted to string list)$`, `^400 groups claim ".*" is missing or is not .*`),
		row("claim-texts", wording, `^400 error validating claims: received claim is not a string, bool, int or list: .*`, `^400 error validating claims: claim ".*" does not match any associated bound claim values$`),
		row("source-reason", wording, `^400 error checking (jwks URL|jwks_ca_pem|oidc discovery URL)`, `^400 (error checking (jwks|oidc discovery) URL|invalid jwks_pairs|error parsing extension OID): .*`),
		row("source-reason", wording, `^400 error parsing public key: `, `^400 error parsing public key: jwt_validation_pubkeys: key \d: .*`),
		row("provider-fields", wording, `^400 invalid provider_config: `, `^400 invalid provider_config: `),
		row("bound-claim-form", wording, `^400 claim is not a string( or list)?: .*`, `^400 bound_claims: claim ".*": with bound_claims_type "glob" each value must be a string, not .*`),
		row("role-name-dots", wording, `^400 (1 error occurred:\s+\* )?relative paths not supported\s*$`, `^400 (1 error occurred:\s+\* )?relative paths not supported\s*$`),
		row("field-values", wording, `^400 (Field validation failed: )?error converting input for field ".*": `, `^400 (Field validation failed: )?error converting input for field ".*": the value is not of the field's type, or out of its range$`),
		row("field-values", wording, `^400 (Field validation failed: )?error converting input for field ".*": `, `^400 field ".*": it must be (a whole number|true or false|from -\d+ to \d+)$`),
		row("browser-login", wording, `^(405 |400 Vault login failed\. .*|400 missing (redirect_uri|role))$`, `^400 (OIDC login is not configured for this mount|browser login is not available in this version .*|could not load configuration)$`),
		row("renewal-status", wording, `^500 (?s:.*) role \w+ does not exist during renewal`, `^400 renewal refused: .*; log in again$`),
	}
	for i := range everywhere {
		everywhere[i].everywhere = true
	}
	return append(everywhere,
		// Two things are wrong, and the two look for them in another order.
		row("order-of-checks", wording, `^400 `, `^400 (error validating|user claim|mapped claim|groups claim|audience claim)`),
		row("token-empty", wording, `^400 error validating token: invalid audience \(aud\) claim: `, `^400 `+uniform+`$`),
		row("claim-twins", wording, `^400 .*claim ".*" (not found in token|is missing)$|^400 failed to fetch groups: `, `^400 error validating token: a claim's name differs from ".*" by letter case alone$`),
	)
}
