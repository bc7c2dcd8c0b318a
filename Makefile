# Everything a newcomer needs: `make demo` and `make test`. Each creates the environment it needs.

VENV ?= .venv
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := $(VENV)/bin
OUT ?= out/cannon

.PHONY: demo game test quick lint types bench rules coverage machine-code fuzz clean
.DEFAULT_GOAL := test

demo: $(VENV)/.gallery  ## install, and hit the target with the cannon
	$(BIN)/python gallery/cannon.py --out $(OUT)

game: $(VENV)/.gallery  ## install, and train a racing driver through a published game
	$(BIN)/python gallery/game_engine.py

test: $(VENV)/.dev lint types  ## everything continuous integration checks
	$(BIN)/python -m pytest -n 2

quick: $(VENV)/.dev  ## the tests that take less than ten seconds each
	$(BIN)/python -m pytest -n 2 -m "not slow"

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.dev
	$(BIN)/pyright --pythonpath $(BIN)/python

bench: $(VENV)/.bench  ## side by side with the peers; writes benchmarks/results
	$(BIN)/python -m benchmarks flight
	$(BIN)/python -m benchmarks traced
	$(BIN)/python -m benchmarks everyday
	$(BIN)/python -m benchmarks programs
	$(BIN)/python -m benchmarks start

rules: $(VENV)/.dev  ## call what NumPy and SciPy offer; writes docs/rules.md
	PYTHONPATH=tests/rules $(BIN)/python -m callables

coverage: $(VENV)/.dev  ## differentiate the published packages; writes docs/coverage.md
	PYTHONPATH=tests/programs $(BIN)/python -m thirdparty

machine-code: $(VENV)/.dev  ## compile every use of NumPy, where `make test` compiles one in eight
	$(BIN)/python -m pytest -n 2 tests/compile/test_written.py --all-machine-code

PROGRAMS ?= 2000
fuzz: $(VENV)/.dev  ## differentiate new random programs: make fuzz PROGRAMS=10000
	$(BIN)/python -m pytest tests/fuzz --fuzz-programs $(PROGRAMS)

clean:
	rm -rf $(VENV) out .pytest_cache .ruff_cache .hypothesis

# A stamp for each set of extras, renewed when pyproject.toml changes.
$(VENV)/.gallery $(VENV)/.dev $(VENV)/.bench: $(VENV)/.%: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[$*]'
	touch $@

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "adjoint needs Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
