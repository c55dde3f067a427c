// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// defaultIssuer is the name of the issuer that config describes.
const defaultIssuer = "default"

// mount is the compiled configuration.
type mount struct {
	configured  bool
	defaultRole string
	browserFlow bool // set up for logins with a browser
	detailed    bool // login_errors
	issuers     auth.Issuers
	sources     *sources // of the default issuer, nil for static keys
}

// close ends the key sources and waits for them.
func (m *mount) close() {
	if m.sources != nil {
		m.sources.close()
	}
}

// newMount compiles a stored configuration, nil for none. It does no I/O. What
// cannot be compiled leaves the mount configured and without keys, so that
// logins are refused and the log tells why.
func (b *backend) newMount(record *configRecord) *mount {
	if record == nil {
		return &mount{issuers: auth.Issuers{TokenBytes: jws.DefaultTokenBytes}}
	}
	keySource, opened, err := record.openKeys(b.keyLogger(), b.now)
	if err != nil {
		b.Logger().Error("keys of the stored configuration cannot be used; write config anew", "error", err)
	}
	if keySource == nil {
		keySource = auth.StaticKeys{}
	}
	return compileMount(record, keySource, opened)
}

func compileMount(record *configRecord, keySource auth.KeySource, opened *sources) *mount {
	return &mount{
		configured:  true,
		defaultRole: record.DefaultRole,
		browserFlow: record.browserFlow(),
		detailed:    record.LoginErrors == errorsDetailed,
		sources:     opened,
		issuers: auth.Issuers{
			TokenBytes: record.tokenBytes(),
			Default: &auth.Issuer{
				Name:           defaultIssuer,
				ID:             record.issuerID(),
				Algorithms:     record.algorithms(),
				Types:          record.types(),
				Keys:           keySource,
				Verified:       auth.NewVerifiedCache(record.tokenCacheSize()),
				GroupSeparator: record.groupSeparator(),
			},
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

func (c *configRecord) algorithms() jws.Algorithms {
	var set jws.Algorithms
	for _, name := range c.JWTSupportedAlgs {
		if a, known := jws.ParseAlgorithm(name); known {
			set |= jws.AlgorithmSet(a)
		}
	}
	if len(c.JWTSupportedAlgs) == 0 {
		return jws.AllAlgorithms()
	}
	return set
}

// types are the typ values accepted: the usual ones and those configured.
func (c *configRecord) types() map[string]bool {
	types := auth.DefaultTypes()
	for _, t := range c.TokenTypes {
		types[strings.ToLower(t)] = true
	}
	return types
}

// sources are the remote key sources of a mount.
type sources struct{ list []*keys.Source }

func (s *sources) close() {
	for _, source := range s.list {
		source.Close()
	}
}

// openKeys makes the key source that the configuration names, without I/O.
// opened is nil for static keys.
func (c *configRecord) openKeys(log keys.Logger, now func() time.Time) (auth.KeySource, *sources, error) {
	if len(c.JWTValidationPubKeys) > 0 {
		set, err := staticKeys(c.JWTValidationPubKeys)
		return auth.StaticKeys{Set: set}, nil, err
	}
	configs, err := c.keyConfigs()
	if err != nil {
		return nil, nil, err
	}
	opened := &sources{}
	for _, k := range configs {
		k.Logger, k.Now = log, now
		source, err := keys.New(k)
		if err != nil {
			opened.close()
			return nil, nil, err
		}
		opened.list = append(opened.list, source)
	}
	if len(c.JWKSPairs) > 0 {
		return keys.NewMulti(opened.list...), opened, nil
	}
	return opened.list[0], opened, nil
}

// keyConfigs says where the keys are. Each error names its field.
func (c *configRecord) keyConfigs() ([]keys.Config, error) {
	switch {
	case c.OIDCDiscoveryURL != "":
		return []keys.Config{{DiscoveryURL: c.OIDCDiscoveryURL, CAPEM: c.OIDCDiscoveryCAPEM}}, nil
	case c.JWKSURL != "":
		return []keys.Config{{JWKSURL: c.JWKSURL, CAPEM: c.JWKSCAPEM}}, nil
	case len(c.JWKSPairs) > 0:
		return pairConfigs(c.JWKSPairs)
	}
	return nil, errors.New("the configuration names no keys")
}

// pairConfigs reads jwks_pairs.
func pairConfigs(pairs []any) ([]keys.Config, error) {
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
	}
	return configs, nil
}

// staticKeys reads jwt_validation_pubkeys. Keys that the policy refuses are
// left out and named in the error; the set holds the others.
func staticKeys(pems []string) (*jwk.Set, error) {
	var usable []*jwk.Key
	var errs []error
	for i, text := range pems {
		k, err := jwk.ParsePEM(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("key %d: %w", i+1, err))
			continue
		}
		usable = append(usable, k)
	}
	if len(usable) > jwk.MaxKeys {
		errs = append(errs, fmt.Errorf("more than %d keys", jwk.MaxKeys))
		usable = usable[:jwk.MaxKeys]
	}
	return jwk.NewStaticSet(usable), errors.Join(errs...)
}

// keyLogger is where key sources tell of fetches.
func (b *backend) keyLogger() keys.Logger { return b.Logger() }
