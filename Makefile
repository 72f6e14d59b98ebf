# Every target, one line each. `make demo` and `make test` set up what they need on a machine with Python and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CORPUS := data/corpus
EVAL ?=
BENCH ?=

.PHONY: help demo test lint model audit quality sample docs dist smoke bench kills clean

# Show the targets
help:
	@awk '/^# /{c=substr($$0,3)} /^[a-z]+:/{split($$1,t,":"); printf "  make %-8s %s\n", t[1], c}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

# Set up, then judge the sample export that ships with the project
demo: $(STAMP)
	$(BIN)/detector score --sample --full

# Set up, then run the tests, linters, types and import rules
test: $(STAMP) lint
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

# Linter, formatter check, type checker and import rules alone
lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Train the shipped model from the corpus and write it into the package
model: $(STAMP)
	$(BIN)/python -m detector.training.shipped

# Measure the corpus and write the figures into its datasheet (EVAL=path: the curve on that set too)
audit: $(STAMP)
	$(BIN)/python -m detector.training.audit "$(EVAL)"

# Measure how good the shipped model is, into docs/quality.md (EVAL=path: on a labelled set instead of the own folds)
quality: $(STAMP)
	$(BIN)/python -m detector.training.quality $(EVAL)

# Build the sample export anew from its threads
sample: $(STAMP)
	$(BIN)/python data/sample/build.py

# Write the pages of docs/ that are made from the code
docs: $(STAMP)
	$(BIN)/python docs/build.py

# Build the wheel and the source archive into dist/
dist: $(STAMP)
	rm -rf dist
	$(BIN)/python -m build --outdir dist .

# Install the wheel alone in an empty environment and run every command from another folder
smoke: dist
	$(PYTHON) tests/smoke.py dist

# Measure triage beside the floor and write the ratios into docs/performance.md (BENCH='--messages 1000000')
bench: $(STAMP)
	$(BIN)/python -m benchmarks.run $(BENCH)

# Kill a triage run 20 times at random moments and compare its end with an undisturbed one
kills: $(STAMP)
	$(BIN)/python -m benchmarks.kills

# Remove what the other targets made
clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
