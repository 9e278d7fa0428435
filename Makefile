# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help
SHELL := bash
MAKEFLAGS += --no-print-directory
.PHONY: help demo story demo-down venv test lint format units coverage sanity corpus molecule bench soak lab lab-down build clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: venv ## start WordPress and MariaDB here behind a load balancer, and show what to try
	@tools/demo

story: demo ## play four failures on the demo's stack, under load, and print a time line
	@.venv/bin/python tools/story.py

demo-down: venv ## remove what the demo started
	@tools/demo down

venv: ## .venv with everything pinned and this checkout on its collections path
	@tools/venv

test: ## everything that CI runs
	@tools/test

lint: venv ## ruff, mypy, import-linter, yamllint, ansible-lint, shellcheck, changelog
	@tools/lint

format: venv ## let ruff format the code
	@.venv/bin/ruff format --quiet . && .venv/bin/ruff check --quiet --fix .

units: venv ## unit tests on the oldest and the newest ansible-core that your Pythons run
	@tools/units

coverage: venv ## how much of plugins/ the unit tests run
	@tools/coverage

sanity: venv ## ansible-test sanity on the same two, compile and import on every Python found
	@tools/sanity

corpus: venv ## how many of other people's stacks load, and why not the others (make corpus SETS='DIR DIR')
	@tools/corpus $(SETS)

molecule: venv ## tests on real Docker hosts: tests/live and the Molecule scenarios (makes the lab, removes it)
	@tools/molecule

# What stands behind `bench` names the benchmarks: make bench passes
BENCHES := $(if $(filter bench,$(firstword $(MAKECMDGOALS))),$(wordlist 2,9,$(MAKECMDGOALS)))

bench: venv ## times of a pass, beside those of others; a table and JSON lines (make bench passes: one of them)
	@bench/run $(BENCHES)

ifneq ($(BENCHES),)
$(BENCHES): ; @:
endif

soak: venv ## the long runs: full counts of faults and random sequences, every ansible-core
	@tools/soak

lab: ## three Docker hosts, a registry and the images
	@lab/engine start && lab/images && lab/up

lab-down: ## remove the lab
	@lab/down

build: venv ## the tarball in build/, from a clean clone; checked, installed and tried
	@tools/build

clean: lab-down ## remove the lab and all that the tools made in this checkout
	@rm -rf .venv .cache build tests/output .hypothesis .pytest_cache .mypy_cache .ruff_cache
