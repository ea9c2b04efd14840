# Everything runs in .venv, set up by the targets that need it: only python3 (3.11 or later) and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := build/demo

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint format certify peers bench examples clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.installed-demo  ## Newton's method, a table of derivatives, a graph, a plot and a compiled derivative
	@mkdir -p $(DEMO)
	$(BIN)/dezero newton "x**4 - 2*x**2" --from 2
	$(BIN)/dezero diff "tanh(x)" --at 0.5 --order 10
	$(BIN)/dezero graph "tanh(x)" --order 3 -o $(DEMO)/tanh-graph.svg
	$(BIN)/dezero plot "tanh(x)" --order 3 -o $(DEMO)/tanh-plot.svg
	$(BIN)/dezero bench "exp(sin(x))*x" --order 10 --points 1e6
	@echo "Made $(DEMO)/tanh-graph.svg (the graph of the third derivative) and $(DEMO)/tanh-plot.svg (the plot)"

test: lint  ## Lint, check types and imports, run every test and doctest
	$(BIN)/pytest -n 2

lint: $(VENV)/.installed-dev  ## Ruff, mypy, import-linter and the measures of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/house.py

format: $(VENV)/.installed-dev  ## Let Ruff fix and format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

certify: $(VENV)/.installed-dev  ## Certify every operation to order 10 and write docs/certified.md
	$(BIN)/python -m tests.certification

peers: $(VENV)/.installed-peers  ## PyTorch's own samples and random programs with JAX as oracles (installs both)
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 DEZERO_PEERS=1 $(BIN)/pytest tests/peers tests/interop
	$(BIN)/python -m tests.programs --count 300 --jax

bench: $(VENV)/.installed-bench  ## Compare with PyTorch, JAX and autograd (installs them)
	$(BIN)/python -m benchmarks --output docs/benchmarks.md --readme README.md

examples: $(VENV)/.installed-examples  ## Run every example: networks trained in all ways, five minutes
	@mkdir -p build
	@set -e; for script in examples/*.py; do echo "== $$script"; (cd build && OPENBLAS_NUM_THREADS=1 ../$(BIN)/python ../$$script); done

clean:  ## Remove the virtual environment and everything built
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each extra: pip runs again only when pyproject.toml, or the interpreter, has changed.
$(VENV)/.installed-%: pyproject.toml $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[$*]"
	@touch $@

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null || { echo "'$(PYTHON)' was not found: install Python 3.11 or later, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("DeZero needs Python 3.11 or later, and $(PYTHON) is %d.%d: name a newer one, as in make PYTHON=python3.12" % v[:2])'
	"$(PYTHON)" -m venv --clear $(VENV)
