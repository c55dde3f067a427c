// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// RoleSpec is a role as an operator writes it, as far as it decides logins.
type RoleSpec struct {
	Name             string
	BrowserOnly      bool     // role_type oidc: not for login with a token
	BoundIssuers     []string // names; none means the default issuer
	BoundAudiences   []string
	BoundSubject     string
	BoundClaims      map[string]any // claim or JSON pointer -> value or list of values
	BoundClaimsGlob  bool           // the values are patterns
	UserClaim        string
	UserClaimPointer bool              // a leading slash of UserClaim makes it a JSON pointer
	GroupsClaim      string            // "" for no groups
	GroupsOptional   bool              // a token without the groups claim has no groups
	ClaimMappings    map[string]string // claim or JSON pointer -> metadata key
	Expressions
	Life
	ClockSkew  time.Duration // 0 for the default, negative for none
	BoundCIDRs []string      // addresses or prefixes a login may come from
	Proof      string        // one of ProofUnset, ProofNone, ProofDPoP and ProofMTLS
	DPoPURLs   []string      // URLs of the login path, for ProofDPoP
	AutoSelect bool          // may be chosen for a login that names no role
	Priority   int           // of two roles that could be chosen the higher counts
}

// Role is a compiled role.
type Role struct {
	name        string
	browserOnly bool
	issuers     []string
	audiences   []string
	subject     string
	bindings    []binding
	user        Path
	groups      Path
	mappings    []mapping
	skew        time.Duration
	peers       []netip.Prefix
	bindsPeers  bool
	possession  possession
	life        Life
	optional    bool     // groups may be missing
	rules       *rules   // nil without expressions
	email       bool     // goes by the address and does not say whether it must be verified
	relied      reliance // names of claims that matter
	priority    int
	auto        bool // may be chosen
	broken      bool // a part could not be compiled
}

type mapping struct {
	path Path
	key  string
}

// Name returns the role's name.
func (r *Role) Name() string { return r.name }

// AutoSelect tells whether the role may be chosen for a login that names none.
func (r *Role) AutoSelect() bool { return r.auto }

// Priority is what counts among roles that may be chosen, the highest first.
func (r *Role) Priority() int { return r.priority }

// CompileRole makes a role ready for logins. The error joins all that is wrong
// with the specification, each part naming its field. The role is usable even
// then: what could not be compiled admits nobody. So a role that another
// version stored cannot become looser by being unreadable here.
func CompileRole(spec RoleSpec) (*Role, error) {
	r := &Role{
		name:        spec.Name,
		browserOnly: spec.BrowserOnly,
		issuers:     slices.Clone(spec.BoundIssuers),
		audiences:   slices.Clone(spec.BoundAudiences),
		subject:     spec.BoundSubject,
		user:        Path{name: spec.UserClaim},
		skew:        skew(spec.ClockSkew),
		groups:      ParsePath(spec.GroupsClaim),
		optional:    spec.GroupsOptional,
		auto:        spec.AutoSelect,
		priority:    spec.Priority,
		life:        spec.Life,
	}
	if spec.UserClaimPointer {
		r.user = ParsePath(spec.UserClaim)
	}
	var broken error
	r.rules, broken = compileRules(spec.Expressions)
	var unproven error
	r.possession, unproven = compilePossession(spec.Proof, spec.DPoPURLs)
	errs := []error{r.compileBindings(spec), r.compilePeers(spec.BoundCIDRs), r.life.check(), broken, unproven}
	for claim, key := range spec.ClaimMappings {
		r.mappings = append(r.mappings, mapping{ParsePath(claim), key})
	}
	slices.SortFunc(r.mappings, func(a, b mapping) int { return strings.Compare(a.path.name, b.path.name) })
	if r.life.OneTime() {
		r.skew = min(r.skew, MaxLeeway)
	}
	r.email = r.trustsEmail()
	r.relied = r.reliedNames()
	err := errors.Join(errs...)
	r.broken = err != nil
	return r, err
}

// CheckLimits refuses what a new role may not have: bounds that keep the work
// of a login small.
func (r *Role) CheckLimits() error {
	const maxAudiences, maxBindings, maxPatterns, maxURLs = 64, 64, 64, 16
	var errs []error
	if len(r.audiences) > maxAudiences {
		errs = append(errs, fmt.Errorf("bound_audiences: at most %d audiences", maxAudiences))
	}
	if len(r.bindings) > maxBindings {
		errs = append(errs, fmt.Errorf("bound_claims: at most %d claims", maxBindings))
	}
	if len(r.mappings) > MaxMetadata {
		errs = append(errs, fmt.Errorf("claim_mappings: at most %d mappings", MaxMetadata))
	}
	if r.rules != nil && len(r.rules.allowed) > maxPatterns {
		errs = append(errs, fmt.Errorf("allowed_policies: at most %d patterns", maxPatterns))
	}
	if len(r.possession.urls) > maxURLs {
		errs = append(errs, fmt.Errorf("dpop_urls: at most %d URLs", maxURLs))
	}
	for _, p := range r.paths() {
		if len(p.tokens) > maxPointerDepth {
			errs = append(errs, fmt.Errorf("JSON pointer %q: at most %d steps", p.name, maxPointerDepth))
		}
	}
	return errors.Join(errs...)
}

func (r *Role) compileBindings(spec RoleSpec) error {
	var errs []error
	for claim, raw := range spec.BoundClaims {
		b, err := compileBinding(claim, raw, spec.BoundClaimsGlob)
		if err != nil {
			errs = append(errs, err)
		}
		r.bindings = append(r.bindings, b)
	}
	// Map order would make the first failing check a matter of chance.
	slices.SortFunc(r.bindings, func(a, b binding) int { return strings.Compare(a.path.name, b.path.name) })
	return errors.Join(errs...)
}

func (r *Role) compilePeers(cidrs []string) error {
	r.bindsPeers = len(cidrs) > 0
	var errs []error
	for _, c := range cidrs {
		p, err := ParsePrefix(c)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.peers = append(r.peers, p)
	}
	return errors.Join(errs...)
}

func (r *Role) paths() []Path {
	paths := []Path{r.user, r.groups}
	for _, b := range r.bindings {
		paths = append(paths, b.path)
	}
	for _, m := range r.mappings {
		paths = append(paths, m.path)
	}
	return paths
}

func skew(configured time.Duration) time.Duration {
	switch {
	case configured == 0:
		return DefaultSkew
	case configured < 0:
		return 0
	}
	return configured
}
