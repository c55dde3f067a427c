// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

func explain() command {
	var mount, jwt, claims, issuer, role string
	return command{
		synopsis: "Show what becomes of a login, check by check",
		help: `
Shows what becomes of a login with a token: each check in order, with what was
wanted and what was found, and what the login would get. Without -role it shows
the verdict of each role. Nobody is logged in and nothing is spent. Ends with
exit code 2 when the login would be refused.

  $ vault-claims explain -mount=ci -jwt=@job.jwt -role=deploy
  $ vault-claims explain -mount=ci -claims=@claims.json -issuer=default`,
		flags: func(f *flags) {
			f.mount(&mount)
			f.text(&jwt, "jwt", "", "The token; @FILE reads it from a file, - from standard input.")
			f.text(&claims, "claims", "", "Claims in JSON instead of a token; @FILE reads them from a file.")
			f.text(&issuer, "issuer", "", "Name of the issuer that the claims are taken to be from.")
			f.text(&role, "role", "", "The role that the login would name.")
		},
		run: func(ctx context.Context, s *session, _ []string) (view, error) {
			if (jwt == "") == (claims == "") {
				return view{}, usage("give one of -jwt and -claims")
			}
			body, err := s.explainBody(jwt, claims)
			if err != nil {
				return view{}, err
			}
			for name, value := range map[string]string{"issuer": issuer, "role": role} {
				if value != "" {
					body[name] = value
				}
			}
			client, at, err := s.at(mount)
			if err != nil {
				return view{}, err
			}
			secret, err := client.Write(ctx, at+"explain", body)
			if err != nil {
				return view{}, known(err)
			}
			if secret == nil {
				return view{}, &finding{"the mount did not explain anything"}
			}
			return explainView(secret.Data), refusedBy(secret.Data)
		},
	}
}

func (s *session) explainBody(jwt, claims string) (map[string]any, error) {
	if claims == "" {
		token, err := s.token(jwt)
		return map[string]any{"jwt": token}, err
	}
	text, err := fileArgument(claims)
	if err != nil {
		return nil, err
	}
	var parsed map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&parsed); err != nil {
		return nil, fmt.Errorf("the claims are no JSON object: %w", err)
	}
	return map[string]any{"claims": parsed}, nil
}

// token reads a token from a flag's value.
func (s *session) token(value string) (string, error) {
	if value == "-" {
		text, err := io.ReadAll(s.streams.In)
		return strings.TrimSpace(string(text)), err
	}
	if strings.HasPrefix(value, "@") {
		return fileArgument(value)
	}
	if _, err := os.Stat(value); err == nil {
		return "", usage("%s is a file: write @%s", value, value)
	}
	return value, nil
}

func refusedBy(data map[string]any) error {
	if allowed, is := data["allowed"].(bool); is && !allowed {
		return &finding{"the login would be refused: " + show(data["reason"])}
	}
	return nil
}

func explainView(data map[string]any) view {
	return view{data: data, text: func(w io.Writer) {
		var rows [][2]string
		for _, name := range slices.Sorted(maps.Keys(data)) {
			switch data[name].(type) {
			case []any, map[string]any:
			default:
				if name != "summary" { // the same as the checks, below
					rows = append(rows, [2]string{name, show(data[name])})
				}
			}
		}
		pairs(w, rows)
		if checks, is := data["checks"].([]any); is {
			fmt.Fprintln(w)
			table(w, []string{"Check", "OK", "Wanted", "Found"}, checkRows(checks))
		}
		if grant, is := data["grant"].(map[string]any); is {
			fmt.Fprintln(w)
			dataView(grant).text(w)
		}
		if roles, is := data["roles"].([]any); is {
			fmt.Fprintln(w)
			listTable(w, roles)
		}
	}}
}

func checkRows(checks []any) [][]string {
	rows := make([][]string, 0, len(checks))
	for _, one := range checks {
		check, _ := one.(map[string]any)
		verdict := "FAIL"
		if ok, _ := check["ok"].(bool); ok {
			verdict = "ok"
		}
		if check["skipped"] != nil {
			verdict = "-"
		}
		name := show(check["check"])
		if about := check["about"]; about != nil && about != check["check"] {
			name += " " + show(about)
		}
		rows = append(rows, []string{name, verdict, flat(check["wanted"]), flat(check["found"])})
	}
	return rows
}

// flat keeps an expression that was written in several lines in one.
func flat(value any) string {
	if value == nil {
		return ""
	}
	return strings.Join(strings.Fields(show(value)), " ")
}

// listTable writes a list of objects, with a column for each name.
func listTable(w io.Writer, list []any) {
	columns := map[string]bool{}
	for _, one := range list {
		object, _ := one.(map[string]any)
		for name := range object {
			columns[name] = true
		}
	}
	header := slices.Sorted(maps.Keys(columns))
	var rows [][]string
	for _, one := range list {
		object, _ := one.(map[string]any)
		row := make([]string, len(header))
		for i, name := range header {
			row[i] = flat(object[name])
		}
		rows = append(rows, row)
	}
	table(w, header, rows)
}
