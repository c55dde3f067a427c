// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain holds every test to what Clean promises: nothing that a mount
// started outlives it.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// A package below Vault's SDK starts it when it is loaded.
		goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}
