// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package shadow

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func good() Config {
	return Config{Mount: "ci-staged", Address: "https://vault.example:8200", SampleRate: 1, QueueSize: 10, Timeout: time.Second}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"plain":             func(*Config) {},
		"loopback":          func(c *Config) { c.Address = "http://127.0.0.1:8200" },
		"loopback, IPv6":    func(c *Config) { c.Address = "http://[::1]:8200" },
		"loopback, by name": func(c *Config) { c.Address = "http://localhost:8200/" },
		"private":           func(c *Config) { c.Address = "https://10.0.0.1:8200" },
		"loopback with TLS": func(c *Config) { c.Address = "https://[::1]:8200" },
		"mount with auth/":  func(c *Config) { c.Mount = "/auth/ci/staged-v1.2.3/" },
		"nothing mirrored":  func(c *Config) { c.SampleRate = 0 },
	} {
		c := good()
		change(&c)
		require.NoError(t, c.Check(), name)
	}
	for name, test := range map[string]struct {
		change func(*Config)
		field  string
	}{
		"no address":       {func(c *Config) { c.Address = "" }, "address"},
		"no TLS":           {func(c *Config) { c.Address = "http://192.0.2.1:8200" }, "address"},
		"no TLS, by name":  {func(c *Config) { c.Address = "http://localhost.example:8200" }, "address"},
		"another scheme":   {func(c *Config) { c.Address = "unix:///run/vault.sock" }, "address"},
		"metadata":         {func(c *Config) { c.Address = "https://169.254.169.254" }, "address"},
		"metadata, mapped": {func(c *Config) { c.Address = "https://[::ffff:169.254.169.254]:8200" }, "address"},
		"link-local":       {func(c *Config) { c.Address = "https://[fe80::1%25eth0]:8200" }, "address"},
		"unspecified":      {func(c *Config) { c.Address = "https://0.0.0.0:8200" }, "address"},
		"multicast":        {func(c *Config) { c.Address = "https://224.0.0.1:8200" }, "address"},
		"with a password":  {func(c *Config) { c.Address = "https://a:b@vault.example" }, "address"},
		"with a query":     {func(c *Config) { c.Address = "https://vault.example/?x=y" }, "address"},
		"no mount":         {func(c *Config) { c.Mount = "" }, "mount"},
		"out of the mount": {func(c *Config) { c.Mount = "../sys" }, "mount"},
		"a query as mount": {func(c *Config) { c.Mount = "x?y" }, "mount"},
		"rate above 1":     {func(c *Config) { c.SampleRate = 1.1 }, "sample_rate"},
		"rate below 0":     {func(c *Config) { c.SampleRate = -1 }, "sample_rate"},
		"no rate":          {func(c *Config) { c.SampleRate = math.NaN() }, "sample_rate"},
		"no queue":         {func(c *Config) { c.QueueSize = 0 }, "queue_size"},
		"long queue":       {func(c *Config) { c.QueueSize = MaxQueue + 1 }, "queue_size"},
		"no timeout":       {func(c *Config) { c.Timeout = 0 }, "timeout"},
		"long timeout":     {func(c *Config) { c.Timeout = time.Hour }, "timeout"},
		"namespace":        {func(c *Config) { c.Namespace = "a\r\nb" }, "namespace"},
		"ca_pem":           {func(c *Config) { c.CAPEM = "nonsense" }, "ca_pem"},
	} {
		c := good()
		test.change(&c)
		require.ErrorContains(t, c.Check(), `field "`+test.field+`"`, name)
	}
}

func TestTarget(t *testing.T) {
	t.Parallel()
	c := good()
	c.Mount, c.Address = "auth/team/ci/", "https://vault.example/base"
	u, err := c.target()
	require.NoError(t, err)
	require.Equal(t, "https://vault.example/base/v1/auth/team/ci/check", u.String())
}

func TestWithoutTLSOnlyThisMachineIsReached(t *testing.T) {
	t.Parallel()
	require.NoError(t, loopbackOnly("tcp", "127.0.0.1:8200", nil))
	require.NoError(t, loopbackOnly("tcp6", "[::1]:8200", nil))
	require.ErrorIs(t, loopbackOnly("tcp", "192.0.2.1:8200", nil), errNotLoopback)
}

// A name may lead anywhere, so the address is judged when it is connected to.
func TestMirrorReachesNoMetadataService(t *testing.T) {
	t.Parallel()
	for _, fine := range []string{"192.0.2.1:443", "10.0.0.1:8200", "127.0.0.1:8200", "[::1]:8200"} {
		require.NoError(t, neverLocal("tcp", fine, nil), fine)
	}
	for _, address := range []string{"169.254.169.254:443", "[::ffff:169.254.169.254]:443", "[fe80::1%eth0]:443", "[fd00:ec2::254]:443", "0.0.0.0:443", "[ff02::1]:443"} {
		require.ErrorContains(t, neverLocal("tcp", address, nil), "never contacted", address)
	}
	require.Error(t, neverLocal("tcp", "", nil))

	asker, err := newClient(good())
	require.NoError(t, err)
	defer asker.close()
	_, err = asker.transport.DialContext(t.Context(), "tcp", "169.254.169.254:443")
	require.ErrorContains(t, err, "never contacted")
}
