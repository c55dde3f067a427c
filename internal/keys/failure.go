// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

// Kind says at which step a fetch failed. The list is closed and the strings
// are stable, so that they can label a metric.
type Kind string

// The ways to fail.
const (
	KindName      Kind = "name"      // the name does not resolve
	KindAddress   Kind = "address"   // the address is one that is not contacted
	KindConnect   Kind = "connect"   // no connection, or it broke
	KindTLS       Kind = "tls"       // handshake or certificate
	KindTimeout   Kind = "timeout"   // some step took too long
	KindStatus    Kind = "status"    // not 200
	KindRedirect  Kind = "redirect"  // redirects are not followed
	KindEncoding  Kind = "encoding"  // the body is compressed
	KindTooLong   Kind = "too_long"  // the body is beyond its limit
	KindCutOff    Kind = "cut_off"   // the body ended early
	KindDocument  Kind = "document"  // the body is not what was asked for
	KindIssuer    Kind = "issuer"    // the discovery document is another issuer's
	KindToken     Kind = "token"     // the bearer token for the request cannot be had
	KindClosed    Kind = "closed"    // the source was closed
	KindBudget    Kind = "budget"    // callers have caused too many requests
	KindAbandoned Kind = "abandoned" // the caller did not wait for the end
	KindInternal  Kind = "internal"  // a defect in this program
)

// Failure is why a fetch failed, in words for an operator. It names the host
// and the step, and carries nothing that the issuer sent.
type Failure struct {
	Kind Kind
	text string
	err  error // a cause without foreign text, or nil
}

// Error returns the whole sentence.
func (f *Failure) Error() string { return f.text }

// Unwrap returns the [jwk.Fault] or context error behind the failure, if any.
func (f *Failure) Unwrap() error { return f.err }

// target is what a request is for, in errors: "JWK Set of idp.example.com".
type target string

func (t target) failure(kind Kind, text string) *Failure {
	return &Failure{Kind: kind, text: string(t) + ": " + text}
}
