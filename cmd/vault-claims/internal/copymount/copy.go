// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package copymount makes one auth mount configured as another is: config,
// issuers, revocations and roles. What is already alike is left alone, so an
// interrupted copy is finished by the next.
package copymount

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/vault-claims/vault-plugin-auth-claims/cmd/vault-claims/internal/vault"
)

// atOnce bounds the requests in flight: Vault serves logins meanwhile.
const atOnce = 4

// Copy is one copy from mount to mount. The fields are paths below auth/.
type Copy struct {
	Vault    *vault.Client
	From, To string
	// Secret is oidc_client_secret, which no mount tells.
	Secret string
	// DryRun reads and compares, and writes nothing.
	DryRun bool
	// KeepMore leaves alone what the new mount has and the old one has not.
	KeepMore bool
	// Progress, if not nil, hears how many of the roles are done.
	Progress func(done, total int)
}

// Result is what a copy did.
type Result struct {
	// Written, Removed and Same count the things of each kind: "config",
	// "issuer", "role", "revocation".
	Written map[string]int `json:"written"`
	Removed map[string]int `json:"removed"`
	Same    map[string]int `json:"same"`
	// LeftOut says what could not be copied.
	LeftOut []string `json:"left_out"`
	// Warnings are what the new mount said, by path.
	Warnings map[string][]string `json:"warnings"`
	// Refused are paths that the new mount did not take, with its reason.
	Refused map[string]string `json:"refused"`

	mu sync.Mutex
}

// kinds are what a mount holds beside its config, in the order in which one
// needs the other.
func kinds() []string { return []string{"issuer", "revocation", "role"} }

// Run copies. An error means that the copy is not whole. What the new mount
// refuses is no error, and in the result.
func (c Copy) Run(ctx context.Context) (*Result, error) {
	r := &Result{Written: map[string]int{}, Removed: map[string]int{}, Same: map[string]int{}, Warnings: map[string][]string{}, Refused: map[string]string{}}
	if err := c.config(ctx, r); err != nil {
		return r, err
	}
	for _, kind := range kinds() {
		if err := c.kind(ctx, r, kind); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (c Copy) config(ctx context.Context, r *Result) error {
	from, err := c.Vault.Read(ctx, "auth/"+c.From+"/config")
	if err != nil || from == nil {
		return err
	}
	to, err := c.readIfThere(ctx, "auth/"+c.To+"/config")
	if err != nil {
		return err
	}
	id, _ := from["oidc_client_id"].(string)
	if id != "" && c.Secret == "" {
		r.LeftOut = append(r.LeftOut, "oidc_client_secret of config, which no mount tells; give it with -client-secret-file if browser logins are to work")
	}
	body := maps.Clone(from)
	if c.Secret != "" {
		body["oidc_client_secret"] = c.Secret
	}
	if alike(from, to) && c.Secret == "" {
		r.Same["config"]++
		return nil
	}
	return c.put(ctx, r, "config", "config", body)
}

// kind copies all things of a kind and removes those that are too many.
func (c Copy) kind(ctx context.Context, r *Result, kind string) error {
	names, err := c.names(ctx, c.From, kind)
	if err != nil {
		return err
	}
	there, err := c.names(ctx, c.To, kind)
	if err != nil {
		return err
	}
	for _, name := range there {
		if c.KeepMore || slices.Contains(names, name) {
			continue
		}
		if !c.DryRun {
			if err := c.Vault.Delete(ctx, "auth/"+c.To+"/"+kind+"/"+name); err != nil {
				return err
			}
		}
		r.Removed[kind]++
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	done := 0
	for _, name := range names {
		group.Go(func() error {
			err := c.one(ctx, r, kind, name, slices.Contains(there, name))
			r.mu.Lock()
			defer r.mu.Unlock()
			done++
			if c.Progress != nil && kind == "role" {
				c.Progress(done, len(names))
			}
			return err
		})
	}
	return group.Wait()
}

// names lists what there is to copy. A mount whose version does not know the
// kind has none; what config describes is listed as an issuer and is none.
func (c Copy) names(ctx context.Context, mount, kind string) ([]string, error) {
	names, err := c.Vault.List(ctx, "auth/"+mount+"/"+kind)
	if unknown(err) {
		return nil, nil
	}
	if kind == "issuer" {
		names = slices.DeleteFunc(names, func(name string) bool { return name == "default" })
	}
	return names, err
}

func (c Copy) one(ctx context.Context, r *Result, kind, name string, there bool) error {
	path := kind + "/" + name
	from, err := c.Vault.Read(ctx, "auth/"+c.From+"/"+path)
	if err != nil || from == nil { // deleted meanwhile
		return err
	}
	if there {
		to, err := c.readIfThere(ctx, "auth/"+c.To+"/"+path)
		if err != nil {
			return err
		}
		if alike(from, to) {
			r.count(r.Same, kind)
			return nil
		}
		// A write leaves alone what it does not name, so what is there has to go.
		if to != nil && !c.DryRun {
			if err := c.Vault.Delete(ctx, "auth/"+c.To+"/"+path); err != nil {
				return err
			}
		}
	}
	body := maps.Clone(from)
	if kind == "issuer" {
		body["force"] = true // an issuer that does not answer today is copied too
	}
	return c.put(ctx, r, kind, path, body)
}

func (c Copy) put(ctx context.Context, r *Result, kind, path string, body map[string]any) error {
	if c.DryRun {
		r.count(r.Written, kind)
		return nil
	}
	secret, err := c.Vault.Write(ctx, "auth/"+c.To+"/"+path, body)
	if vault.Status(err) == http.StatusBadRequest {
		var answer *vault.Error
		errors.As(err, &answer)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.Refused[path] = answer.Text()
		return nil
	}
	if err != nil {
		return err
	}
	r.count(r.Written, kind)
	if secret != nil && len(secret.Warnings) > 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.Warnings[path] = secret.Warnings
	}
	return nil
}

// readIfThere takes a mount that was never configured for an empty one.
func (c Copy) readIfThere(ctx context.Context, path string) (map[string]any, error) {
	data, err := c.Vault.Read(ctx, path)
	if unknown(err) || (c.DryRun && vault.Status(err) != 0) {
		return nil, nil
	}
	return data, err
}

func (r *Result) count(counts map[string]int, kind string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts[kind]++
}

// unknown tells whether Vault knows no such path.
func unknown(err error) bool {
	return vault.Status(err) == http.StatusNotFound || vault.Status(err) == http.StatusMethodNotAllowed
}

// alike compares what two mounts answer.
func alike(a, b map[string]any) bool {
	return b != nil && reflect.DeepEqual(plain(a), plain(b))
}

// plain takes out what differs by nature, and the difference between a list
// that is empty and one that is not there.
func plain(data map[string]any) map[string]any {
	encoded, _ := json.Marshal(data) // it came from JSON
	var out map[string]any
	_ = json.Unmarshal(encoded, &out)
	maps.DeleteFunc(out, func(name string, value any) bool {
		list, isList := value.([]any)
		object, isObject := value.(map[string]any)
		return value == nil || (isList && len(list) == 0) || (isObject && len(object) == 0)
	})
	return out
}

// Drift are the paths in which two mounts differ; what no mount tells is not
// among them.
func (c Copy) Drift(ctx context.Context) (int, error) {
	c.DryRun, c.Secret = true, ""
	r, err := c.Run(ctx)
	total := 0
	for _, counts := range []map[string]int{r.Written, r.Removed} {
		for _, n := range counts {
			total += n
		}
	}
	return total, err
}

// Summary says in a line what a copy did.
func (r *Result) Summary() string {
	var parts []string
	for _, of := range []struct {
		verb   string
		counts map[string]int
	}{{"written", r.Written}, {"removed", r.Removed}, {"alike", r.Same}} {
		for _, kind := range append([]string{"config"}, kinds()...) {
			if n := of.counts[kind]; n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s %s", n, kind, of.verb))
			}
		}
	}
	if len(r.Refused) > 0 {
		parts = append(parts, fmt.Sprintf("%d refused", len(r.Refused)))
	}
	if len(parts) == 0 {
		return "nothing to copy"
	}
	return strings.Join(parts, ", ")
}
