# One file to set up, try, test and check the newsletter. `make help` lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# One more than there are cores: tests often wait, for programs and mail servers.
WORKERS := $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)

# Tests are compiled once, and not by each of their processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo run test test-long check format lock screenshots browser-tools css-support catalogues score-captures score-medquad score-bounces hostile year bombing attack torture bench clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

setup: $(STAMP) ## install everything into .venv (done by the other targets, too)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; '$(PYTHON)' is older. Name another: make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## the whole main job on sample articles, with a real mail server on loopback
	$(BIN)/newsletter demo

run: setup ## the same, served for you to click through until Ctrl-C
	$(BIN)/newsletter demo --serve

test: setup ## all tests but the long ones
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not long"

test-long: setup ## the long ones: a year of letters, processes that are killed, a reader's life in a browser …
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m long

check: setup ## ruff, mypy strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## pin the newest allowed versions with hashes (needs uv on the path)
	uv pip compile --quiet --universal --upgrade --python-version 3.11 --generate-hashes --no-annotate \
	  --no-header --no-emit-index-url --no-emit-find-links --group dev pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --upgrade --python-version 3.11 --generate-hashes --no-annotate \
	  --no-header --no-emit-index-url --no-emit-find-links --group node -o requirements-node.lock

screenshots: setup ## the mail and the pages at phone and desktop width, light and dark, into var/screenshots
	$(BIN)/python -m tests.browser.screenshots

catalogues: setup ## bring the translations up to the messages of code and templates
	$(BIN)/python -m tests.acceptance.extraction

browser-tools: setup ## axe-core, html-validate, mailparser and mjml for tests and benchmarks, and a Node where it is too old
	@$(BIN)/python -m tests.browser.node

css-support: setup ## which mail client knows which CSS: the table and its page, from the reference data
	$(BIN)/python -m tests.browser.css_support

score-captures: setup ## how well saved pages are read, against the reference data
	$(BIN)/python -m tests.acceptance.score_captures

score-medquad: setup ## how well headings become kinds, against the reference data
	$(BIN)/python -m tests.acceptance.score_medquad

score-bounces: setup ## how well returned mail is understood, against the reference data
	$(BIN)/python -m tests.acceptance.score_bounces

hostile: setup ## every hostile payload of the reference data, in a mail and a page, in Chromium
	$(BIN)/python -m tests.integration.hostile

year: setup ## a simulated year of each layout over the reference data, twice, every rule checked
	$(BIN)/python -m tests.acceptance.year

bombing: setup ## ten thousand sign-ups for fifty addresses, and what becomes of them
	NEWSLETTER_BOMBING=10000 $(BIN)/python -m pytest tests/acceptance/test_list_bombing.py -q -s -p no:xdist

attack: setup ## the attacks on the console, by hand-made requests and in Chromium
	$(BIN)/python -m pytest -q -n $(WORKERS) $(addsuffix .py,$(addprefix tests/integration/test_console_,attack files gate rights transport)) \
	  tests/browser/test_console_attack.py tests/browser/test_console_hostile.py

torture: setup ## an issue killed, stopped, doubled, blocked and starved, 300 times (RUNS="--runs 20": fewer)
	$(BIN)/python -m tests.torture $(RUNS)

bench: setup ## measured figures, each beside its reference
	$(BIN)/python -m pytest tests/benchmarks -q -s -p no:xdist

clean: ## forget what was made here, but for databases and settings
	rm -rf $(VENV) var/demo var/screenshots var/bench var/torture .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
