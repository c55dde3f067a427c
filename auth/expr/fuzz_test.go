// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package expr

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/vault-claims/vault-plugin-auth-claims/auth/strictjson"
)

// FuzzCEL: what compiles evaluates within its bounds, to a value or to a fault
// of the closed list, and the same way twice.
func FuzzCEL(f *testing.F) {
	for _, source := range []string{
		`claims.a == "x"`, `!(claims.missing)`, `claims.l.exists(g, g.startsWith("d"))`, `claims.a + claims.a == ""`,
		`claims.l.all(x, claims.l.all(y, x == y))`, `get(claims, "/o/p", 1) == 1`, `remote_addr.inCIDR("10.0.0.0/8")`,
		`claims.a.matches("^a+$")`, `claims.a.split("")[0] == "x"`, `now - timestamp(claims.n) > duration("1h")`,
		`sets.contains(claims.l, [claims.a])`, `[[1]].map(x, [x, x]) == [[[1], [1]]]`, `header.alg in ["ES256"]`,
		`claims.n / 0 == 1`, `claims.n % 0 == 1`, `-9223372036854775808 / -1 == 0`, `claims.l[9223372036854775807] == 1`,
	} {
		f.Add(source, `{"a":"x","l":["dev","ops"],"o":{"p":1},"n":7}`)
	}
	f.Fuzz(func(t *testing.T, source, claims string) {
		doc, err := strictjson.Parse(claims, strictjson.Limits{Bytes: 16 << 10, Depth: 16, Members: 1000, Elements: 1000, String: 8192})
		if err != nil || doc.Root().Kind() != strictjson.Object {
			t.Skip("not claims")
		}
		compiling := time.Now()
		x, err := CompileBool(source)
		if took := time.Since(compiling); took > 20*time.Second { // instrumented for fuzzing, the parser is slow
			t.Fatalf("%q took %s to compile", source, took)
		}
		if err != nil {
			return
		}
		run := func() (bool, error) {
			e := New(Input{Claims: doc.Root(), Header: &Header{Algorithm: "ES256"}, Remote: "10.1.2.3", Now: time.Unix(1e9, 0)})
			defer e.Close()
			return x.Eval(e)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		v, err := run()
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		var fault Fault
		if err != nil && (v || !errors.As(err, &fault)) {
			t.Fatalf("%q gave %v with error %v", source, v, err)
		}
		if took > 8*LoginTime { // other work shares the machine
			t.Fatalf("%q took %s", source, took)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
			t.Fatalf("%q allocated %d bytes", source, used)
		}
		again, errAgain := run()
		if !errors.Is(err, FaultTime) && !errors.Is(errAgain, FaultTime) && (again != v || !errors.Is(errAgain, err)) {
			t.Fatalf("%q gave %v, %v and then %v, %v", source, v, err, again, errAgain)
		}
	})
}
