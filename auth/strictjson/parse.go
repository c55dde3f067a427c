// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package strictjson

// Parse reads one JSON value that fills the whole of src but for white space
// around it. The error is a [Fault].
func Parse(src string, limits Limits) (*Document, error) {
	if len(src) > limits.Bytes {
		return nil, FaultBytes
	}
	// A claim set has about one value for every 24 bytes. The guess is capped, so
	// that a long document which is refused at its start costs little; a guess
	// that is too small only costs a second allocation.
	p := parser{Document: Document{src: src, nodes: make([]node, 0, min(8+len(src)/16, 128))}, limits: limits}
	p.space()
	if err := p.value(0); err != nil {
		return nil, err
	}
	p.space()
	if p.at != len(src) {
		return nil, FaultTrailing
	}
	doc := p.Document // without the parser around it
	return &doc, nil
}

type parser struct {
	Document
	at     int
	limits Limits
}

// space skips the four white space characters of RFC 8259, section 2.
func (p *parser) space() {
	for p.at < len(p.src) {
		switch p.src[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// take consumes c if it is next.
func (p *parser) take(c byte) bool {
	if p.at < len(p.src) && p.src[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) add(n node) int32 {
	i := int32(len(p.nodes)) //nolint:gosec // bounded by Limits.Bytes
	n.next = i + 1
	p.nodes = append(p.nodes, n)
	return i
}

// close ends the container at index open, which has count parts.
func (p *parser) close(open int32, count int) {
	p.nodes[open].size = int32(count) //nolint:gosec // bounded by Limits
	p.nodes[open].next = int32(len(p.nodes))
}

func (p *parser) value(depth int) error {
	if p.at >= len(p.src) {
		return FaultSyntax
	}
	switch c := p.src[p.at]; {
	case c == '"':
		return p.stringValue()
	case c == '{':
		return p.object(depth + 1)
	case c == '[':
		return p.array(depth + 1)
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	default:
		return p.word()
	}
}

func (p *parser) word() error {
	rest := p.src[p.at:]
	for _, w := range [...]struct {
		text string
		node node
	}{
		{"true", node{kind: Bool, size: 1}},
		{"false", node{kind: Bool}},
		{"null", node{kind: Null}},
	} {
		if len(rest) >= len(w.text) && rest[:len(w.text)] == w.text {
			p.at += len(w.text)
			p.add(w.node)
			return nil
		}
	}
	return FaultSyntax
}

func (p *parser) object(depth int) error {
	if depth > p.limits.Depth {
		return FaultDepth
	}
	p.at++
	open := p.add(node{kind: Object})
	p.space()
	if p.take('}') {
		return nil
	}
	for count := 1; ; count++ {
		if count > p.limits.Members {
			return FaultMembers
		}
		if p.at >= len(p.src) || p.src[p.at] != '"' {
			return FaultSyntax
		}
		if err := p.stringValue(); err != nil {
			return err
		}
		p.space()
		if !p.take(':') {
			return FaultSyntax
		}
		p.space()
		if err := p.value(depth); err != nil {
			return err
		}
		p.space()
		if p.take('}') {
			p.close(open, count)
			return p.distinctNames(open)
		}
		if !p.take(',') {
			return FaultSyntax
		}
		p.space()
	}
}

func (p *parser) array(depth int) error {
	if depth > p.limits.Depth {
		return FaultDepth
	}
	p.at++
	open := p.add(node{kind: Array})
	p.space()
	if p.take(']') {
		return nil
	}
	for count := 1; ; count++ {
		if count > p.limits.Elements {
			return FaultElements
		}
		if err := p.value(depth); err != nil {
			return err
		}
		p.space()
		if p.take(']') {
			p.close(open, count)
			return nil
		}
		if !p.take(',') {
			return FaultSyntax
		}
		p.space()
	}
}
