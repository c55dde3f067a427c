// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jwk"
)

// Bounds of one fetch. The total covers the discovery document and the JWK Set
// together, so that a refresh ends within it.
const (
	connectTimeout   = 3 * time.Second // with the look-up of the name
	handshakeTimeout = 5 * time.Second
	headerTimeout    = 5 * time.Second
	fetchTimeout     = 10 * time.Second

	maxSetBytes       = jwk.MaxDocumentBytes
	maxDiscoveryBytes = 256 << 10
	maxHeaderBytes    = 64 << 10
	maxURLBytes       = 2048
)

// Pace of fetches.
const (
	renewBurst = 3 // fetches that callers may cause at once
	renewEvery = 30 * time.Second
	renewWait  = 5 * time.Second // how long a login waits for keys

	retryFirst = time.Second
	retryLast  = time.Minute

	// shortestMaxAge is how far Cache-Control may shorten the refresh interval.
	shortestMaxAge = 30 * time.Second
)

// Bounds and defaults of the configuration.
const (
	defaultRefresh = 5 * time.Minute
	leastRefresh   = time.Second
	mostRefresh    = 24 * time.Hour

	defaultStale = 24 * time.Hour
	mostStale    = 30 * 24 * time.Hour
)

const (
	// storedGrace is how long the issuer has to answer before stored keys that
	// are older than the refresh interval are used in place of its answer. It
	// leaves a waiting login most of its renewWait.
	storedGrace = 2 * time.Second

	loadTimeout = 2 * time.Second // a login may be waiting
	saveTimeout = 5 * time.Second

	// savesPerStale is how often unchanged keys are stored again in the time
	// of MaxStale. Keys that come from storage are that part older at most.
	savesPerStale = 24
)
