# Requires Python 3.11+, make and git; everything else is installed into .venv from lock files.
PYTHON ?= python3
BIN := .venv/bin
# Every version and checksum comes from a lock file, so nothing is resolved; modules are compiled when first imported.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps

# Not every machine has them; without them all results are the same.
FAST := $(INSTALL) --require-hashes -r requirements-fast.lock --only-binary :all: && $(BIN)/python -c \
  'from camcensus.ingest.kernels import compiling; compiling.why_plain() or compiling.prepare()'

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-all lint docs lab notebooks spark nightly bench bench-full audit lock

help: ## List the targets.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | \
	  while IFS="$$(printf '\t')" read -r name text; do printf '%-11s %s\n' "$$name" "$$text"; done

setup: .venv/ready ## Install the command and the Python API, nothing else.

.venv/ready: requirements.lock requirements-fast.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("camcensus needs Python 3.11 or later, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "installing the libraries of requirements.lock into .venv; takes about a minute"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-build-isolation -e .
	@$(FAST) || echo "the libraries of requirements-fast.lock are not for this machine; large files take longer to ingest"
	@touch $@

# Tests and linters; everything that tests, docs and notebooks need; JupyterLab; Spark. Each lock file names all of its
# libraries, so an environment may hold several of them.
.venv/dev .venv/all .venv/lab .venv/spark: .venv/%: requirements-%.lock .venv/ready
	@echo "installing the libraries of $< into .venv"
	$(INSTALL) --require-hashes -r $<
	@touch $@

# The demo's size: about how many devices its Internet has. Six years of 50,000 are 180,000 banners.
DEMO_DEVICES := 50000
WORLD := data/snapshots/simulated
SIMULATOR := pipeline/camcensus/validation/simulate
MODEL := Makefile $(wildcard data/simulate/*.toml $(SIMULATOR)/*.py)

demo: .venv/ready $(WORLD)/study.toml ## Count the cameras of a simulated Internet and draw the report.
	$(BIN)/camcensus run --study studies/demo.toml

# Written again when the model changes. Its queries grow over the years, for the trend over one instrument.
$(WORLD)/study.toml: $(MODEL) | .venv/ready
	rm -rf $(WORLD)
	$(BIN)/camcensus simulate $(WORLD) --devices $(DEMO_DEVICES) --growing

PYTEST := $(BIN)/python -m pytest --numprocesses logical --dist worksteal

test: .venv/dev ## Run the tests, without those marked slow; five minutes on two cores.
	$(PYTEST) -m "not slow"

# A file's tests run in one process, which makes their worlds once; tests/conftest.py says which files begin.
test-slow: .venv/dev .venv/all .venv/spark ## Run the tests marked slow; sixteen minutes on two cores.
	CAMCENSUS_NEED_ALL=1 $(PYTEST) --dist loadfile --no-loadscope-reorder -m "slow and not nightly"

test-all: test test-slow ## Run all tests.

lint: .venv/dev ## Check style, types and what may import what.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	PYTHONPATH=. $(BIN)/python tools/style.py

docs: .venv/all ## Build the documentation site in build/site, without the network.
	PYTHONPATH=. $(BIN)/python tools/site.py

# JupyterLab allows root only if asked, as in a container. LAB: more of its options, such as --no-browser.
lab: demo .venv/lab ## Open the notebooks in JupyterLab, on this machine alone, with the demo's data.
	$(BIN)/jupyter lab notebooks --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
	  $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB)

notebooks: demo .venv/all ## Execute the notebooks and write what they print; .ci/run compares it.
	PYTHONPATH=. $(BIN)/python tools/notebooks.py write

spark: .venv/spark ## Install Spark for `camcensus run --engine spark`; needs Java 17 or later.

# PARTS: some of faults, spark, coverage, accuracy.
nightly: .venv/dev .venv/all .venv/spark ## Run what takes hours; a dated record in reports/nightly. Some of it: PARTS="accuracy".
	PYTHONPATH=. $(BIN)/python tools/nightly.py $(PARTS)

PEERS := $(BIN)/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt

bench: .venv/dev ## Compare with what an analyst would otherwise write; ten minutes.
	$(PEERS)
	$(BIN)/python benchmarks/identify.py
	PYTHONPATH=. $(BIN)/python benchmarks/locate.py
	PYTHONPATH=. $(BIN)/python benchmarks/ingest.py --banners 200000
	PYTHONPATH=. $(BIN)/python benchmarks/whole_run.py
	$(BIN)/python benchmarks/start_up.py
	PYTHONPATH=. $(BIN)/python benchmarks/write_up.py

bench-full: .venv/dev ## The same at 10 million banners; hours, and some 20 GB of disk.
	$(PEERS)
	PYTHONPATH=. $(BIN)/python benchmarks/ingest.py --banners 2000000
	PYTHONPATH=. $(BIN)/python benchmarks/whole_run.py --sizes 200000 1000000 10000000
	PYTHONPATH=. $(BIN)/python benchmarks/write_up.py

# Not part of the checks, since its answer changes without us. Fails if the index cannot answer.
audit: ## Look up known vulnerabilities of the locked libraries.
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	for lock in requirements.lock requirements-fast.lock requirements-all.lock requirements-lab.lock requirements-spark.lock; do \
	  .venv/audit/bin/pip-audit --requirement $$lock --disable-pip --require-hashes --strict || exit 1; done

# The versions in the lock files stay unless they no longer fit; remove a file first to upgrade what it names.
LOCK := .venv/uv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-index-url --no-header -q
lock: ## Write the lock files again after a change of dependencies.
	test -x .venv/uv/bin/uv || { $(PYTHON) -m venv .venv/uv && .venv/uv/bin/pip install -q "uv>=0.9"; }
	$(LOCK) --group build -o requirements.lock
	$(LOCK) --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group all -c requirements-dev.lock -o requirements-all.lock
	$(LOCK) --group build --extra notebooks -c requirements.lock -o requirements-lab.lock
	$(LOCK) --extra fast -c requirements.lock -o .venv/fast.lock
	sed -nE '/^(llvmlite|numba)==/,/[^\\]$$/p' .venv/fast.lock > requirements-fast.lock
	$(LOCK) --extra spark -c requirements.lock -o .venv/spark.lock
	sed -nE '/^(py4j|pyspark)==/,/[^\\]$$/p' .venv/spark.lock > requirements-spark.lock
