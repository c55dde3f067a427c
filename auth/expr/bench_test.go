// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import "testing"

// BenchmarkLogin is a condition and policies, compiled, over the claims of a CI
// job: at most 20 us.
func BenchmarkLogin(b *testing.B) {
	condition, err := CompileBool(`claims.project_path.startsWith("acme/") && claims.ref_protected == "true" &&
		!(claims.user_login in ["renovate", "dependabot"]) && claims.groups.exists(g, g.matches("^team-[a-z]+$"))`)
	if err != nil {
		b.Fatal(err)
	}
	policies, err := CompileStrings(`["gitlab-" + claims.project_path.lowerAscii(), "env-" + claims.environment]`)
	if err != nil {
		b.Fatal(err)
	}
	in := Input{Claims: parse(b, `{"namespace_id":"1","namespace_path":"acme","project_id":"22","project_path":"acme/shop","user_id":"42",
		"user_login":"kim","user_email":"kim@acme.example","pipeline_id":"6574","pipeline_source":"push","job_id":"302","ref":"main",
		"ref_type":"branch","ref_path":"refs/heads/main","ref_protected":"true","environment":"production","runner_id":1,
		"sha":"714a629c0b401fdce83e847fc9589983fc6f46bc","groups":["all","team-shop"],"jti":"235b","iss":"https://gitlab.example",
		"iat":1700000000,"nbf":1699999995,"exp":1700003600,"sub":"project_path:acme/shop:ref_type:branch:ref:main"}`)}
	b.ReportAllocs()
	for b.Loop() {
		e := New(in)
		ok, err := condition.Eval(e)
		names, err2 := policies.Eval(e)
		e.Close()
		if !ok || err != nil || err2 != nil || len(names) != 2 {
			b.Fatal(ok, err, err2)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := CompileBool(`claims.a == "x" && claims.groups.exists(g, g.matches("^team-[a-z]+$"))`); err != nil {
			b.Fatal(err)
		}
	}
}
