// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package fakevault stands in for Vault in the tool's tests: as much of its API
// as the tool calls, with mounts, a catalog and faults on demand. What a real
// Vault does is tested in internal/e2e; this shows what the tool does when Vault
// does the unusual.
package fakevault

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Object is a JSON object.
type Object = map[string]any

// Server is a fake Vault. Its fields may be set before requests are made, and
// read between them.
type Server struct {
	URL string

	mu      sync.Mutex
	Mounts  map[string]*Mount // by path below auth/
	Catalog map[string]Object // by "NAME VERSION"
	Pins    map[string]string // by name
	Nodes   []string
	Host    Object              // what sys/host-info says; nil: no right to it
	Dir     string              // plugin directory; "": no right to know
	Denied  map[string][]string // capabilities that the token has not, by path
	Faults  map[string]Fault    // by "METHOD path"
	// ChangesLeft, when not negative, is how many changes work before each
	// further one is answered as if Vault were gone.
	ChangesLeft int
	// Changes are the changes that worked: "METHOD path".
	Changes []string
	// NotServing has Vault ask logins for a token, as after a reload in which the
	// plugin was killed; the next reload ends it.
	NotServing bool
	// Allow decides a login or a check; nil lets in.
	Allow func(m *Mount, body Object) bool
}

// Mount is one auth mount.
type Mount struct {
	Type, Version, Running, SHA256 string
	Options                        map[string]string
	Config                         Object // as tuned
	Data                           map[string]Object
	CannotMirror                   bool
}

// Fault is an answer in place of the right one.
type Fault struct {
	Status int
	Text   string
	Do     func() // instead, if not nil: the request is answered with success
}

// Start runs a fake for the length of a test, with one live mount "ci" that
// runs version v0.1.0 of the plugin "claims".
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		Mounts: map[string]*Mount{"ci": {
			Type: "claims", Version: "v0.1.0", Running: "v0.1.0", SHA256: "aa", Config: Object{"default_lease_ttl": 3600, "token_type": "default-service"},
			Data: map[string]Object{
				"config":      {"bound_issuer": "https://ci.example", "jwks_url": "https://ci.example/keys"},
				"role/deploy": {"role_type": "jwt", "user_claim": "sub", "token_policies": []any{"web"}},
				"role/test":   {"role_type": "jwt", "user_claim": "sub"},
				"issuer/k8s":  {"issuer": "https://k8s.example"},
			},
		}},
		Catalog:     map[string]Object{"claims v0.1.0": {"sha256": "aa", "command": "claims_0.1.0", "args": []any{}}},
		Pins:        map[string]string{},
		Nodes:       []string{"one"},
		Denied:      map[string][]string{},
		Faults:      map[string]Fault{},
		ChangesLeft: -1,
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Lock keeps requests waiting until the function that it returns is called, so
// that a test may change the server while it runs.
func (s *Server) Lock() (unlock func()) {
	s.mu.Lock()
	return s.mu.Unlock
}

// ServeHTTP answers one request after the other.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	method := r.Method
	if r.URL.Query().Get("list") == "true" {
		method = "LIST"
	}
	if method == http.MethodPost {
		method = http.MethodPut
	}
	var body Object
	_ = json.NewDecoder(r.Body).Decode(&body) // none for a read
	if fault, is := s.Faults[method+" "+path]; is {
		if fault.Do != nil {
			fault.Do()
			answer(w, http.StatusNoContent, nil)
			return
		}
		refuse(w, fault.Status, fault.Text)
		return
	}
	changes := (method == http.MethodPut || method == http.MethodDelete) && path != "sys/capabilities-self" && !strings.HasSuffix(path, "/check") && !strings.HasSuffix(path, "/login") && !strings.HasSuffix(path, "/explain")
	if changes && s.ChangesLeft == 0 {
		refuse(w, http.StatusInternalServerError, "gone")
		return
	}
	status := s.route(w, method, path, r.URL.Query().Get("version"), body)
	if changes && status < 300 {
		s.Changes = append(s.Changes, method+" "+path)
		if s.ChangesLeft > 0 {
			s.ChangesLeft--
		}
	}
}

func (s *Server) route(w http.ResponseWriter, method, path, version string, body Object) int {
	switch {
	case path == "sys/health":
		return answer(w, 200, Object{"initialized": true, "version": "1.21.0", "server_time_utc": time.Now().Unix()})
	case path == "sys/ha-status":
		var nodes []Object
		for i, name := range s.Nodes {
			nodes = append(nodes, Object{"hostname": name, "active_node": i == 0})
		}
		return answer(w, 200, Object{"nodes": nodes})
	case path == "sys/host-info" && s.Host != nil:
		return data(w, Object{"host": s.Host})
	case path == "sys/config/state/sanitized" && s.Dir != "":
		return data(w, Object{"plugin_directory": s.Dir})
	case path == "sys/capabilities-self":
		return s.capabilities(w, body)
	case strings.HasPrefix(path, "sys/plugins/pins/auth/"):
		pin := s.Pins[strings.TrimPrefix(path, "sys/plugins/pins/auth/")]
		if pin == "" {
			return refuse(w, 404, "")
		}
		return data(w, Object{"version": pin})
	case strings.HasPrefix(path, "sys/plugins/catalog/auth/"):
		return s.catalog(w, method, strings.TrimPrefix(path, "sys/plugins/catalog/auth/"), version, body)
	case path == "sys/plugins/reload/backend":
		return s.reload(w, body)
	case path == "sys/auth":
		return data(w, s.list())
	case strings.HasPrefix(path, "sys/auth/"):
		return s.mounts(w, method, strings.TrimPrefix(path, "sys/auth/"), body)
	case strings.HasPrefix(path, "auth/token/"):
		return answer(w, 204, nil)
	case strings.HasPrefix(path, "auth/"):
		return s.mount(w, method, strings.TrimPrefix(path, "auth/"), body)
	}
	return refuse(w, 403, "permission denied")
}

func (s *Server) capabilities(w http.ResponseWriter, body Object) int {
	out := Object{}
	for _, path := range body["paths"].([]any) {
		has := []string{"create", "read", "update", "delete", "list", "sudo"}
		for _, no := range s.Denied[path.(string)] {
			has = slices.DeleteFunc(has, func(one string) bool { return one == no })
		}
		out[path.(string)] = has
	}
	return data(w, out)
}

func (s *Server) list() Object {
	all := Object{}
	for path, m := range s.Mounts {
		all[path+"/"] = Object{
			"type": m.Type, "plugin_version": m.Version, "running_plugin_version": m.Running, "running_sha256": m.SHA256, "options": m.Options, "config": m.Config,
		}
	}
	return all
}

// Copied is what a mount holds, without its mirror.
func (m *Mount) Copied() map[string]Object {
	out := maps.Clone(m.Data)
	maps.DeleteFunc(out, func(path string, _ Object) bool { return strings.HasPrefix(path, "shadow") })
	return out
}

func data(w http.ResponseWriter, of Object) int { return answer(w, 200, Object{"data": of}) }

func answer(w http.ResponseWriter, status int, body any) int {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body) // the tool has gone away
	}
	return status
}

func refuse(w http.ResponseWriter, status int, text string) int {
	errors := []string{}
	if text != "" {
		errors = append(errors, text)
	}
	return answer(w, status, Object{"errors": errors})
}

// Program is the head of an ELF file for linux/amd64, and nothing else: enough
// to be taken for a binary, and not to be run. See elf(5).
func Program() []byte {
	head := make([]byte, 64)
	copy(head, "\x7fELF\x02\x01\x01") // 64 bits, little endian, version 1
	head[16], head[18], head[20] = 2, 62, 1
	head[52] = 64
	return head
}
