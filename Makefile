# `make run` and `make test` need Python >= 3.11, make and the package index; they set up .venv themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PEERS := $(VENV)/.interop
FUZZER := $(VENV)/.fuzzer
WORKERS ?= 2
# A command starts twice as fast when its modules lie compiled beside their source; the tests run hundreds of them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run page contract privacy test test-long test-browser interop bench simulate check format lock clean fuzz help

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: page ## a relay and two people, who talk while you watch; on a terminal you join in
	@$(BIN)/havre demo

page: $(STAMP) ## the app's page, built from web/ where that has changed
	@$(BIN)/python scripts/build_page.py

contract: $(STAMP) ## what the app's page and process say to each other: the schema, and the page's types
	$(BIN)/python scripts/contract.py
	$(BIN)/python scripts/web.py run types

test: page ## all tests but the long ones
	$(BIN)/python scripts/web.py test --silent
	$(BIN)/pytest -n $(WORKERS) -m "not long and not interop and not browser"

test-long: $(STAMP) ## the long ones: crashes, big files, many processes
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m long

test-browser: page ## the app in a real Chromium; what its windows looked like is in var/screenshots
	@scripts/debian.sh chromium
	HAVRE_BROWSER=required $(BIN)/pytest tests/browser -n $(WORKERS) --dist worksteal -m browser

interop: $(PEERS) ## MLS groups of mixed implementations: ours, mls-rs and ts-mls (INTEROP_SEEDS=20)
	HAVRE_INTEROP=required $(BIN)/pytest tests/interop -n $(WORKERS) -m interop

fuzz: $(FUZZER) ## coverage-guided fuzzing of the MLS decoders and of the relay (FUZZ_SECONDS=60 each)
	$(BIN)/python -W ignore::DeprecationWarning -m tests.mls.fuzz_atheris -max_total_time=$(or $(FUZZ_SECONDS),60)
	$(BIN)/python -W ignore::DeprecationWarning -m tests.relay.fuzz_atheris -max_total_time=$(or $(FUZZ_SECONDS),60)

bench: $(STAMP) ## the four measurements of the relay, into docs/performance.md (six minutes, ten the first time; each alone: see there)
	$(BIN)/python -m bench.traffic --peers --json docs/figures/traffic.json
	$(BIN)/python -m bench.exodus --peers --json docs/figures/exodus.json
	$(BIN)/python -m bench.outage --json docs/figures/outage.json
	$(BIN)/python -m bench.idle --json docs/figures/idle.json
	$(BIN)/python -m bench.report

simulate: $(STAMP) ## clients and relays in one process under chaos: make simulate SEEDS=100 [FIRST=0]
	@$(BIN)/python -m tests.simulation $(or $(SEEDS),100) $(or $(FIRST),0)

check: $(STAMP) ## lint, types, import rules, sizes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_sizes.py src scripts web/src
	$(BIN)/python scripts/contract.py --check
	$(BIN)/python scripts/privacy.py --check
	$(BIN)/python scripts/web.py run check

privacy: $(STAMP) ## write docs/privacy.md from the relay's schema
	@$(BIN)/python scripts/privacy.py

format: $(STAMP) ## put the code into its one shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/web.py run --silent format

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
