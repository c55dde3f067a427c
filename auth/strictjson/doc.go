// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

// Package strictjson reads the JSON of a token: header and claims.
//
// It accepts less than any general decoder. RFC 8259 leaves the meaning of
// repeated names open and RFC 7519 section 4 allows a reader to refuse them;
// every difference between two readers of the same token is a way to show one
// thing to the check and another to the grant. So a document is refused when
//
//   - a name stands twice in one object, or two names differ only by Unicode
//     simple case folding, the folding that encoding/json applies to field names;
//   - it is not UTF-8, or an escape names half of a surrogate pair (RFC 7493, section 2.1);
//   - a number is one that readers round differently: an integer that no 64-bit
//     integer holds, or a value outside of a double's range (RFC 7493, section 2.2);
//   - it is deeper, longer or wider than [Limits] allows;
//   - anything but white space follows the value.
//
// A parsed [Document] never changes and may be shared between goroutines.
// Strings without escapes are slices of the source, so that a claim set of
// ordinary size costs two allocations.
package strictjson
