// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

// rule is a kind of finding.
type rule struct {
	id       string
	severity Severity
	why      string
	fix      string
}

// The rules. IDs are never given to another rule.
var (
	anyTenant = rule{"L001", SeverityHigh,
		"the issuer signs tokens for everybody who uses the service, and no binding says whose are meant: anybody can log in",
		"bind a claim that names your organization, project or repository, by its ID where there is one"}
	bindsNothing = rule{"L002", SeverityMedium,
		"the pattern * matches every value, so the binding only demands that the claim is there",
		"write the values that are meant, or remove the binding"}
	openTenant = rule{"L003", SeverityHigh,
		"the pattern leaves open whose tokens are meant: somebody else's organization can have a name that matches",
		"write the name in full, with the delimiter behind it, before the first *; better, bind its ID"}
	noAudience = rule{"L004", SeverityMedium,
		"no audience is bound: tokens without aud are taken, and a token with one never is",
		"let clients ask for an audience of this Vault, and set bound_audiences to it"}
	noTTL = rule{"L005", SeverityLow,
		"neither token_ttl nor token_max_ttl is set, so that tokens live as long as the mount allows",
		"set token_ttl and token_max_ttl to what the work needs"}
	noTokenAge = rule{"L006", SeverityLow,
		"a token is taken until its exp, however long ago it was issued",
		"set max_token_age on the issuer"}
	longLeeway = rule{"L007", SeverityMedium,
		"above 300 seconds, and it keeps expired tokens alive for that long",
		"write the leeway again with at most 300 seconds"}
	unusedField = rule{"L008", SeverityLow,
		"set and without effect",
		"remove it, or set what it belongs to"}
	strongPolicy = rule{"L009", SeverityMedium,
		"the name of the policy says that it can do everything",
		"give roles for machines policies of their own, with what the work needs"}
	anyPolicy = rule{"L010", SeverityHigh,
		"allowed_policies lets the expression, and with it claims, choose any policy",
		"list patterns with a beginning of their own, such as ci-*"}
	noSuchIssuer = rule{"L011", SeverityHigh,
		"bound_issuers names an issuer that this mount does not have",
		"write the issuer again, or take the name out of bound_issuers"}
	anyIssuer = rule{"L012", SeverityMedium,
		"tokens with any iss, or none, are taken if the keys fit: whoever shares the keys shares the access",
		"set bound_issuer"}
	lookupNotMade = rule{"L013", SeverityLow,
		"roles that rely on it see less than they expect",
		"take groups from claims, or stay with the other method on this mount"}
	noExample = rule{"L014", SeverityLow,
		"no example says who must get in and who must not",
		"add examples: each later write of the role runs them"}
	endless = rule{"L015", SeverityMedium,
		"token_period without token_explicit_max_ttl: a token can be renewed for ever",
		"set token_explicit_max_ttl, or token_ttl in place of token_period"}
	detailedErrors = rule{"L016", SeverityMedium,
		"login_errors is detailed: strangers can tell which roles and issuers there are",
		"set login_errors to coarse; decisions tell operators more"}
	unsafeMetadata = rule{"L017", SeverityMedium,
		"allow_unsafe_metadata lets claims put wildcards into templated policies",
		"remove it, and let the expression write only what is safe"}
	unusable = rule{"L018", SeverityHigh,
		"this version cannot read it as it is stored, and it admits nobody",
		"read it and write it anew"}
	unboundIssuer = rule{"L019", SeverityLow,
		"no role takes tokens of this issuer, and its keys are fetched all the same",
		"delete the issuer, or name it in bound_issuers of a role"}
)
