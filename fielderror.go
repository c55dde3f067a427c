// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"strings"

	"github.com/hashicorp/vault/sdk/helper/errutil"
	"github.com/hashicorp/vault/sdk/logical"
)

// The framework's words for a field that it could not read, before the field's
// name. What follows the name quotes the value.
const (
	fieldErrorPrefix = "error converting input for field "
	fieldErrorIntro  = "Field validation failed: "
)

// withoutValue returns what the framework says of an unreadable field without
// the value, which may be a token or a secret in the wrong place. changed is
// false if text is about something else.
func withoutValue(text string) (short string, changed bool) {
	rest, found := strings.CutPrefix(strings.TrimPrefix(text, fieldErrorIntro), fieldErrorPrefix)
	if !found {
		return text, false
	}
	name, _, _ := strings.Cut(rest, ":")
	return fieldErrorPrefix + name + ": the value is not of the field's type, or out of its range", true
}

func responseWithoutValue(resp *logical.Response) *logical.Response {
	if resp == nil || !resp.IsError() {
		return resp
	}
	if text, changed := withoutValue(resp.Error().Error()); changed {
		return logical.ErrorResponse(fieldErrorIntro + text)
	}
	return resp
}

func errorWithoutValue(err error) error {
	if err == nil {
		return nil
	}
	if text, changed := withoutValue(err.Error()); changed {
		// Vault tells a request it cannot read (400) from a fault (500) by the type.
		return errutil.UserError{Err: text}
	}
	return err
}
