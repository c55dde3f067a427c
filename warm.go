// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"runtime/debug"

	"github.com/hashicorp/vault/sdk/logical"
)

// warm begins to load the mount when Vault has set it up, so that the first
// login after a start finds config, issuers and their keys. It returns at once
// and never fails: a mount that could not be loaded is loaded by its first
// request, which is told why if it cannot be.
func (b *backend) warm(context.Context, *logical.InitializationRequest) error {
	if b.storage == nil {
		return nil
	}
	b.unclosed.Go(func() {
		if err := b.loadAlive(); err != nil && b.life.Err() == nil {
			b.Logger().Warn("the mount could not be loaded at its start; its first request tries again", "error", err)
		}
	})
	return nil
}

// loadAlive loads the mount unless it has ended: what is loaded after clean
// would never be closed. A panic of storage is counted, as in a request.
func (b *backend) loadAlive() (err error) {
	defer func() {
		if recover() != nil {
			b.panics.Add(1)
			b.Logger().Error("recovered from a panic; please report this", "stack", string(debug.Stack()))
		}
	}()
	b.learnServer(b.life)
	b.writing.Lock()
	defer b.writing.Unlock()
	if b.life.Err() != nil {
		return nil
	}
	_, err = b.loaded(b.life, b.storage)
	return err
}
