// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"net/netip"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

const (
	funcInCIDR = "inCIDR"
	funcIsIP   = "isIP"
	funcGet    = "get"
)

// ownFunctions are those that CEL does not have: addresses and JSON pointers.
func ownFunctions() []cel.EnvOption {
	text, dyn := cel.StringType, cel.DynType
	return []cel.EnvOption{
		cel.Function(funcIsIP, cel.Overload("is_ip_string", []*cel.Type{text}, cel.BoolType, cel.UnaryBinding(isIP))),
		cel.Function(funcInCIDR,
			cel.MemberOverload("string_in_cidr_string", []*cel.Type{text, text}, cel.BoolType, cel.BinaryBinding(inCIDR)),
			cel.MemberOverload("string_in_cidr_list", []*cel.Type{text, cel.ListType(text)}, cel.BoolType, cel.BinaryBinding(inCIDRs))),
		cel.Function(funcGet,
			cel.Overload("get_pointer", []*cel.Type{dyn, text}, dyn, cel.BinaryBinding(get)),
			cel.Overload("get_pointer_default", []*cel.Type{dyn, text, dyn}, dyn, cel.FunctionBinding(getDefault))),
		cel.CostModel(cost.MemberOverload("string_in_cidr_list",
			cost.EvalCost(cost.Sum(cost.Const(cost.CallCost), cost.Length(cost.Arg(0)))))),
	}
}

func isIP(text ref.Val) ref.Val {
	_, err := netip.ParseAddr(string(text.(types.String)))
	return types.Bool(err == nil)
}

func inCIDR(address, block ref.Val) ref.Val {
	a, err := netip.ParseAddr(string(address.(types.String)))
	if err != nil {
		return types.NewErr("not an IP address")
	}
	return contains(block, a)
}

func inCIDRs(address, blocks ref.Val) ref.Val {
	a, err := netip.ParseAddr(string(address.(types.String)))
	if err != nil {
		return types.NewErr("not an IP address")
	}
	found := types.False
	for it := blocks.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		// All blocks are read, so that a malformed one fails whatever the address.
		switch v := contains(it.Next(), a); {
		case types.IsError(v):
			return v
		case v == types.True:
			found = types.True
		}
	}
	return found
}

// contains takes an IPv4 address mapped into IPv6 for what it is.
func contains(block ref.Val, a netip.Addr) ref.Val {
	text, ok := block.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(block)
	}
	p, err := parseBlock(string(text))
	if err != nil {
		return types.NewErr("not a CIDR block")
	}
	return types.Bool(p.Contains(a.Unmap().WithZone("")))
}

func parseBlock(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err == nil && p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p, err
}

func get(value, pointer ref.Val) ref.Val {
	v, found, ok := walk(value, string(pointer.(types.String)))
	switch {
	case !ok:
		return types.NewErr("not a JSON pointer")
	case !found:
		return types.NewErr("nothing at the JSON pointer")
	}
	return v
}

func getDefault(args ...ref.Val) ref.Val {
	pointer, ok := args[1].(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(args[1])
	}
	v, found, ok := walk(args[0], string(pointer))
	switch {
	case !ok:
		return types.NewErr("not a JSON pointer")
	case !found:
		return args[2]
	}
	return v
}

// walk follows a JSON pointer (RFC 6901). A null counts as not there, as it does
// where a role names a claim.
func walk(v ref.Val, pointer string) (_ ref.Val, found, ok bool) {
	if !validPointer(pointer) {
		return nil, false, false
	}
	if pointer == "" {
		return v, true, true
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		token = unescape(token)
		switch holder := v.(type) {
		case traits.Mapper:
			v, found = holder.Find(types.String(token))
		case traits.Lister:
			i, err := strconv.ParseUint(token, 10, 31)
			found = err == nil && (token == "0" || token[0] != '0') && types.Int(i) < holder.Size().(types.Int) //nolint:gosec // 31 bits
			if found {
				v = holder.Get(types.Int(i)) //nolint:gosec // 31 bits
			}
		default:
			found = false
		}
		if !found {
			return nil, false, true
		}
	}
	return v, v != types.NullValue, true
}

func validPointer(pointer string) bool {
	return pointer == "" || pointer[0] == '/' && len(pointer) <= pointerBytes && strings.Count(pointer, "/") <= pointerSteps
}

// firstToken returns the member that a pointer begins with.
func firstToken(pointer string) string {
	first, _, _ := strings.Cut(pointer[1:], "/")
	return unescape(first)
}

func unescape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}
