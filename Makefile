# `make run` and `make test` need Python >= 3.11, make and the package index; they set up .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PEERS := $(VENV)/.interop
FUZZER := $(VENV)/.fuzzer
WORKERS ?= 2

.PHONY: run test test-long interop simulate check format lock clean fuzz help

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(STAMP) ## a relay and two people, who talk while you watch; on a terminal you join in
	@$(BIN)/havre demo

test: $(STAMP) ## all tests but the long ones
	$(BIN)/pytest -n $(WORKERS) -m "not long and not interop"

test-long: $(STAMP) ## the long ones: crashes, big files, many processes
	$(BIN)/pytest -m long

interop: $(PEERS) ## MLS groups of mixed implementations: ours, mls-rs and ts-mls (INTEROP_SEEDS=20)
	HAVRE_INTEROP=required $(BIN)/pytest tests/interop -n $(WORKERS) -m interop

fuzz: $(FUZZER) ## coverage-guided fuzzing of the MLS decoders (FUZZ_SECONDS=60)
	$(BIN)/python -W ignore::DeprecationWarning -m tests.mls.fuzz_atheris -max_total_time=$(or $(FUZZ_SECONDS),60)

simulate: $(STAMP) ## clients and relays in one process under chaos: make simulate SEEDS=100 [FIRST=0]
	@$(BIN)/python -m tests.simulation $(or $(SEEDS),100) $(or $(FIRST),0)

check: $(STAMP) ## lint, types, import rules, sizes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_sizes.py src scripts

format: $(STAMP) ## put the code into its one shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(STAMP) ## pin the dependencies anew
	scripts/lock.sh --upgrade

clean: ## forget the environment and the demo's data
	rm -rf $(VENV) var .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Havre needs Python 3.11 or newer; say which one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(FUZZER): $(STAMP) requirements/fuzz.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/fuzz.txt
	@touch $@

$(PEERS): $(STAMP) requirements/interop.txt tests/interop/peers/package-lock.json tests/interop/node.py
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/interop.txt
	@$(BIN)/python -m tests.interop.node
	@touch $@
