// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package vaultdev

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/vault/api"
)

// Cluster is several Vaults with one integrated storage. One of them is active
// and serves; the others forward to it, and take its place.
type Cluster struct {
	Nodes []*Server
}

// StartCluster runs a cluster of so many nodes on loopback, and returns when one
// is active and the others stand by. All use the same plugin directory.
func StartCluster(ctx context.Context, nodes int, opts Options) (*Cluster, error) {
	opts.Storage = Raft
	first, err := Start(ctx, opts)
	if err != nil {
		return nil, err
	}
	c := &Cluster{Nodes: []*Server{first}}
	// A node that joins may not be elected before it has been stable for 10 s.
	if _, err := first.Client().Logical().WriteWithContext(ctx, "sys/storage/raft/autopilot/configuration", map[string]any{"server_stabilization_time": "1s"}); err != nil {
		return nil, errors.Join(fmt.Errorf("configuring autopilot: %w", err), c.Close())
	}
	for i := 1; i < nodes; i++ {
		opts.nodeID = fmt.Sprintf("node%d", i+1)
		node, err := startFollower(ctx, opts, first)
		if node != nil {
			c.Nodes = append(c.Nodes, node)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("starting %s: %w", opts.nodeID, err), c.Close())
		}
	}
	if err := c.awaitVoters(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// awaitVoters returns when each node may be elected.
func (c *Cluster) awaitVoters(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		secret, err := c.Nodes[0].Client().Logical().ReadWithContext(ctx, "sys/storage/raft/configuration")
		if err == nil && voters(secret) == len(c.Nodes) {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for each node to become a voter: %w", ctx.Err())
		}
	}
}

func voters(secret *api.Secret) int {
	config, _ := secret.Data["config"].(map[string]any)
	servers, _ := config["servers"].([]any)
	count := 0
	for _, one := range servers {
		server, _ := one.(map[string]any)
		if voter, _ := server["voter"].(bool); voter {
			count++
		}
	}
	return count
}

// startFollower starts one more node and lets it join the first.
func startFollower(ctx context.Context, opts Options, first *Server) (*Server, error) {
	s, err := prepare(ctx, opts)
	if err != nil {
		return nil, err
	}
	s.RootToken, s.unsealKey = first.RootToken, first.unsealKey
	if err := s.configure(); err != nil {
		return s, err
	}
	if err := s.spawn(); err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.await(ctx, "to answer", answers); err != nil {
		return s, err
	}
	if _, err := s.Client().Sys().RaftJoinWithContext(ctx, &api.RaftJoinRequest{LeaderAPIAddr: first.Addr}); err != nil {
		return s, s.explain(fmt.Errorf("joining %s: %w", first.Addr, err))
	}
	// It stays sealed for a moment after the key is given: it has to hear from
	// the active node that it may join.
	if _, err := s.Client().Sys().UnsealWithContext(ctx, s.unsealKey); err != nil {
		return s, s.explain(fmt.Errorf("unsealing: %w", err))
	}
	return s, s.await(ctx, "to stand by", func(h *api.HealthResponse) bool { return h.Initialized && !h.Sealed })
}

// Leader returns the active node, and waits until there is one.
func (c *Cluster) Leader(ctx context.Context) (*Server, error) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		for _, node := range c.Nodes {
			if health, err := node.Client().Sys().HealthWithContext(ctx); err == nil && active(health) {
				return node, nil
			}
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for a node to become active: %w", ctx.Err())
		}
	}
}

// StepDown lets the active node give up its place and returns the one that has
// taken it, which may be the same.
func (c *Cluster) StepDown(ctx context.Context) (*Server, error) {
	leader, err := c.Leader(ctx)
	if err != nil {
		return nil, err
	}
	if err := leader.Client().Sys().StepDownWithContext(ctx); err != nil {
		return nil, fmt.Errorf("stepping down: %w", err)
	}
	return c.Leader(ctx)
}

// Close stops all nodes.
func (c *Cluster) Close() error {
	var all error
	for _, node := range c.Nodes {
		all = errors.Join(all, node.Close())
	}
	return all
}

// ClusterForTest starts a cluster for the length of a test, or skips as
// [Require] does.
func ClusterForTest(tb testing.TB, nodes int, opts Options) *Cluster {
	tb.Helper()
	if opts.Vault == "" {
		opts.Vault = Require(tb)
	}
	c, err := StartCluster(tb.Context(), nodes, opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		for _, node := range c.Nodes {
			if tb.Failed() {
				tb.Log(node.explain(errors.New("the test failed")))
			}
		}
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}
