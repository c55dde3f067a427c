// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vault

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/vault/api"
)

// Mount is an auth mount as Vault lists it.
type Mount struct {
	Path    string // without "auth/" and slashes around it
	Type    string // the plugin's name
	Version string // that it is to run; empty for an unversioned plugin
	Running string // that it runs
	SHA256  string // of the file that it runs; empty for a built-in one
	api.AuthMount
}

// Clean brings a mount's path into the form of [Mount.Path].
func Clean(path string) string {
	path = strings.Trim(path, "/")
	path = strings.TrimPrefix(path, "sys/")
	return strings.TrimPrefix(path, "auth/")
}

// Mounts lists the auth mounts of the namespace, by path.
func (c *Client) Mounts(ctx context.Context) (map[string]Mount, error) {
	all, err := c.ask.Sys().ListAuthWithContext(ctx)
	if err != nil {
		return nil, told(err, "reading sys/auth")
	}
	mounts := make(map[string]Mount, len(all))
	for path, m := range all {
		path = strings.Trim(path, "/")
		mounts[path] = Mount{Path: path, Type: m.Type, Version: m.PluginVersion, Running: m.RunningVersion, SHA256: m.RunningSha256, AuthMount: *m}
	}
	return mounts, nil
}

// EnableLike mounts a version of a plugin at a path, tuned as another mount is,
// so that both would issue the same tokens, and listed nowhere.
func (c *Client) EnableLike(ctx context.Context, path, version, description string, like Mount, options map[string]string) error {
	merged := maps.Clone(like.Options)
	if merged == nil {
		merged = map[string]string{}
	}
	maps.Copy(merged, options)
	config := map[string]any{
		"plugin_version":               version,
		"default_lease_ttl":            like.Config.DefaultLeaseTTL,
		"max_lease_ttl":                like.Config.MaxLeaseTTL,
		"listing_visibility":           "hidden",
		"passthrough_request_headers":  like.Config.PassthroughRequestHeaders,
		"audit_non_hmac_request_keys":  like.Config.AuditNonHMACRequestKeys,
		"audit_non_hmac_response_keys": like.Config.AuditNonHMACResponseKeys,
	}
	if like.Config.TokenType != "" {
		config["token_type"] = like.Config.TokenType
	}
	_, err := c.do.Logical().WriteWithContext(ctx, "sys/auth/"+path, map[string]any{
		"type": like.Type, "description": description, "options": merged, "config": config, "local": like.Local, "seal_wrap": like.SealWrap,
	})
	return told(err, "mounting %s %s at auth/%s", like.Type, version, path)
}

// Disable removes a mount and all that it stores.
func (c *Client) Disable(ctx context.Context, path string) error {
	return told(c.do.Sys().DisableAuthWithContext(ctx, path), "disabling auth/%s", path)
}

// Tune says which version a mount is to run when it is started next.
func (c *Client) Tune(ctx context.Context, path, version string) error {
	_, err := c.do.Logical().WriteWithContext(ctx, "sys/auth/"+path+"/tune", map[string]any{"plugin_version": version})
	return told(err, "tuning auth/%s to %s", path, version)
}

// Reload starts a mount anew, and no other. Vault answers success for a mount
// that the namespace does not have, so look at the version afterwards.
func (c *Client) Reload(ctx context.Context, path string) error {
	_, err := c.do.Logical().WriteWithContext(ctx, "sys/plugins/reload/backend", map[string]any{"mounts": []string{"auth/" + path}})
	return told(err, "reloading auth/%s", path)
}

// SameProcess are the paths of other mounts that run the same version of the
// same plugin, sorted.
func SameProcess(all map[string]Mount, of Mount) []string {
	var paths []string
	for path, m := range all {
		if path != of.Path && m.Type == of.Type && m.Running == of.Running && m.SHA256 == of.SHA256 {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}
