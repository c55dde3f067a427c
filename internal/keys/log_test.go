// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package keys

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// logbook keeps what was logged.
type logbook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logbook) Info(msg string, args ...any) { l.add("INFO", msg, args) }
func (l *logbook) Warn(msg string, args ...any) { l.add("WARN", msg, args) }

func (l *logbook) add(level, msg string, args []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintln(level, msg, args))
}

func (l *logbook) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "")
}

func (l *logbook) count(part string) int { return strings.Count(l.text(), part) }

func TestLogTellsChangesAndNotEachRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer("a")
		log := &logbook{}
		s := i.source(t, func(c *Config) { c.Logger = log })
		warm(t, s)
		time.Sleep(time.Hour)
		require.Equal(t, 1, log.count("keys of an issuer are new"))

		i.fail()
		time.Sleep(time.Hour)
		require.Equal(t, 1, log.count("could not be fetched"))
		require.Equal(t, 1, log.count("no_keys false"))
		time.Sleep(2 * defaultStale)
		require.Equal(t, 2, log.count("could not be fetched"), "once more when the keys are too old")
		require.Equal(t, 1, log.count("no_keys true"))

		i.publish("a")
		time.Sleep(time.Hour)
		require.Equal(t, 1, log.count("can be fetched again"))
	})
}

func TestLogWarnsOfPublishedPrivateKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newFakeIssuer()
		i.body = `{"keys":[{"kty":"oct","kid":"s","k":"c2VjcmV0LXNlY3JldA"},` + keyText("a") + `]}`
		log := &logbook{}
		warm(t, i.source(t, func(c *Config) { c.Logger = log }))
		synctest.Wait() // the log is written after the answer
		require.Equal(t, 1, log.count("publishes a private or secret key"))
		require.NotContains(t, log.text(), "c2VjcmV0")
	})
}
