// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// side is one of the two mounts that are compared, with what the steps of a
// script have learnt there.
type side struct {
	*mount
	kind                    string // type of the mount
	token, accessor, entity string // of the last login
}

// pair is a mount of Vault's own method and one of ours, configured alike.
type pair struct{ theirs, ours side }

// step is one request that is made on both sides.
type step struct {
	what string // for the report
	run  func(*testing.T, *side) answer
	must []string // differences that have to show here
	may  []string // differences that can
}

// script is a sequence of steps that begins with a clean slate.
type script struct {
	name  string
	steps []step
}

// comparison runs scripts and judges each difference by the list of those that
// are meant.
type comparison struct {
	list  []allowance
	seen  []int // how often each of the list was needed
	steps int
}

func newComparison() *comparison {
	list := allowances()
	return &comparison{list: list, seen: make([]int, len(list))}
}

// run makes a script's requests on both sides of a pair. Once the sides have
// parted (one of them refuses what the other does) the rest of the script would
// only repeat that, and is left out.
func (c *comparison) run(t *testing.T, p pair, s script) {
	t.Helper()
	theirs, ours := p.theirs, p.ours
	for i, st := range s.steps {
		c.steps++
		a, b := st.run(t, &theirs), st.run(t, &ours)
		theirs.learn(a)
		ours.learn(b)
		parted := c.judge(t, fmt.Sprintf("%s, step %d: %s", s.name, i+1, st.what), st, compareAnswers(normalise(a, &theirs), normalise(b, &ours)))
		if parted {
			return
		}
	}
}

// judge reports what no allowance explains, and what should have shown and did
// not. It tells whether one side refused and the other did not.
func (c *comparison) judge(t *testing.T, where string, st step, diffs []difference) (parted bool) {
	t.Helper()
	var shown []string
	for _, d := range diffs {
		parted = parted || d.kind == stricter || d.kind == lenient
		id := c.explain(d, append(slices.Clone(st.must), st.may...))
		if id == "" {
			t.Errorf("unexplained difference (%s) in %s%s\n  theirs: %s\n  ours:   %s", d.kind, where, suffix(d.field), d.theirs, d.ours)
			continue
		}
		shown = append(shown, id)
	}
	for _, id := range st.must {
		if !slices.Contains(shown, id) {
			t.Errorf("difference %q does not show in %s", id, where)
		}
	}
	return parted
}

func suffix(field string) string {
	if field == "" {
		return ""
	}
	return " at " + field
}

// explain finds the allowance that covers a difference: one that holds
// everywhere, or one that the step names.
func (c *comparison) explain(d difference, named []string) string {
	for i, a := range c.list {
		if (a.everywhere || slices.Contains(named, a.id)) && a.covers(d) {
			c.seen[i]++
			return a.id
		}
	}
	return ""
}

// unused fails for allowances that nothing needed.
func (c *comparison) unused(t *testing.T) {
	t.Helper()
	for i, a := range c.list {
		if c.seen[i] == 0 {
			t.Errorf("allowed difference %q (%s, theirs %v, ours %v) never occurred: remove it, or test it", a.id, a.kind, a.theirs, a.ours)
		}
	}
}

// kind says how two answers differ.
type kind string

const (
	stricter kind = "ours refuses"
	lenient  kind = "ours accepts"
	wording  kind = "both refuse"
	content  kind = "both accept"
)

// difference is one thing in which two answers differ. field is where, if both
// sides accept.
type difference struct {
	kind                kind
	field, theirs, ours string
}

func compareAnswers(theirs, ours answer) []difference {
	switch {
	case theirs.ok() && ours.ok():
		diffs := compareValues("status", theirs.status, ours.status)
		return append(diffs, compareValues("", theirs.body, ours.body)...)
	case theirs.ok():
		return []difference{{kind: stricter, theirs: outcome(theirs), ours: outcome(ours)}}
	case ours.ok():
		return []difference{{kind: lenient, theirs: outcome(theirs), ours: outcome(ours)}}
	case outcome(theirs) != outcome(ours):
		return []difference{{kind: wording, theirs: outcome(theirs), ours: outcome(ours)}}
	}
	return nil
}

// outcome is a status and, of a refusal, the text.
func outcome(a answer) string {
	if a.ok() {
		return fmt.Sprint(a.status)
	}
	return fmt.Sprint(a.status, " ", a.text())
}

func compareValues(field string, theirs, ours any) []difference {
	a, aIsObject := theirs.(object)
	b, bIsObject := ours.(object)
	if !aIsObject || !bIsObject {
		if x, y := shown(theirs), shown(ours); x != y {
			return []difference{{kind: content, field: field, theirs: x, ours: y}}
		}
		return nil
	}
	var diffs []difference
	for _, name := range unionOfNames(a, b) {
		x, inA := a[name]
		y, inB := b[name]
		at := strings.TrimPrefix(field+"."+name, ".")
		switch {
		case !inA:
			diffs = append(diffs, difference{content, at, "(absent)", shown(y)})
		case !inB:
			diffs = append(diffs, difference{content, at, shown(x), "(absent)"})
		default:
			diffs = append(diffs, compareValues(at, x, y)...)
		}
	}
	return diffs
}

func unionOfNames(a, b object) []string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		if _, both := a[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func shown(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
