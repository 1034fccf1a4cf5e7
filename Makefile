# make run starts the service, make test runs the tests; each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := .venv-bench
PIP_OPTIONS := --quiet --disable-pip-version-check
LOCK := UV_CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/uv pip compile --quiet --upgrade --universal \
	--python-version 3.10
RESOLUTION ?= highest
VENV_PACKAGE = $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')

.PHONY: help setup run test soak coverage mutants fuzz check format docs pictures bench profile executable image-check arm64 lock clean

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.run  ## install what the service needs, and start nothing

run: $(VENV)/.run  ## start the service on port 5000; ARGS="--port 80" adds options
	$(BIN)/python alpr_api.py $(ARGS)

test: $(VENV)/.dev  ## run the tests; ARGS="-k grid" chooses
	$(BIN)/python -m pytest $(ARGS)

coverage: $(VENV)/.dev  ## which lines and branches of alpr/ the tests run; fails below 95 %
	$(BIN)/python -m pytest --ignore=tests/benchmarks --ignore=tests/browser --ignore=tests/frozen --cov $(ARGS)

mutants: $(VENV)/.dev  ## break grid, plates and wire in small ways, and list what no test notices
	$(BIN)/mutmut run
	$(BIN)/mutmut results

fuzz: $(VENV)/.dev  ## mutate images of each format, and forms, for SECONDS=3600 in all
	FUZZ_SECONDS=$$(($(or $(SECONDS),3600) / 8)) FUZZ_SEED=$$(date +%s) \
		$(BIN)/python -m pytest -s tests/images/test_fuzz.py $(ARGS)

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

profile: $(VENV)/.dev  ## where the milliseconds of a request go, by stage; ARGS="FOLDER…" takes photos
	$(BIN)/python -m benchmarks.profile $(ARGS)

executable:  ## make dist/alpr_api, one file that needs no Python; ARGS="--onedir" adds options
	PYTHON=$(PYTHON) ./build_alpr_api.sh $(ARGS)

image-check:  ## build the container image without Docker and try it; needs root, buildah and mmdebstrap
	tools/image_check.sh

arm64:  ## try the checkout on an emulated 64-bit ARM, an hour; needs root, mmdebstrap and qemu-user-static
	tools/arm64.sh

lock: build/lock/bin/pip  ## choose the newest allowed packages; RESOLUTION=lowest-direct chooses the oldest
	build/lock/bin/pip install $(PIP_OPTIONS) --upgrade uv
	$(LOCK) --generate-hashes --resolution $(RESOLUTION) -o requirements.lock requirements.txt
	$(LOCK) --generate-hashes -c requirements.lock -o requirements-build.lock requirements-build.txt
	$(LOCK) --no-annotate -c requirements.lock -o requirements-dev.lock requirements-dev.txt

clean:  ## remove what these targets made
	rm -rf $(VENV) $(BENCH) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* mutants

# pip comes last: an environment without it is half made, as Debian leaves it where a package is missing.
%/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "alpr_api needs Python 3.10 or newer," \
		"and $(PYTHON) is $$($(PYTHON) --version 2>&1); name another: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $* || { echo "no virtual environment; on Debian: apt install $(VENV_PACKAGE)" >&2; exit 1; }

# What an installation puts on the path, for a checkout: docs/ says alpr_api in both.
$(BIN)/alpr_api: | $(BIN)/pip
	@printf '#!/bin/sh\nexec "%s" "%s" "$$@"\n' "$(abspath $(BIN)/python)" "$(CURDIR)/alpr_api.py" >$@
	@chmod +x $@

$(VENV)/.run: requirements.lock | $(BIN)/pip $(BIN)/alpr_api
	@echo "installing packages into $(VENV); this takes a minute, and is done once"
	$(BIN)/pip install $(PIP_OPTIONS) -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements.lock requirements-dev.lock | $(BIN)/pip $(BIN)/alpr_api
	$(BIN)/pip install $(PIP_OPTIONS) -r requirements.lock
	$(BIN)/pip install $(PIP_OPTIONS) -r requirements-dev.lock
	@touch $@ $(VENV)/.run

$(BENCH)/.ready: requirements.lock benchmarks/requirements.txt | $(BENCH)/bin/pip
	$(BENCH)/bin/pip install $(PIP_OPTIONS) -r requirements.lock
	$(BENCH)/bin/pip install $(PIP_OPTIONS) -r benchmarks/requirements.txt
	@touch $@
