// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout

import (
	"errors"
	"fmt"
)

// State is how a step ended.
type State string

const (
	OK      State = "ok"      // looked at, and as it should be
	Note    State = "note"    // looked at; somebody should know
	Done    State = "done"    // changed
	Already State = "already" // nothing to change
	Would   State = "would"   // would be changed, but for the dry run
	Refused State = "refused" // not as it should be; nothing after it was done
	Failed  State = "failed"  // was tried, and did not work
)

// Step is one thing that was looked at or done.
type Step struct {
	Name   string `json:"step"`
	State  State  `json:"state"`
	Detail string `json:"detail"`
}

// Refusal is why something was not done. Vault and the mounts are as before.
type Refusal struct{ Why string }

func (r *Refusal) Error() string { return r.Why }

func refuse(format string, args ...any) error { return &Refusal{Why: fmt.Sprintf(format, args...)} }

// journal collects steps and tells each when it is taken.
type journal struct {
	tell   func(Step)
	steps  []Step
	dryRun bool
}

func (j *journal) note(name string, state State, format string, args ...any) {
	step := Step{Name: name, State: state, Detail: fmt.Sprintf(format, args...)}
	j.steps = append(j.steps, step)
	if j.tell != nil {
		j.tell(step)
	}
}

// look notes what a check found, and passes on why it refused.
func (j *journal) look(name string, check func() (State, string, error)) error {
	state, detail, err := check()
	if err != nil {
		j.fail(name, err)
		return err
	}
	j.note(name, state, "%s", detail)
	return nil
}

// change does something unless it is a dry run, which says what it would do.
func (j *journal) change(name, what string, do func() (string, error)) error {
	if j.dryRun {
		j.note(name, Would, "%s", what)
		return nil
	}
	detail, err := do()
	if err != nil {
		j.fail(name, err)
		return err
	}
	if detail == "" {
		detail = what
	}
	j.note(name, Done, "%s", detail)
	return nil
}

func (j *journal) fail(name string, err error) {
	state := Failed
	if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
		state = Refused
	}
	j.note(name, state, "%s", err)
}
