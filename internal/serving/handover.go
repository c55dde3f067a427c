// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package serving

import (
	"context"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/plugin/pb"
	"google.golang.org/grpc"
)

// A request's data travels as JSON text inside the message. The SDK decodes it
// with encoding/json for each call, and a login takes three of them: much of
// what a call costs. handOver decodes plain data before the SDK sees it, and
// gives it to the backend by way of the context.

// dataKey is where a context carries decoded data.
type dataKey struct{}

// noData stands in a request for data that the context carries.
const noData = "{}"

func (s *server) handOver(ctx context.Context, args any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	s.calls.Add(1)
	var request *pb.Request
	switch args := args.(type) {
	case *pb.HandleRequestArgs:
		request = args.GetRequest()
	case *pb.HandleExistenceCheckArgs:
		request = args.GetRequest()
	}
	if data, ok := readFlat(request.GetData()); ok {
		request.Data = noData
		ctx = context.WithValue(ctx, dataKey{}, data)
	}
	return handle(ctx, args)
}

// takingOver makes backends that take the data which handOver decoded.
func takingOver(factory logical.Factory) logical.Factory {
	return func(ctx context.Context, config *logical.BackendConfig) (logical.Backend, error) {
		b, err := factory(ctx, config)
		if err != nil {
			return nil, err
		}
		return backend{b}, nil
	}
}

type backend struct{ logical.Backend }

var _ logical.PluginVersioner = backend{}

func (b backend) HandleRequest(ctx context.Context, req *logical.Request) (*logical.Response, error) {
	takeOver(ctx, req)
	return b.Backend.HandleRequest(ctx, req)
}

func (b backend) HandleExistenceCheck(ctx context.Context, req *logical.Request) (checked, exists bool, err error) {
	takeOver(ctx, req)
	return b.Backend.HandleExistenceCheck(ctx, req)
}

func takeOver(ctx context.Context, req *logical.Request) {
	if data, ok := ctx.Value(dataKey{}).(map[string]any); ok && req != nil {
		req.Data = data
	}
}

// PluginVersion is what Vault compares with the version that the plugin is
// registered as.
func (b backend) PluginVersion() logical.PluginVersion {
	if v, ok := b.Backend.(logical.PluginVersioner); ok {
		return v.PluginVersion()
	}
	return logical.EmptyPluginVersion
}
