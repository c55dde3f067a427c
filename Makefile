# Needs Go and make, nothing else. `make` alone lists what there is.

GO          ?= go
VERSION     ?= v0.1.0
FUZZTIME    ?= 30s
TESTFLAGS   ?=
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

# gofmt of the very toolchain that go.mod selects.
GOFMT = "$$($(GO) env GOROOT)/bin/gofmt"
# The race detector needs a C compiler; without one Go sets CGO_ENABLED=0.
RACE  = $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/\1\	\2/p' Makefile | while read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

.PHONY: fmt
fmt: ## format the Go files
	$(GOFMT) -w .

.PHONY: vet
vet: ## go vet
	$(GO) vet ./...

.PHONY: lint
lint: ## staticcheck
	$(GO) run $(STATICCHECK) ./...

.PHONY: fmtcheck
fmtcheck:
	@unformatted="$$($(GOFMT) -l .)" && { test -z "$$unformatted" || { echo "not formatted, run 'make fmt':"; echo "$$unformatted"; exit 1; }; }

.PHONY: check
check: fmtcheck vet lint ## what to run before each commit: format, vet, staticcheck, unit tests with the race detector
	@test -n "$(RACE)" || echo "no C compiler here: the unit tests run without the race detector"
	$(GO) test -short $(RACE) $(TESTFLAGS) ./...

.PHONY: test
test: ## all tests, end-to-end ones included; gets Vault first
	vault="$$($(GO) run ./internal/vaultdev/findvault)" && \
		VAULT_BIN="$$vault" $(GO) test -count=1 -timeout 30m $(TESTFLAGS) ./...

.PHONY: e2e
e2e: ## only the packages whose tests run a real Vault
	vault="$$($(GO) run ./internal/vaultdev/findvault)" && \
		VAULT_BIN="$$vault" $(GO) test -count=1 -timeout 30m $(TESTFLAGS) $$($(GO) list ./... | grep -E '/internal/(e2e|vaultdev|demo)')

.PHONY: vectors
vectors: ## only the tests that read the public vectors in the folder CLAIMS_VECTORS
	@test -d "$(CLAIMS_VECTORS)" || { echo "set CLAIMS_VECTORS to the folder of the test vectors (see CONTRIBUTING.md)"; exit 1; }
	$(GO) test -count=1 $(TESTFLAGS) $$(find . -name '*_test.go' -exec grep -l CLAIMS_VECTORS {} + | sed 's|/[^/]*$$||' | sort -u)

.PHONY: vault
vault: ## find a Vault binary, or build one (once per machine, 5 to 15 minutes)
	@$(GO) run ./internal/vaultdev/findvault

.PHONY: build
build: ## the binaries, in bin/, as VERSION (v0.1.0), with their SHA-256
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o bin/ ./cmd/...
	@cd bin && if command -v sha256sum >/dev/null; then sha256sum *; else shasum -a 256 *; fi

.PHONY: demo
demo: ## from nothing to a login, step by step, against a real Vault
	@echo "compiling the demo…"
	@$(GO) run ./cmd/vault-claims dev -once

.PHONY: dev
dev: ## as demo, but leaves Vault and the identity provider running until Ctrl-C
	@echo "compiling the demo…"
	@$(GO) run ./cmd/vault-claims dev

.PHONY: bench
bench: ## the comparisons with other plugins (module bench/)
	cd bench && $(GO) run .

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (30s)
	@set -e; for pkg in $$($(GO) list ./...); do \
		targets="$$($(GO) test -list '^Fuzz' $$pkg)"; \
		for target in $$(echo "$$targets" | grep '^Fuzz'); do \
			echo "== $$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg; \
		done; \
	done

.PHONY: vuln
vuln: ## known vulnerabilities in what we call
	$(GO) run $(GOVULNCHECK) ./...

.PHONY: clean
clean: ## remove what was built here (a built Vault stays in the user's cache folder)
	rm -rf bin
