// Copyright The vault-plugin-auth-claims Authors
// SPDX-License-Identifier: MPL-2.0

package claimsauth

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/helper/errutil"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/vault-claims/vault-plugin-auth-claims/auth"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/metrics"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/notices"
	"github.com/vault-claims/vault-plugin-auth-claims/internal/replay"
)

// backend is one mount. A process serves many; they share nothing.
type backend struct {
	*framework.Backend

	// snapshot is what logins read. Nil until warm or the first request loads it.
	snapshot atomic.Pointer[snapshot]
	// writing is held while storage and snapshot change together. It is never
	// held during network I/O, and a login takes it only to load what is not
	// yet in the snapshot.
	writing sync.Mutex

	mirror    atomic.Pointer[mirror]
	staged    bool            // answers checks and issues no tokens
	storage   logical.Storage // for work outside of requests; nil in metadata mode
	now       func() time.Time
	life      context.Context // ends when the mount does
	end       context.CancelFunc
	filling   chan struct{} // full while somebody reads roles for the selector
	denials   tally
	decisions *decisionLog
	metrics   *metrics.Set
	notices   *notices.Sender // for Vault to pass on
	passesOn  atomic.Bool     // Vault does
	cacheUse  auth.CacheUse   // of every cache that the mount has had
	started   time.Time
	proofs    *replay.Memory // DPoP proofs of granted logins
	spent     *replay.Memory // JWTs that have logged in and may not again
	tidying   tidying
	panics    atomic.Int64
	unclosed  sync.WaitGroup // replaced key sources that are still closing
}

var _ logical.Backend = (*backend)(nil)

// Factory returns the constructor of a mount's backend. version is the
// plugin's own version in the form vX.Y.Z, or "" to report none.
//
// The constructor reads no storage, does no I/O and starts nothing: Vault also
// calls it with an empty configuration to learn the version.
func Factory(version string) logical.Factory {
	return func(ctx context.Context, config *logical.BackendConfig) (logical.Backend, error) {
		b := newBackend(version, time.Now)
		if config != nil {
			b.storage = config.StorageView
			if isStaged(config.Config) {
				b.stage()
			}
		}
		if err := b.Setup(ctx, config); err != nil {
			return nil, err
		}
		return b, nil
	}
}

func newBackend(version string, now func() time.Time) *backend {
	b := &backend{now: now, started: now(), proofs: replay.New(replay.Limit), spent: replay.New(replay.Limit), filling: make(chan struct{}, 1), decisions: newDecisionLog()}
	b.life, b.end = context.WithCancel(context.Background())
	b.metrics = metrics.New(b.state)
	b.notices = b.newNotices()
	b.denials.log = func(counts []any) { b.Logger().Info("logins were refused since the last such line", counts...) }
	b.Backend = &framework.Backend{
		BackendType:    logical.TypeCredential,
		RunningVersion: version,
		Help:           strings.TrimSpace(backendHelp),
		PathsSpecial: &logical.Paths{
			Unauthenticated: []string{"login", "oidc/auth_url", "oidc/callback"},
			SealWrapStorage: []string{configKey, issuerPrefix},
			LocalStorage:    []string{spentPrefix},
		},
		Paths: []*framework.Path{
			b.pathLogin(),
			b.pathRoleList(),
			b.pathRole(),
			b.pathCandidate(),
			b.pathCandidateReport(),
			b.pathCandidatePromote(),
			b.pathPrevious(),
			b.pathRollback(),
			b.pathConfig(),
			b.pathIssuerList(),
			b.pathIssuer(),
			b.pathIssuerStatus(),
			b.pathIssuerRefresh(),
			b.pathRevocationList(),
			b.pathRevocation(),
			b.pathStatus(),
			b.pathMetrics(),
			b.pathAuthURL(),
			b.pathCallback(),
			b.pathExplain(),
			b.pathLint(),
			b.pathDecisionList(),
			b.pathDecision(),
			b.pathShadow(),
			b.pathShadowReport(),
		},
		AuthRenew:      b.renew,
		PeriodicFunc:   b.tidySpent,
		Invalidate:     b.invalidate,
		InitializeFunc: b.warm,
		Clean:          b.clean,
	}
	for n, p := range b.Paths {
		b.Paths[n] = refuseInexact(p)
	}
	return b
}

// HandleRequest answers logins itself and leaves the rest to the framework,
// which would ask Vault for its replication state first: a call back over gRPC
// that costs more than the signature. Nothing of a login depends on that state.
func (b *backend) HandleRequest(ctx context.Context, req *logical.Request) (resp *logical.Response, err error) {
	defer func() { b.doubt(req, err) }()
	defer b.recoverPanic(&resp, &err)
	if b.staged && issues(req) {
		return logical.ErrorResponse(stagedRefusal), nil
	}
	if req.Path == loginPath {
		switch req.Operation {
		case logical.UpdateOperation:
			return b.login(ctx, req)
		case logical.AliasLookaheadOperation:
			return b.aliasLookahead(ctx, req)
		case logical.ResolveRoleOperation:
			return b.resolveRole(ctx, req)
		}
	}
	if leavesMount(req.Path) {
		return logical.ErrorResponse(relativePath), nil
	}
	resp, err = b.Backend.HandleRequest(ctx, req)
	b.noticeChange(req, resp, err)
	return responseWithoutValue(resp), err
}

// HandleExistenceCheck answers at once for a login, which never creates anything.
func (b *backend) HandleExistenceCheck(ctx context.Context, req *logical.Request) (checked, exists bool, err error) {
	defer b.recoverPanic(nil, &err)
	if req.Path == loginPath {
		return false, false, nil
	}
	if leavesMount(req.Path) {
		return false, false, errutil.UserError{Err: relativePath}
	}
	checked, exists, err = b.Backend.HandleExistenceCheck(ctx, req)
	return checked, exists, errorWithoutValue(err)
}

const relativePath = "relative paths not supported"

// leavesMount tells whether Vault's storage would take a path for a way out of
// the mount. Its own refusal would reach the caller as a fault, since an error
// of storage loses its type on the way into the plugin.
func leavesMount(path string) bool { return strings.Contains(path, "..") }

// recoverPanic turns a panic into a fault that Vault answers with status 500,
// so that the process, and with it every other mount, lives on. The log gets
// the stack and not the panic's value, which might quote a request.
func (b *backend) recoverPanic(resp **logical.Response, err *error) {
	if recover() == nil {
		return
	}
	b.panics.Add(1)
	b.Logger().Error("recovered from a panic; please report this", "stack", string(debug.Stack()))
	if resp != nil {
		*resp = nil
	}
	*err = errors.New("internal error: the request was stopped, see the server log")
}

// doubt is for writes that ended in a fault: storage may have stored them all
// the same, as when its answer came too late. What they were about is read again
// by whoever needs it next, so that nobody is judged by what was replaced.
func (b *backend) doubt(req *logical.Request, err error) {
	if err == nil || changeOf(req.Path, req.Operation) == "" {
		return
	}
	path := strings.ToLower(req.Path)
	if part := strings.SplitN(path, "/", 3); len(part) > 2 {
		path = part[0] + "/" + part[1] // a role's other versions are in its record
	}
	b.invalidate(b.life, path)
}

// invalidate is called where another node has written the key.
func (b *backend) invalidate(_ context.Context, key string) {
	b.writing.Lock()
	defer b.writing.Unlock()
	current := b.snapshot.Load()
	if current == nil {
		return
	}
	switch name, isRole := strings.CutPrefix(key, rolePrefix); {
	case isRole:
		b.snapshot.Store(current.withRole(name, &roleEntry{}))
	case key == configKey || key == shadowKey || strings.HasPrefix(key, issuerPrefix):
		b.snapshot.Store(current.outdated())
	case strings.HasPrefix(key, revocationPrefix):
		b.snapshot.Store(current.withStaleRevocation(strings.TrimPrefix(key, revocationPrefix)))
	}
}

// clean ends what the backend owns. Vault waits for it.
func (b *backend) clean(context.Context) {
	b.end()
	b.writing.Lock()
	current := b.snapshot.Swap(nil)
	b.setMirror(nil)
	b.writing.Unlock()
	if current != nil {
		for _, o := range current.all() {
			o.close()
		}
	}
	b.unclosed.Wait()
	b.notices.Wait()
}

const backendHelp = `
Logs in callers that show a signed token (JWT) from an issuer that the operator
trusts: a CI system, Kubernetes, a cloud provider, an OpenID provider.

Write the issuer to "config", what a caller must prove and what it gets to
"role/NAME", and log in with "login". Fields and answers are those of Vault's
JWT/OIDC method; docs/differences.md says where this method is stricter.
`
