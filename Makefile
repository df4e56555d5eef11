# Two commands for a newcomer: `make demo` shows the whole story, `make test` proves it.
# Both set up .venv by themselves; nothing but Python 3.11+ and make has to be there.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.installed
# xdist workers: a test waits half of its time, a trial of the torture most of it.
PROCESSORS := $(shell nproc 2>/dev/null || echo 2)
WORKERS ?= $(shell echo $$(($(PROCESSORS) + 2)))
TORTURERS ?= $(shell echo $$(($(PROCESSORS) * 3)))
# Many of the processes that are started here are started by the hundred: none compiles the program anew.
export PYTHONDONTWRITEBYTECODE :=
# Minutes that the week takes, and a seed for what happens in it.
WEEK ?= 10 2026

.PHONY: help environment demo test check format fuzz torture bench week machine screenshots generate lock clean

help: ## say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo: $(READY) ## one dataset from a dropped file to an array in Python, on this machine
	@$(BIN)/spacecast demo

test: check ## everything a change has to pass
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

check: $(READY) ## lint, format, types, import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

environment: $(READY) ## set up .venv, and nothing else

format: $(READY) ## let ruff put the code in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

fuzz: $(READY) ## the property tests of the metadata file, for long
	HYPOTHESIS_PROFILE=long $(BIN)/pytest tests/metadata -n $(WORKERS) --timeout 3600

torture: $(READY) ## kills, lost replies and failing disks by the thousand, with figures
	SPACECAST_TORTURE=1000 $(BIN)/pytest tests/torture -n $(TORTURERS) --dist worksteal --timeout 7200

bench: $(READY) ## speed and memory against bounds and peers; BENCH="idle calls" for some of them
	PYTHONPATH=tests $(BIN)/python -m bench $(BENCH)

week: $(READY) ## a week of operation in ten minutes: arrivals, outages, reloads, restarts, and what is left of it
	PYTHONPATH=tests $(BIN)/python -m week $(WEEK)

machine: $(READY) ## the operators' document followed on a fresh Debian with a real systemd; root, and debootstrap
	PYTHONPATH=tests $(BIN)/python -m machine

screenshots: $(READY) ## the pictures of the status page for the docs; needs Chromium
	PYTHONPATH=tests $(BIN)/python -m screenshots

generate: $(READY) ## rewrite the sample config, its schema and reference page from the models
	$(BIN)/python -m spacecast.config.generate

lock: $(READY) ## choose the newest versions of all dependencies and write them down
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --no-header --no-emit-index-url --no-annotate \
		--generate-hashes --upgrade pyproject.toml --extra sandbox --extra data --extra postgresql --group dev \
		--output-file requirements.lock

clean: ## forget the environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

# The lock decides the versions; the package itself is installed in place, built with the locked backend.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Spacecast needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
