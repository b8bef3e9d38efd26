# `make help` lists what can be made. Everything installs what it needs first (Scripts/bootstrap).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PORT ?= 8000
FUZZ_SECONDS ?= 600
TEST_FUZZ_SECONDS ?= 20
LEVERET_BIN ?= $(CURDIR)/.build/debug/leveret

# The project's own checks treat warnings as errors; `make run` and `make build` do not, so that a newer compiler's new
# warnings stop nobody.
STRICT := LEVERET_WARNINGS_AS_ERRORS=1
# The Swift library within the program: cheaper to call, and the program runs where no Swift is installed.
RELEASE := -c release --static-swift-stdlib
SWIFT_SOURCES := Package.swift Sources Benchmarks $(wildcard Tests/*Tests Tests/Fuzz)

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: bootstrap
bootstrap: ## Install what is missing: Debian packages (root or sudo), Python tools in .venv
	@Scripts/bootstrap

.PHONY: build
build: ## Build the release binary, .build/release/leveret
	@Scripts/bootstrap build
	swift build $(RELEASE) --product leveret

.PHONY: run
run: build ## Run the proxy on PORT (8000) in front of its embedded store, kept in the file DATA if given
	@Scripts/bootstrap || echo "make run: without the network there is no aws-cli in .venv; any other will do" >&2
	@PORT=$(PORT) DATA=$(DATA) Scripts/run

.PHONY: test
test: lint test-unit test-e2e test-fuzz bench-instructions ## Everything: lint, tests, short fuzz runs, a hit's cost
	@echo "make test: all passed"

.PHONY: test-unit
test-unit: bootstrap ## Unit tests, warnings as errors
	$(STRICT) swift build --build-tests --explicit-target-dependency-import-check error
	$(STRICT) swift test --skip-build

.PHONY: test-e2e
test-e2e: bootstrap ## End-to-end tests: real SDKs through the debug binary
	$(STRICT) swift build --product leveret --explicit-target-dependency-import-check error
	LEVERET_BIN=$(LEVERET_BIN) Scripts/test-e2e $(E2E)

.PHONY: test-fuzz
test-fuzz: bootstrap
	@Scripts/fuzz $(TEST_FUZZ_SECONDS)

.PHONY: fuzz
fuzz: bootstrap ## Fuzz each target for FUZZ_SECONDS (600)
	@Scripts/fuzz $(FUZZ_SECONDS)

# Foundation's Process leaks a few bytes of its own; the programs that tests start are checked for leaks.
.PHONY: sanitize
sanitize: bootstrap ## Unit tests under AddressSanitizer, then ThreadSanitizer
	ASAN_OPTIONS=detect_leaks=0 LEVERET_COHERENCE_OPERATIONS=10000 LEVERET_STORE_OPERATIONS=5000 \
	    swift test --sanitize=address --disable-xctest --scratch-path .build-asan
	LEVERET_COHERENCE_OPERATIONS=10000 LEVERET_STORE_OPERATIONS=5000 \
	    swift test --sanitize=thread --disable-xctest --scratch-path .build-tsan

.PHONY: lint
lint: bootstrap ## Format, dependency star, allow-list
	swift format lint --strict --parallel --recursive $(SWIFT_SOURCES)
	@Scripts/check-imports
	@Scripts/check-allowed

.PHONY: format
format: ## Format the Swift sources in place
	swift format --in-place --parallel --recursive $(SWIFT_SOURCES)

.PHONY: bench-hit
bench-hit: build ## CPU per cached GetItem next to nginx (needs Debian's wrk and nginx)
	Benchmarks/hit-cost

.PHONY: bench-instructions
bench-instructions: build ## Instructions and system calls of a cached GetItem against the stated figure
	@Scripts/bootstrap counts
	Benchmarks/hit-instructions

.PHONY: bench-local
bench-local: build bootstrap ## Throughput of `leveret local` next to moto (needs Debian's wrk)
	Benchmarks/local-store

.PHONY: bench-cache
bench-cache: ## The cache engine beside redis-server and memcached (needs Debian's redis-server, memcached)
	@Scripts/bootstrap build
	swift build $(RELEASE) --product CacheBenchmark
	Benchmarks/cache-engine

.PHONY: bench-alloc
bench-alloc: ## Time of each allocation policy against the number of tenants
	@Scripts/bootstrap build
	swift build $(RELEASE) --product AllocBenchmark
	Benchmarks/alloc

.PHONY: bench
bench: build bootstrap ## Hits beside nginx, Redis, memcached and SwiftNIO (Debian packages); misses; HTTPS
	swift build $(RELEASE) --package-path Benchmarks/SwiftNIOServers --scratch-path .build-nio
	Benchmarks/side-by-side
	Benchmarks/miss-cost
	Benchmarks/https-cost

.PHONY: bench-scale
bench-scale: build bootstrap ## How costs grow with connections, tenants and items
	swift build $(RELEASE) --product CacheBenchmark
	Benchmarks/scale

.PHONY: clean
clean: ## Remove everything built (not .venv)
	rm -rf .build .build-asan .build-tsan .build-fuzz .build-nio
