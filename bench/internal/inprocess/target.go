// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package inprocess

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"
	jwtauth "github.com/hashicorp/vault-plugin-auth-jwt"
	"github.com/hashicorp/vault/sdk/logical"

	claimsauth "github.com/vault-claims/vault-plugin-auth-claims"
	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/fixture"
)

// target is a backend in this process, configured, with storage in memory.
type target struct {
	backend logical.Backend
	storage logical.Storage
}

// newClaims makes a target of this project's method.
func newClaims(ctx context.Context, issuer *fixture.Issuer) (*target, error) {
	return newTarget(ctx, claimsauth.Factory(""), issuer)
}

// newPeer makes a target of vault-plugin-auth-jwt.
func newPeer(ctx context.Context, issuer *fixture.Issuer) (*target, error) {
	return newTarget(ctx, jwtauth.Factory, issuer)
}

func newTarget(ctx context.Context, factory logical.Factory, issuer *fixture.Issuer) (*target, error) {
	storage := &logical.InmemStorage{}
	backend, err := factory(ctx, &logical.BackendConfig{
		StorageView: storage,
		Logger:      hclog.NewNullLogger(),
		System:      &logical.StaticSystemView{DefaultLeaseTTLVal: time.Hour, MaxLeaseTTLVal: 24 * time.Hour},
	})
	if err != nil {
		return nil, err
	}
	t := &target{backend, storage}
	if err := t.write(ctx, logical.UpdateOperation, "config", issuer.Config()); err != nil {
		return nil, err
	}
	return t, t.addRole(ctx, fixture.Service)
}

// addRole writes a role that issues service tokens.
func (t *target) addRole(ctx context.Context, name string) error {
	return t.write(ctx, logical.CreateOperation, "role/"+name, fixture.Role(fixture.Service))
}

func (t *target) write(ctx context.Context, op logical.Operation, path string, data map[string]any) error {
	resp, err := t.backend.HandleRequest(ctx, &logical.Request{Operation: op, Path: path, Data: data, Storage: t.storage})
	if err == nil && resp.IsError() {
		err = resp.Error()
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// logins makes the contender that logs in to the roles in turn.
func (t *target) logins(name string, roles ...string) contender {
	return t.contender(name, roles, func(resp *logical.Response) bool { return resp != nil && resp.Auth != nil })
}

// refusals makes the contender whose logins must all be refused.
func (t *target) refusals(name, role string) contender {
	return t.contender(name, []string{role}, (*logical.Response).IsError)
}

func (t *target) contender(name string, roles []string, want func(*logical.Response) bool) contender {
	prepare := func(tokens []string) func(context.Context) error {
		requests := make([]*logical.Request, len(tokens))
		for i, token := range tokens {
			requests[i] = t.login(roles[i%len(roles)], token)
		}
		return func(ctx context.Context) error {
			for _, req := range requests {
				resp, err := t.backend.HandleRequest(ctx, req)
				if err != nil {
					return err
				}
				if !want(resp) {
					return fmt.Errorf("a login had the wrong outcome: %v", resp)
				}
			}
			return nil
		}
	}
	return contender{name, prepare}
}

func (t *target) login(role, token string) *logical.Request {
	return &logical.Request{
		Operation:  logical.UpdateOperation,
		Path:       "login",
		Data:       map[string]any{"role": role, "jwt": token},
		Storage:    t.storage,
		Connection: &logical.Connection{RemoteAddr: "127.0.0.1"},
	}
}
