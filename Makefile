# make run starts the service, make test runs the tests; each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench

.PHONY: help run test soak coverage mutants check format docs pictures bench executable clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run  ## start the service on port 5000; ARGS="--port 80" adds options
	$(BIN)/python alpr_api.py $(ARGS)

test: $(VENV)/.dev  ## run the tests; ARGS="-k grid" chooses
	$(BIN)/python -m pytest $(ARGS)

coverage: $(VENV)/.dev  ## which lines and branches of alpr/ the tests run; fails below 95 %
	$(BIN)/python -m pytest --ignore=tests/benchmarks --ignore=tests/browser --ignore=tests/frozen --cov $(ARGS)

mutants: $(VENV)/.dev  ## break grid, plates and wire in small ways, and list what no test notices
	$(BIN)/mutmut run
	$(BIN)/mutmut results

soak: $(VENV)/.dev  ## send 5,000 mixed requests to each engine and see that nothing piles up
	SOAK_REQUESTS=5000 $(BIN)/python -m pytest -s tests/load/test_soak.py

check: $(VENV)/.dev  ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev  ## put the code in the house's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev  ## write the table of settings, and the README's figures from the benchmarks
	$(BIN)/python -m tools.settings_table
	$(BIN)/python -m tools.readme_figures

pictures: $(VENV)/.dev  ## make the README's images; needs Chromium
	$(BIN)/python -m tools.pictures
	PAGE_PICTURES=docs/images $(BIN)/python -m pytest tests/browser/test_looks.py -k preview

bench: $(BENCH)/.ready  ## measure beside other readers into docs/benchmarks.md; SETS="FOLDER…" ARGS="--limit 10"
	$(BENCH)/bin/python -m benchmarks.bench $(if $(SETS),--sets $(SETS)) $(ARGS)

executable:  ## make dist/alpr_api, one file that needs no Python; ARGS="--onedir" adds options
	PYTHON=$(PYTHON) ./build_alpr_api.sh $(ARGS)

clean:  ## remove what these targets made
	rm -rf $(VENV) $(BENCH) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* mutants

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.run

$(BENCH)/.ready: requirements.txt benchmarks/requirements.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt -r benchmarks/requirements.txt
	@touch $@
