# The common ways to run ePMO. `make demo` shows it filled, `make test` runs all tests; both set up first.
.PHONY: help setup setup-test demo test test-served check format bench drill screenshots requirements messages

PYTHON ?= python3
PY := .venv/bin/python
# Tests run as two processes; ARGS= hands anything on to pytest.
WORKERS ?= 2
PACKAGES := epmo portfolio connectors metrics dashboards api

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile

setup: ## Make .venv with everything that running needs
	@PYTHON="$(PYTHON)" sh scripts/setup.sh base

setup-test:
	@PYTHON="$(PYTHON)" sh scripts/setup.sh test

demo: setup ## Start everything with the sample company; PORT= chooses the port, DATA=path loads that fact folder
	@$(PY) manage.py demo --end-with-parent

test: setup-test ## Run all tests
	@sh scripts/test.sh -n $(WORKERS) $(ARGS)

test-served: setup-test ## Run the tests marked served on EPMO_CI_DATABASE_URL and EPMO_CI_REDIS_URL
	@sh scripts/test.sh --served $(ARGS)

check: setup-test ## Everything but tests: lint, types, import contracts, migrations, docs freshness
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	EPMO_MODE=test $(PY) -m mypy
	.venv/bin/lint-imports
	EPMO_MODE=test $(PY) manage.py check --fail-level WARNING
	EPMO_MODE=test $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	EPMO_MODE=test $(PY) scripts/docs_fresh.py

format: setup-test ## Format the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: setup-test ## Run the benchmarks
	@$(PY) -m benchmarks $(ARGS)

drill: setup-test ## Run the long fault drills
	@sh scripts/test.sh -m drill $(ARGS)

screenshots: setup-test ## Take the pictures in docs/img
	@$(PY) scripts/screenshots.py $(ARGS)

requirements: setup-test ## Pin requirements/*.in anew
	@for name in uv base test; do .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --quiet $(ARGS) requirements/$$name.in -o requirements/$$name.txt; done

messages: setup-test ## Gather and compile the translations; needs gettext
	$(PY) manage.py makemessages -l sv --ignore .venv --ignore var --ignore tests
	$(PY) manage.py compilemessages -l sv --ignore .venv --ignore var
