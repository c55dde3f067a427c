// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package live

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/vault/api"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/fixture"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// mountAll registers, mounts and configures each candidate.
func mountAll(ctx context.Context, server *vaultdev.Server, list []candidate, issuer *fixture.Issuer) ([]contender, error) {
	contenders := make([]contender, len(list))
	for i, c := range list {
		pid, err := mount(ctx, server, c)
		if err != nil {
			return nil, err
		}
		contenders[i] = contender{name: c.name, mount: c.mount, pid: pid}
		if c.empty {
			continue
		}
		if err := configure(ctx, server, c.mount, issuer); err != nil {
			return nil, err
		}
	}
	return contenders, nil
}

// mount returns the process id of the candidate's plugin. Each candidate is
// registered under a name of its own and so gets a process of its own.
func mount(ctx context.Context, server *vaultdev.Server, c candidate) (int, error) {
	if c.plugin.Path == "" {
		return 0, server.EnableBuiltin(ctx, c.mount, "jwt")
	}
	if err := server.RegisterPlugin(ctx, c.mount, c.plugin); err != nil {
		return 0, err
	}
	before, err := server.PluginPIDs()
	if err != nil {
		return 0, err
	}
	if err := server.EnableAuth(ctx, c.mount, c.mount, ""); err != nil {
		return 0, err
	}
	after, err := server.PluginPIDs()
	if err != nil {
		return 0, err
	}
	after = slices.DeleteFunc(after, func(pid int) bool { return slices.Contains(before, pid) })
	if len(after) != 1 {
		return 0, fmt.Errorf("mounting %s made %d new processes: expected one", c.mount, len(after))
	}
	return after[0], nil
}

func configure(ctx context.Context, server *vaultdev.Server, mount string, issuer *fixture.Issuer) error {
	logical := server.Client().Logical()
	if _, err := logical.WriteWithContext(ctx, "auth/"+mount+"/config", issuer.Config()); err != nil {
		return fmt.Errorf("configuring %s: %w", mount, err)
	}
	for _, kind := range []string{fixture.Service, fixture.Batch} {
		if _, err := logical.WriteWithContext(ctx, "auth/"+mount+"/role/"+kind, fixture.Role(kind)); err != nil {
			return fmt.Errorf("writing the role %s of %s: %w", kind, mount, err)
		}
	}
	return nil
}

// revokeAll ends the tokens that the mounts have issued. With them the heap of
// Vault would grow from round to round, and a collection of its garbage become
// so long that it decides which contender's slice it falls into.
func revokeAll(ctx context.Context, server *vaultdev.Server, contenders []contender) error {
	sys := server.Client().Sys()
	for _, c := range contenders {
		all := &api.RevokeOptions{LeaseID: "auth/" + c.mount + "/", Prefix: true, Sync: true}
		if err := sys.RevokeWithOptionsWithContext(ctx, all); err != nil {
			return fmt.Errorf("revoking the tokens of %s: %w", c.name, err)
		}
	}
	return nil
}
