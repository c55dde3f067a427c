// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/vault/sdk/framework"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

// introspectionRecord is the part of a stored issuer that says how to ask it
// about tokens which only it can read (RFC 7662).
type introspectionRecord struct {
	URL          string        `json:"introspection_url,omitempty"`
	ClientID     string        `json:"introspection_client_id,omitempty"`
	ClientSecret string        `json:"introspection_client_secret,omitempty"`
	AuthMethod   string        `json:"introspection_auth_method,omitempty"`
	CacheTTL     time.Duration `json:"introspection_cache_ttl,omitempty"`
	Rate         int           `json:"introspection_rate,omitempty"`
}

func addIntrospectionFields(fields map[string]*framework.FieldSchema) {
	field := func(kind framework.FieldType, help string) *framework.FieldSchema {
		return &framework.FieldSchema{Type: kind, Description: help}
	}
	fields["introspection_url"] = field(framework.TypeString, "In place of a key source: URL of the issuer's introspection endpoint (RFC 7662), for tokens that only the issuer can read. Roles that bind this issuer alone send their tokens there.")
	fields["introspection_client_id"] = field(framework.TypeString, "Client that asks the introspection endpoint.")
	fields["introspection_client_secret"] = field(framework.TypeString, "Secret of that client. Never read back, and to be sent again with a change of where it goes.")
	fields["introspection_client_secret"].DisplayAttrs = &framework.DisplayAttributes{Sensitive: true}
	fields["introspection_auth_method"] = field(framework.TypeString, "How the client authenticates: 'client_secret_basic' (default) or 'client_secret_post'.")
	fields["introspection_cache_ttl"] = field(framework.TypeDurationSecond, "Longest time that an answer is used again, in seconds, from 1 to 600. 0 means 60. A token that the issuer revokes lives on that long.")
	fields["introspection_rate"] = field(framework.TypeInt, "Requests a second that logins may cause, from 1 to 1000. 0 means 20. Logins beyond it are refused.")
}

// apply puts the fields that were sent into the record. A secret goes only to
// the place that it was written for: whoever may change an issuer could have
// it sent elsewhere, and read it there.
func (r *issuerRecord) applyIntrospection(d *framework.FieldData, before issuerRecord) error {
	i := &r.Introspection
	set(d, "introspection_url", &i.URL)
	set(d, "introspection_client_id", &i.ClientID)
	set(d, "introspection_client_secret", &i.ClientSecret)
	set(d, "introspection_auth_method", &i.AuthMethod)
	set(d, "introspection_rate", &i.Rate)
	setSeconds(d, "introspection_cache_ttl", &i.CacheTTL)
	_, sent := d.GetOk("introspection_client_secret")
	moved := i.URL != before.Introspection.URL || r.CAPEM != before.CAPEM || r.Proxy != before.Proxy
	if before.Introspection.ClientSecret != "" && moved && !sent {
		return errors.New("introspection_client_secret must be sent again with a change of introspection_url, ca_pem or proxy: it is kept for the place that it was written for")
	}
	return nil
}

// validateIntrospection checks what the introspector does not check itself.
func (r *issuerRecord) validateIntrospection() error {
	if r.Introspection.URL == "" {
		if r.Introspection != (introspectionRecord{}) {
			return errors.New("the fields introspection_… need introspection_url; send them empty to take them out")
		}
		return nil
	}
	for name, set := range map[string]bool{
		"tenants": len(r.Tenants) > 0, "jwt_supported_algs": len(r.JWTSupportedAlgs) > 0, "key_thumbprints": len(r.KeyThumbprints) > 0,
		"token_types": len(r.TokenTypes) > 0, "bearer_token_file": r.BearerTokenFile != "", "preset": r.Preset != "",
	} {
		if set {
			return fmt.Errorf("%s has no meaning with introspection_url, where the issuer is asked in place of keys; leave it empty", name)
		}
	}
	return nil
}

// introspectionData is what is read back. The secret is not.
func (r *issuerRecord) introspectionData(data map[string]any) {
	i := r.Introspection
	if i.URL == "" {
		return
	}
	data["introspection_url"] = i.URL
	data["introspection_client_id"] = i.ClientID
	data["introspection_auth_method"] = i.AuthMethod
	data["introspection_cache_ttl"] = int64(i.CacheTTL.Seconds())
	data["introspection_rate"] = i.Rate
}

// openIntrospector makes ready what asks the issuer, nil if it has keys.
func (b *backend) openIntrospector(r *issuerRecord) (*keys.Introspector, error) {
	i := r.Introspection
	if i.URL == "" {
		return nil, nil
	}
	return keys.NewIntrospector(keys.IntrospectionConfig{
		URL: i.URL, ClientID: i.ClientID, ClientSecret: i.ClientSecret, AuthMethod: i.AuthMethod,
		CAPEM: r.CAPEM, Proxy: r.Proxy, CacheTTL: i.CacheTTL, Rate: i.Rate, Logger: b.Logger(), Now: b.now,
	})
}

// introspectionState is healthy as long as the endpoint answers.
func introspectionState(s keys.IntrospectionStatus) string {
	switch {
	case s.LastError != "":
		return stateFailing
	case s.LastSuccess.IsZero():
		return stateCold
	}
	return stateHealthy
}

// introspectionStatus is the status of an issuer that is asked about tokens.
func (o *openIssuer) introspectionStatus(now time.Time) map[string]any {
	s := o.introspector.Status()
	state := introspectionState(s)
	var summary string
	switch state {
	case stateHealthy:
		summary = fmt.Sprintf("The issuer is asked about each token, and last answered %s ago.", span(now.Sub(s.LastSuccess)))
	case stateFailing:
		summary = fmt.Sprintf("Logins are refused but for tokens that were asked about in the last moments: the last request failed: %s.", s.LastError)
	default:
		summary = "The issuer is asked about each token, and has not been asked yet."
	}
	if s.HeldBack > 0 {
		summary += fmt.Sprintf(" %s beyond introspection_rate were refused since the start.", count(int(s.HeldBack), "login"))
	}
	return map[string]any{
		"state": state, "summary": summary, "source": o.record.Introspection.URL,
		"keys":         describeKeys(nil),
		"last_attempt": stamp(s.LastAttempt), "last_fetch": stamp(s.LastSuccess), "last_error": s.LastError,
		"requests": s.Requests, "failures": s.Failures, "active": s.Active, "inactive": s.Inactive,
		"from_cache": s.Cached, "held_back": s.HeldBack,
	}
}
