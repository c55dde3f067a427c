// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// candidateRecord is the change to a role that is under trial. It is part of
// the role's own record, so that a promotion is one write, which cannot be half
// done, and nothing of it outlives the role.
type candidateRecord struct {
	Fields map[string]any    `json:"fields"` // as they were sent; the role has the others
	Base   map[string]string `json:"base"`   // what the role had in these fields, as hashes
	Made   time.Time         `json:"made"`
}

// previousRecord is the version of a role that the present one replaced.
type previousRecord struct {
	Role     *roleRecord `json:"role"`
	Replaced time.Time   `json:"replaced"`
}

// alone is the role without its other versions.
func (r *roleRecord) alone() *roleRecord {
	one := *r
	one.Candidate, one.Previous = nil, nil
	return &one
}

// newCandidate is the record of a candidate for the role as it is.
func (r *roleRecord) newCandidate(fields map[string]any, now time.Time) *candidateRecord {
	c := &candidateRecord{Fields: fields, Base: map[string]string{}, Made: now.UTC()}
	data := r.data()
	for name := range fields {
		c.Base[name] = fingerprint(data[presentName(name)])
	}
	return c
}

// candidateRole is the role as it would be with its candidate's fields. With an
// error it is not all that the candidate wants.
func (r *roleRecord) candidateRole() (*roleRecord, error) {
	changed := r.alone()
	d := &framework.FieldData{Raw: r.Candidate.Fields, Schema: roleFields()}
	if err := d.Validate(); err != nil {
		return changed, errorWithoutValue(err)
	}
	err := changed.apply(&logical.Request{Operation: logical.UpdateOperation, Data: r.Candidate.Fields}, d)
	return changed, err
}

// compileCandidate checks the role as it would be by itself, and compiles it. The
// record is there with an error too.
func (r *roleRecord) compileCandidate(name string, maxLease time.Duration) (*auth.Role, *roleRecord, error) {
	changed, err := r.candidateRole()
	if err != nil {
		return nil, changed, err
	}
	role, err := changed.validate(name, maxLease)
	return role, changed, err
}

// revision tells apart what a promotion would come to, changed being the role as
// it would be: it changes with each write of the candidate, and with each of the
// role that matters to it.
func (r *roleRecord) revision(changed *roleRecord) string {
	return fingerprint([]any{r.Candidate.Made, changed.data()})
}

// names are those of the fields that the candidate has of its own, sorted.
func (c *candidateRecord) names() []string { return slices.Sorted(maps.Keys(c.Fields)) }

// overtaken returns the fields of the candidate that the role has changed since
// the candidate was made. Whoever made it did not see these values.
func (r *roleRecord) overtaken() []string {
	var names []string
	data := r.data()
	for _, name := range r.Candidate.names() {
		if base, found := r.Candidate.Base[name]; !found || base != fingerprint(data[presentName(name)]) {
			names = append(names, name)
		}
	}
	return names
}

// presentName is what a field is called today.
func presentName(field string) string {
	switch field {
	case "policies", "num_uses", "ttl", "max_ttl", "period", "bound_cidrs":
		return "token_" + field
	}
	return field
}

// fingerprint tells values that are read back apart.
func fingerprint(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		text = fmt.Append(nil, value)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
