// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

func blame(t *testing.T, source, claims string) []string {
	t.Helper()
	doc, err := strictjson.Parse(claims, strictjson.Limits{Bytes: 1 << 16, Depth: 16, Members: 1000, Elements: 1000, String: 1 << 13})
	require.NoError(t, err)
	x, err := CompileBool(source)
	require.NoError(t, err)
	return x.Blame(Input{Claims: doc.Root(), IssuerName: "github", Now: time.Unix(1893456000, 0)})
}

// The smallest parts that decide are named, with what they read.
func TestBlame(t *testing.T) {
	t.Parallel()
	const claims = `{"ref":"refs/heads/dev","env":"prod","n":3,"groups":["a","b"],"other":"SECRET","deep2":"a\nb","deep":{"x":{"y":1}}}`
	for source, want := range map[string][]string{
		`claims.ref == "refs/heads/main"`:              {`claims.ref == "refs/heads/main" is false: claims.ref = "refs/heads/dev"`},
		`claims.env == "prod" && claims.ref == "main"`: {`claims.ref == "main" is false: claims.ref = "refs/heads/dev"`},
		`claims.env == "dev" || claims.n > 5`:          {`claims.env == "dev" is false: claims.env = "prod"`, `claims.n > 5 is false: claims.n = 3`},
		`!(claims.env == "prod")`:                      {`!(claims.env == "prod") is false: claims.env == "prod" = true, claims.env = "prod"`},
		`has(claims.nobody)`:                           {`has(claims.nobody) is false`},
		`claims.nobody == "x"`:                         {`claims.nobody has no value (no such key: nobody)`},
		`claims.env == "prod" && claims.nobody.x == 1`: {`claims.nobody has no value (no such key: nobody)`},
		`claims.groups.exists(g, g == "c")`:            {`claims.groups.exists(g, g == "c") is false: claims.groups = ["a","b"]`},
		`claims.ref.split("/")[2] == "main"`:           {`claims.ref.split("/")[2] == "main" is false: claims.ref.split("/")[2] = "dev", claims.ref.split("/") = ["refs","heads","dev"], claims.ref = "refs/heads/dev"`},
		`claims.env == "prod" ? claims.n == 4 : true`:  {`claims.n == 4 is false: claims.n = 3`},
		`issuer.name == "gitlab"`:                      {`issuer.name == "gitlab" is false: issuer.name = "github"`},
		`size(claims) == 1`:                            {`size(claims) == 1 is false: size(claims) = 7`},
		`claims.n + "x" == "3x"`:                       {`claims.n + "x" has no value (no such overload): claims.n = 3`},
		`get(claims, "/deep/x/y") == 2`:                {`get(claims, "/deep/x/y") == 2 is false: get(claims, "/deep/x/y") = 1`},
		`claims[claims.deep2] == 1`:                    {`claims[claims.deep2] has no value (no such key: a?b): claims.deep2 = "a\nb"`},
		`false`:                                        {`false is false`},
		`claims.env in ["dev", "test"]`:                {`claims.env in ["dev", "test"] is false: claims.env = "prod"`},
		`claims.env == "prod"`:                         nil,
	} {
		got := blame(t, source, claims)
		require.Equal(t, want, got, source)
		require.NotContains(t, strings.Join(got, " "), "SECRET", source)
	}
}

// However long the claims and however many the parts, an explanation is short.
func TestBlameIsBounded(t *testing.T) {
	t.Parallel()
	long := `{"a":"` + strings.Repeat("é", 4000) + `"}`
	source := strings.Repeat(`claims.a == "b" || `, 100) + `claims.a == "c"`
	got := blame(t, source, long)
	require.Len(t, got, maxBlamed)
	for _, part := range got {
		require.Less(t, len(part), 2*ShownBytes)
		require.Contains(t, part, "... (8002 bytes)")
	}
}

// A hostile expression is stopped by the limits of a login.
func TestBlameStopsAtTheLimits(t *testing.T) {
	t.Parallel()
	list := `{"l":[` + strings.Repeat("1,", 999) + `1],"s":"` + strings.Repeat("y", 8000) + `"}`
	begin := time.Now()
	got := blame(t, `claims.l.all(a, !claims.s.contains("x"))`, list)
	if len(got) > 0 { // where the machine is so busy that time runs out before the cost does
		require.Len(t, got, 1)
		require.Contains(t, got[0], "(operation interrupted)")
	}
	require.Less(t, time.Since(begin), 20*LoginTime) // the machine may be busy
}
