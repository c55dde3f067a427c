// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"

	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/replay"
)

// conclude is what is left of a login that passed every check: it makes what is
// granted, ends that with the JWT if a role says so, and then uses up what may
// be used once. Nothing else uses anything up, so nobody loses anything to a
// refusal. The response is the refusal, if there is one. With an error the
// caller gets no token, and a JWT stays unspent as far as is known.
func (b *backend) conclude(ctx context.Context, req *logical.Request, a *attempt) (*logical.Auth, *logical.Response, error) {
	granted := grant(a.decision, a.entry)
	a.fields.wish.narrow(granted)
	life, now := a.entry.role.Life(), a.at.Now
	if life.FollowsToken && !endWith(granted, a.decision.Expires, now, now, b.System().DefaultLeaseTTL) {
		a.decision = a.decision.Ended()
		return nil, b.refuse(a, req), nil
	}
	if !b.spendProof(a, req.ID) {
		return nil, b.refuse(a, req), nil
	}
	if life.OneTime() {
		outcome, err := b.spendToken(ctx, req, a, life.Replay)
		if err != nil {
			return nil, nil, err
		}
		if !outcome.Good() {
			a.decision = a.decision.Replayed(outcome == replay.Full)
			return nil, b.refuse(a, req), nil
		}
	}
	return granted, nil, nil
}

// spendProof uses up the DPoP proof of a login, if there is one. It returns
// false, with the refusal in the decision, if another request has used it.
func (b *backend) spendProof(a *attempt, request string) bool {
	use := a.decision.Use
	if use == nil {
		return true
	}
	outcome := b.proofs.SpendFor(a.decision.Identity.Alias, use.Key, request, use.Until, a.at.Now)
	if !outcome.Good() {
		a.decision = a.decision.AlreadyUsed(outcome == replay.Full)
	}
	return outcome.Good()
}
