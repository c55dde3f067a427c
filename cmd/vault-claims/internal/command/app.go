// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package command is the tool's command line: flags, help, output, exit codes.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/signal"
	"syscall"

	"github.com/hashicorp/cli"
	"github.com/posener/complete"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/rollout"
	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

// The exit codes are those of the vault command.
const (
	exitOK      = 0
	exitLocal   = 1 // wrong usage, or something of this machine
	exitRefused = 2 // Vault said no, or what was looked at is not as it should be
)

// Streams are where the tool reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs the tool and returns its exit code.
func Main(version string, args []string, streams Streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	app := &cli.CLI{
		Name: "vault-claims", Version: version, Args: args,
		HelpFunc: cli.BasicHelpFunc("vault-claims"), HelpWriter: streams.Out, ErrorWriter: streams.Err,
		Autocomplete: true, AutocompleteNoDefaultFlags: true,
		Commands: map[string]cli.CommandFactory{},
	}
	for name, make := range commands() {
		app.Commands[name] = func() (cli.Command, error) {
			return &adapter{name: name, command: make(), ctx: ctx, streams: streams}, nil
		}
	}
	for name, synopsis := range groups() {
		app.Commands[name] = func() (cli.Command, error) { return group{synopsis}, nil }
	}
	code, err := app.Run()
	if err != nil {
		fmt.Fprintln(streams.Err, "Error:", err)
		return exitLocal
	}
	return code
}

// commands are all there are. Each run makes a new one, with its own flags.
func commands() map[string]func() command {
	all := map[string]func() command{
		"plugin new":       pluginNew,
		"plugin status":    pluginStatus,
		"plugin report":    pluginReport,
		"plugin promote":   pluginPromote,
		"plugin rollback":  pluginRollback,
		"plugin clean":     pluginClean,
		"explain":          explain,
		"candidate write":  candidateWrite,
		"candidate delete": candidateDelete,
		"import":           importMount,
		"doctor":           doctor,
		"dev":              dev,
	}
	maps.Copy(all, mountCommands())
	return all
}

// groups are the words that lead commands, and what these are for.
func groups() map[string]string {
	return map[string]string{
		"plugin":    "Stage a new version of the plugin, compare, promote, roll back",
		"candidate": "Try a change to a role on its logins, promote it, roll back",
		"issuer":    "Look at the issuers of a mount and their keys",
	}
}

// group is a word that is no command by itself: it answers with help.
type group struct{ synopsis string }

func (g group) Synopsis() string { return g.synopsis }
func (g group) Help() string     { return g.synopsis + "." }
func (g group) Run([]string) int { return cli.RunResultHelp }

// command is one of the tool's commands.
type command struct {
	synopsis string
	args     string // as help shows them; "" for none
	help     string
	min, max int // how many arguments
	flags    func(*flags)
	noVault  bool // needs no connection: has no flags for one
	// run returns what to print, which may come with an error.
	run      func(context.Context, *session, []string) (view, error)
	complete complete.Predictor // of the arguments
}

// adapter makes a command one of hashicorp/cli.
type adapter struct {
	name string
	command
	ctx     context.Context // of the whole run of the tool: cli passes none
	streams Streams
}

func (a *adapter) Synopsis() string { return a.synopsis }

func (a *adapter) Help() string {
	return fmt.Sprintf("Usage: vault-claims %s [options]%s\n\n%s\n\n%s", a.name, leading(a.args), indent(a.help), a.flagSet(nil).help())
}

func (a *adapter) Run(args []string) int {
	s := &session{streams: a.streams}
	set := a.flagSet(s)
	rest, err := set.parse(args)
	if err == nil && (len(rest) < a.min || len(rest) > a.max) {
		err = usage("wrong number of arguments: %s", wanted(a.min, a.max))
	}
	if err == nil {
		err = s.checkFormat()
	}
	if err != nil {
		fmt.Fprintf(a.streams.Err, "Error: %v\nRun `vault-claims %s -h` for help.\n", err, a.name)
		return exitLocal
	}
	out, err := a.run(a.ctx, s, rest)
	if printErr := s.print(out); printErr != nil {
		fmt.Fprintln(a.streams.Err, "Error: writing the output:", printErr)
		return exitLocal
	}
	if err != nil {
		fmt.Fprintln(a.streams.Err, "Error:", err)
	}
	return codeOf(err)
}

// codeOf tells a no of Vault or of a check from a fault of this machine.
func codeOf(err error) int {
	var answer *vault.Error
	var refusal *rollout.Refusal
	var found *finding
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &refusal), errors.As(err, &found), errors.As(err, &answer) && answer.Refused():
		return exitRefused
	}
	return exitLocal
}

// finding is an outcome that is no fault, and still not what one hopes for.
type finding struct{ text string }

func (f *finding) Error() string { return f.text }

func usage(format string, args ...any) error { return fmt.Errorf(format, args...) }

func wanted(min, max int) string {
	switch {
	case max == 0:
		return "there are none to give"
	case min == max:
		return fmt.Sprintf("want %d", min)
	}
	return fmt.Sprintf("want %d to %d", min, max)
}

func (a *adapter) AutocompleteArgs() complete.Predictor {
	if a.complete == nil {
		return complete.PredictNothing
	}
	return a.complete
}

func (a *adapter) AutocompleteFlags() complete.Flags {
	all := complete.Flags{}
	for name, predictor := range a.flagSet(nil).predictors {
		all["-"+name] = predictor
	}
	return all
}
