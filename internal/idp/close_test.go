// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package idp_test

import (
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/vault-claims/vault-plugin-auth-claims/internal/idp"
)

// Close ends answers in whatever state they are, and leaves nothing behind.
func TestCloseEndsEverything(t *testing.T) {
	for name, fault := range map[string]idp.Fault{
		"idle connection":   {},
		"hanging":           {Hang: true},
		"dripping header":   {HeaderDrip: time.Hour},
		"dripping body":     {BodyDrip: time.Hour},
		"client stops":      {PadTo: 1 << 40},
		"client stops, raw": {PadTo: 1 << 40, BodyDrip: time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := idp.New()
			require.NoError(t, err)
			p.SetFault(idp.JWKS, fault)
			done := make(chan struct{})
			go func() {
				defer close(done)
				resp, err := p.Client().Get(p.JWKSURL())
				if err == nil {
					defer resp.Body.Close() // without reading
				}
			}()
			require.NoError(t, p.AwaitRequests(t.Context(), idp.JWKS, 1))
			p.Close()
			p.Close() // a second call does nothing
			<-done
			goleak.VerifyNone(t)
			_, err = net.Dial("tcp", strings.TrimPrefix(p.Issuer(), "https://"))
			require.Error(t, err)
		})
	}
}

// A connection that never says anything must not hold up Close.
func TestCloseEndsSilentConnections(t *testing.T) {
	p, err := idp.New()
	require.NoError(t, err)
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.Issuer(), "https://"))
	require.NoError(t, err)
	defer conn.Close()
	p.Close()
	goleak.VerifyNone(t)
}

// An issuer that comes back at the same address has the same name.
func TestRestart(t *testing.T) {
	p, err := idp.New()
	require.NoError(t, err)
	fetch(t, p.Client(), p.JWKSURL())
	p.Close()
	again := idp.Start(t, idp.WithAddr(strings.TrimPrefix(p.Issuer(), "https://")))
	require.Equal(t, p.Issuer(), again.Issuer())
	fetch(t, again.Client(), again.JWKSURL())
}

type fakeTB struct {
	cleanups []func()
	failure  string
}

func (f *fakeTB) Helper()                        {}
func (f *fakeTB) Cleanup(fn func())              { f.cleanups = append(f.cleanups, fn) }
func (f *fakeTB) Fatalf(format string, _ ...any) { f.failure = format }

var _ idp.TB = testing.TB(nil)

func TestStart(t *testing.T) {
	tb := &fakeTB{}
	p := idp.Start(tb)
	require.Empty(t, tb.failure)
	require.Len(t, tb.cleanups, 1)
	fetch(t, p.Client(), p.JWKSURL())
	tb.cleanups[0]()
	_, err := p.Client().Get(p.JWKSURL())
	require.ErrorContains(t, err, "connection refused")

	tb = &fakeTB{}
	require.Nil(t, idp.Start(tb, idp.WithAlg("none")))
	require.Equal(t, "start the OpenID provider: %v", tb.failure)
	require.Empty(t, tb.cleanups)
}

// The operator's tool links this package: package testing would add its flags.
func TestNoTestingInBinaries(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	deps := strings.Fields(string(out))
	require.Contains(t, deps, "crypto/tls")
	require.NotContains(t, deps, "testing")
}
