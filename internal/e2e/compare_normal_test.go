// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// learn keeps what later steps need: the token, accessor and entity of a login.
func (s *side) learn(a answer) {
	if a.auth() == nil {
		return
	}
	s.token, _ = a.auth()["client_token"].(string)
	s.accessor, _ = a.auth()["accessor"].(string)
	s.entity, _ = a.auth()["entity_id"].(string)
}

// random are the members that differ from one request to the next. Whether
// they are there, and whether they are empty, is compared.
var random = regexp.MustCompile(`^(request_id|id|client_token|token|accessor|wrapped_accessor|entity_id|creation_time|issue_time|expire_time|last_renewal|last_renewal_time|last_update_time|canonical_id|mount_accessor|last_update|identity_id)$`)

// rounded are seconds that pass while we look.
var rounded = regexp.MustCompile(`^(ttl|lease_duration)$`)

// normalise takes out of an answer what must differ between two mounts: their
// names and types, and what Vault draws by lot or reads off the clock.
func normalise(a answer, s *side) answer {
	body, _ := s.plain("", a.body).(object)
	a.body = body
	return a
}

func (s *side) plain(name string, v any) any {
	switch v := v.(type) {
	case object:
		out := make(object, len(v))
		for key, value := range v {
			out[s.plainText(key)] = s.plain(key, value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = s.plain(name, value)
		}
		if strings.HasSuffix(name, "policies") || name == "keys" || name == "warnings" {
			slices.SortFunc(out, func(a, b any) int { return strings.Compare(shown(a), shown(b)) })
		}
		return out
	case string:
		if random.MatchString(name) && v != "" {
			return "(" + prefixOf(v) + ")"
		}
		if name == "mount_type" && v == s.kind {
			return "(type of the mount)"
		}
		return s.plainText(v)
	case json.Number:
		if random.MatchString(name) {
			return "(number)"
		}
		if n, err := v.Int64(); err == nil && rounded.MatchString(name) {
			return roundSeconds(n)
		}
	}
	return v
}

func (s *side) plainText(text string) string {
	return strings.ReplaceAll(text, s.path, "MOUNT")
}

// prefixOf keeps "hvs." and "hvb.", which tell the kind of a token.
func prefixOf(v string) string {
	if before, _, found := strings.Cut(v, "."); found && len(before) == 3 {
		return before
	}
	return "random"
}

// roundSeconds forgives the few seconds between two requests. Lifetimes in these
// tests are multiples of ten.
func roundSeconds(n int64) int64 {
	const step = 10
	return (n + step/2) / step * step
}
