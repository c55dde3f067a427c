// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// configure picks free ports and writes the configuration file.
func (s *Server) configure() error {
	addrs, err := freeAddrs(2)
	if err != nil {
		return err
	}
	s.Addr = "http://" + addrs[0]
	config, err := s.opts.configFile(s.dir, addrs[0], addrs[1])
	if err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return os.WriteFile(s.configPath(), config, 0o600)
}

func (s *Server) configPath() string { return filepath.Join(s.dir, "vault.json") }

// freeAddrs returns n different loopback addresses that nobody listens on now.
func freeAddrs(n int) ([]string, error) {
	addrs := make([]string, n)
	for i := range addrs {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		defer l.Close() // held until all are chosen, so that they differ
		addrs[i] = l.Addr().String()
	}
	return addrs, nil
}

// spawn starts the server process; its output is appended to the log.
func (s *Server) spawn() error {
	log, err := os.OpenFile(s.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the child has its own descriptor
	cmd := exec.Command(s.opts.Vault, "server", "-config="+s.configPath())
	cmd.Env = append(s.cleanEnv(), s.opts.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	proc, err := startProcess(cmd)
	if err != nil {
		return fmt.Errorf("running %s: %w", s.opts.Vault, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proc = proc
	return nil
}

// cleanEnv keeps the caller's VAULT_* variables and ~/.vault-token out.
func (s *Server) cleanEnv() []string {
	env := []string{"HOME=" + filepath.Join(s.dir, "home")}
	for _, name := range []string{"PATH", "TMPDIR"} {
		if value, set := os.LookupEnv(name); set {
			env = append(env, name+"="+value)
		}
	}
	return env
}
