// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// screen writes for a reader. It uses colours only on a terminal, and none
// where NO_COLOR (no-color.org) or a dumb terminal asks for plain text.
type screen struct {
	w      io.Writer
	colour bool
}

func newScreen(f *os.File) *screen {
	info, err := f.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &screen{w: f, colour: terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// ECMA-48 "select graphic rendition" parameters.
const (
	bold  = "1"
	faint = "2"
	red   = "31"
	green = "32"
	cyan  = "36"
)

func (s *screen) paint(style, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

func (s *screen) heading(n, of int, title, why string) {
	fmt.Fprintf(s.w, "\n%s\n    %s\n", s.paint(bold, fmt.Sprintf("[%d/%d] %s", n, of, title)), why)
}

// command shows a command line that can be typed as it stands.
func (s *screen) command(line string) { fmt.Fprintf(s.w, "    %s\n", s.paint(cyan, "$ "+line)) }

// output shows what a command or a file says, indented.
func (s *screen) output(text string) {
	for line := range strings.Lines(strings.TrimSpace(text) + "\n") {
		fmt.Fprintf(s.w, "      %s\n", s.paint(faint, strings.TrimRight(line, " \n")))
	}
}

// progress reports on something slow.
func (s *screen) progress(text string) { fmt.Fprintf(s.w, "    … %s\n", text) }

func (s *screen) ok(text string) { fmt.Fprintf(s.w, "    %s %s\n", s.paint(green, "ok"), text) }

func (s *screen) failed(text string) { fmt.Fprintf(s.w, "    %s %s\n", s.paint(red, "FAILED"), text) }

func (s *screen) say(text string) { fmt.Fprintf(s.w, "\n%s\n", text) }
