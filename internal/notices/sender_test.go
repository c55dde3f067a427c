// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package notices

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// post records what a sender does.
type post struct {
	mu      sync.Mutex
	names   []string
	counts  map[Kind]map[Result]int
	trouble []error
	answer  func(ctx context.Context, kind Kind) error // nil: accepts everything
}

func (p *post) service(kind Kind) Service {
	return func(ctx context.Context, name string, _ map[string]any) error {
		p.mu.Lock()
		p.names = append(p.names, name)
		answer := p.answer
		p.mu.Unlock()
		if answer == nil {
			return nil
		}
		return answer(ctx, kind)
	}
}

func (p *post) count(kind Kind, r Result) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[kind][r]
}

func (p *post) answers(f func(context.Context, Kind) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = f
}

func open(t *testing.T) (*post, *Sender, context.CancelFunc) {
	t.Helper()
	p := &post{counts: map[Kind]map[Result]int{Observation: {}, Event: {}}}
	life, end := context.WithCancel(t.Context())
	s := New(Options{
		Life:     life,
		Services: map[Kind]Service{Observation: p.service(Observation), Event: p.service(Event)},
		Count: func(k Kind, r Result) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.counts[k][r]++
		},
		Trouble: func(_ Kind, err error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.trouble = append(p.trouble, err)
		},
	})
	t.Cleanup(func() {
		end()
		s.Wait()
	})
	return p, s, end
}

func TestNoticesGoInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s, end := open(t)
		s.Send(Notice{Kind: Observation, Name: "a"})
		s.Send(Notice{Kind: Event, Name: "b"})
		s.Send(Notice{Kind: "other", Name: "c"})
		s.Send(Notice{Kind: Observation, Name: "d"})
		synctest.Wait()
		require.Equal(t, []string{"a", "b", "d"}, p.names)
		require.Equal(t, 2, p.count(Observation, Sent))
		require.Equal(t, 1, p.count(Event, Sent))
		require.Empty(t, p.trouble)
		end()
		s.Wait()
		s.Send(Notice{Kind: Observation, Name: "e"})
		synctest.Wait()
		require.Len(t, p.names, 3, "it has ended")
	})
}

// A server that hangs delays nobody and costs a bounded memory.
func TestAFullQueueDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s, _ := open(t)
		p.answers(func(ctx context.Context, _ Kind) error { <-ctx.Done(); return ctx.Err() })
		begun := time.Now()
		s.Send(Notice{Kind: Observation, Name: "first"})
		synctest.Wait()
		for range Room + 7 {
			s.Send(Notice{Kind: Observation, Name: "x"})
		}
		require.Equal(t, begun, time.Now())
		require.Equal(t, 7, p.count(Observation, Dropped))
		time.Sleep(patience + time.Second)
		p.answers(nil)
		time.Sleep(patience)
		synctest.Wait()
		require.Equal(t, 2, p.count(Observation, Failed))
		require.Equal(t, Room-1, p.count(Observation, Sent))
		require.Len(t, p.trouble, 2, "the first that failed and the first that did not")
		require.ErrorIs(t, p.trouble[0], context.DeadlineExceeded)
		require.NoError(t, p.trouble[1])
	})
}

// However much of the usual waits, the urgent has its own room and goes first.
// Each queue keeps its order.
func TestUrgentNoticesGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s, _ := open(t)
		release := make(chan struct{})
		p.answers(func(context.Context, Kind) error { <-release; return nil })
		s.Send(Notice{Kind: Observation, Name: "first"})
		synctest.Wait()
		for range Room + 7 {
			s.Send(Notice{Kind: Observation, Name: "usual"})
		}
		require.Equal(t, 7, p.count(Observation, Dropped))
		for _, name := range []string{"a", "b"} {
			s.Send(Notice{Sort: Urgent, Kind: Observation, Name: name})
			s.Send(Notice{Sort: Urgent, Kind: Event, Name: name + "-event"})
		}
		require.Equal(t, 7, p.count(Observation, Dropped), "no change was lost to them")
		close(release)
		synctest.Wait()
		require.Equal(t, []string{"first", "a", "a-event", "b", "b-event", "usual"}, p.names[:6])
		require.Len(t, p.names, 5+Room)

		p.answers(func(ctx context.Context, _ Kind) error { <-ctx.Done(); return ctx.Err() })
		s.Send(Notice{Kind: Observation, Name: "slow"})
		synctest.Wait()
		for range Room + 3 {
			s.Send(Notice{Sort: Urgent, Kind: Event, Name: "urgent"})
		}
		require.Equal(t, 3, p.count(Event, Dropped), "it is bounded too")
	})
}

// What somebody can cause as fast as they like is taken at a bounded rate, and
// leaves the room to the others.
func TestPlentifulNoticesAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s, _ := open(t)
		for range PlentifulPerSecond + 5 {
			s.Send(Notice{Sort: Plentiful, Kind: Observation, Name: "refusal"})
		}
		require.Equal(t, 5, p.count(Observation, Dropped))
		for range PlentifulPerSecond + 5 {
			s.Send(Notice{Kind: Observation, Name: "grant"})
			s.Send(Notice{Sort: Urgent, Kind: Observation, Name: "change"})
		}
		synctest.Wait()
		require.Equal(t, 5, p.count(Observation, Dropped), "the others have no such limit")
		require.Equal(t, 3*PlentifulPerSecond+10, p.count(Observation, Sent))
		time.Sleep(time.Second / 2)
		for range PlentifulPerSecond {
			s.Send(Notice{Sort: Plentiful, Kind: Observation, Name: "refusal"})
		}
		require.Equal(t, 5+PlentifulPerSecond/2, p.count(Observation, Dropped))
	})
}

func TestAnAbsentServiceIsAskedOnce(t *testing.T) {
	for name, absent := range map[string]error{
		"gRPC": status.Error(codes.Unimplemented, "unknown service"), "SDK": errors.Join(ErrUnsupported, errors.New("none")),
	} {
		synctest.Test(t, func(t *testing.T) {
			p, s, _ := open(t)
			p.answers(func(_ context.Context, k Kind) error {
				if k == Event {
					return absent
				}
				return nil
			})
			for range 5 {
				s.Send(Notice{Kind: Event, Name: "event"})
				s.Send(Notice{Kind: Observation, Name: "observation"})
			}
			synctest.Wait()
			s.Send(Notice{Kind: Event, Name: "event"})
			synctest.Wait()
			require.Equal(t, 6, len(p.names), name)
			require.Equal(t, 5, p.count(Observation, Sent))
			require.Zero(t, p.count(Event, Failed)+p.count(Event, Sent)+p.count(Event, Dropped))
			require.Equal(t, []error{ErrUnsupported}, p.trouble)
		})
	}
}

func TestAPanicCostsOneNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, s, _ := open(t)
		p.answers(func(_ context.Context, k Kind) error {
			if k == Event {
				panic("secret")
			}
			return nil
		})
		s.Send(Notice{Kind: Event, Name: "event"})
		s.Send(Notice{Kind: Observation, Name: "observation"})
		synctest.Wait()
		require.Equal(t, 1, p.count(Event, Failed))
		require.Equal(t, 1, p.count(Observation, Sent))
		require.NotContains(t, p.trouble[0].Error(), "secret")
	})
}

func TestASenderThatSentNothingEndsAtOnce(t *testing.T) {
	_, s, end := open(t)
	end()
	s.Wait()
	s.Send(Notice{Kind: Event, Name: "late"})
	s.Wait()
}
