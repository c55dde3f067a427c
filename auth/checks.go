// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

// step is one thing that is demanded of a verified token. Its name is stable:
// operators read it in explanations. It has no effects: explanations and trials
// of roles run it too.
type step struct {
	name string
	run  func(*Role, *facts) *denial
	show show // for explanations alone; nil if there is nothing more to tell
}

// tokenChecks are made at login, and at a renewal of a role that asks for it:
// they speak of the token and of the moment at which it was shown. Whether it is
// revoked is looked at by every renewal. The order is that of a login.
var tokenChecks = [...]step{
	{"revoked", func(_ *Role, f *facts) *denial { return f.revoked.check(f.issuer.Name, f.claims) }, showRevoked},
	{"form", func(_ *Role, f *facts) *denial { return checkForm(f.claims) }, showForm},
	{"names", func(r *Role, f *facts) *denial { return checkNames(f.claims, r.relied) }, showNames},
	{"times", func(r *Role, f *facts) *denial { return checkTimes(f.claims, f.now, r.skew) }, showTimes},
	{"max_token_age", func(r *Role, f *facts) *denial { return checkAge(f.claims, f.now, r.skew, r.maxAge(f.issuer)) }, showAge},
}

// roleChecks are what a role binds. They are made at login and repeated at
// renewal, on the claims of the login.
var roleChecks = [...]step{
	{"issuer", (*Role).checkIssuer, showIssuer},
	{"spiffe_id", func(_ *Role, f *facts) *denial { return f.issuer.checkSPIFFE(f.claims) }, showSPIFFE},
	{"audience", func(r *Role, f *facts) *denial { return checkAudience(f.claims, r.audiences) }, showAudience},
	{"subject", func(r *Role, f *facts) *denial { return checkSubject(f.claims, r.subject) }, showSubject},
	{"claims", (*Role).checkBindings, showBindings},
	{"email_verified", (*Role).checkEmail, showEmail},
}

// pass makes the checks in order and returns the first denial.
func (f *facts) pass(r *Role, steps []step) *denial {
	for i := range steps {
		if refused := steps[i].run(r, f); refused != nil {
			return refused
		}
	}
	return nil
}

func (r *Role) checkIssuer(f *facts) *denial {
	if !r.accepts(f.issuer) {
		return deny(IssuerNotBound, "")
	}
	return nil
}

func (r *Role) checkBindings(f *facts) *denial {
	for _, b := range r.bindings {
		if refused := r.checkBinding(b, f); refused != nil {
			return refused
		}
	}
	return nil
}

func (r *Role) checkBinding(b binding, f *facts) *denial {
	separator := ""
	if b.path.name == r.groups.name {
		separator = f.issuer.GroupSeparator
	}
	return b.check(f.claims, separator)
}
