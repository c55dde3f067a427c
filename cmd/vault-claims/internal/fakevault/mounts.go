// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package fakevault

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

func (s *Server) catalog(w http.ResponseWriter, method, name, version string, body Object) int {
	switch method {
	case http.MethodPut:
		version, _ = body["version"].(string)
		if body["args"] == nil {
			body["args"] = []any{}
		}
		s.Catalog[name+" "+version] = body
		return answer(w, 204, nil)
	case http.MethodDelete:
		delete(s.Catalog, name+" "+version)
		return answer(w, 204, nil)
	}
	entry := s.Catalog[name+" "+version]
	if entry == nil {
		return refuse(w, 404, "")
	}
	return data(w, entry)
}

// run is what Vault does when it starts a mount: by the catalog as it is.
func (s *Server) run(m *Mount) error {
	entry := s.Catalog[m.Type+" "+m.Version]
	if entry == nil {
		return fmt.Errorf("plugin not found in the catalog: %s %s", m.Type, m.Version)
	}
	m.Running = m.Version
	m.SHA256, _ = entry["sha256"].(string)
	return nil
}

func (s *Server) reload(w http.ResponseWriter, body Object) int {
	for _, path := range body["mounts"].([]any) {
		m := s.Mounts[strings.TrimPrefix(path.(string), "auth/")]
		if m == nil {
			continue // as Vault does
		}
		s.NotServing = false
		if err := s.run(m); err != nil {
			return refuse(w, 400, "cannot reload plugin on "+path.(string)+": "+err.Error())
		}
	}
	return answer(w, 204, nil)
}

func (s *Server) mounts(w http.ResponseWriter, method, path string, body Object) int {
	if path, tune := strings.CutSuffix(path, "/tune"); tune {
		s.Mounts[path].Version, _ = body["plugin_version"].(string)
		return answer(w, 204, nil)
	}
	if method == http.MethodDelete {
		delete(s.Mounts, path)
		return answer(w, 204, nil)
	}
	config, _ := body["config"].(Object)
	m := &Mount{Config: config, Options: map[string]string{}, Data: map[string]Object{}}
	m.Type, _ = body["type"].(string)
	m.Version, _ = config["plugin_version"].(string)
	options, _ := body["options"].(Object)
	for name, value := range options {
		m.Options[name], _ = value.(string)
	}
	if err := s.run(m); err != nil {
		return refuse(w, 400, err.Error())
	}
	s.Mounts[path] = m
	return answer(w, 204, nil)
}

// mount is a store of whatever is written, with lists.
func (s *Server) mount(w http.ResponseWriter, method, path string, body Object) int {
	mountPath, rest, _ := strings.Cut(path, "/")
	m := s.Mounts[mountPath]
	if m == nil {
		return refuse(w, 404, "no handler for route \"auth/"+path+"\". route entry not found.")
	}
	rest = strings.TrimSuffix(rest, "/")
	if strings.HasPrefix(rest, "shadow") && m.CannotMirror {
		return refuse(w, 404, "unsupported path")
	}
	switch {
	case rest == "login":
		if s.NotServing {
			return refuse(w, 403, "permission denied")
		}
		if body["jwt"] == "a.trial.of.vault-claims" {
			return refuse(w, 400, "the token was refused")
		}
		if s.Allow != nil && !s.Allow(m, body) {
			return refuse(w, 400, "the token was refused")
		}
		return answer(w, 200, Object{"auth": Object{"client_token": "hvs.x", "accessor": "a", "token_policies": []string{"default", "web"}}})
	case rest == "check":
		return data(w, Object{"allowed": s.Allow == nil || s.Allow(m, body), "reason": "claim_mismatch"})
	case rest == "explain":
		if m.Data[rest] == nil {
			return refuse(w, 404, "unsupported path")
		}
		return data(w, m.Data[rest])
	case method == "LIST":
		return s.names(w, m, rest)
	case method == http.MethodPut:
		if m.Data[rest] == nil || rest == "config" { // which is replaced as a whole
			m.Data[rest] = Object{}
		}
		for name, value := range body {
			if name != "force" {
				m.Data[rest][name] = value
			}
		}
		return answer(w, 204, nil)
	case method == http.MethodDelete:
		delete(m.Data, rest)
		return answer(w, 204, nil)
	}
	if m.Data[rest] == nil {
		return refuse(w, 404, "")
	}
	return data(w, m.Data[rest])
}

func (s *Server) names(w http.ResponseWriter, m *Mount, below string) int {
	var names []string
	for path := range m.Data {
		if name, is := strings.CutPrefix(path, below+"/"); is && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return refuse(w, 404, "")
	}
	slices.Sort(names)
	return data(w, Object{"keys": names})
}
