// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package metrics

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/keys"
)

func empty() State { return State{} }

// sample returns the value of a series, written as in the text.
func sample(t testing.TB, s *Set, series string) string {
	t.Helper()
	text, err := s.Text()
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, series+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func loginSeriesOf(role, issuer, outcome, reason string) string {
	return fmt.Sprintf(`%s{issuer=%q,outcome=%q,reason=%q,role=%q}`, Logins, issuer, outcome, reason, role)
}

func TestLoginsAreCounted(t *testing.T) {
	t.Parallel()
	s := New(empty)
	s.Login("ci", "default", ReasonAllowed, time.Millisecond)
	s.Login("ci", "default", ReasonAllowed, time.Millisecond)
	s.Login("ci", "default", "expired", 30*time.Microsecond)
	s.Login("", "", ReasonFault, time.Second)
	require.Equal(t, "2", sample(t, s, loginSeriesOf("ci", "default", "granted", "allowed")))
	require.Equal(t, "1", sample(t, s, loginSeriesOf("ci", "default", "refused", "expired")))
	require.Equal(t, "1", sample(t, s, loginSeriesOf("", "", "failed", "fault")))
	require.Equal(t, "2", sample(t, s, LoginSeconds+`_bucket{outcome="granted",le="0.001"}`))
	require.Equal(t, "0", sample(t, s, LoginSeconds+`_bucket{outcome="granted",le="0.0005"}`))
	require.Equal(t, "1", sample(t, s, LoginSeconds+`_bucket{outcome="refused",le="5e-05"}`))
	require.Equal(t, map[string]uint64{"allowed": 2, "expired": 1, "fault": 1}, s.LoginsByReason())
}

// Whatever names there are, the series stay within the bounds, no login is
// lost, and the roles that came first keep theirs.
func TestLoginSeriesAreBounded(t *testing.T) {
	t.Parallel()
	s := New(empty)
	const roles, issuers, reasons = 250, 10, 5
	for range 2 {
		for r := range roles {
			for i := range issuers {
				for x := range reasons {
					s.Login(fmt.Sprint("role", r), fmt.Sprint("issuer", i), fmt.Sprint("reason", x), time.Microsecond)
				}
			}
		}
	}
	text, err := s.Text()
	require.NoError(t, err)
	seen, names, sum := 0, map[string]bool{}, 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, Logins+"{") {
			continue
		}
		seen++
		_, role, _ := strings.Cut(line, `role="`)
		role, value, _ := strings.Cut(role, `"} `)
		names[role] = true
		n := 0
		_, err := fmt.Sscan(value, &n)
		require.NoError(t, err)
		sum += n
	}
	require.LessOrEqual(t, seen, MaxLoginSeries+reasons)
	require.LessOrEqual(t, len(names), MaxRoles+1)
	require.True(t, names[Other])
	require.Equal(t, 2*roles*issuers*reasons, sum)
	require.Equal(t, "2", sample(t, s, loginSeriesOf("role0", "issuer0", "refused", "reason0")))

	many := New(empty)
	for r := range MaxRoles + 1 {
		many.Login(fmt.Sprint("role", r), "default", ReasonAllowed, 0)
	}
	require.Equal(t, "1", sample(t, many, loginSeriesOf("role199", "default", "granted", "allowed")))
	require.Empty(t, sample(t, many, loginSeriesOf("role200", "default", "granted", "allowed")))
	require.Equal(t, "1", sample(t, many, loginSeriesOf(Other, "default", "granted", "allowed")))

	many.ForgetRole("role199") // makes room
	many.Login("role200", "default", ReasonAllowed, 0)
	require.Equal(t, "1", sample(t, many, loginSeriesOf("role200", "default", "granted", "allowed")))
	require.Empty(t, sample(t, many, loginSeriesOf("role199", "default", "granted", "allowed")))
	require.EqualValues(t, MaxRoles+2, many.LoginsByReason()["allowed"], "what a deleted role had still counts")
	many.ForgetRole(Other)
	many.ForgetRole("")
	many.ForgetRole("never met")
	require.Equal(t, "1", sample(t, many, loginSeriesOf(Other, "default", "granted", "allowed")))
}

func TestLoginsAreSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := New(empty)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for n := range 500 {
				s.Login(fmt.Sprint("role", n%50), "default", fmt.Sprint("reason", worker%2), time.Microsecond)
				if n%100 == 0 {
					s.ForgetRole("gone")
					_, _ = s.Text()
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, map[string]uint64{"reason0": 2000, "reason1": 2000}, s.LoginsByReason())
}

// A login that meets known series allocates nothing.
func TestLoginAllocatesNothing(t *testing.T) {
	s := New(empty)
	s.Login("ci", "default", ReasonAllowed, 0)
	require.Zero(t, testing.AllocsPerRun(100, func() { s.Login("ci", "default", ReasonAllowed, time.Millisecond) }))
}

func BenchmarkLogin(b *testing.B) {
	s := New(empty)
	for n := range 100 {
		s.Login(fmt.Sprint("role", n), "default", ReasonAllowed, 0)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Login("role42", "default", ReasonAllowed, 70*time.Microsecond)
	}
}

func TestIssuerCounts(t *testing.T) {
	t.Parallel()
	s := New(empty)
	c := s.Issuer("ci")
	require.Same(t, c, s.Issuer("ci"))
	c.Fetched(nil)
	c.Fetched(&keys.Failure{Kind: keys.KindTLS})
	c.Fetched(fmt.Errorf("wrapped: %w", &keys.Failure{Kind: keys.KindTLS}))
	c.Fetched(errors.New("of no kind"))
	c.HeldBack()
	fetches, held := c.Read()
	require.Equal(t, map[string]uint64{"ok": 1, "tls": 2, "internal": 1}, fetches)
	require.EqualValues(t, 1, held)
	s.ForgetIssuer("ci")
	fetches, held = s.Issuer("ci").Read()
	require.Equal(t, map[string]uint64{"ok": 0}, fetches)
	require.Zero(t, held)
}

// The state of the mount becomes series, and every metric of the list has its
// help and type in the text.
func TestText(t *testing.T) {
	t.Parallel()
	s := New(func() State {
		return State{
			Version: "v1.2.3", SDK: "v0.25.1", Go: "go1.26", Started: time.Unix(1000, 0), Panics: 3,
			Roles: 7, RolesLoaded: 2, CacheSize: 4096, CacheEntries: 5, CacheHits: 11, CacheMisses: 12, Proofs: 8,
			Candidates:   []Candidate{{Role: "ci", Seen: 9, Differences: map[string]int64{"alias": 4}}},
			Shadow:       &Shadow{Seen: 5, Mirrored: 9, Dropped: 2, Differences: map[string]int64{"alias": 1}, Errors: map[string]int64{"timeout": 3}},
			IssuerStates: []string{"static", "healthy"},
			Issuers: []Issuer{
				{Name: "ci", State: "healthy", Keys: 2, Fetched: true, KeyAge: 90 * time.Second, StaleAt: time.Unix(5000, 0), Fetches: map[string]uint64{"ok": 4}, HeldBack: 6},
				{Name: "default", State: "static", Keys: 1},
			},
		}
	})
	s.Login("ci", "default", ReasonAllowed, 0)
	s.Add(Renewals, "granted", "allowed")
	s.Add(Notices, "event", "sent")
	for series, want := range map[string]string{
		Prefix + `notices_total{kind="event",result="sent"}`:                              "1",
		Prefix + `build_info{go_version="go1.26",sdk_version="v0.25.1",version="v1.2.3"}`: "1",
		Prefix + "start_time_seconds":                                                     "1000", Prefix + "panics_total": "3", Prefix + "roles": "7", Prefix + "roles_loaded": "2",
		Prefix + "token_cache_size": "4096", Prefix + "token_cache_entries": "5", Prefix + "token_cache_hits_total": "11", Prefix + "token_cache_misses_total": "12",
		Prefix + "shadow_seen": "5", Prefix + "shadow_mirrored": "9", Prefix + "shadow_dropped": "2",
		Prefix + `shadow_differences{kind="alias"}`: "1", Prefix + `shadow_errors{kind="timeout"}`: "3",
		Prefix + "issuers": "2",
		Prefix + `issuer_state{issuer="ci",state="healthy"}`:               "1",
		Prefix + `issuer_state{issuer="ci",state="static"}`:                "0",
		Prefix + `issuer_state{issuer="default",state="static"}`:           "1",
		Prefix + `issuer_keys{issuer="ci"}`:                                "2",
		Prefix + `issuer_key_age_seconds{issuer="ci"}`:                     "90",
		Prefix + `issuer_key_age_seconds{issuer="default"}`:                "",
		Prefix + `issuer_keys_stale_timestamp_seconds{issuer="ci"}`:        "5000",
		Prefix + `issuer_fetches_total{issuer="ci",result="ok"}`:           "4",
		Prefix + `issuer_fetches_held_back_total{issuer="ci"}`:             "6",
		Prefix + `renewals_total{outcome="granted",reason="allowed"}`:      "1",
		Prefix + `login_duration_seconds_count{outcome="granted"}`:         "1",
		Prefix + `login_duration_seconds_bucket{outcome="failed",le="10"}`: "0",
	} {
		require.Equal(t, want, sample(t, s, series), series)
	}
	text, err := s.Text()
	require.NoError(t, err)
	for _, m := range List() {
		require.Contains(t, string(text), fmt.Sprintf("# HELP %[1]s %[2]s\n# TYPE %[1]s %[3]s\n", m.Name, m.Help, m.Type))
	}
	require.Equal(t, len(List()), strings.Count(string(text), "# TYPE "), "every family is in the list")
}

// A metric that has nothing to tell yet is not in the text; one without labels
// begins at zero.
func TestTextAtTheBeginning(t *testing.T) {
	t.Parallel()
	s := New(empty)
	require.Equal(t, "0", sample(t, s, Prefix+"panics_total"))
	require.Equal(t, "0", sample(t, s, LoginSeconds+`_count{outcome="granted"}`))
	require.Empty(t, s.LoginsByReason())
}

func TestListIsWellFormed(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, m := range List() {
		require.False(t, names[m.Name], "%s is there twice", m.Name)
		names[m.Name] = true
		require.True(t, strings.HasPrefix(m.Name, Prefix), m.Name)
		require.Equal(t, m.Type == Counter, strings.HasSuffix(m.Name, "_total"), m.Name)
		require.True(t, strings.HasSuffix(m.Help, "."), m.Name)
	}
	require.True(t, slices.IsSorted(buckets()))
	require.Contains(t, slices.Collect(maps.Keys(names)), Logins)
}
