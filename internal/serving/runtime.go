// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package serving

import (
	"runtime"
	"sync/atomic"
	"time"
)

// shareProcessors lets the process compute on half of the processors that it
// may use, rounded up, unless the environment of the plugin says how many.
//
// Vault runs on the same ones and spends twice what the plugin does on each
// login, so the plugin can never use more. What it would do with more is wake
// and park threads: a call is short, and each would be handed from one thread
// to another several times.
func shareProcessors(env func(string) string) {
	if env("GOMAXPROCS") != "" {
		return // the runtime has read it
	}
	runtime.GOMAXPROCS(half(runtime.GOMAXPROCS(0)))
}

func half(processors int) int { return (processors + 1) / 2 }

// headroomBytes is how much garbage may gather beyond what the garbage
// collector would allow. A mount with few roles has a heap of some 4 MiB, which
// a few hundred logins double: collecting that often costs more than the memory
// is worth. Unlike a higher GOGC it does not grow with the number of roles.
const headroomBytes = 4 << 20

// headroom returns memory that counts as used and that nothing ever touches, so
// that the system never has to provide it. With the default GOGC of 100 the
// heap may grow by as much again before a collection. It is nil if the
// environment of the plugin says how to collect garbage.
func headroom(env func(string) string) []byte {
	if env("GOGC") != "" || env("GOMEMLIMIT") != "" {
		return nil
	}
	return make([]byte, headroomBytes)
}

// A minute with fewer calls than these is one of rest. Vault makes some by
// itself.
const (
	restPeriod = time.Minute
	restCalls  = 120
)

// giveBack returns memory to the system when rest follows work. The runtime
// would keep what the garbage took under load, for a load to come. It runs until
// ended is closed.
func giveBack(ended <-chan struct{}, calls *atomic.Int64, free func()) {
	tick := time.NewTicker(restPeriod)
	defer tick.Stop()
	worked, before := false, int64(0)
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		now := calls.Load()
		if now-before >= restCalls {
			worked = true
		} else if worked {
			worked = false
			free()
		}
		before = now
	}
}
