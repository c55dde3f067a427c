// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package rollout

import (
	"context"
	"fmt"
)

// Rollback lets the live mount run the version that ran before, or another that
// is in the catalog. What is staged stays as it is.
func (r *Rollout) Rollback(ctx context.Context, to string) error {
	var sha string
	err := r.look("way back", func() (State, string, error) {
		s, err := r.scene(ctx)
		if err != nil {
			return "", "", err
		}
		if to == "" {
			to = s.before()
		}
		if to == "" {
			return "", "", refuse("nothing is staged for auth/%s, so the version before is not known: say it with -to=vX.Y.Z", r.live)
		}
		entry, err := r.vault.Plugin(ctx, s.live.Type, to)
		if err != nil {
			return "", "", err
		}
		if entry == nil {
			return "", "", refuse("%s %s is not in the catalog; `vault plugin list -detailed auth` shows those that are", s.live.Type, to)
		}
		sha = entry.SHA256
		if runs(s.live, to, sha) && r.vault.Serves(ctx, r.live) == nil {
			return Already, fmt.Sprintf("auth/%s runs %s", r.live, to), nil
		}
		return OK, fmt.Sprintf("from %s to %s, SHA-256 %s", s.live.Running, to, sha), nil
	})
	if err != nil || r.steps[len(r.steps)-1].State == Already {
		return err
	}
	return r.switchTo(ctx, to, sha, "roll back")
}
