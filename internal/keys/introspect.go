// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

// Introspector asks an issuer about tokens that only the issuer can read (RFC
// 7662). What callers can cause is bounded by a rate, by a number of requests
// at once, and by a memory of answers. All methods are safe for concurrent use.
type Introspector struct {
	config   IntrospectionConfig
	url      *url.URL
	label    string
	web      *web
	budget   *rate.Limiter
	slots    chan struct{}
	memory   *answers
	group    singleflight.Group
	patience time.Duration // with one request
	life     context.Context
	end      context.CancelFunc

	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup
	count  IntrospectionStatus
}

// NewIntrospector makes an introspector, without I/O.
func NewIntrospector(c IntrospectionConfig) (*Introspector, error) {
	c, u, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	w, err := newWeb(Config{CAPEM: c.CAPEM, Proxy: c.Proxy})
	if err != nil {
		return nil, err
	}
	i := &Introspector{
		config: c, url: u, label: label(u), web: w,
		budget:   rate.NewLimiter(rate.Limit(c.Rate), c.Rate),
		slots:    make(chan struct{}, introspectInFlight),
		memory:   newAnswers(),
		patience: introspectTimeout,
	}
	i.life, i.end = context.WithCancel(context.Background())
	return i, nil
}

// Introspect returns the issuer's answer about a token, a JSON object as it was
// sent, and whether it calls the token active. Answers about active tokens with
// an exp are used again until then, and no longer than CacheTTL; others for 5 s.
// The token must be of the characters that RFC 6750 allows. Many callers with
// one token share one request, and each waits no longer than ctx and 5 s. The
// error is a [*Failure].
func (i *Introspector) Introspect(ctx context.Context, token string) (answer string, active bool, err error) {
	key := sha256.Sum256([]byte(token))
	if a, found := i.memory.get(key, i.config.Now()); found {
		i.note(func(s *IntrospectionStatus) { s.Cached++ })
		return a.body, a.active, nil
	}
	done := i.group.DoChan(string(key[:]), func() (any, error) {
		if !i.budget.AllowN(i.config.Now(), 1) {
			i.note(func(s *IntrospectionStatus) { s.HeldBack++ })
			return nil, i.target().failure(KindBudget, "logins cause more requests than introspection_rate allows")
		}
		return i.attempt(token, key)
	})
	select {
	case r := <-done:
		if r.Err != nil {
			return "", false, r.Err
		}
		a, _ := r.Val.(told)
		return a.body, a.active, nil
	case <-ctx.Done():
		return "", false, i.target().failure(KindAbandoned, "the caller did not wait for the answer")
	}
}

// Probe asks about a token that nobody has, to learn whether the endpoint
// answers this client. The budget of the callers is not touched.
func (i *Introspector) Probe(ctx context.Context) error {
	token := "probe-" + rand.Text()
	done := i.group.DoChan(token, func() (any, error) { return i.attempt(token, sha256.Sum256([]byte(token))) })
	select {
	case r := <-done:
		return r.Err
	case <-ctx.Done():
		return i.target().failure(KindAbandoned, "the caller did not wait for the answer")
	}
}

// Close ends what is under way and waits for it. Later calls fail.
func (i *Introspector) Close() {
	i.mu.Lock()
	i.closed = true
	i.mu.Unlock()
	i.end()
	i.work.Wait()
}

func (i *Introspector) target() target { return target("introspection at " + i.label) }

// begin takes a slot for a request, unless the introspector is closed or all
// slots are taken.
func (i *Introspector) begin() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return i.target().failure(KindClosed, "the issuer was replaced or deleted")
	}
	select {
	case i.slots <- struct{}{}:
	default:
		i.count.HeldBack++
		return i.target().failure(KindBudget, "too many requests wait for an answer")
	}
	i.work.Add(1)
	i.count.Requests++
	i.count.LastAttempt = i.config.Now()
	return nil
}

// attempt makes one request. It belongs to the introspector and not to the
// caller that caused it.
func (i *Introspector) attempt(token string, key [sha256.Size]byte) (a told, err error) {
	if err := i.begin(); err != nil {
		return told{}, err
	}
	defer func() {
		<-i.slots
		i.work.Done()
	}()
	defer func() {
		if recover() != nil {
			// The panic's value may quote the token or the answer.
			i.config.Logger.Warn("asking an issuer about a token panicked", "issuer_host", i.label)
			err = i.target().failure(KindInternal, "the request failed in this program; its log has the details")
		}
	}()
	ctx, cancel := context.WithTimeout(i.life, i.patience)
	defer cancel()
	asked := i.config.Now()
	a, err = i.ask(ctx, token)
	i.record(a, err)
	if err != nil {
		return told{}, err
	}
	i.memory.put(key, a, asked, i.config.CacheTTL)
	return a, nil
}

// record keeps the count, and logs when the endpoint begins or ceases to answer.
func (i *Introspector) record(a told, err error) {
	i.mu.Lock()
	before := i.count.LastError
	switch {
	case err != nil:
		i.count.Failures++
		i.count.LastError = err.Error()
	case a.active:
		i.count.Active++
	default:
		i.count.Inactive++
	}
	if err == nil {
		i.count.LastSuccess, i.count.LastError = i.config.Now(), ""
	}
	i.mu.Unlock()
	switch {
	case err != nil && before == "":
		i.config.Logger.Warn("an issuer could not be asked about tokens", "issuer_host", i.label, "error", err)
	case err == nil && before != "":
		i.config.Logger.Info("an issuer can be asked about tokens again", "issuer_host", i.label)
	}
}

// IntrospectionStatus tells how an introspector is.
type IntrospectionStatus struct {
	Requests, Failures, Active, Inactive int64
	Cached                               int64 // answers that were used again
	HeldBack                             int64 // logins that would have caused a request beyond the limits
	LastAttempt, LastSuccess             time.Time
	LastError                            string // of the last request, "" if it was answered
}

// Status returns a copy of the counters.
func (i *Introspector) Status() IntrospectionStatus {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.count
}

func (i *Introspector) note(change func(*IntrospectionStatus)) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change(&i.count)
}
