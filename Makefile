# Two commands do everything: `make nightly` and `make test`. Each sets up .venv first, once: a night's packages, or all.
# PYTEST=... hands options to pytest: make test PYTEST="-k promise".
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.boxwise-ready
READY  := $(VENV)/.boxwise-night-ready
UV     := $(shell command -v uv 2>/dev/null)
DEMO   := data/demo
NIGHT  := tests/jobs/test_nightly.py::test_a_night_publishes_every_file_and_the_second_opinion_agrees

.PHONY: nightly test test-long test-all test-wheel coverage lint docs format setup lock audit clean help

help:           ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ -/'

nightly: $(READY)  ## set up, then run the night on the demo campaign
	@test -f $(DEMO)/campaign.toml || $(BIN)/boxwise demo $(DEMO)
	@$(BIN)/boxwise nightly $(DEMO)

test: $(STAMP)  ## set up, then run every test but the long ones, with a quarter of the drawn examples, or 25
	@$(BIN)/python -m tests.compiled
	@$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST)

test-long:      ## every test, also the long ones, on the oldest and the newest Python of this machine
	@for python in $$(.ci/pythons); do \
		version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "boxwise: everything on Python $$version ($$python)"; \
		$(MAKE) --no-print-directory test-all PYTHON=$$python VENV=.venv-$$version || exit 1; \
	done

test-all: $(STAMP)  ## every test, also the long ones, on one Python
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "" --hypothesis-profile=long $(PYTEST)
	@$(MAKE) --no-print-directory test-wheel WHOLE=tests

coverage: $(STAMP)  ## hold what `make test PYTEST=--cov` measured against the floors
	@$(BIN)/python -m tests.coverage_floors

test-wheel: $(STAMP)  ## the outside face and a night on the built wheel, the source out of sight; WHOLE=tests runs everything on it
	@$(BIN)/python -m tests.contracts.wheel -n auto --dist worksteal $(or $(WHOLE),tests/contracts $(NIGHT))

lint: $(STAMP)  ## format, style, types, architecture, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

docs: $(STAMP)  ## the docs as a site, in site/; every link is checked
	@$(BIN)/mkdocs build --strict
	@echo "boxwise: the docs are in site/index.html"

format: $(STAMP)  ## rewrite the code in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

setup: $(STAMP)  ## make .venv from requirements.lock

# What a night needs comes first: it is less than half of what tests and checks need, and a newcomer waits for it. Python
# compiles each module when it is first imported, which is fewer of them than pip would compile.
$(READY): requirements.lock pyproject.toml .ci/night_packages
ifneq ($(UV),)
	@echo "boxwise: setting up $(VENV) with uv"
	@uv venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	@$(BIN)/python .ci/night_packages > $(VENV)/night.lock
	@uv pip install --quiet --python $(BIN)/python --require-hashes -r $(VENV)/night.lock
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@echo "boxwise: setting up $(VENV) with pip (uv would be faster)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "boxwise needs Python 3.11 or newer, found " + sys.version.split()[0])'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python .ci/night_packages > $(VENV)/night.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r $(VENV)/night.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $(READY)

$(STAMP): $(READY)
ifneq ($(UV),)
	@uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
else
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
endif
	@touch $(STAMP)

lock:           ## compile requirements.lock anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--all-extras --no-emit-index-url -o requirements.lock pyproject.toml

audit:          ## hold the libraries of requirements.lock against known advisories, where these can be reached
	@.ci/audit

clean:          ## remove the environment and the demo
	rm -rf $(VENV) $(DEMO)
