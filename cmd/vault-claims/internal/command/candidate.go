// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func candidateWrite() command {
	var mount string
	return command{
		synopsis: "Try a change to a role beside it",
		args:     "ROLE (KEY=VALUE... | @FILE | -)",
		help: `
Puts a change to a role beside it. From then on each login of the role is judged
by both, and the role alone decides. What is left out is as in the role. VALUE
may be @FILE; a whole body in JSON comes from @FILE or, with -, standard input.

  $ vault-claims candidate write -mount=ci deploy token_ttl=10m`,
		min: 2, max: 64,
		flags: func(f *flags) { f.mount(&mount) },
		run: func(ctx context.Context, s *session, args []string) (view, error) {
			body, err := s.body(args[1:])
			if err != nil {
				return view{}, err
			}
			client, at, err := s.at(mount)
			if err != nil {
				return view{}, err
			}
			return written(ctx, client, at+"role/"+args[0]+"/candidate", body, "on trial; `candidate report "+args[0]+"` tells how it decides")
		},
	}
}

func candidateDelete() command {
	var mount string
	var report bool
	return command{
		synopsis: "End the trial of a candidate",
		args:     "ROLE",
		help: `
Ends the trial: the candidate and its report go, the role stays as it is. With
-report only the report is begun anew.

  $ vault-claims candidate delete -mount=ci deploy`,
		min: 1, max: 1,
		flags: func(f *flags) {
			f.mount(&mount)
			f.yes(&report, "report", "Delete the report alone, and count from zero.")
		},
		run: func(ctx context.Context, s *session, args []string) (view, error) {
			client, at, err := s.at(mount)
			if err != nil {
				return view{}, err
			}
			path, done := at+"role/"+args[0]+"/candidate", "the trial is over"
			if report {
				path, done = path+"/report", "the report counts from zero"
			}
			if err := client.Delete(ctx, path); err != nil {
				return view{}, known(err)
			}
			return dataView(map[string]any{"done": done}), nil
		},
	}
}

// body reads what is to be written, as the vault command does.
func (s *session) body(args []string) (map[string]any, error) {
	if len(args) == 1 && (args[0] == "-" || strings.HasPrefix(args[0], "@")) {
		text, err := s.wholeBody(args[0])
		if err != nil {
			return nil, err
		}
		var body map[string]any
		if err := json.Unmarshal(text, &body); err != nil {
			return nil, fmt.Errorf("the body is no JSON object: %w", err)
		}
		return body, nil
	}
	body := map[string]any{}
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		if !found || name == "" {
			return nil, usage("%q is not KEY=VALUE", arg)
		}
		text, err := fileArgument(value)
		if err != nil {
			return nil, err
		}
		body[name] = text
	}
	return body, nil
}

func (s *session) wholeBody(arg string) ([]byte, error) {
	if arg == "-" {
		return io.ReadAll(s.streams.In)
	}
	return os.ReadFile(strings.TrimPrefix(arg, "@"))
}
