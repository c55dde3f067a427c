// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package metrics

import (
	"bytes"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// ContentType is that of [Set.Text].
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Set is the metrics of one mount. Its methods are safe for concurrent use.
type Set struct {
	registry *prometheus.Registry
	counters map[string]*prometheus.CounterVec
	logins   *logins
	seconds  struct{ granted, refused, failed prometheus.Observer } // by outcome
	issuers  issuers
}

// New makes the metrics of a mount, all at zero. state is called for each
// [Set.Text]; it must not block.
func New(state func() State) *Set {
	s := &Set{registry: prometheus.NewRegistry(), counters: map[string]*prometheus.CounterVec{}}
	c := &collector{state: state}
	for _, m := range List() {
		switch {
		case m.read != nil:
			c.add(m)
		case m.Type == Histogram:
			vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: m.Name, Help: m.Help, Buckets: buckets()}, m.Labels)
			s.registry.MustRegister(vec)
			s.seconds.granted = vec.WithLabelValues(string(Granted))
			s.seconds.refused = vec.WithLabelValues(string(Refused))
			s.seconds.failed = vec.WithLabelValues(string(Failed))
		default:
			vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: m.Name, Help: m.Help}, m.Labels)
			s.registry.MustRegister(vec)
			s.counters[m.Name] = vec
			if len(m.Labels) == 0 {
				vec.WithLabelValues()
			}
		}
	}
	s.registry.MustRegister(c)
	s.logins = newLogins(s.counters[Logins])
	return s
}

// Add adds one to a counter. It panics if the name is not that of a counter in
// [List], or has other labels. The values of labels must be of a closed list.
// It takes a lock for a moment, so it is not for what every login does.
func (s *Set) Add(name string, labels ...string) {
	s.counters[name].WithLabelValues(labels...).Inc()
}

// Text writes all metrics in the text format of Prometheus.
func (s *Set) Text() ([]byte, error) {
	families, err := s.registry.Gather()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	encoder := expfmt.NewEncoder(&out, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// Login counts a login. role is the name of a stored role, "" if there is none
// of the name asked for; issuer is the operator's name, "" for none.
//
// It takes no lock and allocates nothing for a role, issuer and reason that it
// has met before.
func (s *Set) Login(role, issuer, reason string, took time.Duration) {
	s.logins.count(role, issuer, reason)
	seconds := s.seconds.refused
	switch OutcomeOf(reason) {
	case Granted:
		seconds = s.seconds.granted
	case Failed:
		seconds = s.seconds.failed
	}
	seconds.Observe(took.Seconds())
}

// ForgetRole drops the series of a role that was deleted.
func (s *Set) ForgetRole(role string) { s.logins.forget(role) }

// LoginsByReason counts the logins since the mount began, "allowed" being
// those that were granted.
func (s *Set) LoginsByReason() map[string]uint64 { return s.logins.byReason() }

// Issuer returns what counts the fetches of an issuer, the same for each call
// with the same name, so that counts outlive a change of the issuer.
func (s *Set) Issuer(name string) *IssuerCounts { return s.issuers.of(name) }

// ForgetIssuer drops the counts of an issuer that was deleted.
func (s *Set) ForgetIssuer(name string) { s.issuers.forget(name) }

// collector reads the state of the mount once for each scrape.
type collector struct {
	state   func() State
	metrics []Metric
	descs   []*prometheus.Desc
}

var _ prometheus.Collector = (*collector)(nil)

func (c *collector) add(m Metric) {
	c.metrics = append(c.metrics, m)
	c.descs = append(c.descs, prometheus.NewDesc(m.Name, m.Help, m.Labels, nil))
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (c *collector) Collect(out chan<- prometheus.Metric) {
	s := c.state()
	for n, m := range c.metrics {
		kind := prometheus.GaugeValue
		if m.Type == Counter {
			kind = prometheus.CounterValue
		}
		m.read(s, func(value float64, labels ...string) {
			out <- prometheus.MustNewConstMetric(c.descs[n], kind, value, labels...)
		})
	}
}
