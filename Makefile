# Two commands: `make demo` and `make test`. Both make the environment first where it is not there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: demo test test-full lint table model clean

$(VENV)/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(VENV)/ready
	$(BIN)/linksift train --recipe quick -o demo/model --plots demo/plots
	$(BIN)/linksift evaluate demo/model -o demo/evaluation
	$(BIN)/linksift predict examples/bakery/backlinks.csv --pages examples/bakery/pages --urls examples/bakery/pages.csv \
		--keep examples/bakery/keep.txt -o demo/links.csv --domains demo/domains.csv
	@echo
	@echo "demo/links.csv     each backlink of the bakery, scored by the shipped model: label, probabilities, decision"
	@echo "demo/domains.csv   the same per linking domain, worst first"
	@echo "demo/plots/        how well the model just trained does, as pictures"
	@echo "demo/evaluation/   its figures beside the baselines'"
	@echo "$(BIN)/mlflow ui --backend-store-uri sqlite:///mlflow.db    the run in MLflow: parameters, metrics, plots, model"
	@echo "$(BIN)/linksift explain examples/bakery/backlinks.csv --link row-3    why a link got its class"

test: $(VENV)/ready
	$(BIN)/python -m pytest -q -m "not full"

test-full: $(VENV)/ready
	$(BIN)/python -m pytest -q -m full

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Needs the raw sources (data/README.md); everybody else uses the table that ships.
table: $(VENV)/ready
	$(BIN)/linksift dataset $(SOURCES) -o data/links.parquet --words features/words.npy

# The shipped model, from the shipped table: the same bytes on the same platform and locked versions.
model: $(VENV)/ready
	$(BIN)/linksift train --champion none --no-mlflow -o models/default

clean:
	rm -rf demo mlruns mlflow.db dist build
