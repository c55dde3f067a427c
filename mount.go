// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"errors"
	"fmt"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// mount is the compiled configuration.
type mount struct {
	record      *configRecord // nil if config is not written
	tokenBytes  int
	verified    *auth.VerifiedCache // of all issuers of the mount together, nil for none
	defaultRole string
	detailed    bool // login_errors
	selects     bool // role_selection chooses roles, in this mode
	mode        auth.Mode
	decisions   int // how many refusals are kept
	issuer      *openIssuer
}

// configured tells whether config is written.
func (m *mount) configured() bool { return m.record != nil }

// newMount compiles a stored configuration, nil for none. It does no I/O. What
// cannot be compiled leaves the mount configured and without keys, so that
// logins are refused and the log tells why.
func (b *backend) newMount(record *configRecord) *mount {
	if record == nil {
		return &mount{tokenBytes: jws.DefaultTokenBytes, verified: b.newCache(defaultTokenCache), decisions: defaultDecisionLog}
	}
	source, remote, err := b.openKeys(record.keyPlan, auth.DefaultIssuer, 0)
	if err != nil {
		b.Logger().Error("keys of the stored configuration cannot be used; write config anew", "error", err)
	}
	if source == nil {
		source = auth.StaticKeys{}
	}
	m := b.compileMount(record, source, remote)
	m.issuer.fault = err
	return m
}

// newCache makes a cache of verified tokens whose use the mount counts.
func (b *backend) newCache(size int) *auth.VerifiedCache {
	return auth.NewVerifiedCache(size).CountedBy(&b.cacheUse)
}

func (b *backend) compileMount(record *configRecord, source auth.KeySource, remote []remoteKeys) *mount {
	verified := b.newCache(record.tokenCacheSize())
	mode, selects := record.selection()
	return &mount{
		mode: mode, selects: selects,
		record:      record,
		tokenBytes:  record.tokenBytes(),
		verified:    verified,
		defaultRole: record.DefaultRole,
		detailed:    record.LoginErrors == errorsDetailed,
		decisions:   record.decisionLogSize(),
		issuer: &openIssuer{
			remote: remote,
			compiled: []*auth.Issuer{{
				Name:           auth.DefaultIssuer,
				ID:             record.issuerID(),
				Algorithms:     algorithmSet(record.JWTSupportedAlgs),
				Types:          tokenTypes(record.TokenTypes),
				Keys:           source,
				Verified:       verified,
				GroupSeparator: record.groupSeparator(),
			}},
		},
	}
}

// issuerID is the exact iss that tokens must have. Discovery names one; with
// other key sources only bound_issuer does.
func (c *configRecord) issuerID() string {
	if c.BoundIssuer != "" {
		return c.BoundIssuer
	}
	return c.OIDCDiscoveryURL
}

func (c *configRecord) tokenBytes() int {
	if c.MaxTokenBytes == 0 {
		return jws.DefaultTokenBytes
	}
	return c.MaxTokenBytes
}

// keyPlan says where the keys are. Each error names its field.
func (c *configRecord) keyPlan() (keyPlan, error) {
	switch {
	case len(c.JWTValidationPubKeys) > 0:
		return keyPlan{pems: c.JWTValidationPubKeys}, nil
	case c.OIDCDiscoveryURL != "":
		return keyPlan{remote: []keys.Config{{DiscoveryURL: c.OIDCDiscoveryURL, CAPEM: c.OIDCDiscoveryCAPEM, Proxy: c.Proxy}}}, nil
	case c.JWKSURL != "":
		return keyPlan{remote: []keys.Config{{JWKSURL: c.JWKSURL, CAPEM: c.JWKSCAPEM, Proxy: c.Proxy}}}, nil
	case len(c.JWKSPairs) > 0:
		remote, err := pairConfigs(c.JWKSPairs, c.Proxy)
		return keyPlan{remote: remote, merge: true}, err
	}
	return keyPlan{}, errors.New("the configuration names no keys")
}

// pairConfigs reads jwks_pairs.
func pairConfigs(pairs []any, proxy string) ([]keys.Config, error) {
	configs := make([]keys.Config, len(pairs))
	for i, raw := range pairs {
		pair, ok := raw.(map[string]any)
		if !ok {
			return nil, errors.New("jwks_pairs must be provided as a list of json objects with the fields jwks_url and jwks_ca_pem")
		}
		for key, value := range pair {
			text, ok := value.(string)
			switch {
			case key == "jwks_url" && ok:
				configs[i].JWKSURL = text
			case key == "jwks_ca_pem" && ok:
				configs[i].CAPEM = text
			case key == "jwks_url" || key == "jwks_ca_pem":
				return nil, fmt.Errorf("entry %d: %s must be a string", i+1, key)
			}
		}
		if configs[i].JWKSURL == "" {
			return nil, fmt.Errorf("entry %d has no jwks_url", i+1)
		}
		configs[i].Proxy = proxy
	}
	return configs, nil
}
