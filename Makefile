# Needs Python 3.11 and make. Everything else is set up here, in .venv and nowhere else.
# Recipes use relative names only, so the checkout may lie anywhere, also under a name with blanks.

PYTHON ?= $(shell for p in python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
BIN := .venv/bin
LOCKS := requirements
SAY := @printf '==> %s\n'

LOCK := --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header

# A mirror that pip was told of counts for uv too.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Whoever has this set would compile all of the hub again at every start: seconds each.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check bench fuzz crash removals soak rolling image screens events setup setup-dev lock clean FORCE

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: setup ## Set up, then the demo on port 8080 (HUB_PORT=n for another)
	@HUB_PORT="$${HUB_PORT:-8080}" exec $(BIN)/hub demo

test: check ## Set up, then everything CI runs
	@$(BIN)/python -m tests.needs
	@$(BIN)/python -m tests.whole $(ARGS)

check: setup-dev ## Format, lint, types, layers, spelling, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	$(BIN)/deptry .

bench: setup-dev ## Measure against the floors in the same run (FULL=1: full size)
	$(BIN)/python -m tests.bench $(if $(FULL),--full)

fuzz: setup-dev .venv/made-fuzz ## Feed every parser for minutes, led by coverage where atheris runs (SECONDS_EACH=n)
	$(BIN)/python -m tests.fuzz.guided --seconds $(or $(SECONDS_EACH),120)
	$(BIN)/pytest -m fuzz --hypothesis-profile=deep --fuzz-seconds=$(or $(SECONDS_EACH),120) --timeout=0 $(ARGS)

crash: setup-dev ## Kill real hubs 50 times under load, and ingest 100,000 messages
	$(BIN)/pytest -m crash --crash-full -s $(ARGS)

removals: setup-dev ## Take away the line of each guarantee and see its test turn red
	$(BIN)/python -m tests.removals

soak: setup-dev ## Mixed load with faults on all channels for MINUTES=60: memory, lag, losses
	$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),60) $(ARGS)

rolling: setup-dev ## The code before the last change of the schema on today's, under load (COMMIT=)
	$(BIN)/python -m tests.rolling $(COMMIT)

image: setup-dev ## The steps of docker/Dockerfile in a clean Debian tree (root; TREE=)
	$(BIN)/python -m tests.dockerfile $(or $(TREE),/var/tmp/besedka-image)

screens: setup-dev ## Draw the screenshots of README and docs anew
	$(BIN)/python -m tests.screens

events: setup-dev ## Write docs/events.md anew
	$(BIN)/python -m tests.events_page

lock: setup ## Take newer versions within the bounds of pyproject.toml and package.json
	$(BIN)/uv pip compile $(LOCK) pyproject.toml -o $(LOCKS)/run.lock
	$(BIN)/uv pip compile $(LOCK) --group dev -c $(LOCKS)/run.lock -o $(LOCKS)/dev.lock
	$(BIN)/uv pip compile $(LOCK) --group fuzz -o $(LOCKS)/fuzz.lock
	$(BIN)/uv pip compile $(LOCK) --group build -o $(LOCKS)/build.lock
	$(BIN)/uv pip compile $(LOCK) --group installer -o $(LOCKS)/installer.lock
	npm install --package-lock-only --ignore-scripts --no-audit --no-fund

clean: ## Remove what make made; the hub's data stay
	rm -rf .venv hub/web/static/vendor channels/webchat/static dist htmlcov .coverage .coverage.* \
		.mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis

# --- set-up: each step leaves a stamp and is done again only when what it was made from changes

setup: .venv/made-run .venv/made-package ## Set up what `make run` needs
setup-dev: setup .venv/made-dev ## Set up what `make test` needs

.venv/made-venv: $(LOCKS)/installer.lock
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer found. Install it, or name it: make PYTHON=/path/to/python3.11"; exit 1; }
	$(SAY) "Making a Python environment in .venv"
	@$(PYTHON) -m venv .venv || { echo "Python came without venv. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --require-hashes -r $< || echo "    uv cannot be had here: pip will do it all, more slowly"
	@touch $@

.venv/made-run: $(LOCKS)/run.lock .venv/made-venv
	$(SAY) "Installing what the hub runs on (a minute or two the first time)"
	@$(call install,-r $<)
	@touch $@

.venv/made-dev: $(LOCKS)/dev.lock .venv/made-run
	$(SAY) "Installing what checks and tests need"
	@$(call install,-r $<)
	@touch $@

# No wheel of atheris for this machine: what it would lead is told to be left out, by itself.
.venv/made-fuzz: $(LOCKS)/fuzz.lock .venv/made-dev
	@$(BIN)/uv pip install --quiet --only-binary :all: --require-hashes -r $< || echo "    atheris cannot be had here"
	@touch $@

# The files of the browser are made by the package's build (hatch_build.py).
MADE := hub/web/static/vendor/made-from.sha256 channels/webchat/static/made-from.sha256
.venv/made-package: pyproject.toml hatch_build.py package.json package-lock.json .venv/made-run \
		channels/webchat/widget $(wildcard channels/webchat/widget/*) \
		$(if $(filter-out $(wildcard $(MADE)),$(MADE)),FORCE)
	$(SAY) "Building the hub's package, with what the browser is served"
	@$(BIN)/uv pip install --quiet --no-deps --build-constraints $(LOCKS)/build.lock -e . \
		|| { $(WITH_PIP); $(BIN)/python -m pip install --quiet --no-deps -e .; }
	@$(BIN)/python -m compileall -q -j 0 hub channels
	@touch $@

# uv is many times faster; pip is always there.
install = $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes $(1) \
	|| { $(WITH_PIP); $(BIN)/python -m pip install --quiet --require-hashes $(1); }
WITH_PIP = echo "    uv could not; once more with pip"
