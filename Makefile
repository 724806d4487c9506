# Every target makes its own virtual environment in .venv and installs exactly what the lock files hold.
# A lock that changed is installed again; otherwise a target starts at once.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo demo-once run test lint bench storm lock clean

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps
PYTEST_ARGS ?=

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/runtime.stamp ## play a month of returns against stand-ins of OroCommerce and ZigZag, then stay up
	$(PY) -m sidecar demo

demo-once: $(VENV)/runtime.stamp ## the same month, ends by itself; exit status 0 only if the books balance
	$(PY) -m sidecar demo --once

run: $(VENV)/runtime.stamp ## run against real systems, settings from the environment
	$(PY) -m sidecar run

test: lint ## style, types, every test, and the bundle's tests where PHP is there
	$(PY) -m pytest -q -n auto --maxprocesses 4 --dist loadfile $(PYTEST_ARGS)
	oro_bundle_stub/Tests/run

lint: $(VENV)/dev.stamp ## style and types only
	$(PY) -m ruff check .
	$(PY) -m mypy

bench: $(VENV)/dev.stamp ## the measurements: calls, CPU, memory, requests per second
	$(PY) -m tests.benchmarks

storm: $(VENV)/dev.stamp ## 100,000 messages, doubled and shuffled: every return credited once, none lost; takes a while
	$(PY) -m tests.end_to_end.storm --deliveries 100000

lock: ## write the lock files anew from requirements*.txt (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links requirements.txt --output-file requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links requirements-dev.txt --constraint requirements.lock \
		--output-file requirements-dev.lock

clean: ## remove the virtual environment, caches, pictures of tests, and everything the sidecar wrote under var/
	rm -rf $(VENV) var build .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A name on PATH is no proof (a version manager's shim may refuse to run), so each candidate is asked.
$(PY):
	@for python in $${PYTHON:-} python3.13 python3.12 python3.11 python3; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
			if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
				echo "$$python has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
			fi; \
			echo "making $(VENV) with $$("$$python" --version)"; \
			exec "$$python" -m venv --clear $(VENV); \
		fi; \
	done; \
	echo "Python 3.11 or newer is needed and none was found: install it, or name it: make PYTHON=/path/to/python3" >&2; \
	exit 1

$(VENV)/runtime.stamp: requirements.lock | $(PY)
	@echo "installing requirements.lock"
	$(PIP) --requirement requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/runtime.stamp | $(PY)
	@echo "installing requirements-dev.lock"
	$(PIP) --requirement requirements-dev.lock
	@touch $@
