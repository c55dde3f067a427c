// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

// Outcome is what a login came to, as plain data: what explanations show and
// what comparisons compare. Its JSON names are stable. It holds no token; the
// grant holds those values of claims that the role makes an identity of.
type Outcome struct {
	Allowed bool   `json:"allowed"`
	Reason  Reason `json:"reason"`
	About   string `json:"about,omitempty"`  // the configured name that the reason is about
	Role    string `json:"role,omitempty"`   // "" if no role came into it
	Issuer  string `json:"issuer,omitempty"` // the operator's name of it, "" if the token chose none
	Grant   *Grant `json:"grant,omitempty"`  // nil if the login is denied
}

// Grant is all that an allowed login gives.
type Grant struct {
	User          string            `json:"user"`
	Alias         string            `json:"alias"`
	Groups        []string          `json:"groups"`
	Metadata      map[string]string `json:"metadata"`
	AliasMetadata map[string]string `json:"alias_metadata,omitempty"` // fixed by the role
	Policies      []string          `json:"policies"`                 // "default" not among them unless the role names it
	Limits
}

// Limits are what a role sets for all its tokens, besides policies. Durations
// are whole seconds. 0 stands for what the mount sets in TTL and MaxTTL, and for
// no limit in the others.
type Limits struct {
	TTL             int64    `json:"ttl"`
	MaxTTL          int64    `json:"max_ttl"`
	Period          int64    `json:"period"` // above 0 the token can be renewed for ever
	ExplicitMaxTTL  int64    `json:"explicit_max_ttl"`
	NumUses         int      `json:"num_uses"`
	TokenType       string   `json:"token_type"` // as Vault writes it: "batch", "service", "default", ...
	NoDefaultPolicy bool     `json:"no_default_policy"`
	BoundCIDRs      []string `json:"bound_cidrs"`
}

// Terms are what a role adds to the decisions on its logins: policies and
// limits that are the same for each.
type Terms struct {
	Role          string
	Policies      []string
	AliasMetadata map[string]string
	Limits        Limits
}

// Outcome returns the decision as data. It shares maps and lists with decision
// and terms, so none of them may be changed afterwards.
func (d Decision) Outcome(terms Terms) Outcome {
	o := Outcome{Allowed: d.Allowed(), Reason: d.Reason, About: d.About, Role: terms.Role, Issuer: d.Issuer}
	if !o.Allowed {
		return o
	}
	o.Grant = &Grant{
		User: d.Identity.User, Alias: d.Identity.Alias, Groups: d.Identity.Groups, Metadata: d.Identity.Metadata,
		AliasMetadata: terms.AliasMetadata, Policies: JoinPolicies(terms.Policies, d.Policies), Limits: terms.Limits,
	}
	return o
}

// Unverified stands, in answers to those who need not prove who they are, for
// every reason that is found before a signature has verified.
const Unverified Reason = "unverified"

// Public returns what strangers may know of the outcome: of a denial before the
// signature has verified nothing but that.
func (o Outcome) Public() Outcome {
	if !o.Reason.BeforeSignature() {
		return o
	}
	return Outcome{Reason: Unverified}
}
