// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// issuerDocRow is a row of the table in docs/keys.md.
type issuerDocRow struct {
	id             string
	logins, states []string // in the order in which the row names them
}

// issuerDocRows reads the table: the words in code of its third and fourth
// column that are reasons and states.
func issuerDocRows(t *testing.T) []issuerDocRow {
	t.Helper()
	text, err := os.ReadFile("docs/keys.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "\n| row | what happens | what logins see | what status shows | what to do |\n")
	require.True(t, found, "docs/keys.md has lost its table")
	var rows []issuerDocRow
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			break
		}
		if strings.HasPrefix(line, "|--") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		require.Len(t, cells, 5, line)
		for _, cell := range cells {
			require.NotEmpty(t, strings.TrimSpace(cell), line)
		}
		rows = append(rows, issuerDocRow{
			id: strings.Trim(strings.TrimSpace(cells[0]), "`"),
			logins: issuerDocWords(cells[2], func(word string) bool {
				return auth.Reason(word) == auth.Allowed || auth.Reason(word).BeforeSignature()
			}),
			states: issuerDocWords(cells[3], func(word string) bool { return rank(word) >= 0 }),
		})
	}
	return rows
}

func issuerDocWords(cell string, known func(string) bool) []string {
	var words []string
	for _, match := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		if known(match[1]) {
			words = append(words, match[1])
		}
	}
	return words
}

// issuerScene produces the situation of a row. What it sees on the way is
// compared with what the row says.
type issuerScene struct {
	t     *testing.T
	world *issuerWorld // nil in real time
	p     *idp.Provider
	m     *issuerMount

	logins, states []string
}

// login notes the reason of a login. The same reason in a row is noted once.
func (s *issuerScene) login(token string) auth.Reason {
	s.t.Helper()
	return s.loginIn(context.Background(), token)
}

func (s *issuerScene) loginIn(ctx context.Context, token string) auth.Reason {
	s.t.Helper()
	reason := s.m.reasonIn(ctx, "ci", token)
	s.logins = slices.Compact(append(s.logins, string(reason)))
	return reason
}

// look notes the state of the issuer, and returns its status.
func (s *issuerScene) look() map[string]any {
	s.t.Helper()
	status := s.m.status("ci")
	s.states = slices.Compact(append(s.states, status["state"].(string)))
	return status
}

// warm makes the mount have the issuer's keys.
func (s *issuerScene) warm(changes ...any) {
	s.t.Helper()
	s.m.write("issuer/ci", issuerWith(issuerWith(issuerOf(s.p), "jwks_max_stale", "1h"), changes...))
	s.m.write("role/ci", issuerRole("ci"))
	s.p.ResetCounters()
}

// TestIssuerDocTableIsTrue holds docs/keys.md to what the code does: each row
// has a scene, each scene a row, and what a scene sees is what its row says.
func TestIssuerDocTableIsTrue(t *testing.T) {
	rows, scenes := issuerDocRows(t), issuerScenes()
	listed := map[string]bool{}
	for _, row := range rows {
		require.False(t, listed[row.id], "row %q stands twice", row.id)
		listed[row.id] = true
		require.Contains(t, scenes, row.id, "row %q has no scene that shows it", row.id)
	}
	for _, id := range slices.Sorted(maps.Keys(scenes)) {
		require.True(t, listed[id], "scene %q has no row in docs/keys.md", id)
	}
	for _, row := range rows {
		t.Run(row.id, func(t *testing.T) {
			scene := scenes[row.id]
			run := func(t *testing.T, w *issuerWorld, p *idp.Provider) {
				s := &issuerScene{t: t, world: w, p: p, m: issuerNewMount(t)}
				scene(s)
				require.Equal(t, row.logins, s.logins, "what logins see")
				require.Equal(t, row.states, s.states, "what status shows")
			}
			p := idp.Start(t)
			if row.id == "hanging" {
				run(t, nil, p)
				return
			}
			issuerBubble(t, func(t *testing.T, w *issuerWorld) { run(t, w, p) })
		})
	}
}

// TestIssuerDocNamesAllStates: the page on issuers explains each state that a
// status can show, and vault path-help does.
func TestIssuerDocNamesAllStates(t *testing.T) {
	text, err := os.ReadFile("docs/issuers.md")
	require.NoError(t, err)
	for _, state := range []string{stateStatic, stateHealthy, stateFailing, stateCold, stateStale, stateUnusable} {
		require.Contains(t, string(text), "| `"+state+"` |")
		require.Contains(t, statusHelp, "\n  "+state+" ")
	}
}

// TestIssuerDocNamesAllFields: the page has a row for each field and preset.
func TestIssuerDocNamesAllFields(t *testing.T) {
	text, err := os.ReadFile("docs/issuers.md")
	require.NoError(t, err)
	for name := range issuerFields() {
		if name != "name" {
			require.Contains(t, string(text), "| `"+name+"` |")
		}
	}
	for _, name := range presetNames() {
		require.Contains(t, string(text), "| `"+name+"` |")
	}
	m := issuerNewMount(t)
	p := idp.Start(t)
	m.write("issuer/ci", issuerOf(p))
	for name := range m.status("ci") {
		require.Contains(t, string(text), "`"+name+"`", "what a status shows is explained")
	}
}
