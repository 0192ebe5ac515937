# The front door. Everything here is a thin call of cmake, ctest, pytest or a script.
#   make demo     from a bare Debian 12 to SQL and semantic search over real data
#   make test     build and run every test
SHELL := /bin/bash
PORT ?= 3100
DATA ?= lakehouse-data
ROWS ?= slice
JOBS ?= $(shell nproc)
export LAKEHOUSE_DEPS ?= $(CURDIR)/.deps

.PHONY: help setup setup-dev setup-test build demo stop serve test unit e2e asan tsan clang lint format fuzz bench coverage clean

help: ## this text
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: ## install packages, libduckdb and the model (pinned)
	@tools/setup.sh

setup-dev:
	@tools/setup.sh --dev

setup-test:
	@tools/setup.sh --test

build: setup ## build/lakehouse, optimised
	@cmake --preset release >build-configure.log 2>&1 || { cat build-configure.log; exit 1; }; rm -f build-configure.log
	@cmake --build build/release -j $(JOBS) --target lakehouse
	@ln -sfn release/lakehouse build/lakehouse

demo: build ## ingest this machine's Debian package index, query and search it (ROWS=all, DATA=dir, PORT=n)
	@demo/run.sh --data "$(DATA)" --port "$(PORT)" --rows "$(ROWS)"

stop: ## stop the server that make demo or make serve started
	@demo/stop.sh "$(DATA)"

serve: build ## run the server in the foreground (DATA=dir, PORT=n)
	@mkdir -p "$(DATA)"
	@build/lakehouse serve --data "$(DATA)" --listen 127.0.0.1:$(PORT) --ready-file "$(DATA)/ready"

test: setup-test unit e2e ## unit and end-to-end tests

unit:
	@tools/run_units.sh dev

e2e: build setup-test
	@tools/run_e2e.sh

asan: setup-dev ## unit tests under the address and undefined behaviour sanitizers
	@tools/run_units.sh asan

tsan: setup-dev ## unit tests of our own threads under the thread sanitizer
	@tools/run_units.sh tsan

clang: setup-dev ## unit tests built by clang 14
	@tools/run_units.sh clang

lint: setup-dev ## layers, format, clang-tidy, cppcheck, docs
	@tools/lint.sh

format: setup-dev ## rewrite the sources with clang-format
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

fuzz: setup-dev ## run every fuzzer for FUZZ_SECONDS (default 20) each
	@tools/run_fuzz.sh $${FUZZ_SECONDS:-20}

bench: build ## every benchmark; see bench/README.md
	@bench/run_all.sh

coverage: setup-dev ## line coverage of the unit tests
	@tools/run_units.sh coverage && gcovr -r . --object-directory build/coverage -e tests -e fuzz --print-summary | tail -4

clean:
	@rm -rf build
