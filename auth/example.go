// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/expr"
)

// Limits of the examples of a role.
const (
	MaxExamples      = 64
	MaxExamplesBytes = 64 << 10 // of all of them, as JSON
)

// Example is a login as an operator imagines it, and how it must end.
type Example struct {
	Name   string          `json:"name"`
	Claims json.RawMessage `json:"claims"`                // an object; registered claims may be left out
	Header *expr.Header    `json:"header,omitempty"`      // for expressions that read it
	Remote string          `json:"remote_addr,omitempty"` // IP address of the caller; left out, it is not looked at
	Expect Expectation     `json:"expect"`
}

// Expectation is the outcome that an example must have. What is left out is
// not compared.
type Expectation struct {
	Allow    *bool     `json:"allow"`
	Reason   Reason    `json:"reason,omitempty"`
	Policies *[]string `json:"policies,omitempty"` // all of them, in any order; "default" not counted
	User     *string   `json:"user,omitempty"`     // before the issuer's prefix
	TTL      TTL       `json:"ttl,omitempty"`
}

// TTL is a duration in a JSON document: a number of seconds, or a string such
// as "15m". Nil stands for none.
type TTL json.RawMessage

// MarshalJSON implements json.Marshaler.
func (t TTL) MarshalJSON() ([]byte, error) { return json.RawMessage(t).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (t *TTL) UnmarshalJSON(text []byte) error {
	if _, err := TTL(text).duration(); err != nil {
		return err
	}
	*t = bytes.Clone(text)
	return nil
}

func (t TTL) duration() (time.Duration, error) {
	text := string(bytes.Trim(t, `"`))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, nil //nolint:gosec // 31 bits
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errors.New("ttl must be a number of seconds or a duration such as \"15m\"")
	}
	return d, nil
}

// ParseExamples reads a JSON list of examples. Unknown members are refused, as
// a misspelt expectation would be one that nobody checks.
func ParseExamples(text []byte) ([]Example, error) {
	if len(text) > MaxExamplesBytes {
		return nil, fmt.Errorf("examples: %d bytes; at most %d are allowed in all", len(text), MaxExamplesBytes)
	}
	var examples []Example
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&examples); err != nil {
		return nil, fmt.Errorf("examples: must be a list of {\"name\", \"claims\", \"expect\": {\"allow\", \"reason\", \"policies\", \"user\", \"ttl\"}}: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("examples: there is something after the list")
	}
	if len(examples) > MaxExamples {
		return nil, fmt.Errorf("examples: %d of them; at most %d are allowed", len(examples), MaxExamples)
	}
	names := map[string]bool{}
	for i, e := range examples {
		switch {
		case e.Name == "":
			return nil, fmt.Errorf("examples: the one at position %d needs a name", i+1)
		case names[e.Name]:
			return nil, fmt.Errorf("examples: two are called %q", e.Name)
		case len(e.Claims) == 0:
			return nil, fmt.Errorf("examples: %q needs claims, an object", e.Name)
		case e.Expect.Allow == nil:
			return nil, fmt.Errorf("examples: %q must say whether to expect allow true or false", e.Name)
		}
		names[e.Name] = true
	}
	return examples, nil
}
