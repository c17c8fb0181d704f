# Needs Python 3.11 or later, make and git; everything else is put into .venv from the lock file.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test lint bench lock
.DEFAULT_GOAL := demo

setup: .venv/ready

# Versions and checksums come from requirements.lock; the package itself is built without fetching anything.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("camcensus needs Python 3.11 or later, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Brings the made-up exports into the demo study and draws its report; ends with the path of the page.
demo: setup
	$(BIN)/camcensus import 'data/demo/raw/2024/SYNTHETIC-*' --study studies/demo.toml --snapshot 2024 --quiet
	$(BIN)/camcensus import 'data/demo/raw/2025/SYNTHETIC-*' --study studies/demo.toml --snapshot 2025 --quiet
	$(BIN)/camcensus import 'data/demo/raw/2026/SYNTHETIC-*' --study studies/demo.toml --snapshot 2026 --quiet
	$(BIN)/camcensus run --study studies/demo.toml

test: setup
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Side by side with what an analyst would otherwise write.
bench: setup
	$(BIN)/python benchmarks/identify.py
	PYTHONPATH=. $(BIN)/python benchmarks/locate.py
	$(BIN)/python benchmarks/whole_run.py

# For whoever changes the dependencies: needs uv.
lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
