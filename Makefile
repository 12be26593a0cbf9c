PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Test files side by side; each worker loads TensorFlow (about 2 GB).
JOBS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup run test browser test-all wheel lint reference bench clean

help:  ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /	/' | expand -t 12

# Set up once; afterwards only when a requirements file changes.
$(STAMP): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Pellucid needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

setup: $(STAMP)  ## Install everything into .venv

run: $(STAMP)  ## Serve the dashboard on http://127.0.0.1:8501
	$(BIN)/python -m core serve

test: $(STAMP)  ## Run the tests (the slow ones, and those in a browser, left out)
	$(PYTEST) --durations=30

browser: $(STAMP)  ## Run the tests in a real browser
	$(PYTEST) -m 'e2e and not slow' --durations=10 tests/e2e

test-all: $(STAMP)  ## Run every test
	$(PYTEST) -m ''

wheel: $(STAMP)  ## Build the wheel, install it somewhere else, predict and serve there
	$(BIN)/python -m pytest -n 0 -m wheel tests/test_wheel.py

lint: $(STAMP)  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

reference: $(STAMP)  ## Write the reference of the Python API from its docstrings
	$(BIN)/python -m docs.reference

bench: $(STAMP)  ## Measure against peers and write benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

clean:  ## Remove the environments and caches of this folder
	rm -rf $(VENV) .bench-venvs .pytest_cache .mypy_cache .ruff_cache
