# The Edge Code Repository: every command a person or a workflow needs. `make help` lists them.
#
# All setting up happens in .venv beside this file and is remembered by stamp files in it, so a second
# run starts at once, and a run killed half-way starts again where the last finished step left off.

PYTHON ?= python3
# Test processes. Every test server takes a free port, so they do not get in each other's way.
JOBS ?= 2
# More words for pytest: make test ARGS="-k manifest -x"
ARGS ?=

VENV := .venv
STAMPS := $(VENV)/stamps
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input --require-virtualenv
ECR := $(VENV)/bin/ecr

# Real programs the tests drive, as the commands are called.
TEST_TOOLS := buildah busybox-static chromium chromedriver docker-registry dockerd emulation git \
	mmdebstrap nginx skopeo

UV_VERSION := 0.13.9
LOCKS := runtime dev zensical

# A virtual environment does not survive being moved, nor the Python below it going away, nor (a package
# may be there by half) an installation cut short. Then it is made anew.
VENV_STANDS := $(shell test -x $(PY) && test ! -e $(STAMPS)/installing && \
	test "$$(cat $(STAMPS)/venv 2>/dev/null)" = "$(CURDIR)" && echo yes)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# Somebody else's packages must not leak into what we test.
unexport PYTHONPATH PYTHONHOME

##@ For everyone

.PHONY: catalog
catalog: $(STAMPS)/package ## Check every bundle and publish the catalog into site/
	@$(ECR) catalog

.PHONY: serve
serve: $(STAMPS)/package ## Serve site/ on this machine, as a real host would
	@$(ECR) serve

.PHONY: test
test: system-packages $(STAMPS)/dev ## Run every test (ARGS="..." goes to pytest, JOBS=n processes)
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch" 2>/dev/null || true' EXIT && \
	$(PY) -m pytest -n $(JOBS) --dist loadscope --basetemp="$$scratch/tests" $(ARGS)

##@ For developers

.PHONY: check
check: lint imports types test ## Everything CI asks: lint, format, imports, types, tests

.PHONY: lint
lint: $(STAMPS)/dev ## Lint, and say what is not formatted
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

.PHONY: imports
imports: $(STAMPS)/dev ## Check that imports run one way
	@$(VENV)/bin/lint-imports --no-logo

.PHONY: types
types: $(STAMPS)/dev ## Check types
	@$(PY) -m mypy

.PHONY: format
format: $(STAMPS)/dev ## Format, and mend what the linter can mend
	@$(PY) -m ruff check --fix-only .
	@$(PY) -m ruff format .

.PHONY: bench
bench: $(STAMPS)/dev ## Measure: time, memory and size of the catalog as it grows
	@$(PY) -m tests.bench $(ARGS)

.PHONY: zensical
# In a copy, because Zensical would write over site/.
zensical: ## See whether mkdocs.yml still builds with Zensical, the successor of MkDocs
	@test -x .venv-zensical/bin/zensical || $(PYTHON) -m venv --clear .venv-zensical
	@.venv-zensical/bin/python -m pip --disable-pip-version-check install --quiet \
		--require-hashes -r requirements/zensical.txt
	@rm -rf .ecr/zensical && mkdir -p .ecr/zensical && cp -r mkdocs.yml site_src .ecr/zensical/
	@cd .ecr/zensical && ../../.venv-zensical/bin/zensical build --clean

.PHONY: setup
setup: $(STAMPS)/dev ## Set up .venv with everything for development, and do nothing else
	@echo "Ready: $(VENV), with $$($(PY) --version)."

.PHONY: system-packages
# No stamp: looking for a few commands is quick, and a stamp would be wrong once one is removed.
system-packages: ## Install the programs the tests drive (apt, as root or with sudo)
	@.ci/install-system-packages $(TEST_TOOLS)

# Exact versions with hashes, for Python 3.11 and later. Keeps the versions that are locked already;
# `make lock UPGRADE=1` takes the newest. dev.txt holds the runtime at the versions of runtime.txt.
COMPILE = .venv-lock/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	$(if $(UPGRADE),--upgrade)

.PHONY: lock
lock: ## Lock the dependencies anew after a change in requirements/*.in (UPGRADE=1: newest versions)
	@test -x .venv-lock/bin/uv || $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	cd requirements && ../$(COMPILE) runtime.in build.in -o runtime.txt
	cd requirements && ../$(COMPILE) dev.in -c runtime.txt -o dev.txt
	cd requirements && ../$(COMPILE) zensical.in -o zensical.txt

.PHONY: clean
clean: ## Remove outputs and caches
	rm -rf site .ecr build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find pipeline tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## Remove outputs, caches and the virtual environments
	rm -rf .venv .venv-lock .venv-zensical

.PHONY: help
help: ## List these commands
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------- setting up
# Each step writes its stamp last: no stamp, not done.

.PHONY: FORCE
$(STAMPS)/venv: $(if $(VENV_STANDS),,FORCE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "ECR needs Python 3.11 or later, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "If a newer one is installed, name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@PYTHON=$(PYTHON) .ci/install-system-packages python-venv
	@echo "==> Creating .venv with $$($(PYTHON) --version)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@mkdir $(STAMPS)
	@printf '%s\n' "$(CURDIR)" > $@

$(STAMPS)/runtime: requirements/runtime.txt $(STAMPS)/venv
	@echo "==> Installing the locked packages ECR runs on into .venv"
	@$(call install,--require-hashes -r $<)

$(STAMPS)/package: pyproject.toml $(STAMPS)/runtime
	@echo "==> Installing the command 'ecr' into .venv"
	@$(call install,--quiet --no-index --no-deps --no-build-isolation --editable .)

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/runtime | $(STAMPS)/package
	@echo "==> Installing the locked packages for tests and checks into .venv"
	@$(call install,--require-hashes -r $<)

install = touch $(STAMPS)/installing && $(PIP) install $(1) && rm $(STAMPS)/installing && touch $@
