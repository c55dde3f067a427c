// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// answering is a demo whose vault command always ends the same way.
func answering(stdout string, err error) (*demo, *bytes.Buffer) {
	var shown bytes.Buffer
	return &demo{
		screen: &screen{w: &shown},
		vault:  &vaultdev.Server{RootToken: "root"},
		cli:    func(context.Context, string, ...string) (string, error) { return stdout, err },
	}, &shown
}

func TestRefusedNeedsARefusalByVault(t *testing.T) {
	denial := &vaultdev.CLIError{ExitCode: 2, Stderr: "Error writing data\nCode: 400. Errors:\n\n* the reason\n"}
	d, shown := answering("", denial)
	require.NoError(t, d.refused(t.Context(), "", "write"))
	require.Contains(t, shown.String(), "the reason")

	d, _ = answering("Success!", nil)
	require.ErrorContains(t, d.refused(t.Context(), "", "write"), "was not")

	for name, other := range map[string]error{
		"server fault":  &vaultdev.CLIError{ExitCode: 2, Stderr: "Code: 500. Errors:\n\n* internal error\n"},
		"no connection": &vaultdev.CLIError{ExitCode: 2, Stderr: "dial tcp: connection refused"},
		"no binary":     errors.New("no such file"),
	} {
		d, _ = answering("", other)
		require.ErrorIs(t, d.refused(t.Context(), "", "write"), other, name)
	}
}

func TestVaultCommandFails(t *testing.T) {
	d, shown := answering("Success!\n", nil)
	require.NoError(t, d.vaultCommand(t.Context(), "policy", "write", "p", "a file"))
	require.Equal(t, "    $ vault policy write p 'a file'\n      Success!\n", shown.String())

	cause := errors.New("boom")
	d, _ = answering("", cause)
	require.ErrorIs(t, d.vaultCommand(t.Context(), "status"), cause)
}

func TestPlayStopsAtTheFirstFailure(t *testing.T) {
	d, shown := answering("", nil)
	ran := 0
	good := step{"good", "", func(context.Context) error { ran++; return nil }}
	bad := step{"bad", "", func(context.Context) error { ran++; return errors.New("boom") }}

	require.NoError(t, d.play(t.Context(), []step{good, good}))
	require.Contains(t, shown.String(), "All 2 steps had the expected outcome.")

	ran = 0
	require.EqualError(t, d.play(t.Context(), []step{good, bad, good}), `step 2, "bad": boom`)
	require.Equal(t, 2, ran)
}

func TestLoginNeedsThePolicy(t *testing.T) {
	const good = `{"auth":{"client_token":"hvs.abc","policies":["default","web-deploy"],"lease_duration":600}}`
	for answer, want := range map[string]string{
		good: "",
		`{"auth":{"client_token":"hvs.abc","policies":["default"]}}`: "want a token with the policy web-deploy",
		`{"auth":{"policies":["web-deploy"]}}`:                       "want a token",
		`not JSON`:                                                   "reading the login's answer",
	} {
		d, _ := answering(answer, nil)
		err := d.readLogin(answer)
		if want == "" {
			require.NoError(t, err)
			require.Equal(t, "hvs.abc", d.jobToken)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}
