# A thin front: each target installs what is missing on Debian 12, then calls
# CMake or a script. See CONTRIBUTING.md; the CMake presets work without make.

BUILD := build
PYTHON := .venv/bin/python
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := build
.PHONY: help deps build tests demo train bench check check-long fuzz docs format clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | expand -t 12

deps: ## install what is missing
	@scripts/bootstrap.sh

$(BUILD)/build.ninja: | deps
	@cmake --preset release

build: deps $(BUILD)/build.ninja ## the tools, in build/bin
	@cmake --build $(BUILD)

tests: build
	@cmake --build $(BUILD) --target ternary-test-depends

demo: build ## handwritten digits through a ternary network
	@$(PYTHON) examples/digits/demo.py

train: tests ## the digits by the three rules of training in IR
	@$(PYTHON) examples/training/train.py

bench: build ## our kernels, each peer and the machine's limits
	@benchmarks/bootstrap.sh
	@cmake --preset release >/dev/null
	@cmake --build $(BUILD) --target ternary-bench
	@$(PYTHON) benchmarks/run.py

check: tests ## the tests that every change must pass
	@$(PYTHON) scripts/check.py

check-long: tests ## everything, in hours; RESUME=1 goes on where it stopped
	@scripts/bootstrap.sh fuzz || echo "without libFuzzer its targets are skipped"
	@scripts/bootstrap.sh mpi || echo "without MPICH the suite sharding is skipped"
	@$(PYTHON) scripts/check.py --long $(if $(RESUME),--resume)

fuzz: tests ## mutants of the tests' IR for SECONDS=300, drawn from SEED=
	@$(PYTHON) test/fuzz/run_fuzz.py --seconds $(or $(SECONDS),300) \
	  $(if $(SEED),--seed $(SEED))

docs: build ## the reference pages, in build/docs
	@scripts/docs.sh $(BUILD)/docs

format: ## format the C++ sources in place
	@scripts/bootstrap.sh format
	@find include lib tools test benchmarks examples -name '*.cpp' -o -name '*.[ch]' | \
	  xargs -r clang-format-22 -i

clean: ## remove what was built; .venv stays
	rm -rf build build-debug build-fuzz
