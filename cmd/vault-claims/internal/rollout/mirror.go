// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

func (r *Rollout) shadowPath() string { return "auth/" + r.live + "/shadow" }

// mirror tells the live mount to show its logins to the staged one too.
func (r *Rollout) mirror(ctx context.Context, s *scene, _ *Binary, o NewOptions) error {
	const name = "mirror"
	body := map[string]any{"mount": r.stagedPath(), "address": o.Mirror.Address, "sample_rate": o.Mirror.SampleRate}
	for field, value := range map[string]string{"ca_pem": o.Mirror.CAPEM, "namespace": r.vault.Namespace()} {
		if value != "" {
			body[field] = value
		}
	}
	if o.Mirror.QueueSize > 0 {
		body["queue_size"] = o.Mirror.QueueSize
	}
	if o.Mirror.Timeout > 0 {
		body["timeout"] = o.Mirror.Timeout.String()
	}
	what := fmt.Sprintf("%g of the logins of auth/%s go to auth/%s at %s too", o.Mirror.SampleRate, r.live, r.stagedPath(), o.Mirror.Address)
	return r.change(name, what, func() (string, error) {
		before, err := r.vault.Read(ctx, r.shadowPath())
		if err != nil {
			return "", err
		}
		if before == nil {
			// What an earlier rollout counted is not about this version.
			if err := r.vault.Delete(ctx, r.shadowPath()+"/report"); err != nil && !missing(err) {
				return "", err
			}
		}
		_, err = r.vault.Write(ctx, r.shadowPath(), body)
		if missing(err) {
			err = refuse("%s, which runs at auth/%s, cannot mirror. The new version is staged and can be asked by hand at auth/%s/check; promote it with -min-logins=0", s.live.Running, r.live, r.stagedPath())
		}
		return "", err
	})
}

// missing tells whether the mount's version knows no such path.
func missing(err error) bool {
	return vault.Status(err) == http.StatusNotFound || vault.Status(err) == http.StatusMethodNotAllowed
}

// stopMirror ends the mirroring. A version that cannot mirror is not asked to
// stop.
func (r *Rollout) stopMirror(ctx context.Context) error {
	const name = "mirror"
	before, err := r.vault.Read(ctx, r.shadowPath())
	if missing(err) || (err == nil && before == nil) {
		r.note(name, Already, "auth/%s mirrors nothing", r.live)
		return nil
	}
	if err != nil {
		r.fail(name, err)
		return err
	}
	return r.change(name, "auth/"+r.live+" mirrors nothing any more", func() (string, error) {
		return "", r.vault.Delete(ctx, r.shadowPath())
	})
}
