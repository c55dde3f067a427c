// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/replay"
)

// The storage keys. This file alone knows them.
const (
	configKey        = "config"
	rolePrefix       = "role/"
	issuerPrefix     = "issuer/"
	revocationPrefix = "revocation/"
	shadowKey        = "shadow"
	keysPrefix       = "keys/"   // last good keys of an issuer, public parts only
	spentPrefix      = "replay/" // of JWTs that may log in once; not replicated to other clusters
)

// errUnreadable marks a record that is there and makes no sense.
var errUnreadable = errors.New("is not readable by this version")

// schema is what this version understands of a record. A record has no number
// as long as a version of schema 1 would judge logins by it as its writer does.
// A later version that stores a demand which must not be passed over writes the
// number with which the demand came, so that an earlier one, after a rollback,
// refuses the record instead of being laxer than its writer. What is added
// without such a need takes no number, and earlier versions pass over it.
const schema = 1

// loadConfig reads the mount's configuration, nil if there is none.
func loadConfig(ctx context.Context, s logical.Storage) (*configRecord, error) {
	c := new(configRecord)
	found, err := get(ctx, s, configKey, c)
	if err != nil || !found {
		return nil, err
	}
	return c, nil
}

func saveConfig(ctx context.Context, s logical.Storage, c *configRecord) error {
	return put(ctx, s, configKey, c)
}

// loadRole reads a role, nil if there is none. What an older record leaves out
// or keeps under a deprecated name is filled in.
func loadRole(ctx context.Context, s logical.Storage, name string) (*roleRecord, error) {
	r := new(roleRecord)
	found, err := get(ctx, s, rolePrefix+name, r)
	if err != nil || !found {
		return nil, err
	}
	r.upgrade()
	return r, nil
}

func saveRole(ctx context.Context, s logical.Storage, name string, r *roleRecord) error {
	return put(ctx, s, rolePrefix+name, r)
}

func deleteRole(ctx context.Context, s logical.Storage, name string) error {
	if err := s.Delete(ctx, rolePrefix+name); err != nil {
		return fmt.Errorf("deleting role %q from storage: %w", name, err)
	}
	return nil
}

func listRoles(ctx context.Context, s logical.Storage) ([]string, error) {
	names, err := s.List(ctx, rolePrefix)
	if err != nil {
		return nil, fmt.Errorf("listing roles in storage: %w", err)
	}
	return names, nil
}

// loadIssuer reads a named issuer, nil if there is none.
func loadIssuer(ctx context.Context, s logical.Storage, name string) (*issuerRecord, error) {
	r := new(issuerRecord)
	found, err := get(ctx, s, issuerPrefix+name, r)
	if err != nil || !found {
		return nil, err
	}
	return r, nil
}

func saveIssuer(ctx context.Context, s logical.Storage, name string, r *issuerRecord) error {
	return put(ctx, s, issuerPrefix+name, r)
}

func deleteIssuer(ctx context.Context, s logical.Storage, name string) error {
	if err := s.Delete(ctx, issuerPrefix+name); err != nil {
		return fmt.Errorf("deleting issuer %q from storage: %w", name, err)
	}
	return nil
}

func listIssuers(ctx context.Context, s logical.Storage) ([]string, error) {
	names, err := s.List(ctx, issuerPrefix)
	if err != nil {
		return nil, fmt.Errorf("listing issuers in storage: %w", err)
	}
	return names, nil
}

// loadShadow reads where logins are mirrored to, nil for nowhere.
func loadShadow(ctx context.Context, s logical.Storage) (*shadowRecord, error) {
	r := new(shadowRecord)
	found, err := get(ctx, s, shadowKey, r)
	if err != nil || !found {
		return nil, err
	}
	return r, nil
}

func saveShadow(ctx context.Context, s logical.Storage, r *shadowRecord) error {
	return put(ctx, s, shadowKey, r)
}

func deleteShadow(ctx context.Context, s logical.Storage) error {
	if err := s.Delete(ctx, shadowKey); err != nil {
		return fmt.Errorf("deleting %q from storage: %w", shadowKey, err)
	}
	return nil
}

// loadRevocation reads a revocation, nil if there is none.
func loadRevocation(ctx context.Context, s logical.Storage, id string) (*revocationRecord, error) {
	r := new(revocationRecord)
	found, err := get(ctx, s, revocationPrefix+id, r)
	if err != nil || !found {
		return nil, err
	}
	return r, nil
}

func saveRevocation(ctx context.Context, s logical.Storage, id string, r *revocationRecord) error {
	return put(ctx, s, revocationPrefix+id, r)
}

func deleteRevocation(ctx context.Context, s logical.Storage, id string) error {
	if err := s.Delete(ctx, revocationPrefix+id); err != nil {
		return fmt.Errorf("deleting revocation %q from storage: %w", id, err)
	}
	return nil
}

func listRevocations(ctx context.Context, s logical.Storage) ([]string, error) {
	ids, err := s.List(ctx, revocationPrefix)
	if err != nil {
		return nil, fmt.Errorf("listing revocations in storage: %w", err)
	}
	return ids, nil
}

// keysKey is where the keys of one source of an issuer are.
func keysKey(issuer string, source int) string {
	return fmt.Sprintf("%s%s/%d", keysPrefix, issuer, source)
}

// deleteKeys forgets the stored keys of an issuer.
func deleteKeys(ctx context.Context, s logical.Storage, issuer string) error {
	names, err := s.List(ctx, keysPrefix+issuer+"/")
	if err != nil {
		return fmt.Errorf("listing the stored keys of issuer %q: %w", issuer, err)
	}
	for _, name := range names {
		if err := s.Delete(ctx, keysPrefix+issuer+"/"+name); err != nil {
			return fmt.Errorf("deleting the stored keys of issuer %q: %w", issuer, err)
		}
	}
	return nil
}

// spentKey is where it stands that a JWT has logged in. The first two digits
// part the records into 256 shards, so that no list is long.
func spentKey(key replay.Key) string {
	name := hex.EncodeToString(key[:])
	return spentPrefix + name[:2] + "/" + name
}

// spentKeyOf reads the last part of a key that spentKey made.
func spentKeyOf(name string) (key replay.Key, ok bool) {
	raw, err := hex.DecodeString(name)
	if err != nil || len(raw) != len(key) {
		return key, false
	}
	copy(key[:], raw)
	return key, true
}

// loadSpent reads whether a JWT has logged in, nil if it has not.
func loadSpent(ctx context.Context, s logical.Storage, key replay.Key) (*spentRecord, error) {
	r := new(spentRecord)
	entry, err := s.Get(ctx, spentKey(key))
	if err != nil {
		return nil, spentError(err)
	}
	if entry == nil {
		return nil, nil
	}
	if entry.DecodeJSON(r) != nil {
		return nil, spentError(errUnreadable)
	}
	return r, nil
}

func saveSpent(ctx context.Context, s logical.Storage, key replay.Key, r *spentRecord) error {
	entry, err := logical.StorageEntryJSON(spentKey(key), r)
	if err != nil {
		return spentError(err)
	}
	if err := s.Put(ctx, entry); err != nil {
		return spentError(err)
	}
	return nil
}

func deleteSpent(ctx context.Context, s logical.Storage, key replay.Key) error {
	if err := s.Delete(ctx, spentKey(key)); err != nil {
		return spentError(err)
	}
	return nil
}

// listSpent lists the shards, or the records of one.
func listSpent(ctx context.Context, s logical.Storage, shard string) ([]string, error) {
	names, err := s.List(ctx, spentPrefix+shard)
	if err != nil {
		return nil, spentError(err)
	}
	return names, nil
}

func get(ctx context.Context, s logical.Storage, key string, into any) (bool, error) {
	entry, err := s.Get(ctx, key)
	if err != nil {
		return false, fmt.Errorf("reading %q from storage: %w", key, err)
	}
	if entry == nil {
		return false, nil
	}
	var made struct {
		Schema int `json:"schema"`
	}
	if err := errors.Join(entry.DecodeJSON(&made), entry.DecodeJSON(into)); err != nil {
		// The decoder's message may quote the record.
		return false, fmt.Errorf("the record %q in storage %w", key, errUnreadable)
	}
	if made.Schema > schema {
		return false, fmt.Errorf("the record %q in storage %w: it has schema %d, and this one knows %d; a later version of the plugin wrote it", key, errUnreadable, made.Schema, schema)
	}
	return true, nil
}

func put(ctx context.Context, s logical.Storage, key string, record any) error {
	entry, err := logical.StorageEntryJSON(key, record)
	if err != nil {
		return fmt.Errorf("encoding %q: %w", key, err)
	}
	if err := s.Put(ctx, entry); err != nil {
		return fmt.Errorf("writing %q to storage: %w", key, err)
	}
	return nil
}
