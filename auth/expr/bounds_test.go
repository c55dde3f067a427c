// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hostile is the largest claim set that these limits let through, and more than
// a token can hold.
func hostile() string {
	quoted := func(n int) string { return `"` + strings.Repeat("a", n) + `"` }
	return fmt.Sprintf(`{"s": %s, "l": [%s%s], "n": [%s0]}`, quoted(8192),
		strings.Repeat(quoted(64)+",", 999), quoted(64), strings.Repeat("0,", 999))
}

// bounded runs f and fails if it takes longer or allocates more than a login's
// expressions may.
func bounded(t *testing.T, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	f()
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
	require.Less(t, took, 20*LoginTime) // the machine may be busy
}

// Row M13: what compiles is bounded in time and memory, whatever the claims.
func TestHostileExpressions(t *testing.T) {
	in := input(t, hostile())
	// 64,000 elements, of which all but 120 are the same.
	shared := `[[claims.n]]` + strings.Repeat(`.map(x, [`+strings.Repeat("x, ", 39)+`x])`, 3)
	for name, c := range map[string]struct {
		source string
		want   error // nil for a value
	}{
		"nested loops":        {`claims.l.all(a, claims.l.all(b, a == b || a != b))`, FaultCost},
		"nested loops, light": {`claims.n.all(a, claims.n.all(b, true))`, FaultCost},
		"chain of additions":  {strings.Repeat("claims.s + ", 50) + `"" == ""`, FaultCost},
		"doubling in a loop":  {`claims.n.map(x, claims.s + claims.s).size() == 0`, FaultCost},
		"growing lists":       {`claims.l.map(x, claims.l + claims.l).map(x, x + x).size() == 0`, FaultCost},
		"shared parts":        {shared + ` == ` + shared, FaultCost},
		"splitting":           {`claims.s.split("").size() == 8192`, nil},
		"splitting in a loop": {`claims.n.all(x, claims.s.split("").size() > 0)`, FaultCost},
		"sets":                {`sets.equivalent(claims.l, claims.l)`, FaultCost},
		"longest match":       {`claims.s.matches("(a*)*b") || claims.s.matches("a$")`, nil},
		"long match":          {`(claims.s + "b").matches("(a*)*b")`, FaultCost},
		"slow match":          {`claims.s.matches("^(a?){20}(a*)*[bc]$")`, nil},
		"matches in a loop":   {`claims.n.all(x, !claims.s.matches("(a*)*b"))`, FaultCost},
		"contains in a loop":  {`claims.n.all(x, !claims.s.contains(claims.s + "b"))`, FaultCost},
		"blocks in a loop":    {`claims.n.all(x, remote_addr.inCIDR(claims.n.map(y, "10.0.0.0/8")))`, FaultCost},
		"bytes":               {`claims.n.map(x, bytes(claims.s)).size() == 1000`, FaultCost},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := compileAnyCost(c.source)
			require.NoError(t, err)
			bounded(t, func() {
				e := New(in)
				defer e.Close()
				_, err = x.Eval(e)
			})
			if c.want == FaultCost && err == FaultTime {
				return // a busy machine runs out of time first
			}
			require.Equal(t, c.want, err)
		})
	}
}

// compileAnyCost compiles without the estimate that would refuse most of these
// when they are written, so that the bounds at login are what is tested.
func compileAnyCost(source string) (*Expression[bool], error) {
	env, err := environment()
	if err != nil {
		return nil, err
	}
	checked, issues := env.Compile(source)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	program, err := env.Program(checked, programOptions()...)
	return &Expression[bool]{program: program, read: readBool}, err
}

// Strings grow by what they cost. The parts of one chain are put together at
// once and counted then, so that it is the length of the source that bounds a
// single step.
func TestStringGrowth(t *testing.T) {
	in := input(t, hostile())
	short, err := compileAnyCost(`(` + strings.Repeat("claims.s + ", 3) + `"").size() == 24576`)
	require.NoError(t, err)
	e := New(in)
	defer e.Close()
	fits, err := short.Eval(e)
	require.NoError(t, err)
	require.True(t, fits)
	require.Greater(t, e.spent, uint64(24576), "each byte costs a unit")

	long, err := compileAnyCost(`(` + strings.Repeat("claims.s + ", 50) + `"").size() > 0`)
	require.NoError(t, err)
	bounded(t, func() { _, err = long.Eval(e) })
	require.Equal(t, FaultCost, err)
	require.Less(t, e.spent, uint64(5*ExpressionCost))

	chain := `(` + strings.Repeat("claims.s + ", 12) + `"").size()`
	again, err := compileAnyCost(chain + ` + ` + chain + ` > 0`)
	require.NoError(t, err)
	other := New(in)
	defer other.Close()
	_, err = again.Eval(other)
	require.Equal(t, FaultCost, err, "two chains of which each would do")
}

func TestLoginCost(t *testing.T) {
	x, err := compileAnyCost(`claims.l.exists(a, a + a == "")`)
	require.NoError(t, err)
	e := New(input(t, `{"l": [`+strings.Repeat(`"`+strings.Repeat("a", 40)+`",`, 999)+`"a"]}`))
	defer e.Close()
	_, err = x.Eval(e)
	require.NoError(t, err)
	each := e.spent
	require.Greater(t, each, uint64(LoginCost/10))
	for range LoginCost/each - 1 {
		_, err = x.Eval(e)
		require.NoError(t, err)
	}
	_, err = x.Eval(e)
	require.Equal(t, FaultCost, err)
}

func TestTime(t *testing.T) {
	x, err := compileAnyCost(`claims.n.all(a, a == 0)`)
	require.NoError(t, err)
	in := input(t, hostile())

	e := New(in)
	v, err := x.Eval(e)
	require.NoError(t, err)
	require.True(t, v)
	deadline, ok := e.ctx.Deadline()
	require.True(t, ok)
	require.LessOrEqual(t, time.Until(deadline), LoginTime)
	e.Close()
	_, err = x.Eval(e)
	require.Equal(t, FaultTime, err, "no evaluation begins once time is up")

	e.ctx = &lateContext{Context: e.ctx}
	_, err = x.Eval(e)
	require.Equal(t, FaultTime, err, "a loop ends when time is up")
}

// lateContext is over, but says so only to who looks twice.
type lateContext struct {
	context.Context
	asked bool
}

func (l *lateContext) Err() error {
	if !l.asked {
		l.asked = true
		return nil
	}
	return l.Context.Err()
}
