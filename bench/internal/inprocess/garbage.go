// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package inprocess

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/jws"
	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/fixture"
	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/stat"
)

// garbage refuses what anybody can send without a key.
func (o Options) garbage(ctx context.Context, w io.Writer, issuer *fixture.Issuer) error {
	claims, err := newClaims(ctx, issuer)
	if err != nil {
		return err
	}
	t := newTable(w, "Refusing 16 KiB", "")
	for _, shape := range shapes(issuer) {
		c := claims.refusals(shape.name, fixture.Service)
		results, err := race(ctx, o.repeated(shape.token), []contender{c})
		if err != nil {
			return err
		}
		remark := "no goal: well-formed, so all of it must be read"
		if !shape.wellFormed {
			remark = stat.Goal{Limit: 20}.Verdict(micros(results[0].ns).Median)
		}
		t.row(c.name, results[0], "", remark)
	}
	return t.flush()
}

type shape struct {
	name, token string
	wellFormed  bool
}

// shapes are tokens of the longest length accepted, each refused at another
// place.
func shapes(issuer *fixture.Issuer) []shape {
	header, _, _ := strings.Cut(issuer.Tokens(1)[0], ".")
	fill := func(before, after string) string {
		return before + noise(jws.DefaultTokenBytes-len(before)-len(after)) + after
	}
	return []shape{
		{name: "noise", token: fill("", "")},
		{name: "noise in three parts", token: fill(noise(100)+".", "."+noise(86))},
		{name: "a header, then noise", token: fill(header+".", "."+noise(86))},
		{name: "a stranger's token of 900 claims", token: header + "." + strangersPayload() + ".AAAA", wellFormed: true},
	}
}

// strangersPayload is JSON of good form, as full of members as fits.
func strangersPayload() string {
	var b strings.Builder
	b.WriteString(`{"iss":"nobody"`)
	for i := range 900 {
		fmt.Fprintf(&b, `,"claim%d":1`, i)
	}
	b.WriteByte('}')
	return base64.RawURLEncoding.EncodeToString([]byte(b.String()))
}

// noise returns n characters of base64url.
func noise(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rand.IntN(len(alphabet))]
	}
	return string(b)
}
