// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/posener/complete"
)

// flags are the flags of one run of a command. They may stand before, between
// and after the arguments.
type flags struct {
	set        *flag.FlagSet
	order      []string
	predictors map[string]complete.Predictor
}

func (a *adapter) flagSet(s *session) *flags {
	if s == nil {
		s = &session{}
	}
	f := &flags{set: flag.NewFlagSet(a.name, flag.ContinueOnError), predictors: map[string]complete.Predictor{}}
	f.set.SetOutput(io.Discard)
	if a.command.flags != nil {
		a.command.flags(f)
	}
	f.choice(&s.format, "format", "table", "How to print: table, json or yaml. Also VAULT_FORMAT.", "table", "json", "yaml")
	if !a.noVault {
		s.connectionFlags(f)
	}
	return f
}

func (f *flags) note(name string, predictor complete.Predictor) {
	f.order = append(f.order, name)
	f.predictors[name] = predictor
}

func (f *flags) text(p *string, name, value, help string) {
	f.set.StringVar(p, name, value, help)
	f.note(name, complete.PredictAnything)
}

func (f *flags) file(p *string, name, help string) {
	f.set.StringVar(p, name, "", help)
	f.note(name, complete.PredictFiles("*"))
}

func (f *flags) choice(p *string, name, value, help string, choices ...string) {
	f.set.StringVar(p, name, value, help)
	f.note(name, complete.PredictSet(choices...))
}

func (f *flags) yes(p *bool, name, help string) {
	f.set.BoolVar(p, name, false, help)
	f.note(name, complete.PredictNothing)
}

func (f *flags) count(p *int64, name string, value int64, help string) {
	f.set.Int64Var(p, name, value, help)
	f.note(name, complete.PredictAnything)
}

func (f *flags) share(p *float64, name string, value float64, help string) {
	f.set.Float64Var(p, name, value, help)
	f.note(name, complete.PredictAnything)
}

func (f *flags) duration(p *time.Duration, name string, value time.Duration, help string) {
	f.set.DurationVar(p, name, value, help)
	f.note(name, complete.PredictAnything)
}

// list takes commas and repetition.
func (f *flags) list(p *[]string, name, help string, choices ...string) {
	f.set.Func(name, help, func(value string) error {
		for one := range strings.SplitSeq(value, ",") {
			if one = strings.TrimSpace(one); one != "" {
				*p = append(*p, one)
			}
		}
		return nil
	})
	f.note(name, complete.PredictSet(choices...))
}

// each takes repetition, and a comma is part of the value.
func (f *flags) each(p *[]string, name, help string) {
	f.set.Func(name, help, func(value string) error { *p = append(*p, value); return nil })
	f.note(name, complete.PredictAnything)
}

// mount is the flag that nearly all commands have.
func (f *flags) mount(p *string) {
	f.text(p, "mount", "", "Path of the auth mount, such as ci. Required.")
}

// parse returns the arguments that are no flags.
func (f *flags) parse(args []string) ([]string, error) {
	var rest []string
	for {
		if err := f.set.Parse(args); err != nil {
			return nil, err
		}
		parsed := len(args) - f.set.NArg()
		if f.set.NArg() == 0 || parsed > 0 && args[parsed-1] == "--" {
			return append(rest, f.set.Args()...), nil
		}
		rest, args = append(rest, f.set.Arg(0)), f.set.Args()[1:]
	}
}

func (f *flags) help() string {
	var b strings.Builder
	b.WriteString("Options:\n")
	for _, name := range f.order {
		one := f.set.Lookup(name)
		fmt.Fprintf(&b, "\n  -%s", name)
		if d := one.DefValue; d != "" && d != "false" && d != "0" && d != "0s" {
			fmt.Fprintf(&b, "=%s", d)
		}
		fmt.Fprintf(&b, "\n      %s\n", strings.ReplaceAll(one.Usage, "\n", "\n      "))
	}
	return b.String()
}

func leading(args string) string {
	if args == "" {
		return ""
	}
	return " " + args
}

// indent sets a help text off from the usage line, as the vault command does.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		if strings.TrimSpace(line) != "" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return b.String()
}
