// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// startTimeout bounds a start or restart, beside the caller's context.
	startTimeout = 90 * time.Second
	// stopGrace is what Vault gets to shut down before it is killed.
	stopGrace = 20 * time.Second
	// bindAttempts: another process may take a free port before Vault does.
	bindAttempts = 3
)

// Server is a running, unsealed Vault on a loopback port. Its methods may be
// called by several goroutines, except that Restart and Close are for one.
type Server struct {
	Addr      string // such as "http://127.0.0.1:54321"
	RootToken string

	opts      Options
	dir       string
	ownsDir   bool
	unsealKey string

	mu   sync.Mutex
	proc *process // guarded by mu; replaced by Restart
}

// Start runs a new Vault, initialises and unseals it, and returns when it
// answers requests. Cancelling ctx later does not stop the server; Close does.
func Start(ctx context.Context, opts Options) (*Server, error) {
	s, err := prepare(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("starting Vault: %w", err)
	}
	for range bindAttempts {
		if err = s.boot(ctx); !errors.Is(err, errPortTaken) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting Vault: %w", err), s.Close())
	}
	return s, nil
}

func prepare(ctx context.Context, opts Options) (*Server, error) {
	opts, err := opts.resolve()
	if err != nil {
		return nil, err
	}
	if opts.Vault == "" {
		if opts.Vault, err = Locate(ctx); err != nil {
			return nil, err
		}
	}
	s := &Server{opts: opts, dir: opts.Dir}
	if s.dir == "" {
		s.ownsDir = true
		if s.dir, err = os.MkdirTemp("", "vaultdev-"); err != nil {
			return nil, err
		}
	}
	if s.dir, err = filepath.Abs(s.dir); err != nil {
		return nil, err
	}
	return s, opts.makeDirs(s.dir)
}

// boot starts a fresh server on free ports and makes it ready.
func (s *Server) boot(ctx context.Context) error {
	if err := s.configure(); err != nil {
		return err
	}
	return s.launch(ctx, s.initialise)
}

// Restart stops Vault and starts it again on the same address and data. It
// needs [Raft] storage: with [Inmem] nothing would be left to unseal.
func (s *Server) Restart(ctx context.Context) error {
	if s.opts.Storage != Raft {
		return fmt.Errorf("restarting Vault: storage %q does not outlive the process; start it with %q", s.opts.Storage, Raft)
	}
	s.process().stop(stopGrace)
	if err := s.launch(ctx, s.unseal); err != nil {
		return fmt.Errorf("restarting Vault: %w", err)
	}
	return nil
}

// launch runs the process and, once it answers, the given step, then waits
// until requests are served.
func (s *Server) launch(ctx context.Context, makeReady func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.spawn(); err != nil {
		return err
	}
	if err := s.await(ctx, "to answer", answers); err != nil {
		return err
	}
	if err := makeReady(ctx); err != nil {
		return s.explain(err)
	}
	return s.await(ctx, "to become active", active)
}

// Close stops Vault and, unless Options.Dir was given, removes its folder. It
// may be called again.
func (s *Server) Close() error {
	if proc := s.process(); proc != nil {
		proc.stop(stopGrace)
	}
	if !s.ownsDir {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// Log returns the path of the server's log.
func (s *Server) Log() string { return filepath.Join(s.dir, "vault.log") }

// PluginDir is where the server's plugins lie, "" if it has none.
func (s *Server) PluginDir() string { return s.opts.PluginDir }

// PID returns the process id of the Vault server.
func (s *Server) PID() int { return s.process().cmd.Process.Pid }

// PluginPIDs returns the process ids of the plugins that Vault runs now. Each
// mount has one, unless its version was registered with "-share-process".
func (s *Server) PluginPIDs() ([]int, error) { return children(s.PID()) }

// Done is closed when the current server process ends, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.process().done }

func (s *Server) process() *process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proc
}
