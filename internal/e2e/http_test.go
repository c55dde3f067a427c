// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/vaultdev"
)

// object is a JSON object.
type object = map[string]any

// with returns a copy of o with changes laid over it; a nil value removes a
// member.
func with(o, changes object) object {
	out := maps.Clone(o)
	if out == nil {
		out = object{}
	}
	for name, value := range changes {
		if value == nil {
			delete(out, name)
			continue
		}
		out[name] = value
	}
	return out
}

// request is one HTTP request to Vault. The api package would hide status and
// raw text.
type request struct {
	method string
	path   string // below /v1/
	body   any    // nil for none, []byte as it is, else JSON
	token  string
	header map[string]string
}

// answer is what Vault said.
type answer struct {
	status int
	raw    []byte
	body   object // numbers are json.Number; nil if there was no JSON object
}

func (a answer) ok() bool { return a.status < 300 }

var decisionSuffix = regexp.MustCompile(` \(decision ([0-9a-f]{12})\)$`)

// text is the error text of a refusal, without the ID of its decision (D-64).
func (a answer) text() string {
	list, _ := a.body["errors"].([]any)
	texts := make([]string, 0, len(list))
	for _, e := range list {
		text, _ := e.(string)
		texts = append(texts, decisionSuffix.ReplaceAllString(text, ""))
	}
	return strings.Join(texts, "; ")
}

// decision is the ID of the decision that a refusal tells, "" if it has none.
func (a answer) decision() string {
	if m := decisionSuffix.FindSubmatch(bytes.TrimSuffix(bytes.TrimSpace(a.raw), []byte(`"]}`))); m != nil {
		return string(m[1])
	}
	return ""
}

func (a answer) section(name string) object {
	part, _ := a.body[name].(object)
	return part
}

func (a answer) data() object { return a.section("data") }
func (a answer) auth() object { return a.section("auth") }

// client sends requests to one server.
type client struct {
	base, root string
	http       *http.Client
}

func newClient(server *vaultdev.Server) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	return &client{base: server.Addr, root: server.RootToken, http: &http.Client{Transport: transport, Timeout: 40 * time.Second}}
}

// send fails the test only when there is no answer at all.
func (c *client) send(t *testing.T, r request) answer {
	t.Helper()
	a, err := c.try(t.Context(), r)
	require.NoError(t, err)
	return a
}

func (c *client) try(ctx context.Context, r request) (answer, error) {
	body, ok := r.body.([]byte)
	if !ok && r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return answer{}, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+"/v1/"+r.path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if r.token != "" {
		req.Header.Set("X-Vault-Token", r.token)
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode}
	if a.raw, err = io.ReadAll(resp.Body); err != nil {
		return answer{}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(a.raw))
	decoder.UseNumber()
	_ = decoder.Decode(&a.body) // what is no JSON stays in raw
	return a, nil
}

// asRoot sends a request with the root token.
func (c *client) asRoot(t *testing.T, method, path string, body any) answer {
	t.Helper()
	return c.send(t, request{method: method, path: path, body: body, token: c.root})
}

// delete removes a path as root, also when the test's context is done.
func (c *client) delete(ctx context.Context, path string) (answer, error) {
	return c.try(ctx, request{method: "DELETE", path: path, token: c.root})
}

// mount is an auth mount seen through HTTP.
type mount struct {
	*client
	path string
}

func newMount(server *vaultdev.Server, path string) *mount {
	return &mount{newClient(server), path}
}

func (m *mount) at(path string) string { return "auth/" + m.path + "/" + path }

// write stores config or a role and fails the test if Vault refuses.
func (m *mount) write(t *testing.T, path string, body any) {
	t.Helper()
	a := m.asRoot(t, "POST", m.at(path), body)
	require.True(t, a.ok(), "writing %s: %d %s", m.at(path), a.status, a.raw)
}

func (m *mount) read(t *testing.T, path string) object {
	t.Helper()
	a := m.asRoot(t, "GET", m.at(path), nil)
	require.Equal(t, 200, a.status, "reading %s: %s", m.at(path), a.raw)
	return a.data()
}

// login sends no Vault token, as a caller who wants one.
func (m *mount) login(t *testing.T, role, token string) answer {
	t.Helper()
	return m.send(t, request{method: "POST", path: m.at("login"), body: object{"role": role, "jwt": token}})
}

// mustLogin returns the auth block of a login that has to work.
func (m *mount) mustLogin(t *testing.T, role, token string) object {
	t.Helper()
	a := m.login(t, role, token)
	require.Equal(t, 200, a.status, "login to %s: %s", m.path, a.raw)
	return a.auth()
}
