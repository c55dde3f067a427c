// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package deps holds no code: its tests are the rules about which package may
// import which, each with its reason. Arrows go one way:
//
//	cmd -> . -> internal/* -> auth/*
package deps
