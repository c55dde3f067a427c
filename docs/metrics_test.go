// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/vault/sdk/logical"
	"github.com/stretchr/testify/require"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/metrics"
)

// Every metric has its row in metrics.md, with its type and labels.
func TestEveryMetricIsExplained(t *testing.T) {
	p := readPage(t, "metrics.md")
	for _, m := range metrics.List() {
		var labels []string
		for _, l := range m.Labels {
			labels = append(labels, "`"+l+"`")
		}
		cell := strings.Join(append([]string{"|"}, labels...), " ")
		require.Contains(t, p.prose, fmt.Sprintf("\n| `%s` | %s %s | ", m.Name, m.Type, cell))
	}
}

var metricName = regexp.MustCompile(metrics.Prefix + `\w+`)

// seriesNames returns what queries may ask for, and the labels of it.
func seriesNames() map[string][]string {
	names := map[string][]string{}
	for _, m := range metrics.List() {
		names[m.Name] = m.Labels
		if m.Type == metrics.Histogram {
			delete(names, m.Name)
			names[m.Name+"_sum"], names[m.Name+"_count"] = m.Labels, m.Labels
			names[m.Name+"_bucket"] = append([]string{"le"}, m.Labels...)
		}
	}
	return names
}

var selector = regexp.MustCompile(metrics.Prefix + `(\w+)\{([^}]*)\}`)

// checkQuery fails if a query asks for a metric or label that is not there. job
// and mount come from Prometheus.
func checkQuery(t *testing.T, query string) {
	t.Helper()
	known := seriesNames()
	for _, name := range metricName.FindAllString(query, -1) {
		require.Contains(t, known, name, query)
	}
	for _, m := range selector.FindAllStringSubmatch(query, -1) {
		for pair := range strings.SplitSeq(m[2], ",") {
			label := pair[:strings.IndexAny(pair, "=!")]
			require.Contains(t, append([]string{"job", "mount"}, known[metrics.Prefix+m[1]]...), label, query)
		}
	}
}

// expressions collects the strings of the members named expr, wherever they are.
func expressions(value any) []string {
	var all []string
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if text, ok := member.(string); ok && name == "expr" {
				all = append(all, text)
			}
			all = append(all, expressions(member)...)
		}
	case []any:
		for _, element := range v {
			all = append(all, expressions(element)...)
		}
	}
	return all
}

func TestDashboardsAskForMetricsThatExist(t *testing.T) {
	paths, err := filepath.Glob("grafana/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var dashboard map[string]any
		require.NoError(t, json.Unmarshal(text, &dashboard), path)
		queries := expressions(dashboard)
		require.Greater(t, len(queries), 20)
		for _, query := range queries {
			require.Regexp(t, metricName, query)
			checkQuery(t, query)
		}
		for name := range seriesNames() {
			require.True(t, strings.HasSuffix(name, "_sum") || strings.HasSuffix(name, "_count") || name == metrics.Prefix+"issuers" ||
				strings.Contains(string(text), name), "%s does not show %s", path, name)
		}
	}
}

var rule = regexp.MustCompile(`(?m)^ +- alert: \w+\n +expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)`)

func TestAlertsAskForMetricsThatExist(t *testing.T) {
	found := 0
	for _, text := range readPage(t, "metrics.md").in("yaml") {
		for _, m := range rule.FindAllStringSubmatch(text, -1) {
			found++
			checkQuery(t, m[1]+m[2])
			require.Regexp(t, metricName, m[1]+m[2])
		}
	}
	require.Equal(t, 7, found)
}

// What status answers is in the page, and the page promises no more.
func TestEveryFieldOfStatusIsExplained(t *testing.T) {
	p, m := readPage(t, "metrics.md"), newMount(t)
	resp := m.do(t, logical.ReadOperation, "status", nil)
	for name := range resp.Data {
		require.Contains(t, p.prose, "`"+name+"`")
	}
}
