// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package shadow shows logins of a mount to a staged one as well, and compares
// what the two make of them. It never delays a login: a queue of fixed size takes
// what there is room for, and the rest is dropped and counted.
package shadow

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// Limits and defaults of a mirror.
const (
	DefaultQueue   = 1000
	MaxQueue       = 4096 // logins, each with a token of at most 64 KiB
	DefaultTimeout = 5 * time.Second
	MaxTimeout     = 30 * time.Second
)

// Config says where logins are shown to.
type Config struct {
	Mount      string  // path of the staged mount, with or without "auth/" before it
	Address    string  // of the Vault server that has it: https, or http on the loopback interface
	CAPEM      string  // "" for the system's
	Namespace  string  // "" for none
	SampleRate float64 // which part of all logins, 0 to 1
	QueueSize  int
	Timeout    time.Duration // of one question
}

// strangersShare is how many of the logins that wait may be those of tokens that
// nobody vouches for: a quarter, rounded up, but never all.
func (c Config) strangersShare() int64 { return int64(min((c.QueueSize+3)/4, c.QueueSize-1)) }

var mountPath = regexp.MustCompile(`^[\w-][\w.-]*(/[\w-][\w.-]*)*$`)

// Check refuses what cannot be meant. Errors name the field.
func (c Config) Check() error {
	if _, err := c.target(); err != nil {
		return err
	}
	switch {
	case !(c.SampleRate >= 0 && c.SampleRate <= 1): // NaN is neither
		return errors.New(`field "sample_rate": must be from 0 to 1`)
	case c.QueueSize < 1 || c.QueueSize > MaxQueue:
		return fmt.Errorf(`field "queue_size": must be from 1 to %d`, MaxQueue)
	case c.Timeout <= 0 || c.Timeout > MaxTimeout:
		return fmt.Errorf(`field "timeout": must be from 1 to %d seconds`, int(MaxTimeout.Seconds()))
	case strings.ContainsFunc(c.Namespace, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return errors.New(`field "namespace": must be printable ASCII without spaces`)
	}
	if _, err := keys.ClientTLS(c.CAPEM); err != nil {
		return fmt.Errorf(`field "ca_pem": %w`, err)
	}
	return nil
}

// target is the URL of the staged mount's check.
func (c Config) target() (*url.URL, error) {
	u, err := url.Parse(c.Address)
	if err != nil {
		return nil, errors.New(`field "address": is not a valid URL`)
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, errors.New(`field "address": must be the URL of a Vault server, https://HOST:PORT`)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New(`field "address": must have no user, query or fragment`)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New(`field "address": tokens go there, so it must begin with https:// unless it is on the loopback interface`)
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil {
		if err := keys.CheckAddress(a); err != nil {
			return nil, fmt.Errorf(`field "address": %w`, err)
		}
	}
	mount := strings.TrimPrefix(strings.Trim(c.Mount, "/"), "auth/")
	if !mountPath.MatchString(mount) {
		return nil, errors.New(`field "mount": must be the path of a staged mount, as in "vault auth list"`)
	}
	return u.JoinPath("v1", "auth", mount, "check"), nil
}

// loopback tells whether a host is on this machine by its name. Where the name
// leads is looked at again when the connection is made.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
