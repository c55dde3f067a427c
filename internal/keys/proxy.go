// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// ProxyEnvironment as a proxy means what the environment of the process says.
const ProxyEnvironment = "environment"

// proxyFunc returns the choice of a proxy for requests, nil for none. Without
// the operator's word the environment counts for nothing: whoever sets it
// would see where keys come from.
func proxyFunc(setting string) (func(*http.Request) (*url.URL, error), error) {
	switch setting {
	case "":
		return nil, nil
	case ProxyEnvironment:
		return http.ProxyFromEnvironment, nil
	}
	u, err := parseURL("proxy", setting)
	if err != nil {
		return nil, err
	}
	return http.ProxyURL(u), nil
}

var errProxyRefused = errors.New("the proxy refuses")

// proxyAnswer judges what a proxy says to CONNECT. Without it the transport
// would make an error of the proxy's own words.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return errProxyRefused
	}
	return nil
}
