# Warifu: `make run` tries it, `make test` tests it; both install what is missing.

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
NETWORK ?= campus
RUN_PACKAGES := slapd ldap-utils xmlsec1 openssl
TEST_PACKAGES := $(RUN_PACKAGES) chromium fonts-noto-cjk apache2 libapache2-mod-shib shibboleth-sp-utils \
	opensaml-schemas nginx-light redis-server zbar-tools nodejs 389-ds-base libnss3-tools

QUICK := $(addprefix tests/,core flow saml_in saml_out attributes words federation audit store totp password)

.DEFAULT_GOAL := help
.PHONY: help run test quick check bench sabotage soak screenshots lock clean packages-run packages-test

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: packages-run $(VENV)/.run ## Start the demo on loopback (NETWORK=outside puts this machine off campus)
	@exec $(BIN)/warifu demo --network $(NETWORK)

test: packages-test $(VENV)/.test tests/node/node_modules/.made check ## Run the whole suite with everything real that it needs
	$(BIN)/python -m pytest -p tests.parts.no_skips -n 4 --dist worksteal --ignore tests/repo \
		-m "not soak and not alone and not deep"
	$(BIN)/python -m pytest -p tests.parts.no_skips -m alone

quick: $(VENV)/.test ## Run the part of the suite that takes a minute
	$(BIN)/python -m pytest -n 4 --dist worksteal -q -m "not slow and not soak and not alone and not deep" $(QUICK)

check: $(VENV)/.test ## Format, lint, types, import rules, rules of the repository
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -q tests/repo

bench: packages-run $(VENV)/.test ## Measure CPU per answer in RSA signatures; writes var/bench/latest.json
	$(BIN)/python -m tests.bench

sabotage: $(VENV)/.test ## Break one line at a time; each must make its test fail
	$(BIN)/python -m tests.sabotage

soak: packages-test $(VENV)/.test ## Run what takes minutes: endurance and deep property tests
	$(BIN)/python -m pytest -m "soak or deep"

screenshots: packages-test $(VENV)/.test ## Take the pictures in docs/screenshots anew
	$(BIN)/python -m pytest -q tests/browser/test_screenshots.py \
		tests/browser/test_passkey.py::test_pictures --pictures docs/screenshots

lock: ## Pin and hash what requirements/*.in name (needs uv on the path)
	for name in build run demo test; do uv pip compile -q --generate-hashes --no-header --no-emit-index-url \
		--no-emit-find-links --python-version 3.11 requirements/$$name.in -o requirements/$$name.txt; done

clean: ## Take away what was made: demo, environment, caches
	rm -rf var $(VENV) tests/node/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info

packages-run:
	@sh scripts/packages $(RUN_PACKAGES)

packages-test:
	@sh scripts/packages $(TEST_PACKAGES)

$(VENV)/bin/python:
	@sh scripts/environment $(VENV) $(PYTHON)

$(VENV)/.run: requirements/build.txt requirements/demo.txt setup.cfg pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt -r requirements/demo.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements/test.txt $(VENV)/.run
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/test.txt
	@touch $@

tests/node/node_modules/.made: tests/node/package-lock.json
	@command -v npm >/dev/null || sh scripts/packages npm
	cd tests/node && npm ci --silent --no-audit --no-fund
	@touch $@
