// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"
)

// Vault hands the numbers of a request to plugins as doubles. What a double
// cannot hold has changed on the way, and a field that takes whole numbers or a
// switch would cut the rest off: half a second of token_ttl would become 0, which
// means no limit.
const (
	// exactBelow is what whole numbers must be less than for a double to hold
	// each of them.
	exactBelow = 1 << 53
	// exactDigits is how many significant digits a double keeps of any number.
	exactDigits = 15
)

// refuseInexact lets the operations of a path that write refuse numbers that
// are not what was sent, or that their field has no place for.
func refuseInexact(p *framework.Path) *framework.Path {
	for op, handler := range p.Operations {
		write, ok := handler.(*framework.PathOperation)
		if !ok || op != logical.CreateOperation && op != logical.UpdateOperation {
			continue
		}
		guarded := *write
		guarded.Callback = func(ctx context.Context, req *logical.Request, d *framework.FieldData) (*logical.Response, error) {
			for name, value := range d.Raw {
				if field, known := d.Schema[name]; known {
					if fault := inexact(field.Type, value); fault != "" {
						return logical.ErrorResponse("field %q: %s", name, fault), nil
					}
				}
			}
			return write.Callback(ctx, req, d)
		}
		p.Operations[op] = &guarded
	}
	return p
}

// inexact tells what is wrong with the numbers in a value, "" for nothing.
func inexact(kind framework.FieldType, value any) string {
	switch v := value.(type) {
	case float64:
		return inexactNumber(kind, v)
	case []any:
		for _, element := range v {
			if fault := inexact(kind, element); fault != "" {
				return fault
			}
		}
	case map[string]any:
		if kind != framework.TypeKVPairs {
			break // whose parts keep their types, and are judged by who reads them
		}
		for _, element := range v {
			if fault := inexact(kind, element); fault != "" {
				return fault
			}
		}
	}
	return ""
}

func inexactNumber(kind framework.FieldType, v float64) string {
	switch kind {
	case framework.TypeInt, framework.TypeInt64, framework.TypeDurationSecond, framework.TypeSignedDurationSecond:
		switch {
		case v != math.Trunc(v):
			return "it must be a whole number"
		case math.Abs(v) >= exactBelow:
			return fmt.Sprintf("it must be from %d to %d", 1-exactBelow, exactBelow-1)
		}
	case framework.TypeBool:
		if v != 0 && v != 1 {
			return "it must be true or false"
		}
	case framework.TypeString, framework.TypeLowerCaseString, framework.TypeStringSlice, framework.TypeCommaStringSlice, framework.TypeKVPairs:
		if math.Abs(v) >= exactBelow || significantDigits(v) > exactDigits {
			return fmt.Sprintf("send a number of %d or more, or of more than %d digits, as a string: Vault rounds it on its way to the plugin", int64(exactBelow), exactDigits)
		}
	}
	return ""
}

// significantDigits counts those of the shortest decimal that is v.
func significantDigits(v float64) int {
	mantissa, _, _ := strings.Cut(strconv.FormatFloat(math.Abs(v), 'e', -1, 64), "e")
	return len(strings.Replace(mantissa, ".", "", 1))
}
