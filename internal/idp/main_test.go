// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const wellKnown = "/.well-known/openid-configuration"

// freshClient opens a connection for each request, so that net/http has no
// reason to retry one.
func freshClient(t *testing.T, p *idp.Provider) *http.Client {
	t.Helper()
	transport := p.Client().Transport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// fetch makes one GET request and returns the response with its whole body.
func fetch(t *testing.T, client *http.Client, url string) (*http.Response, []byte) {
	t.Helper()
	resp, err := client.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, body
}
