// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package cputime reads how much CPU time processes have used. It is what a
// piece of work costs, and unlike wall time hardly changes when the machine has
// other things to do.
package cputime
