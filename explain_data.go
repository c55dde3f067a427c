// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"fmt"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
)

// explanationData is an explanation as an answer has it. The keys are stable.
func explanationData(e auth.Explanation, role string, i *auth.Inspection) map[string]any {
	data := map[string]any{
		"allowed":   e.Allowed(),
		"reason":    string(e.Reason),
		"role":      role,
		"issuer":    i.Issuer(),
		"signature": i.Signature(),
		"checks":    checksData(e.Checks),
		"summary":   verdictLine(e.Decision) + "\n" + summary(e.Checks),
	}
	if e.About != "" {
		data["about"] = e.About
	}
	return data
}

func checksData(checks []auth.Check) []map[string]any {
	rows := make([]map[string]any, len(checks))
	for n, c := range checks {
		rows[n] = map[string]any{"check": c.Name, "ok": c.OK, "wanted": c.Wanted, "found": c.Found}
		for key, text := range map[string]string{"about": c.About, "reason": string(c.Reason), "skipped": c.Skipped} {
			if text != "" {
				rows[n][key] = text
			}
		}
	}
	return rows
}

// verdictLine says in one line what became of a login.
func verdictLine(d auth.Decision) string {
	switch {
	case d.Allowed():
		return "allowed"
	case d.About != "":
		return fmt.Sprintf("refused: %s (%s)", d.Reason, d.About)
	}
	return "refused: " + string(d.Reason)
}

// summary is a table of the checks for people: a line each.
func summary(checks []auth.Check) string {
	wide := 0
	for _, c := range checks {
		wide = max(wide, len(checkTitle(c)))
	}
	var b strings.Builder
	for _, c := range checks {
		mark, text := "ok", c.Found
		switch {
		case c.Skipped != "":
			mark, text = "-", "not checked: "+c.Skipped
		case !c.OK:
			mark, text = "FAIL", fmt.Sprintf("found %s; wanted %s", c.Found, c.Wanted)
			if c.Found == "" {
				text = "wanted " + c.Wanted
			}
		}
		// An expression may have been written in several lines.
		line := fmt.Sprintf("%-4s  %-*s  %s", mark, wide, checkTitle(c), strings.Join(strings.Fields(text), " "))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func checkTitle(c auth.Check) string {
	if c.About == "" || c.About == c.Name {
		return c.Name
	}
	return c.Name + " " + c.About
}
