// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package shadow

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain holds every test to what Close promises.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
