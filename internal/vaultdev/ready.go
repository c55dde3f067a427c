// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
)

const (
	pollInterval = 25 * time.Millisecond
	// tailLines of the log go into errors; a start that fails says why there.
	tailLines = 20
)

var errPortTaken = errors.New("the port was taken by another process")

// answers is any well-formed answer: the HTTP side is up, sealed or not.
func answers(*api.HealthResponse) bool { return true }

func active(h *api.HealthResponse) bool { return h.Initialized && !h.Sealed && !h.Standby }

// await polls sys/health until want is met, the process ends or ctx does.
func (s *Server) await(ctx context.Context, what string, want func(*api.HealthResponse) bool) error {
	client, proc := s.Client(), s.process()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		health, err := client.Sys().HealthWithContext(ctx)
		if err == nil && want(health) {
			return nil
		}
		select {
		case <-ticker.C:
		case <-proc.done:
			return s.explain(fmt.Errorf("vault ended while it was expected %s: %w", what, exitError(proc.err)))
		case <-ctx.Done():
			return s.explain(fmt.Errorf("waiting for vault %s: %w", what, ctx.Err()))
		}
	}
}

func exitError(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// explain adds the end of the log to an error and recognises a lost race for
// the port, which Start may retry.
func (s *Server) explain(err error) error {
	log, readErr := os.ReadFile(s.Log())
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	if bytes.Contains(log, []byte("address already in use")) && s.process().exited() {
		err = errors.Join(errPortTaken, err)
	}
	return fmt.Errorf("%w; the log %s ends with:\n%s", err, s.Log(), lastLines(string(log), tailLines))
}

// initialise makes a new Vault's keys, with one share, and unseals it.
func (s *Server) initialise(ctx context.Context) error {
	res, err := s.Client().Sys().InitWithContext(ctx, &api.InitRequest{SecretShares: 1, SecretThreshold: 1})
	if err != nil {
		return fmt.Errorf("initialising: %w", err)
	}
	s.RootToken, s.unsealKey = res.RootToken, res.KeysB64[0]
	return s.unseal(ctx)
}

func (s *Server) unseal(ctx context.Context) error {
	status, err := s.Client().Sys().UnsealWithContext(ctx, s.unsealKey)
	if err != nil {
		return fmt.Errorf("unsealing: %w", err)
	}
	if status.Sealed {
		return errors.New("unsealing: still sealed after the only key share")
	}
	return nil
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
