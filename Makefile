# Everything a person does with this checkout. `make` alone lists it.
# Needs Python 3.11 or newer, git and make; the rest is installed into .venv.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run stop console stripe env test test-fast check format lock test-upgrade openapi bench fuzz chaos clean ready compiled
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
# The first Python on the path that is new enough; PYTHON=/path/to/python chooses another.
PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do \
  "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
  echo "$$candidate" && break; done)

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-20s%s\n", $$1, $$2}'

run: ready ## start the whole shop on this machine, with a demo (Ctrl-C stops it)
	@exec $(PY) -m api.dev run

stop: ready ## stop the copy that runs in this folder
	@exec $(PY) -m api.dev stop

console: ready ## open the console in this terminal
	@exec $(PY) -m api.dev console

stripe: ready ## act as bank, customer or dashboard: DO="dispute ORDER --status lost"
	@exec $(PY) -m api.dev stripe "$(or $(DO),--help)"

env: ## print where the running shop is, for a shell: eval "$(make env)"
	@exec $(PY) -m api.dev env

ifdef DOMAIN
test: ready ## run every check and every test (DOMAIN=orders: the tests of one folder)
	$(PY) -m pytest -q "tests/$(DOMAIN)"
else
test: ready
	@# Of two cores one would do nothing while types are checked: it compiles the tests, once for all.
	@$(MAKE) -j 2 check compiled
	$(PY) -m pytest -q -n 4 --dist loadfile -m "not serial"
	@# The files that have such tests: looking through the others takes half a minute.
	$(PY) -m pytest -q -m serial $$(grep -rlw serial tests --include="test_*.py")
endif

compiled: ready
	@# What cannot be collected is told by the run itself.
	@$(PY) -m pytest -q --collect-only > /dev/null || :

test-fast: ready ## run the tests that start no program
	$(PY) -m pytest -q -n 2 --dist loadfile -m pure

check: ready ## run the checks alone: style, types, floors
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy --strict api console
	PATH="$$PWD/.venv/bin:$$PATH" lint-imports --config tests/architecture/contracts.toml

format: ready ## put the code into the house style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

lock: ready ## find anew what the requirements pull in, with checksums (needs uv)
	@command -v uv >/dev/null || { echo "stockroom: uv is missing: pip install uv." >&2; exit 1; }
	@for name in requirements requirements-full requirements-dev; do \
	  uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
	    --custom-compile-command "make lock" $$name.txt -o $$name.lock || exit 1; done

test-upgrade: ready ## run older code on the newer schema: FROM=commit (ARGS="tests/journeys")
	@exec $(PY) -m tests.upgrade "$(FROM)" $(ARGS)

openapi: ready ## approve the API document as it is now
	@$(PY) -m tests.contract.approve

bench: ready ## measure the shop (see docs/benchmarks.md; AGAINST=commit, GROWTH=1)
	@exec $(PY) -m tests.benchmarks $(if $(PRODUCTS),--products $(PRODUCTS)) \
	  $(if $(ORDERS),--orders $(ORDERS)) $(if $(AGAINST),--against $(AGAINST)) \
	  $(if $(GROWTH),--growth) $(ARGS)

fuzz: ready ## ask every operation what nobody thought of (SECONDS=600 each, SEED=number)
	@FUZZ_SECONDS=$(or $(SECONDS),600) FUZZ_EXAMPLES=$(or $(EXAMPLES),100) \
	  FUZZ_SEED=$(or $(SEED),$(shell date +%s)) FUZZ_PHASES=coverage,fuzzing,stateful \
	  $(PY) -m pytest -q tests/contract/test_schemathesis.py

chaos: ready ## let everything happen and everything break (MINUTES=60, SEED=number to repeat a plan)
	@exec $(PY) -m tests.faults.chaos $(if $(MINUTES),--minutes $(MINUTES)) \
	  $(if $(SEED),--seed $(SEED)) $(ARGS)

clean: ready ## forget the demo shop: databases, payments, letters and logs
	@$(PY) -m api.dev clean

# Installs only when the requirements, the Python or the folder have changed since the last time.
ready:
	@test -n "$(PYTHON)" || { echo "stockroom: no Python 3.11 or newer was found:" \
	  "install one, or name it, as in make run PYTHON=/path/to/python3.11." >&2; exit 1; }
	@$(PYTHON) api/dev/bootstrap_venv.py
