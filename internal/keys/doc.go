// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package keys keeps the public keys of one issuer that publishes them over
// HTTPS: it finds them, refreshes them, and lets go of them when they can no
// longer be trusted.
//
// What a [Source] promises:
//
//   - Reading is free. [Source.Keys] is one atomic load; it waits for nothing.
//   - Bad tokens cannot be turned against the issuer. All callers together
//     cause at most 3 fetches at once and then 1 in 30 s, the fetch that a
//     cold source needs included. Refreshes and the retries after a failure
//     run on the clock, however many callers there are.
//   - A key that the issuer removed is refused within the refresh interval plus
//     10 s, as long as the issuer answers. Idle sources are refreshed as well:
//     one small document in five minutes costs less than the first login of
//     the day having to wait for one.
//   - An issuer that is down, slow, or answers nonsense changes nothing: the
//     last good keys stay until MaxStale after they were fetched. Then there
//     are none, and logins are refused.
//   - One fetch at a time, bounded in time, bytes and redirects (none), never
//     under a lock, owned by the source: [Source.Close] waits for it, and after
//     Close nothing is fetched or installed.
//
// Addresses that no issuer has (link-local, the metadata services of clouds,
// unspecified) are refused when dialling, whatever the name was. Private and
// loopback addresses are allowed for what the operator wrote down, but a
// discovery document that came from a public address cannot lead to one.
package keys
