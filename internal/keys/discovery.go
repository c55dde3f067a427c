// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"net/url"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// keysURL reads a discovery document and returns where the keys are. A document
// of another issuer is refused, however alike its name (OpenID Connect
// Discovery 1.0, section 4.3).
func keysURL(t target, document []byte, issuer string, from *url.URL) (*url.URL, error) {
	doc, err := strictjson.Parse(string(document), strictjson.Limits{
		Bytes: maxDiscoveryBytes, Depth: 16, Members: 1000, Elements: 1000, String: 8 << 10,
	})
	if err != nil {
		return nil, t.failure(KindDocument, "not a discovery document: "+err.Error()) // a strictjson.Fault: closed list
	}
	root := doc.Root()
	if root.Kind() != strictjson.Object {
		return nil, t.failure(KindDocument, "not a discovery document: it must be a JSON object")
	}
	stated, _ := root.Get("issuer")
	if name, ok := stated.Text(); !ok || name != issuer {
		return nil, t.failure(KindIssuer, `the member "issuer" is not byte for byte the configured URL; compare the trailing slash and letter case`)
	}
	member, _ := root.Get("jwks_uri")
	text, ok := member.Text()
	if !ok {
		return nil, t.failure(KindDocument, `the member "jwks_uri" is missing or not a string`)
	}
	u, err := parseURL("jwks_uri of the document", text)
	if err != nil {
		return nil, t.failure(KindDocument, err.Error())
	}
	if from.Scheme == "https" && u.Scheme != "https" {
		return nil, t.failure(KindDocument, "jwks_uri must begin with https://, as the discovery URL does")
	}
	return u, nil
}
