// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/live"
)

// settings are what the command line asks for.
type settings struct {
	inprocess, vault bool
	quick            bool
	algorithm        string // "" means the default of each part
	rounds           int    // 0 means the default of each part
	slice            time.Duration
	clients          int
	profile          string
	pluginProfile    string
	only             string
	noise            bool
	tries            []live.Try
}

const usage = `usage: bench [flags] [inprocess | vault]

Without a word, both parts run: inprocess measures logins in this process,
vault through a real Vault server, which VAULT_BIN or the PATH names or which is
built once.

`

func parse(args []string) (settings, error) {
	s := settings{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), usage)
		flags.PrintDefaults()
	}
	flags.BoolVar(&s.quick, "quick", false, "fewer and shorter rounds: shows that all works, for numbers too noisy")
	flags.StringVar(&s.algorithm, "alg", "", "ES256, RS256 or EdDSA (default: inprocess all three, vault ES256)")
	flags.IntVar(&s.rounds, "rounds", 0, "rounds (default: inprocess 21, vault 8)")
	flags.DurationVar(&s.slice, "slice", 2*time.Second, "vault: how long each contender runs in a round")
	flags.IntVar(&s.clients, "clients", 8, "vault: clients that log in at the same time")
	flags.StringVar(&s.profile, "profile", "", "inprocess: `file` for a CPU profile; the contenders are labels in it")
	flags.StringVar(&s.pluginProfile, "plugin-profile", "", "vault: `file` for a CPU profile of this project's plugin process")
	flags.StringVar(&s.only, "only", "", "vault: comma-separated `mounts` to run, of claims, empty, empty-operations, jwt-external, jwt-builtin, empty-twin, try-NAME")
	flags.BoolVar(&s.noise, "noise", false, "vault: mount the empty plugin twice, to see how much equal things differ")
	flags.Func("try", "vault: mount this project's plugin once more, as try-NAME, another build of it or with other environment variables: `NAME:[binary=FILE,][KEY=VALUE,…]`; may be repeated", s.addTry)
	if err := flags.Parse(wordLast(args)); err != nil {
		return s, err
	}
	return s, s.choose(flags.Args())
}

// wordLast lets the word stand before the flags as well.
func wordLast(args []string) []string {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return append(append([]string{}, args[1:]...), args[0])
	}
	return args
}

func (s *settings) choose(words []string) error {
	word := strings.Join(words, " ")
	switch word {
	case "":
		s.inprocess, s.vault = true, true
	case "inprocess":
		s.inprocess = true
	case "vault":
		s.vault = true
	default:
		return fmt.Errorf("unknown argument %q: want inprocess, vault or nothing", word)
	}
	if s.rounds < 0 || s.clients < 1 || s.slice <= 0 {
		return errors.New("-rounds, -clients and -slice must be positive")
	}
	return nil
}

func (s *settings) addTry(text string) error {
	name, rest, ok := strings.Cut(text, ":")
	if !ok || name == "" || rest == "" {
		return errors.New("want NAME:[binary=FILE,][KEY=VALUE,…]")
	}
	try := live.Try{Name: name}
	for pair := range strings.SplitSeq(rest, ",") {
		if file, found := strings.CutPrefix(pair, "binary="); found {
			try.Binary = file
		} else {
			try.Env = append(try.Env, pair)
		}
	}
	s.tries = append(s.tries, try)
	return nil
}
