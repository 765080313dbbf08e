# Run "make help" for what can be done here.
#
# GNU make, POSIX sh, Go. What else is needed is installed by deploy/local/need.sh
# where that is possible, and otherwise named in one line.

# Steps wait for each other (package installation, servers, one Go build cache),
# and go uses all cores by itself: -j would only mix up the output.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := help

SHELL := /bin/sh
GO ?= go

# The workspace is found by its file, whatever the caller has set.
unexport GOWORK
# A checkout of another user (CI, containers) makes git, and so the stamp, fail.
export GOFLAGS := $(filter-out -buildvcs=%,$(GOFLAGS)) -buildvcs=false
# Go needs a place for its caches also where there is no home.
ifeq ($(strip $(HOME)),)
export HOME := $(CURDIR)/.local/home
endif

# What make test needs beside Go. Race detection needs a C compiler, Kafka and
# Elasticsearch need Java and come by Maven, the page's tests need a browser, one of
# the subscribers is in Python.
TEST_NEEDS := gcc java mvn python
TEST_NEEDS += $(if $(wildcard services/search),chromium)
TEST_NEEDS += node npm

.PHONY: demo
demo: go demo-needs bin/copytaster ## set everything up, feed real copy in, show the search page (ARGS=--once: end by itself)
	bin/copytaster demo $(ARGS)

.PHONY: build
build: go bin/copytaster ## build bin/copytaster: every service and the operator's tools

.PHONY: test
test: go test-needs bin/copytaster proto-check alone .local/python/ready ## set everything up, run all tests with the race detector (TESTFLAGS='-run Name')
	bin/copytaster up -- deploy/tools/test.sh $(TESTFLAGS)
	@echo "make test: passed: contract, each service built alone, tests of all modules with -race against Kafka and Elasticsearch"

.PHONY: eval
eval: go bin/copytaster ## measure what the enrichers find in the annotated texts: one table
	@bin/copytaster eval all services/enrich/testdata

.PHONY: bench
bench: go test-needs bin/copytaster ## measure: push to searchable at 20/s, each stage alone, live copy beside a back-fill (takes some minutes; ARGS=1000000: beside one of so many articles, to its end)
	bin/copytaster up -- deploy/tools/bench.sh $(ARGS)

.PHONY: bench-search
bench-search: go test-needs bin/copytaster ## measure searches on a grown corpus, COPYTASTER_BENCH_CORPUS=FILE (ARGS='19000 200000 1000000': articles; 19000 if not given)
	bin/copytaster up -- deploy/tools/bench-search.sh $(ARGS)

.PHONY: faults
faults: go demo-needs ## break a pipeline of its own in every way, and hold it to its promises (ARGS=--short, ARGS='--row kill-services --seed 7')
	$(GO) build -C deploy/faults -o $(CURDIR)/bin/faults ./cmd/faults
	GO="$(GO)" bin/faults --root=$(CURDIR) $(ARGS)

.PHONY: lives
lives: go test-needs bin/copytaster ## drive 10,000 random lives of articles through the pipeline, held to a model (ARGS='-lives=1000 -lives.seed=7')
	bin/copytaster up -- $(GO) -C services/copytaster test -run '^TestLives$$' -v -timeout 3h . -lives=10000 $(ARGS)

.PHONY: screens
screens: go test-needs bin/copytaster ## make the pictures of the page anew, those of the README among them
	COPYTASTER_PAGE_SCREENS=$(CURDIR)/$(web)/screens bin/copytaster up -- $(GO) -C services/copytaster test -run '^TestPage$$' -count=1 -v -timeout 1h ./page

.PHONY: s3
s3: go bin/versitygw ## test the archive against an S3 server that is a program of its own
	@GO="$(GO)" deploy/tools/s3.sh

.PHONY: fuzz
fuzz: go ## run every fuzz target for FUZZTIME (default 30s)
	@deploy/tools/fuzz.sh $(or $(FUZZTIME),30s)

.PHONY: lint
lint: go bin/golangci-lint page ## go.mod, vet, golangci-lint and formatting of every module, and the tree
	@GO="$(GO)" deploy/tools/lint.sh

.PHONY: proto
proto: go bin/buf bin/protoc-gen-go .local/python/ready ## after an edit in proto/: lint, refuse breaking changes, generate
	@deploy/tools/proto.sh generate

.PHONY: proto-check
proto-check: go bin/buf bin/protoc-gen-go .local/python/ready ## fail if the contract breaks, or its generated code is stale
	@deploy/tools/proto.sh check

.PHONY: proto-baseline
proto-baseline: go bin/buf bin/protoc-gen-go ## accept a breaking change of the contract (read proto/README.md first)
	@deploy/tools/proto.sh baseline

.PHONY: alone
alone: go ## build each service from its own go.mod and without C, as its image does
	@GO="$(GO)" deploy/tools/alone.sh

.PHONY: image
image: ## build the image of one service: make image SERVICE=enrich (needs a Docker engine)
	@test -n "$(SERVICE)" || { echo "make image: say which: make image SERVICE=enrich" >&2; exit 1; }
	@test -d "services/$(SERVICE)/cmd/$(SERVICE)" || { echo "make image: there is no service $(SERVICE) under services/" >&2; exit 1; }
	@docker info >/dev/null 2>&1 || { echo "make image: no Docker engine answers; install one, or run bin/copytaster without images" >&2; exit 1; }
	docker build --file deploy/docker/Dockerfile --build-arg SERVICE=$(SERVICE) --tag copytaster/$(SERVICE) .

.PHONY: clean
clean: ## remove what was built and the data of the local servers (.local/dist, a long download, stays)
	@deploy/tools/clean.sh

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

.PHONY: go
go:
	@command -v $(GO) >/dev/null || { echo "Go is missing: install Go 1.26.8 or later and put it on the PATH" >&2; exit 1; }

.PHONY: demo-needs test-needs
demo-needs:
	@deploy/local/need.sh java mvn node npm
test-needs:
	@deploy/local/need.sh $(TEST_NEEDS)

# What the subscriber in Python needs, and what makes its protobuf code.
requirements := deploy/consumers/python/requirements.txt deploy/tools/protoc-gen-python/requirements.txt

.local/python/ready: $(requirements) deploy/tools/python.sh
	@deploy/local/need.sh python
	@deploy/tools/python.sh $(@D) $(requirements)
	@touch $@

# The newsroom's page, made anew only when what it is made of has changed.
web := services/search/web
web_sources := $(shell find $(web)/src $(web)/static $(web)/tools -type f ! -name schema.ts) \
	$(addprefix $(web)/,index.html package.json package-lock.json .npmrc tsconfig.json vite.config.ts) \
	services/search/api/openapi.yaml pkg/article/schema.json

.PHONY: page
page: $(web)/dist/app/index.html ## build the newsroom's page, which the search service has in it

$(web)/node_modules/.package-lock.json: $(web)/package.json $(web)/package-lock.json $(web)/.npmrc
	@deploy/local/need.sh node npm
	@deploy/tools/page.sh install
	@touch $@

$(web)/dist/app/index.html: $(web)/node_modules/.package-lock.json $(web_sources)
	@deploy/tools/page.sh build
	@touch $@

# Go knows better than make what has changed.
.PHONY: bin/copytaster
bin/copytaster: go page
	$(GO) build -C services/copytaster -o $(CURDIR)/$@ ./cmd/copytaster

# Tools are built once, without the workspace, from modules of their own.
tool = GOWORK=off CGO_ENABLED=0 $(GO) build -C deploy/tools/$(@F) -trimpath -o $(CURDIR)/$@ $(1)

bin/buf: deploy/tools/buf/go.mod deploy/tools/buf/go.sum
	$(call tool,github.com/bufbuild/buf/cmd/buf)

bin/protoc-gen-go: deploy/tools/protoc-gen-go/go.mod deploy/tools/protoc-gen-go/go.sum
	$(call tool,google.golang.org/protobuf/cmd/protoc-gen-go)

bin/versitygw: deploy/tools/versitygw/go.mod deploy/tools/versitygw/go.sum
	$(call tool,github.com/versity/versitygw/cmd/versitygw)

bin/golangci-lint: deploy/tools/golangci-lint/go.mod deploy/tools/golangci-lint/go.sum
	$(call tool,github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
