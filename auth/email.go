// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package auth

import "slices"

// Claims of OpenID Connect Core, section 5.1.
const (
	claimEmail         = "email"
	claimEmailVerified = "email_verified"
)

// trustsEmail tells whether a role goes by the email address without saying
// anything about email_verified. A role that does say something, in a binding
// or an expression, has decided for itself.
func (r *Role) trustsEmail() bool {
	uses := func(name string) bool {
		return slices.ContainsFunc(r.bindings, func(b binding) bool { return b.path.top() == name }) ||
			r.rules != nil && slices.Contains(r.rules.claims, name)
	}
	return (r.user.top() == claimEmail || uses(claimEmail)) && !uses(claimEmailVerified)
}

// checkEmail refuses an address of which the issuer itself says that nobody has
// checked whose it is: at many issuers a user can enter any. Issuers that say
// nothing, as those of workloads do, are taken at their word.
func (r *Role) checkEmail(f *facts) *denial {
	if !r.email {
		return nil
	}
	said, found := f.claims.Get(claimEmailVerified)
	if verified, isBool := said.Bool(); found && !(isBool && verified) {
		return deny(EmailUnverified, claimEmailVerified)
	}
	return nil
}
