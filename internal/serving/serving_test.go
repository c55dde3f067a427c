// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package serving

import (
	"context"
	"errors"
	"testing"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/vault/sdk/helper/pluginutil"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/plugin"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"
)

// echo answers with the data that it got.
type echo struct {
	logical.Backend
	mount string
}

func (e echo) HandleRequest(_ context.Context, req *logical.Request) (*logical.Response, error) {
	switch req.Path {
	case "denied":
		return nil, logical.ErrPermissionDenied
	case "refused":
		return logical.ErrorResponse("no"), nil
	}
	return &logical.Response{Data: map[string]any{"mount": e.mount, "id": req.ID, "peer": req.Connection.RemoteAddr, "data": req.Data}}, nil
}

func (e echo) HandleExistenceCheck(_ context.Context, req *logical.Request) (checked, exists bool, err error) {
	return true, req.Data["role"] == e.mount, nil
}

func (echo) Type() logical.BackendType { return logical.TypeCredential }

func (echo) PluginVersion() logical.PluginVersion { return logical.PluginVersion{Version: "v1.2.3"} }

func (echo) Cleanup(context.Context) {}

func newEcho(_ context.Context, c *logical.BackendConfig) (logical.Backend, error) {
	if c.Config["mount"] == "broken" {
		return nil, errors.New("cannot be mounted")
	}
	return echo{mount: c.Config["mount"]}, nil
}

// served serves echoes in this process as to a Vault that speaks a version of
// the plugin protocol, and returns what makes that Vault's side of a mount.
func served(t *testing.T, version string, share bool) func() logical.Backend {
	t.Helper()
	t.Setenv("PLUGIN_PROTOCOL_VERSIONS", version)
	reattach, done := make(chan *goplugin.ReattachConfig, 1), make(chan struct{})
	server := (&server{}).config(newEcho, share)
	server.Test = &goplugin.ServeTestConfig{Context: t.Context(), ReattachConfigCh: reattach, CloseCh: done}
	go goplugin.Serve(server)
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  plugin.HandshakeConfig,
		Plugins:          goplugin.PluginSet{plugin.BackendPluginName: &plugin.GRPCBackendPlugin{}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Reattach:         <-reattach,
		Logger:           hclog.NewNullLogger(),
	})
	t.Cleanup(func() {
		client.Kill()
		<-done
	})
	protocol, err := client.Client()
	require.NoError(t, err)
	return func() logical.Backend {
		mount, err := protocol.Dispense(plugin.BackendPluginName)
		require.NoError(t, err)
		return mount.(logical.Backend)
	}
}

func setUp(ctx context.Context, b logical.Backend, mount string) error {
	return b.Setup(ctx, &logical.BackendConfig{
		Config:      map[string]string{"mount": mount},
		System:      &logical.StaticSystemView{},
		Logger:      hclog.NewNullLogger(),
		StorageView: &logical.InmemStorage{},
	})
}

// of names a mount to a process that serves several.
func of(t *testing.T, mount string) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(t.Context(), pluginutil.MultiplexingCtxKey, mount)
}

func login(data map[string]any) *logical.Request {
	return &logical.Request{
		ID: "id-1", Operation: logical.UpdateOperation, Path: "login", Data: data,
		Connection: &logical.Connection{RemoteAddr: "192.0.2.1"},
	}
}

func TestMountsOfAProcessGetTheirOwnRequests(t *testing.T) {
	attach := served(t, "5", true)
	mounts := map[string]logical.Backend{"a": attach(), "b": attach()}
	for name, b := range mounts {
		require.NoError(t, setUp(of(t, name), b, name))
	}
	require.ErrorContains(t, setUp(of(t, "c"), attach(), "broken"), "cannot be mounted")
	for name, data := range map[string]map[string]any{
		"plain":   {"role": "a", "jwt": "x.y.z"},
		"empty":   {},
		"escaped": {"role": "a\"\\\n<>&\u2028", "jwt": "é"},
		"numbers": {"role": "a", "n": 1.5, "list": []any{"x", true, nil}, "deep": map[string]any{"a": "b"}},
	} {
		for mount, b := range mounts {
			resp, err := b.HandleRequest(of(t, mount), login(data))
			require.NoError(t, err, name)
			require.Equal(t, map[string]any{"mount": mount, "id": "id-1", "peer": "192.0.2.1", "data": data}, resp.Data, name)
		}
	}
	_, err := mounts["a"].HandleRequest(of(t, "nobody"), login(nil))
	require.ErrorContains(t, err, "no backend instance found")
}

func TestExistenceChecksGetTheData(t *testing.T) {
	b := served(t, "5", true)()
	require.NoError(t, setUp(of(t, "a"), b, "a"))
	for role, want := range map[string]bool{"a": true, "b": false} {
		checked, exists, err := b.HandleExistenceCheck(of(t, "a"), login(map[string]any{"role": role}))
		require.NoError(t, err)
		require.True(t, checked)
		require.Equal(t, want, exists)
	}
}

func TestErrorsKeepTheirKind(t *testing.T) {
	b := served(t, "5", true)()
	require.NoError(t, setUp(of(t, "a"), b, "a"))
	denied, refused := login(map[string]any{"role": "a"}), login(map[string]any{"role": "a"})
	denied.Path, refused.Path = "denied", "refused"
	_, err := b.HandleRequest(of(t, "a"), denied)
	require.Equal(t, logical.ErrPermissionDenied, err)
	resp, err := b.HandleRequest(of(t, "a"), refused)
	require.NoError(t, err)
	require.EqualError(t, resp.Error(), "no")
}

func TestOneMountAProcess(t *testing.T) {
	servesOne(t, "5", false)
}

// A Vault before 1.12 cannot let mounts share a process.
func TestServesTheOlderProtocol(t *testing.T) {
	servesOne(t, "4", true)
}

func servesOne(t *testing.T, version string, share bool) {
	t.Helper()
	b := served(t, version, share)()
	require.NoError(t, setUp(t.Context(), b, "a"))
	resp, err := b.HandleRequest(t.Context(), login(map[string]any{"role": "r"}))
	require.NoError(t, err)
	require.Equal(t, "a", resp.Data["mount"])
	require.Equal(t, logical.TypeCredential, b.Type())
	require.Equal(t, "v1.2.3", b.(logical.PluginVersioner).PluginVersion().Version)
}

// versionless has no version to report.
type versionless struct{ logical.Backend }

func TestReportsNoVersionIfThereIsNone(t *testing.T) {
	require.Equal(t, logical.EmptyPluginVersion, backend{versionless{}}.PluginVersion())
	require.Equal(t, "v1.2.3", backend{echo{}}.PluginVersion().Version)
}
