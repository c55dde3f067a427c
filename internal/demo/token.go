// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package demo

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// decode lays out the header and payload of a compact JWS for reading. It
// verifies nothing.
func decode(token string) (header, payload string, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", "", fmt.Errorf("a token has three parts, this one %d", len(parts))
	}
	if header, err = prettyJSON(parts[0]); err != nil {
		return "", "", fmt.Errorf("the token's header: %w", err)
	}
	if payload, err = prettyJSON(parts[1]); err != nil {
		return "", "", fmt.Errorf("the token's payload: %w", err)
	}
	return header, payload, nil
}

func prettyJSON(part string) (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = json.Indent(&out, raw, "", "  ")
	return out.String(), err
}

// shorten shows enough of a token to recognise it and too little to use it.
func shorten(token string) string {
	const head, tail = 12, 4
	if len(token) < 3*(head+tail) {
		return "…"
	}
	return token[:head] + "…" + token[len(token)-tail:]
}

// writeToken replaces the file at once, so that whoever reads it meanwhile
// gets a whole token. No newline: `jwt=@file` sends every byte.
func writeToken(path, token string) error {
	if err := os.WriteFile(path+".new", []byte(token), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
