// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// addRuleFields adds the fields of a role that hold expressions and examples.
func addRuleFields(fields map[string]*framework.FieldSchema) {
	for name, f := range map[string]*framework.FieldSchema{
		"condition":             {Type: framework.TypeString, Description: "Expression (CEL) that must be true for a login, once all other checks of the claims have passed."},
		"policies_expression":   {Type: framework.TypeString, Description: "Expression (CEL) that gives a list of policies to add to token_policies. Needs allowed_policies."},
		"allowed_policies":      {Type: framework.TypeCommaStringSlice, Description: "Patterns with *, of which each policy that policies_expression gives must match one."},
		"user_expression":       {Type: framework.TypeString, Description: "Expression (CEL) that gives the user's name, in place of user_claim."},
		"groups_expression":     {Type: framework.TypeString, Description: "Expression (CEL) that gives the list of the user's groups, in place of groups_claim."},
		"groups_optional":       {Type: framework.TypeBool, Description: "Let a user whose token lacks groups_claim log in without groups."},
		"metadata_expression":   {Type: framework.TypeString, Description: "Expression (CEL) that gives a map of metadata to add to what claim_mappings give."},
		"allow_unsafe_metadata": {Type: framework.TypeBool, Description: "Let computed metadata hold + * / , .. {{ and }}, which a templated policy would take for syntax."},
		"auto_select":           {Type: framework.TypeBool, Description: "Let logins that name no role be given this one, if config has role_selection match or union."},
		"priority":              {Type: framework.TypeInt, Description: "Of the roles with auto_select that admit a token, the one with the highest priority counts. A tie refuses the login."},
		"examples":              {Type: framework.TypeSlice, Description: "Logins with the outcome that they must have: a list of {name, claims, expect: {allow, reason, policies, user, ttl}}. Each write of the role runs them, and a failing one refuses it."},
	} {
		fields[name] = f
	}
}

// applyRules puts the fields of expressions and examples into the role.
func (r *roleRecord) applyRules(d *framework.FieldData) error {
	set(d, "condition", &r.Condition)
	set(d, "policies_expression", &r.PoliciesExpression)
	set(d, "allowed_policies", &r.AllowedPolicies)
	set(d, "user_expression", &r.UserExpression)
	set(d, "groups_expression", &r.GroupsExpression)
	set(d, "groups_optional", &r.GroupsOptional)
	set(d, "metadata_expression", &r.MetadataExpression)
	set(d, "allow_unsafe_metadata", &r.AllowUnsafeMetadata)
	set(d, "auto_select", &r.AutoSelect)
	set(d, "priority", &r.Priority)
	raw, sent := d.GetOk("examples")
	if !sent {
		return nil
	}
	text, err := examplesJSON(raw)
	if err != nil {
		return err
	}
	r.Examples, err = auth.ParseExamples(text)
	return err
}

// examplesJSON returns the examples as one JSON list. A command line sends them
// as a string of JSON, of one example or of the list.
func examplesJSON(raw any) ([]byte, error) {
	list, _ := raw.([]any)
	parts := make([]string, 0, len(list))
	for _, item := range list {
		text, isText := item.(string)
		if !isText {
			encoded, err := json.Marshal(item)
			if err != nil {
				return nil, fmt.Errorf("examples: %w", err)
			}
			text = string(encoded)
		}
		text = strings.TrimSpace(text)
		if inner, found := strings.CutPrefix(text, "["); found && isText {
			var ok bool
			if text, ok = strings.CutSuffix(inner, "]"); !ok {
				return nil, errors.New("examples: the list does not end")
			}
		}
		if strings.TrimSpace(text) != "" {
			parts = append(parts, text)
		}
	}
	return []byte("[" + strings.Join(parts, ",") + "]"), nil
}

// ruleData adds those of our own fields that are set to what is read back.
func (r *roleRecord) ruleData(data map[string]any) {
	for name, list := range map[string][]string{"bound_issuers": r.BoundIssuers, "allowed_policies": r.AllowedPolicies} {
		if len(list) > 0 {
			data[name] = list
		}
	}
	for name, text := range map[string]string{
		"condition": r.Condition, "policies_expression": r.PoliciesExpression, "user_expression": r.UserExpression,
		"groups_expression": r.GroupsExpression, "metadata_expression": r.MetadataExpression,
	} {
		if text != "" {
			data[name] = text
		}
	}
	if r.Priority != 0 {
		data["priority"] = r.Priority
	}
	for name, flag := range map[string]bool{"auto_select": r.AutoSelect, "groups_optional": r.GroupsOptional, "allow_unsafe_metadata": r.AllowUnsafeMetadata} {
		if flag {
			data[name] = true
		}
	}
	if len(r.Examples) > 0 {
		data["examples"] = exampleData(r.Examples)
	}
}

// exampleData is the examples as plain data, numbers as they were written.
func exampleData(examples []auth.Example) []any {
	encoded, err := json.Marshal(examples)
	if err != nil {
		return nil // never: they were read from JSON
	}
	var list []any
	d := json.NewDecoder(strings.NewReader(string(encoded)))
	d.UseNumber()
	if err := d.Decode(&list); err != nil {
		return nil
	}
	return list
}
