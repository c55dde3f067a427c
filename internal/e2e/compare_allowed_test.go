// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"regexp"
	"slices"
)

// allowance is a difference from Vault's own method that is meant. Its id is
// what a case says that shows it. One id may have several rows.
type allowance struct {
	id         string
	kind       kind
	theirs     *regexp.Regexp // these three match anything if nil
	ours       *regexp.Regexp
	field      *regexp.Regexp
	everywhere bool // need not be named by a step
}

func (a allowance) covers(d difference) bool {
	return a.kind == d.kind && matches(a.field, d.field) && matches(a.theirs, d.theirs) && matches(a.ours, d.ours)
}

func matches(r *regexp.Regexp, text string) bool { return r == nil || r.MatchString(text) }

// allowances lists every difference that is meant. A row that no case needs
// fails the test, as a difference does that no row covers.
func allowances() []allowance {
	return slices.Concat(stricterLogins(), stricterWrites(), lenientAnswers(), otherTexts(), otherContents())
}

func row(id string, k kind, theirs, ours string) allowance {
	return allowance{id: id, kind: k, theirs: regexp.MustCompile(theirs), ours: regexp.MustCompile(ours)}
}

// refused makes rows for what theirs accepts and ours refuses with a text.
func refused(ours string, ids ...string) []allowance {
	var rows []allowance
	for _, id := range ids {
		rows = append(rows, row(id, stricter, `^20[04]$`, `^400 `+ours+`$`))
	}
	return rows
}

// uniform is the one text of all refusals before a signature has verified.
const uniform = `login refused: the token is not accepted for this role`

// badClaim is the text about a registered claim.
func badClaim(name string) string {
	return `error validating token: claim "` + name + `" is missing, malformed or not allowed`
}

// stricterLogins are tokens that theirs accepts and ours does not.
func stricterLogins() []allowance {
	const mismatch = `error validating claims: claim ".*" does not match any associated bound claim values`
	return slices.Concat(
		refused(uniform,
			"token-space",      // white space inside, or around it other than space, tab, CR, LF
			"token-encoding",   // padded base64
			"token-json",       // JSON serialisation
			"token-limits",     // size, depth, length of a string, size of the header
			"token-names",      // a name twice, or twice but for letter case
			"token-text",       // text that is no Unicode
			"header-kid",       // kid that is no string of 1 to 256 printable characters
			"header-typ",       // typ of another purpose
			"header-cty",       // nested token
			"header-crit",      // critical extensions, unencoded payload
			"header-key",       // a key, or a place to fetch one
			"header-encrypted", // enc, zip
			"header-names",     // ALG for alg
			"discovery-issuer", // discovery binds the discovered issuer
			"pairs-need-kid",   // a token must name its key where there are several sets
			"pairs-kid-once",   // of two sets with the same kid the first counts
			"key-policy",       // use, key_ops, alg, size of a key
		),
		refused(badClaim("exp"), "exp-required", "exp-form"),
		refused(`error validating token: invalid expiration time \(exp\) claim: token is expired`, "exp-form"),
		refused(`error validating token: invalid expiration time \(exp\) claim: it is more than 100 years ahead`, "exp-far"),
		refused(badClaim("(nbf|iat)"), "date-form"),
		refused(badClaim("sub"), "sub-required", "sub-form"),
		refused(badClaim("iss"), "iss-form"),
		refused(badClaim("jti"), "jti-form"),
		refused(badClaim("aud"), "aud-form"),
		refused(badClaim("events"), "events-claim"),
		refused(`user claim ".*" is missing or is not .*`, "alias-form", "pointer-index"),
		refused(`mapped claim ".*" is not .*`, "alias-form"),
		refused(`groups claim ".*" is missing or is not .*`, "alias-form", "pointer-index"),
		refused(`error validating claims: claim ".*" is missing`, "pointer-index"),
		refused(`error validating token: a claim's name differs from ".*" by letter case alone`, "claim-twins"),
		refused(mismatch, "number-exact", "glob-segments", "glob-control"),
		refused(`renewal refused: .*; log in again`, "renewal-rechecks"),
		refused(`field ".*" must be a string`, "login-fields"),
	)
}

// stricterWrites are configurations and roles that theirs accepts and ours
// does not.
func stricterWrites() []allowance {
	return slices.Concat(
		refused(`error checking jwks URL: JWK Set of \S+: the document (is not a JWK Set|has no usable key)`, "source-usable"),
		refused(`error checking oidc discovery URL: discovery document of \S+: (the member "jwks_uri" is missing or not a string|jwks_uri of the document must .*)`, "source-usable"),
		refused(`error checking oidc discovery URL: JWK Set of \S+: .*`, "source-usable"),
		refused(`error checking (jwks|oidc discovery) URL: .*: (the answer is longer than \d+ KiB|answered with a compressed body, .*|answered with a redirect .*)`, "source-answer"),
		refused(`error checking jwks URL: jwks_url must not .*`, "source-url"),
		refused(`invalid jwks_pairs: entry 1 has no jwks_url`, "pairs-names"),
		refused(`error parsing extension OID: .*`, "oid-form"),
		refused(`invalid provider_config: .*`, "provider-fields"),
		refused(`'.*_leeway' cannot be more than 300 seconds: .*`, "leeway-limit"),
		refused(`token_bound_cidrs: .* is not an IP address or CIDR block`, "cidr-form"),
		refused(`bound_claims: claim ".*": .*`, "bound-claim-form", "bound-number-size"),
		refused(`(bound_audiences|bound_claims|claim_mappings|JSON pointer ".*"): at most \d+ .*`, "role-limits"),
		refused(`error parsing public key: jwt_validation_pubkeys: key 1: .*`, "weak-keys"),
		refused(`error checking jwks URL: the CA PEM holds a certificate that cannot be read`, "ca-bundle"),
		refused(`error converting input for field "alias_metadata": (?s:.*)`, "alias-metadata"),
		refused(`field ".*": send a number of .* as a string: .*`, "long-numbers"),
		refused(`'token_num_uses' cannot be negative`, "negative-uses"),
		refused(`.* is not part of this version.*|browser login is not available in this version.*`, "browser-login"),
	)
}

// lenientAnswers are requests that theirs refuses and ours accepts.
func lenientAnswers() []allowance {
	return []allowance{
		row("only-exp", lenient, `invalid not before \(nbf\) claim: token not yet valid`, `^200$`),
		row("login-beside-browser", lenient, `unsupported config type`, `^200$`),
		row("number-exact", lenient, `does not match any associated bound claim values`, `^200$`),
		row("partial-update-keeps", lenient, `'allowed_redirect_uris' must be set if 'role_type' is 'oidc'`, `^204$`),
		row("x5c-ignored", lenient, `failed to unmarshal x5c header`, `^200$`),
		row("odd-keys-ignored", lenient, `error checking jwks URL`, `^204$`),
		row("pkcs1-keys", lenient, `error parsing public key`, `^204$`),
		row("provider-offline", lenient, `error parsing service account JSON`, `^204$`),
		// An external plugin gets numbers as float64.
		row("plugin-numbers", lenient, `time: unknown unit "e" in duration "1e2"|parsing "1e2": invalid syntax`, `^204$`),
	}
}

// otherContents are answers of both that hold different things.
func otherContents() []allowance {
	in := func(id, field, theirs, ours string) allowance {
		a := row(id, content, theirs, ours)
		a.field = regexp.MustCompile(`^` + field + `$`)
		return a
	}
	everywhere := func(a allowance) allowance { a.everywhere = true; return a }
	return []allowance{
		everywhere(in("alias-metadata", `data\.alias_metadata`, `^\(absent\)$`, `^\{`)),
		everywhere(in("alias-metadata", `data\.aliases`, `"custom_metadata":null`, `"custom_metadata":\{`)),
		everywhere(in("alias-metadata", `components\.schemas\.JwtWriteRoleRequest\.properties\.alias_metadata`, `^\(absent\)$`, `kvpairs`)),
		everywhere(in("own-fields", `components\.schemas\.Jwt(Configure|WriteRole|Login)Request\.properties\.\w+`, `^\(absent\)$`, `type`)),
		everywhere(in("leeway-default", `components\.schemas\.JwtWriteRoleRequest\.properties\.clock_skew_leeway\.default`, `^60000000000$`, `^60$`)),
		// The plugin protocol has no room for it; the token itself is the same.
		everywhere(in("renewal-orphan", `auth\.orphan`, `^true$`, `^false$`)),
		in("partial-update-keeps", `data\.(role_type|bound_claims_type)`, ``, ``),
		in("pointer-index", `data\.aliases`, `"metadata":\{"m":"[xy]",`, `"metadata":\{"role"`),
		in("pointer-index", `(auth\.metadata|data\.meta)\.m`, `^"[xy]"$`, `^\(absent\)$`),
	}
}
