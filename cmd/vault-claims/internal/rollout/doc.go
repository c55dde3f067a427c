// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package rollout replaces the plugin version of one mount, in steps that can
// be stopped anywhere and begun again: new, report, promote, rollback, clean.
//
// All that must be known to go on is in Vault: the staged mount carries in its
// options which mount it is for and which version that ran before. So the steps
// can be taken by different people on different machines, and a step that was
// interrupted is taken again by the same command.
package rollout
