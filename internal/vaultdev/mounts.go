// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/vault/api"
)

// RegisterPlugin puts an auth plugin into the catalog under name, by its
// SHA-256. The binary must lie in the server's plugin directory.
//
// Vault does not check the sum here but when it first runs the binary for a
// mount.
func (s *Server) RegisterPlugin(ctx context.Context, name string, plugin Plugin) error {
	err := s.Client().Sys().RegisterPluginWithContext(ctx, &api.RegisterPluginInput{
		Name:    name,
		Type:    api.PluginTypeCredential,
		Command: filepath.Base(plugin.Path),
		SHA256:  plugin.SHA256,
		Version: plugin.Version,
		Args:    plugin.Args,
		Env:     plugin.Env,
	})
	if err != nil {
		return fmt.Errorf("registering plugin %q %s: %w", name, plugin.Version, err)
	}
	return nil
}

// EnableOption changes how a mount is made.
type EnableOption func(*api.EnableAuthOptions)

// MountOption sets one of the mount's options, which the plugin reads when it
// starts: `MountOption("shadow", "true")`.
func MountOption(key, value string) EnableOption {
	return func(o *api.EnableAuthOptions) {
		if o.Options == nil {
			o.Options = map[string]string{}
		}
		o.Options[key] = value
	}
}

// MountTokenType sets the kind of tokens the mount issues: "service", "batch",
// "default-service" or "default-batch".
func MountTokenType(kind string) EnableOption {
	return func(o *api.EnableAuthOptions) { o.Config.TokenType = kind }
}

// EnableAuth mounts the registered plugin name at auth/path. An empty version
// lets Vault choose.
func (s *Server) EnableAuth(ctx context.Context, path, name, version string, opts ...EnableOption) error {
	options := &api.EnableAuthOptions{Type: name}
	options.Config.PluginVersion = version
	for _, opt := range opts {
		opt(options)
	}
	if err := s.Client().Sys().EnableAuthWithOptionsWithContext(ctx, path, options); err != nil {
		return fmt.Errorf("enabling %s %s at auth/%s: %w", name, version, path, err)
	}
	return nil
}

// EnableBuiltin mounts an auth method that Vault brings along, such as "jwt".
func (s *Server) EnableBuiltin(ctx context.Context, path, name string, opts ...EnableOption) error {
	return s.EnableAuth(ctx, path, name, "", opts...)
}

// TuneVersion sets the plugin version that auth/path is to run. It takes
// effect when the mount is reloaded or Vault unsealed.
func (s *Server) TuneVersion(ctx context.Context, path, version string) error {
	_, err := s.Client().Logical().WriteWithContext(ctx, "sys/auth/"+path+"/tune", map[string]any{"plugin_version": version})
	if err != nil {
		return fmt.Errorf("tuning auth/%s to %s: %w", path, version, err)
	}
	return nil
}

// ReloadMounts restarts the plugins of these auth mounts, given by their path
// with or without the leading "auth/". It calls the API because the -mounts
// flag of `vault plugin reload` loses the mounts in the root namespace.
//
// Mounts of a version that was registered with the argument "-share-process"
// run in one process: all of them feel the restart.
func (s *Server) ReloadMounts(ctx context.Context, mounts ...string) error {
	if len(mounts) == 0 {
		return errors.New("reloading mounts: none given")
	}
	paths := make([]string, len(mounts))
	for i, mount := range mounts {
		paths[i] = "auth/" + strings.TrimPrefix(mount, "auth/")
	}
	_, err := s.Client().Logical().WriteWithContext(ctx, "sys/plugins/reload/backend", map[string]any{"mounts": paths})
	if err != nil {
		return fmt.Errorf("reloading %s: %w", strings.Join(paths, ", "), err)
	}
	return nil
}
