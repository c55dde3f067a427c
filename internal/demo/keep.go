// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// renewEvery keeps the token files well inside the ten minutes that the
// provider's tokens live.
const renewEvery = 4 * time.Minute

// keepRunning leaves everything up until ctx ends, with fresh tokens in files.
func (d *demo) keepRunning(ctx context.Context) error {
	if err := d.linkVault(); err != nil {
		return err
	}
	if err := d.renewTokens(); err != nil {
		return err
	}
	d.invite()
	ticker := time.NewTicker(renewEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := d.renewTokens(); err != nil {
				return err
			}
		case <-d.vault.Done():
			return errors.New("vault ended by itself; its log says why")
		case <-ctx.Done():
			d.say("Stopping.")
			return nil
		}
	}
}

// linkVault gives the binary its usual name, whatever the cache calls it.
func (d *demo) linkVault() error {
	if err := os.Mkdir(d.file("bin"), 0o755); err != nil {
		return err
	}
	return os.Symlink(d.vaultBin, filepath.Join(d.file("bin"), "vault"))
}

func (d *demo) renewTokens() error {
	forged, err := d.forged()
	if err != nil {
		return err
	}
	return errors.Join(
		writeToken(d.file("job.jwt"), d.provider.Mint(d.provider.GitHubClaims(nil))),
		writeToken(d.file("elsewhere.jwt"), d.elsewhere()),
		writeToken(d.file("expired.jwt"), d.expired()),
		writeToken(d.file("forged.jwt"), forged),
	)
}

func (d *demo) invite() {
	d.say("Vault and the provider go on running. In another terminal:")
	fmt.Fprintf(d.w, `
    export PATH=%[1]s:"$PATH"
    export VAULT_ADDR=%[2]s
    export VAULT_TOKEN=%[3]s   # root

    vault auth list -detailed
    vault read auth/ci/config
    vault read auth/ci/role/web-deploy
    vault write auth/ci/login role=web-deploy jwt=@%[4]s/job.jwt
    tail -f %[5]s

Tokens to try, made anew every %[6]s, in %[4]s:

    job.jwt        logs in
    elsewhere.jwt  is refused: of another repository
    expired.jwt    is refused: an hour too old
    forged.jwt     is refused: signed by a stranger

Press Ctrl-C to stop both and remove the files.
`, quote(d.file("bin")), d.vault.Addr, d.vault.RootToken, quote(d.dir), quote(d.vault.Log()), renewEvery)
}
