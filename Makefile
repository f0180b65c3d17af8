# Everything that people and machines do with this project. `make` alone lists it.
# Needs only make, git and Python 3.11 or newer with venv; whatever else a target needs, it installs or names.

PYTHON ?= python3

python := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test check bench demo-data screenshots lock messages format clean venv runtime development
# Targets share .venv, the caches and the two cores of a small machine: `make -j` gains nothing here.
.NOTPARALLEL:

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: runtime ## Run Hufu on this machine with demo data, nothing else needed
	@exec env ENVIRONMENT="$${ENVIRONMENT:-development}" $(python) manage.py serve

test: development ## Run all tests on SQLite and on PostgreSQL (starts its own servers)
	@scripts/install-test-packages
	@scripts/test-on-both $(python)

check: development ## Check style, types, architecture, migrations, deployment settings and translations
	@scripts/check $(python)

bench: development ## Measure how long the endpoints take
	@$(python) -m tests.benchmarks

demo-data: runtime ## Fill a development database: TENANTS=1000 USERS=1000000 EVENTS=10000000
	@ENVIRONMENT="$${ENVIRONMENT:-development}" $(python) manage.py migrate --verbosity 0
	@ENVIRONMENT="$${ENVIRONMENT:-development}" $(python) manage.py demo_data \
	    --tenants $(or $(TENANTS),0) --users $(or $(USERS),0) --events $(or $(EVENTS),0)

screenshots: development ## Take a picture of every page into docs/img/pages
	@scripts/install-test-packages
	@$(python) -m tests.browser.screenshots

lock: development ## Write requirements*.txt from requirements*.in, newest versions that fit
	@for name in requirements requirements-sms requirements-dev; do \
	    echo "Locking $$name.txt …"; \
	    CUSTOM_COMPILE_COMMAND="make lock" $(python) -m piptools compile --quiet --upgrade --generate-hashes --allow-unsafe \
	        --strip-extras --no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	        --output-file $$name.txt $$name.in || exit; \
	done

messages: development ## Collect texts into locale/, keep their translations, compile them
	@$(python) -m scripts.messages extract
	@$(python) -m scripts.messages compile

format: development ## Put the code into its form and mend what can be mended
	@$(python) -m ruff check --fix .
	@$(python) -m ruff format .

clean: ## Remove .venv and caches; the data in var/ stays
	@rm -rf .venv tests/clients/openid_client/node_modules .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- The virtual environment ---------------------------------------------------------------------------------------------
# What was installed last lies in .venv beside it: nothing happens until a requirements file says something else.

venv:
	@if ! $(python) -c '' 2>/dev/null; then \
	    $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	        echo "Hufu needs Python 3.11 or newer; $(PYTHON) is: $$($(PYTHON) --version 2>&1)." >&2; \
	        echo "With another one: make PYTHON=python3.12 …" >&2; exit 1; }; \
	    $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	        echo "This Python cannot make virtual environments. On Debian or Ubuntu, as root:" >&2; \
	        echo "    apt install $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; exit 1; }; \
	    echo "Making .venv …"; \
	    rm -rf .venv && $(PYTHON) -m venv .venv; \
	fi

runtime: venv
	@$(call install,requirements)

development: runtime
	@$(call install,requirements-dev)

define install
cmp -s $(1).txt .venv/$(1).installed || { \
    echo "Installing $(1).txt …"; \
    $(python) -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r $(1).txt \
        && cp $(1).txt .venv/$(1).installed; }
endef
