// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// lateCalls prices the calls whose overload is known only when they are made,
// as it is wherever both operands are claims. CEL would take a unit for each,
// however long the operands are.
type lateCalls struct{}

// CallCost implements cost.ActualCostEstimator. Nil leaves the price to CEL.
func (lateCalls) CallCost(function, overload string, args []ref.Val, result ref.Val) *uint64 {
	if overload != "" {
		return nil
	}
	price := uint64(cost.CallCost)
	if function == operators.Add {
		// As the models of the environment: a unit for each byte made.
		price += length(result, 1)
		return &price
	}
	for _, arg := range args {
		price += length(arg, 10)
	}
	return &price
}

// length is the number of elements of a list or map, or that of the bytes of a
// text in units of so many bytes.
func length(v ref.Val, unit uint64) uint64 {
	switch v := v.(type) {
	case types.String:
		return uint64(len(v)) / unit
	case types.Bytes:
		return uint64(len(v)) / unit
	case traits.Lister:
		n, _ := v.Size().(types.Int)
		return uint64(max(n, 0))
	case traits.Mapper:
		n, _ := v.Size().(types.Int)
		return uint64(max(n, 0))
	}
	return 0
}
