// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"
)

// renewalOracle says without any code of the product why a renewal must not
// have been granted. Like the one for logins it knows less than the product.
type renewalOracle struct {
	records map[string]string // storage at the renewal
	peer    string
	now     time.Time
	key     string // PEM of the key that signed the token of the login
}

func (o renewalOracle) record(key string) map[string]any {
	var object map[string]any
	d := json.NewDecoder(strings.NewReader(o.records[key]))
	d.UseNumber()
	if o.records[key] == "" || d.Decode(&object) != nil {
		return nil
	}
	return object
}

func (o renewalOracle) roles(a *logical.Auth) []map[string]any {
	name, _ := a.InternalData["role"].(string)
	var all []map[string]any
	for one := range strings.SplitSeq(name, ",") {
		all = append(all, o.record("role/"+strings.ToLower(one)))
	}
	return all
}

// objects takes the token as it was kept.
func (o renewalOracle) objects(a *logical.Auth) error {
	config := o.record("config")
	if config == nil {
		return errors.New("the mount is not configured")
	}
	bare := true
	for _, name := range []string{"claims", "issuer", "key"} {
		if kept, found := a.InternalData[name]; found {
			if _, isText := kept.(string); !isText {
				return fmt.Errorf("%s is a %T", name, kept)
			}
			bare = false
		}
	}
	if kept, found := a.InternalData["header"]; found {
		if _, isObject := kept.(map[string]any); !isObject {
			return fmt.Errorf("header is a %T", kept)
		}
		bare = false
	}
	var errs []error
	for _, role := range o.roles(a) {
		errs = append(errs, o.standing(role))
		if bare {
			errs = append(errs, o.bare(role))
		} else if role != nil {
			errs = append(errs, o.claims(a, config, role))
		}
	}
	return errors.Join(errs...)
}

func (o renewalOracle) standing(role map[string]any) error {
	if role == nil {
		return errors.New("a role is gone")
	}
	if role["renew"] == "never" {
		return errors.New("the role allows no renewal")
	}
	cidrs, _ := role["token_bound_cidrs"].([]any)
	admitted := len(cidrs) == 0 || slices.ContainsFunc(cidrs, func(c any) bool {
		prefix, err := netip.ParsePrefix(fmt.Sprint(c))
		return fmt.Sprint(c) == o.peer || err == nil && prefix.Contains(netip.MustParseAddr(o.peer))
	})
	if !admitted {
		return errors.New("the role does not admit the address")
	}
	return nil
}

// bare is about a token that has nothing with it but the role.
func (o renewalOracle) bare(role map[string]any) error {
	if role["renew"] == "revalidate" || role["token_ttl_follows_jwt"] == true {
		return errors.New("the role needs the claims")
	}
	if o.records["revocation/b"] != "" {
		return errors.New("whatever was issued before a time is revoked")
	}
	return nil
}

func (o renewalOracle) claims(a *logical.Auth, config, role map[string]any) error {
	text, _ := a.InternalData["claims"].(string)
	claims, err := decodePart(text)
	if err != nil || len(claims) == 0 {
		return fmt.Errorf("the claims are not readable: %w", err)
	}
	issuer, name := config["bound_issuer"], a.InternalData["issuer"]
	if name != nil && name != "" && name != "default" {
		record := o.record("issuer/" + name.(string))
		if issuer = record["issuer"]; record == nil {
			return errors.New("the issuer is gone")
		}
	}
	if claims["iss"] != issuer {
		return errors.New("the issuer is another one")
	}
	login := oracle{now: o.now, config: map[string]any{}, role: role}
	alias := claims[fmt.Sprint(role["user_claim"])]
	if a.Alias != nil {
		alias = a.Alias.Name
	}
	errs := []error{login.audience(claims["aud"]), login.bound(claims), o.revoked(claims, name), o.alive(a, claims, config, role)}
	if subject, _ := role["bound_subject"].(string); subject != "" && claims["sub"] != subject {
		errs = append(errs, errors.New("another subject"))
	}
	if user, isText := alias.(string); isText && role["user_expression"] == nil {
		errs = append(errs, login.user(claims, user))
	}
	return errors.Join(errs...)
}

func (o renewalOracle) revoked(claims map[string]any, issuer any) error {
	if issuer != nil && issuer != "" && issuer != "default" {
		return nil // all revocations of the fuzzer are of the default one
	}
	if o.records["revocation/a"] != "" && claims["sub"] == "alice" {
		return errors.New("alice is revoked")
	}
	if b := o.record("revocation/b"); b != nil {
		before, err := time.Parse(time.RFC3339, b["issued_before"].(string))
		if err != nil || claims["iat"] == nil || number(claims["iat"]) < float64(before.Unix()) {
			return errors.New("revoked by its time")
		}
	}
	return nil
}

// alive is what a role asks that revalidates.
func (o renewalOracle) alive(a *logical.Auth, claims, config, role map[string]any) error {
	if role["renew"] != "revalidate" {
		return nil
	}
	key, _ := a.InternalData["key"].(string)
	if key == "" || a.InternalData["header"] == nil {
		return errors.New("nothing to revalidate")
	}
	issuer, _ := a.InternalData["issuer"].(string)
	if keys, _ := config["jwt_validation_pubkeys"].([]any); (issuer == "" || issuer == "default") && !slices.ContainsFunc(keys, o.signed) {
		return errors.New("the key is withdrawn")
	}
	return oracle{now: o.now, config: map[string]any{}, role: role}.registered(claims)
}

func (o renewalOracle) signed(kept any) bool {
	text, _ := kept.(string)
	return strings.TrimSpace(text) == strings.TrimSpace(o.key)
}

// limits holds what is granted against the roles, the login, and the JWT.
func (o renewalOracle) limits(before, after *logical.Auth) error {
	if after.ExplicitMaxTTL != before.ExplicitMaxTTL && (before.ExplicitMaxTTL != 0 && after.ExplicitMaxTTL > before.ExplicitMaxTTL || after.ExplicitMaxTTL <= 0) {
		return errors.New("a token outlives the end that the login set")
	}
	roles, periodic := o.roles(before), true
	for _, role := range roles {
		ttl, most, period := number(role["token_ttl"]), number(role["token_max_ttl"]), number(role["token_period"])
		periodic = periodic && period > 0
		over := func(got time.Duration, limit float64) bool { return limit > 0 && (got <= 0 || float64(got) > limit) }
		switch {
		case over(after.TTL, ttl) && (period == 0 || len(roles) == 1), over(after.MaxTTL, most), over(after.Period, period) && after.Period > 0:
			return errors.New("a limit is longer than the role's")
		case role["token_ttl_follows_jwt"] != true:
			continue
		}
		claims, err := decodePart(fmt.Sprint(before.InternalData["claims"]))
		if end := number(claims["exp"]); err != nil || after.TTL <= 0 || after.Period > after.TTL || float64(o.now.Unix())+after.TTL.Seconds() > end {
			return errors.New("a token outlives its JWT")
		}
	}
	if after.Period > 0 && !periodic {
		return errors.New("a period that not every role has")
	}
	return nil
}

// The oracle objects to each way in which a renewal can be wrong.
func TestRenewalOracleObjects(t *testing.T) {
	t.Parallel()
	z := newFuzzMount(t)
	z.write("role/ci", jwtRole(map[string]any{"token_ttl": "5m", "token_bound_cidrs": "192.0.2.0/24"}))
	granted := stored(t, z.login("ci", z.issuer.token(nil)))
	objects := func(peer string) error {
		o := renewalOracle{records: z.storage.dump(t), peer: peer, now: z.clock.now(), key: z.issuer.key.PEM()}
		longer := *granted
		longer.TTL++
		require.NoError(t, o.limits(granted, granted))
		if o.records["role/ci"] != "" {
			require.Error(t, o.limits(granted, &longer))
		}
		return o.objects(granted)
	}
	require.NoError(t, objects(z.peer))
	require.Error(t, objects("10.0.0.1"))
	for name, value := range map[string]any{"role": "two", "claims": 7, "issuer": "gone", "header": "x", "key": 1} {
		kept, found := granted.InternalData[name]
		if granted.InternalData[name] = value; name == "role" {
			require.Error(t, renewalOracle{records: z.storage.dump(t), peer: z.peer}.objects(granted))
		} else {
			require.Error(t, objects(z.peer), name)
		}
		if granted.InternalData[name] = kept; !found {
			delete(granted.InternalData, name)
		}
	}
	for _, change := range []int{4, 0, 8, 6, 12, 14} {
		fuzzChanges(z.testMount)[change]()
		require.Error(t, objects(z.peer), "change %d", change)
		z.write("role/ci", jwtRole(map[string]any{"token_ttl": "5m", "renew": "role", "token_bound_cidrs": "192.0.2.0/24"}))
		z.reconfigure(nil)
		for _, id := range []string{"a", "b"} {
			z.send(logical.DeleteOperation, "revocation/"+id, nil)
		}
		require.NoError(t, objects(z.peer), "change %d", change)
	}
}
