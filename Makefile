# GNU make 4.3 or newer. Each target says what it needs and sets it up, or stops with a sentence.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
# The content of a lock names its stamp: a changed lock is installed once, an unchanged one never.
RUN_STAMP := .venv/.installed-$(shell cksum < requirements.lock | tr ' ' '-')
DEV_STAMP := .venv/.installed-dev-$(shell cat requirements.lock requirements-dev.lock | cksum | tr ' ' '-')

.PHONY: help setup setup-dev run test check audit bench lock clean

help: ## What there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUN_STAMP) ## Create .venv and install what the site needs
	@:

setup-dev: $(DEV_STAMP) ## The same, and what tests, checks and benchmarks need
	@:

$(RUN_STAMP):
	@scripts/install requirements.lock $@

# The development lock holds the runtime one, at the same versions.
$(DEV_STAMP):
	@scripts/install requirements-dev.lock $@ $(RUN_STAMP)

run: $(RUN_STAMP) ## The whole site on http://127.0.0.1:8000 (PORT to change); Ctrl-C stops it
	@exec $(PYTHON) -m clicknconnect.runner --stop-with-parent

test: $(DEV_STAMP) ## Every test, in a real browser too; ARGS for pytest
	@browser="$$(scripts/ensure_browser)"; nginx="$$(scripts/ensure_nginx)"; \
	    CHROMIUM="$$browser" NGINX="$$nginx" exec $(PYTHON) -m pytest -n auto $(ARGS)

check: $(DEV_STAMP) ## Formatters, linters, types, migrations, translations, register, locks
	@exec scripts/check

audit: $(DEV_STAMP) ## Ask the vulnerability databases about every locked package (network)
	@exec $(PYTHON) scripts/audit.py run

bench: $(DEV_STAMP) ## The benchmarks, each beside its limit or a peer
	@exec $(PYTHON) -m bench

lock: $(DEV_STAMP) ## Lock the newest versions that pyproject.toml allows
	@exec scripts/lock

clean: ## Remove what can be made again; the data in .data stays
	@exec scripts/clean
