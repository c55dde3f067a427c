// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson

// Limits bounds one document. A zero field means that nothing at all is
// allowed, so that a forgotten limit refuses instead of admitting.
type Limits struct {
	Bytes    int // length of the whole document in bytes
	Depth    int // nesting of objects and arrays; a flat object has depth 1
	Members  int // members of one object
	Elements int // elements of one array
	String   int // bytes of one decoded string or name
}

// Fault says why a document was refused. The list is closed, and a fault
// carries nothing of the document.
type Fault string

// The faults of a document.
const (
	FaultSyntax    Fault = "not valid JSON"
	FaultTrailing  Fault = "data after the JSON value"
	FaultUTF8      Fault = "not valid UTF-8, or half of a surrogate pair"
	FaultDuplicate Fault = "a name stands twice in one object, perhaps in another letter case"
	FaultNumber    Fault = "a number that readers round differently"
	FaultBytes     Fault = "document too long"
	FaultDepth     Fault = "nested too deep"
	FaultMembers   Fault = "too many members in one object"
	FaultElements  Fault = "too many elements in one array"
	FaultString    Fault = "string too long"
)

// Error lets a Fault be returned as an error.
func (f Fault) Error() string { return string(f) }
