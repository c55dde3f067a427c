// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// openIssuer is an issuer in the snapshot: what logins use, and the sources
// behind it.
type openIssuer struct {
	record       *issuerRecord      // nil for the default issuer
	compiled     []*auth.Issuer     // one, or one for each tenant
	remote       []remoteKeys       // nil for static keys; as compiled, or those of jwks_pairs
	introspector *keys.Introspector // asked in place of keys, nil for an issuer with keys
	fault        error              // what of the stored record cannot be used, nil for nothing
}

// remoteKeys is a key source in the network.
type remoteKeys struct {
	*keys.Source
	place string    // the URL that the operator wrote
	store *keyStore // nil if there is no storage
}

// start lets the sources fetch in the background, keep their keys fresh and
// store them. The issuer must be in the snapshot.
func (o *openIssuer) start(ctx context.Context, log keys.Logger) {
	for _, r := range o.remote {
		if r.store != nil {
			if err := r.store.open(ctx); err != nil {
				log.Warn("keys of an issuer could not be stored", "error", err)
			}
		}
		r.Start()
	}
}

// retire ends the storing of keys. The issuer is no longer in the snapshot.
func (o *openIssuer) retire() {
	for _, r := range o.remote {
		if r.store != nil {
			r.store.shut()
		}
	}
}

// close ends the sources and waits for them.
func (o *openIssuer) close() {
	for _, r := range o.remote {
		r.Close()
	}
	if o.introspector != nil {
		o.introspector.Close()
	}
}

// fetch contacts every source at once and returns the first failure. An
// introspection endpoint is asked about a token that nobody has.
func (o *openIssuer) fetch(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, r := range o.remote {
		group.Go(func() error { return r.Fetch(ctx) })
	}
	if o.introspector != nil {
		group.Go(func() error { return o.introspector.Probe(ctx) })
	}
	return group.Wait()
}

// keyPlan says where the keys of one issuer are: written down, or at one or
// more places.
type keyPlan struct {
	pems   []string
	pins   []string
	remote []keys.Config
	merge  bool // several places make one set, as jwks_pairs do
}

// openKeys makes the key source that a plan describes, without I/O. The sources
// are numbered from first among those of the issuer, and keep their keys in
// storage under that number. Static keys that the policy refuses are left out
// and named in the error; the source has the others.
func (b *backend) openKeys(describe func() (keyPlan, error), issuer string, first int) (auth.KeySource, []remoteKeys, error) {
	plan, err := describe()
	if err != nil {
		return nil, nil, err
	}
	if len(plan.pems) > 0 {
		set, err := staticKeys(plan.pems, plan.pins)
		return auth.StaticKeys{Set: set}, nil, err
	}
	var remote []remoteKeys
	var sources []*keys.Source
	for i, config := range plan.remote {
		r := remoteKeys{place: config.DiscoveryURL + config.JWKSURL}
		config.Logger, config.Now, config.Watch = b.Logger(), b.now, b.metrics.Issuer(issuer)
		if b.storage != nil { // there is none when Vault only asks for the version
			r.store = &keyStore{storage: b.storage, key: keysKey(issuer, first+i)}
			config.Store = r.store
		}
		if r.Source, err = keys.New(config); err != nil {
			return nil, nil, err // nothing has been started
		}
		remote, sources = append(remote, r), append(sources, r.Source)
	}
	if plan.merge {
		return keys.NewMulti(sources...), remote, nil
	}
	return sources[0], remote, nil
}

// staticKeys reads jwt_validation_pubkeys.
func staticKeys(pems, pins []string) (*jwk.Set, error) {
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
	set, err := jwk.NewStaticSet(usable).Pinned(pins)
	if err != nil {
		errs = append(errs, fmt.Errorf("key_thumbprints: %w", err))
		set = jwk.NewStaticSet(nil)
	}
	return set, errors.Join(errs...)
}

// openIssuer makes a named issuer ready, without I/O. Parts that cannot be used
// leave it without those keys; the error says which.
func (b *backend) openIssuer(name string, record *issuerRecord) (*openIssuer, error) {
	if record.Introspection.URL != "" {
		return b.openIntrospected(name, record)
	}
	o := &openIssuer{record: record}
	var errs []error
	for _, one := range record.concrete() {
		source, remote, err := b.openKeys(one.keyPlan, name, len(o.remote))
		if err != nil {
			errs = append(errs, err)
		}
		if source == nil {
			source = auth.StaticKeys{}
		}
		o.remote = append(o.remote, remote...)
		o.compiled = append(o.compiled, one.compile(name, source))
	}
	o.fault = errors.Join(errs...)
	return o, o.fault
}

// openIntrospected is openIssuer for one that is asked about tokens. One that
// cannot be asked vouches for nobody.
func (b *backend) openIntrospected(name string, record *issuerRecord) (*openIssuer, error) {
	i := record.compile(name, auth.StaticKeys{})
	o := &openIssuer{record: record, compiled: []*auth.Issuer{i}}
	if o.introspector, o.fault = b.openIntrospector(record); o.fault == nil {
		i.Introspection = o.introspector
	}
	return o, o.fault
}
