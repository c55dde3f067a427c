// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

// keptLines bounds what is kept of a build's output for its error message.
const keptLines = 25

// buildOutput receives what "go build -v" prints. It counts what was done and
// keeps the last lines, which hold the cause when the build fails. Safe for
// concurrent use.
type buildOutput struct {
	mu       sync.Mutex
	partial  []byte
	last     []string
	modules  int
	compiled int
}

// Write never fails.
func (o *buildOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.partial = append(o.partial, p...)
	for {
		line, rest, found := bytes.Cut(o.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		o.add(string(line))
		o.partial = rest
	}
}

func (o *buildOutput) add(line string) {
	switch {
	case strings.HasPrefix(line, "go: downloading "):
		o.modules++
	case !strings.ContainsAny(line, " :"):
		o.compiled++ // "-v" prints the bare import path
	}
	o.last = append(o.last, line)
	if len(o.last) > keptLines {
		o.last = o.last[1:]
	}
}

// progress says in a few words how far the build is.
func (o *buildOutput) progress() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return fmt.Sprintf("%d modules downloaded, %d packages compiled", o.modules, o.compiled)
}

// tail returns the last lines of the output.
func (o *buildOutput) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(append(o.last[:len(o.last):len(o.last)], string(o.partial)), "\n")
}
