# Commands for users and contributors. They need Python 3.11 or newer and make, nothing else.
PYTHON ?= python3
PY := .venv/bin/python
PORT ?= 8480
DATA ?=
ORDERS ?= 1000000
BENCH ?= $(HOME)/.cache/channeldesk-benchmark
ROUNDS ?= 100
FAST := not (postgresql or browser or processes or slow)
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(2 * (os.cpu_count() or 1))')
DATABASE ?= sqlite
PARTS ?=
# Wheels only, so nothing is compiled. Flask-Principal, which Flask-Security needs, is released as source only: it is built with
# the pinned setuptools of requirements-install.lock, not with whatever version an isolated build would download.
INSTALL := $(PY) -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all:
PIP := $(INSTALL) --no-binary flask-principal --no-build-isolation
DATA_OPTION = $(if $(DATA),--data-dir "$(DATA)")

.DEFAULT_GOAL := help
.PHONY: help setup demo dev run test test-all explore faults messages models check fix docs lock wheel benchmark clean

help: ## Print this help
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: .venv/ready ## Make .venv with what the product needs, pinned by hash

demo: .venv/ready ## Run the whole loop against the built-in Amazon simulator [PORT=8480 DATA=folder]
	@$(PY) -m webapp demo --port $(PORT) $(DATA_OPTION)

run: .venv/ready ## Run the desk for real [PORT=8480 DATA=folder]
	@$(PY) -m webapp up --port $(PORT) $(DATA_OPTION)

test: .venv/ready-dev ## Run the fast tests: SQLite, no browser, no processes [ARGS="tests/views -k submissions"]
	@$(PY) -m pytest -n auto --dist worksteal -m "$(FAST)" $(ARGS)

# Tests of processes and browsers mostly wait, so there are more workers than cores.
test-all: .venv/ready-dev ## Run every test; browser tests skip where there is no Chromium
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

explore: .venv/ready-dev ## Look for counterexamples that no run has tried yet
	@$(PY) -m pytest -n auto -m "hypothesis or explored" --hypothesis-profile exploring $(ARGS)

faults: .venv/ready-dev ## Inject random faults into the running product [SEED= HOURS=0.25 STEPS= DATABASE=sqlite|postgresql]
	@$(PY) -m tests.faults.suite --database $(DATABASE) $(if $(SEED),--seed $(SEED)) $(if $(HOURS),--hours $(HOURS)) $(if $(STEPS),--steps $(STEPS))

messages: .venv/ready-dev ## Add new texts to the translations of every language, and count those to translate
	@$(PY) -m tests.project.catalogs update

models: .venv/ready-dev ## Validate against Amazon's models and record which [MODELS=clone of amzn/selling-partner-api-models]
	@$(PY) -m tests.project.amazon_models_page take "$(or $(MODELS),.)"
	@$(PY) -m tests.project.amazon_models_page
	@$(PY) -m pytest -n auto -m amazon_models $(ARGS)

check: .venv/ready-dev ## Lint, format and type check
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

fix: .venv/ready-dev ## Correct what the linter and the formatter can correct by themselves
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

dev: .venv/ready-dev ## Serve the data of a running demo with reloading and a debugger [DATA=folder PORT=8481]
	@CHANNELDESK_DATA_DIR="$(or $(DATA),.data)" $(PY) -m flask --app wsgi run --debug --port $(if $(filter 8480,$(PORT)),8481,$(PORT))

docs: .venv/ready-dev ## Write the generated pages of docs/ anew
	@$(PY) -m tests.project.settings_page
	@$(PY) -m tests.project.order_states_page

# LOCK="--upgrade-package NAME" upgrades one package; LOCK= only adds what pyproject.toml has gained.
LOCK ?= --upgrade
lock: .venv/ready-dev ## Pin the newest allowed versions with their hashes [LOCK="--upgrade-package NAME"]
	@$(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" --group pyproject.toml:install -o requirements-install.lock $(LOCK)
	@$(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" --group install -c requirements-install.lock pyproject.toml -o requirements.lock $(LOCK)
	@$(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" --group install --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock $(LOCK)
	@$(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" --group pyproject.toml:benchmarks -c requirements.lock -o requirements-benchmarks.lock $(LOCK)

wheel: .venv/ready-dev ## Build the wheel into dist/
	@$(PY) -m build --wheel --no-isolation

benchmark: .venv/ready-dev ## Measure all beside others [ORDERS=1000000 DATABASE=sqlite|postgresql PARTS=… BENCH=folder]
	@$(MAKE) -s .venv-benchmarks/ready || echo "The peers are left out: their environment could not be made."
	@$(PY) -m benchmarks "$(BENCH)" --database $(DATABASE) --orders $(ORDERS) --rounds $(ROUNDS) $(if $(PARTS),--parts $(PARTS))

clean: ## Remove what the other targets made, never your data
	rm -rf .venv .venv-benchmarks dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Channeldesk needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv --clear .venv || { rm -rf .venv; echo "Python could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

# An environment holds the path it was made at: in a checkout that was moved, it is made again.
ifneq ($(shell cat .venv/location 2>/dev/null || pwd),$(shell pwd))
.PHONY: .venv/bin/python .venv/ready .venv/ready-dev
endif

# The stamps are newer than the locks, so a second run asks no network.
.venv/ready: requirements-install.lock requirements.lock | .venv/bin/python
	@echo "Setting up .venv (once)"
	@$(INSTALL) -r requirements-install.lock
	@$(PIP) -r requirements.lock
	@$(PY) -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@pwd > .venv/location
	@touch $@

.venv/ready-dev: requirements-dev.lock .venv/ready
	@$(PIP) -r requirements-dev.lock
	@touch $@

# What benchmarks compare with. django-haystack, which django-oscar needs, is released as source alone.
.venv-benchmarks/ready: requirements-benchmarks.lock
	@echo "Setting up .venv-benchmarks (once)"
	@$(PYTHON) -m venv --clear .venv-benchmarks
	@.venv-benchmarks/bin/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: --no-binary django-haystack -r requirements-benchmarks.lock
	@touch $@
