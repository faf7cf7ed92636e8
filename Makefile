# Every verb sets up what it needs first (scripts/setup) and builds only what is out of date.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run build test bench format lint asan tsan clean
export PATH := $(CURDIR)/build/node/node_modules/.bin:$(PATH)

cxx_files = $$(git ls-files -co --exclude-standard '*.h' '*.cc')
# Peers of benches bring their own when they run.
npm_folders = $$(git ls-files -co --exclude-standard '*package-lock.json' | grep -v ^bench/ | sed 's|/package-lock.json||')

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: build  ## build the server and start it on ./data at 127.0.0.1:8080
	@exec build/release/ashlar serve --data ./data

build:  ## build/release/ashlar, with the console in it
	@scripts/setup build node
	@scripts/build-console
	@[ -f build/release/build.ninja ] || cmake --preset release
	@ninja -C build/release --quiet ashlar

test:  ## every test: unit, storage on SQLite and PostgreSQL, API, clients, console, crash, fuzz, style
	@scripts/setup build node test fuzz
	@scripts/build-console
	@scripts/npm-ci $(npm_folders)
	@cmake --preset release >/dev/null
	@ninja -C build/release all tests tools
	@cmake --preset fuzz >/dev/null
	@ninja -C build/fuzz fuzzers
	@test/run

bench:  ## micro-benchmarks, then every program of bench/ (long)
	@scripts/setup build node bench
	@scripts/build-console
	@cmake --preset release >/dev/null
	@ninja -C build/release all benches tools
	@bench/run

format:  ## clang-format and prettier
	@scripts/setup node lint
	@clang-format-19 -i $(cxx_files)
	@[ ! -f console/package-lock.json ] || { scripts/npm-ci console && cd console && npm run --silent format; }

lint:  ## clang-format, clang-tidy, style checks, the console's checks; all warnings are errors
	@scripts/setup build node lint test
	@scripts/build-console
	@scripts/lint

asan tsan:
	@scripts/setup build node test sanitize
	@scripts/build-console
	@scripts/npm-ci $(npm_folders)
	@cmake --preset $@ >/dev/null
	@ninja -C build/$@ all tests
	@ASHLAR_BUILD=build/$@ ASHLAR_UNIT_TIMEOUT=2400 ASHLAR_STAGE_TIMEOUT=2600 test/run unit client

asan:  ## unit and client tests with AddressSanitizer and UndefinedBehaviorSanitizer
tsan:  ## unit and client tests with ThreadSanitizer

clean:  ## remove what was built; ./data stays
	rm -rf build console/dist
