// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"go.yaml.in/yaml/v3"
)

// view is what a command prints: data for programs, and the same for people.
// The zero value prints nothing.
type view struct {
	data any
	text func(io.Writer)
}

func (s *session) print(v view) error {
	if v.data == nil && v.text == nil {
		return nil
	}
	var buffer bytes.Buffer
	switch s.format {
	case "json", "yaml":
		if err := encode(&buffer, s.format, v.data); err != nil {
			return err
		}
	default:
		v.text(&buffer)
	}
	_, err := s.streams.Out.Write(buffer.Bytes())
	return err
}

// encode goes through JSON for YAML too, so that both have the same names.
func encode(w io.Writer, format string, data any) error {
	if format == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(data)
	}
	encoded, err := json.Marshal(data)
	if err != nil {
		return err
	}
	var plain any
	if err := yaml.Unmarshal(encoded, &plain); err != nil { // JSON is YAML
		return err
	}
	out, err := yaml.Marshal(plain)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// table writes aligned columns.
func table(w io.Writer, header []string, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 4, 4, ' ', 0)
	rule := make([]string, len(header))
	for i, h := range header {
		rule[i] = strings.Repeat("-", len(h))
	}
	for _, row := range append([][]string{header, rule}, rows...) {
		fmt.Fprintln(t, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	_ = t.Flush() // w is a buffer
}

// pairs writes names with values, in the given order.
func pairs(w io.Writer, rows [][2]string) {
	t := tabwriter.NewWriter(w, 0, 4, 4, ' ', 0)
	fmt.Fprintln(t, "Key\tValue\n---\t-----")
	for _, row := range rows {
		fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
	}
	_ = t.Flush()
}

// dataView prints what a path of the mount answers as it is: what is simple as
// pairs, and lists of objects as tables below.
func dataView(data map[string]any) view {
	return view{data: data, text: func(w io.Writer) {
		var rows [][2]string
		var lists []string
		for _, name := range slices.Sorted(maps.Keys(data)) {
			if list, is := data[name].([]any); is && ofObjects(list) {
				lists = append(lists, name)
				continue
			}
			rows = append(rows, [2]string{name, show(data[name])})
		}
		if len(rows) > 0 {
			pairs(w, rows)
		}
		for _, name := range lists {
			fmt.Fprintf(w, "\n%s:\n", name)
			listTable(w, data[name].([]any))
		}
	}}
}

func ofObjects(list []any) bool {
	for _, one := range list {
		if _, is := one.(map[string]any); !is {
			return false
		}
	}
	return len(list) > 0
}

// show writes a value of JSON in a line.
func show(value any) string {
	switch v := value.(type) {
	case nil:
		return "n/a"
	case string:
		return v
	case json.Number:
		return v.String()
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = show(one)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		encoded, _ := json.Marshal(v) // it came from JSON
		return string(encoded)
	}
	return fmt.Sprint(value)
}
