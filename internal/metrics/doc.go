// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package metrics counts what one mount does, and writes the counts as
// Prometheus reads them.
//
// list.go names every metric. A new one is a line there, and a call of
// [Set.Add] where it happens. The values of labels are bounded: names of roles
// and issuers that the operator wrote, and words of closed lists. Nothing of a
// token, nor of what a caller sends, becomes one.
package metrics
