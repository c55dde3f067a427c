package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/plugin"

	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/fixture"
	"github.com/vault-claims/vault-plugin-auth-claims/bench/internal/stat"
)

type proc struct {
	name    string
	c       *goplugin.Client
	b       logical.Backend
	pid     int
	storage logical.Storage
}

// cpu of all threads in ns
func cpu(pid int) float64 {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	var sum float64
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		n, _ := strconv.ParseFloat(string(bytes.Fields(b)[0]), 64)
		sum += n
	}
	return sum
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func start(ctx context.Context, name, bin string, args, env []string, iss *fixture.Issuer, empty bool) *proc {
	cmd := exec.Command(bin, args...)
	cmd.Env = append(append(os.Environ(), "VAULT_PLUGIN_AUTOMTLS_ENABLED=true"), env...)
	set := goplugin.PluginSet{"backend": &plugin.GRPCBackendPlugin{}}
	c := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig, VersionedPlugins: map[int]goplugin.PluginSet{4: set}, Cmd: cmd,
		AutoMTLS: true, AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC}, Logger: hclog.NewNullLogger(),
	})
	rpc, err := c.Client()
	must(err)
	raw, err := rpc.Dispense("backend")
	must(err)
	b := raw.(logical.Backend)
	p := &proc{name: name, c: c, b: b, pid: cmd.Process.Pid, storage: &logical.InmemStorage{}}
	must(b.Setup(ctx, &logical.BackendConfig{StorageView: p.storage, Logger: hclog.NewNullLogger(), System: &logical.StaticSystemView{DefaultLeaseTTLVal: time.Hour, MaxLeaseTTLVal: time.Hour}}))
	if !empty {
		p.write(ctx, logical.UpdateOperation, "config", iss.Config())
		p.write(ctx, logical.CreateOperation, "role/service", fixture.Role("service"))
		p.write(ctx, logical.CreateOperation, "role/batch", fixture.Role("batch"))
	}
	return p
}

func (p *proc) write(ctx context.Context, op logical.Operation, path string, data map[string]any) {
	r, err := p.b.HandleRequest(ctx, &logical.Request{Operation: op, Path: path, Data: data, Storage: p.storage})
	must(err)
	if r.IsError() {
		panic(r.Error())
	}
}

func (p *proc) login(ctx context.Context, kind, tok string) {
	req := &logical.Request{ID: "1b671a64-40d5-491e-99b0-da01ff1f3341", Operation: logical.UpdateOperation, Path: "login", MountPoint: "auth/claims/", MountType: "claims", MountAccessor: "auth_claims_1234abcd",
		Data: map[string]any{"role": kind, "jwt": tok}, Storage: p.storage, Connection: &logical.Connection{RemoteAddr: "127.0.0.1", RemotePort: 45678}}
	_, _, err := p.b.HandleExistenceCheck(ctx, req)
	must(err)
	r, err := p.b.HandleRequest(ctx, req)
	must(err)
	if r.Auth == nil {
		panic(fmt.Sprint(r))
	}
	if kind == "service" {
		_ = p.b.Type()
		req.Operation = logical.ResolveRoleOperation
		_, _ = p.b.HandleRequest(ctx, req)
	}
}

// args: rounds n  name:bin:LAB...
func main() {
	ctx := context.Background()
	rounds, _ := strconv.Atoi(os.Args[1])
	n, _ := strconv.Atoi(os.Args[2])
	alg := "ES256"
	iss, err := fixture.NewIssuer(alg)
	must(err)
	var ps []*proc
	for _, a := range os.Args[3:] {
		f := strings.SplitN(a, ":", 3)
		var env, args []string
		if len(f) > 2 {
			for _, e := range strings.Split(f[2], ",") {
				if v, ok := strings.CutPrefix(e, "ARG="); ok {
					args = append(args, v)
				} else {
					env = append(env, e)
				}
			}
		}
		ps = append(ps, start(ctx, f[0], f[1], args, env, iss, strings.HasPrefix(f[0], "empty")))
	}
	defer goplugin.CleanupClients()
	kinds := []string{"service", "batch"}
	res := map[string][]float64{}
	host := map[string][]float64{}
	for round := range rounds + 1 {
		toks := map[string][]string{"service": iss.Tokens(n), "batch": iss.Tokens(n)}
		for i := range ps {
			p := ps[(i+round)%len(ps)]
			for _, k := range kinds {
				time.Sleep(20 * time.Millisecond)
				var next atomic.Int64
				h0, c0 := cpu(os.Getpid()), cpu(p.pid)
				var wg sync.WaitGroup
				for range 8 {
					wg.Go(func() {
						for {
							j := int(next.Add(1)) - 1
							if j >= n {
								return
							}
							p.login(ctx, k, toks[k][j])
						}
					})
				}
				wg.Wait()
				c1, h1 := cpu(p.pid), cpu(os.Getpid())
				if round > 0 {
					res[p.name+k] = append(res[p.name+k], (c1-c0)/float64(n)/1e3)
					host[p.name+k] = append(host[p.name+k], (h1-h0)/float64(n)/1e3)
				}
			}
		}
	}
	for _, k := range kinds {
		fmt.Println(k)
		for _, p := range ps {
			fmt.Printf("  %-14s plugin us %-24s host us %-24s over first %s\n", p.name, stat.Of(res[p.name+k]).Format(0), stat.Of(host[p.name+k]).Format(0), stat.Ratios(res[p.name+k], res[ps[0].name+k]).Format(2))
		}
	}
	for _, p := range ps {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
		for l := range strings.Lines(string(b)) {
			if strings.HasPrefix(l, "VmHWM") || strings.HasPrefix(l, "VmRSS") {
				fmt.Print(p.name, " ", l)
			}
		}
	}
}
