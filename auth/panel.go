// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

// Verdict is what one of several roles makes of a token.
type Verdict struct {
	Role     *Role
	Decision Decision
}

// JudgeEach lets each role judge the token, as a login that names it would, and
// returns the verdicts in the order of the roles. The roles share the limits
// that the expressions of one login have.
func JudgeEach(v Verified, at Circumstances, roles []*Role) []Verdict {
	p := newPanel(v, at)
	defer p.close()
	verdicts := make([]Verdict, len(roles))
	for i, r := range roles {
		verdicts[i] = Verdict{r, p.judge(r)}
	}
	return verdicts
}

// panel lets several roles judge one token, one after the other. It must be
// closed.
type panel struct {
	token Verified
	f     facts
}

func newPanel(v Verified, at Circumstances) *panel { return &panel{token: v, f: v.facts(at)} }

func (p *panel) close() {
	if p.f.shared != nil {
		p.f.shared.Close()
	}
}

func (p *panel) judge(r *Role) Decision {
	if !r.admits(p.f.peer) {
		return Decision{Reason: PeerAddress, Issuer: p.token.issuer.Name}
	}
	if r.rules != nil && p.f.shared == nil {
		p.f.shared = p.f.evaluation()
	}
	return r.judgeToken(p.token, &p.f)
}

// exhausted tells whether the expressions met a limit, so that a role may have
// been denied which the claims satisfy.
func (p *panel) exhausted() bool { return p.f.shared != nil && p.f.shared.Exhausted() }

// nobody is the refusal of a token that no role admits. What is wrong with the
// token by itself is said, of the roles nothing.
func (p *panel) nobody() Decision {
	plain := &Role{skew: DefaultSkew}
	if refused := p.f.pass(plain, tokenChecks[:]); refused != nil {
		return refused.decision(p.f.issuer.Name)
	}
	return Decision{Reason: RoleNone, Issuer: p.f.issuer.Name}
}
