# Needs Python 3.11 or later, make and git; everything else is put into .venv from the lock file.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test faults audit lint docs lab spark notebooks bench bench-full peers sample-coverage accuracy lock
.DEFAULT_GOAL := demo

setup: .venv/ready

# Versions and checksums come from requirements.lock; the package itself is built without fetching anything.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("camcensus needs Python 3.11 or later, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "installing the libraries of requirements.lock into .venv; takes a minute or so"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The demo's size: about how many devices its Internet has. Six years of 120,000 are 426,000 banners.
DEMO_DEVICES := 120000
WORLD := data/snapshots/simulated
MODEL := Makefile $(wildcard data/simulate/*.toml) $(filter-out %/serve.py pipeline/camcensus/simulate/loopback%, $(wildcard pipeline/camcensus/simulate/*.py))

# Counts the cameras of a made-up Internet and draws the report; ends with the path of the page.
demo: setup $(WORLD)/study.toml
	$(BIN)/camcensus run --study studies/demo.toml

# Made anew when the model changes. What it is asked grows over the years, for the trend over one instrument.
$(WORLD)/study.toml: .venv/ready $(MODEL)
	rm -rf $(WORLD)
	$(BIN)/camcensus simulate $(WORLD) --devices $(DEMO_DEVICES) --growing

# On all cores, a file of tests at a time.
test: setup .venv/spark
	$(BIN)/python -m pytest --numprocesses logical --dist loadfile

# Every fault, kills, flipped bits and mutated lines at full size (the suite has small ones); takes about an hour on two
# cores, and writes reports/faults.
faults: setup
	PYTHONPATH=. $(BIN)/python tools/faults.py

# Known holes in what the lock pins, by the advisories of the package index; fails where these cannot be asked. Not part
# of the checks, since what it says changes without us.
audit:
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	.venv/audit/bin/pip-audit --requirement requirements.lock --disable-pip --require-hashes --strict

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# Compares camcensus with an analyst's script and other engines; about ten minutes.
bench: setup peers
	$(BIN)/python benchmarks/identify.py
	PYTHONPATH=. $(BIN)/python benchmarks/locate.py
	$(BIN)/python benchmarks/verify.py
	PYTHONPATH=. $(BIN)/python benchmarks/ingest.py --banners 200000
	PYTHONPATH=. $(BIN)/python benchmarks/whole_run.py
	PYTHONPATH=. $(BIN)/python benchmarks/write_up.py

# The same with 10 million banners; takes hours and about 20 GB of disk.
bench-full: setup peers
	PYTHONPATH=. $(BIN)/python benchmarks/ingest.py --banners 2000000
	PYTHONPATH=. $(BIN)/python benchmarks/whole_run.py --sizes 200000 1000000 10000000
	PYTHONPATH=. $(BIN)/python benchmarks/write_up.py

peers: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt

# How often the intervals of samples contain the truth; takes some minutes.
sample-coverage: setup
	PYTHONPATH=. $(BIN)/python benchmarks/sample_coverage.py

# Measures the software's errors in simulated worlds; takes half an hour on two cores and writes reports/accuracy.
accuracy: setup
	$(BIN)/camcensus accuracy --devices 200000 --worlds 500

# The documentation site, in build/site; without the network, and any warning is an error.
docs: setup
	PYTHONPATH=. $(BIN)/python tools/site.py

# The notebooks in JupyterLab, on this machine alone, with the demo to ask. It asks nobody whether there is a newer one, and
# is told where everybody is root, as in a container. LAB: more of its options, such as --no-browser.
lab: demo .venv/lab
	$(BIN)/jupyter lab notebooks --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate \
	  $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB)

# Executes the notebooks and writes what they print; CI compares it.
notebooks: demo
	PYTHONPATH=. $(BIN)/python tools/notebooks.py write

.venv/lab: .venv/ready requirements-lab.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-lab.lock
	@touch $@

# Spark for `camcensus run --engine spark`, which needs Java 17 or later too; half a gigabyte.
spark: .venv/spark

.venv/spark: .venv/ready requirements-spark.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@touch $@

# For whoever changes the dependencies: needs uv.
LOCK := uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q
lock:
	$(LOCK) -o requirements.lock
	$(LOCK) --extra notebooks -c requirements.lock -o requirements-lab.lock
	$(LOCK) --extra spark -c requirements.lock -o .venv/spark.lock
	sed -n '/^py4j==/,/# via/p;/^pyspark==/,/# via/p' .venv/spark.lock > requirements-spark.lock
