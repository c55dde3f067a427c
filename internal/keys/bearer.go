// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// PodTokenFile is where Kubernetes puts the token of a pod's service account.
const PodTokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token"

// tokenFolders are the only places that a bearer token is read from. An issuer
// may be configured by people who must not read the server's other files.
func tokenFolders() []string { return []string{"/var/run/secrets/", "/run/secrets/"} }

const maxBearerBytes = 16 << 10

// CheckTokenFile refuses a path that is not that of a mounted secret. It does
// not touch the file, which may appear later.
func CheckTokenFile(name string) error {
	for _, folder := range tokenFolders() {
		if strings.HasPrefix(name, folder) && path.Clean(name) == name {
			return nil
		}
	}
	return errors.New("bearer_token_file must be a clean path below /var/run/secrets/ or /run/secrets/, such as " + PodTokenFile)
}

// bearer adds a token to requests for one host. The zero bearer adds none.
type bearer struct {
	file   string
	origin *url.URL
	read   func(file string) (string, error)
}

func newBearer(c Config) (bearer, error) {
	if c.BearerTokenFile == "" {
		return bearer{}, nil
	}
	if err := CheckTokenFile(c.BearerTokenFile); err != nil {
		return bearer{}, err
	}
	u, err := url.Parse(c.JWKSURL + c.DiscoveryURL)
	if err != nil || u.Scheme != "https" {
		return bearer{}, errors.New("bearer_token_file needs a URL that begins with https://: the token must not cross the network in the clear")
	}
	return bearer{file: c.BearerTokenFile, origin: u, read: readTokenFile}, nil
}

// authorize adds the token to a request for the configured host and to no
// other: a discovery document must not be able to send it elsewhere.
func (b bearer) authorize(r *http.Request, t target) error {
	if b.file == "" || r.URL.Scheme != b.origin.Scheme || r.URL.Host != b.origin.Host {
		return nil
	}
	token, err := b.read(b.file)
	if err != nil {
		return t.failure(KindToken, err.Error())
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

func readTokenFile(name string) (string, error) { return readToken(name, CheckTokenFile) }

// readToken reads a token that has the form of a JWT. Anything else in the
// file stays there, and so does a file that check refuses once links are
// followed. Errors do not quote it.
func readToken(name string, check func(string) error) (string, error) {
	resolved, err := filepath.EvalSymlinks(name)
	if err != nil {
		return "", errors.New("bearer_token_file cannot be read")
	}
	if check(resolved) != nil {
		return "", errors.New("bearer_token_file is a link to a place that tokens are not read from")
	}
	f, err := os.Open(resolved)
	if err != nil {
		return "", errors.New("bearer_token_file cannot be read")
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxBearerBytes+1))
	token := strings.TrimSpace(string(content))
	if err != nil || len(content) > maxBearerBytes || !looksLikeJWT(token) {
		return "", errors.New("bearer_token_file does not hold a token")
	}
	return token, nil
}

// looksLikeJWT tells whether s has three parts of base64url characters.
func looksLikeJWT(s string) bool {
	parts := strings.Split(s, ".")
	for _, part := range parts {
		if part == "" || strings.Trim(part, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return len(parts) == 3
}
