# Everything runs through the virtual environment in .venv, which `make env` creates; no activation needed.
PYTHON  ?= python3
PROFILE ?= quick
BIN     := .venv/bin
STAMP   := .venv/.installed
SMOKE   := build/smoke
# "cpu" for the build of torch without CUDA; remembered between calls, so that `make study` does not undo `make env TORCH=cpu`.
TORCH   ?= $(shell cat .venv/.torch 2>/dev/null)

export EELIB_RUNS

.DEFAULT_GOAL := help
.PHONY: help env study report reference test lint lab bench clean

help:  ## Show this list
	@echo "make <target>, for example: make env && make study"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(STAMP)  ## Create .venv with the locked packages (TORCH=cpu: torch without CUDA; PYTHON=python3.12: another Python)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "eelib needs Python 3.11, 3.12 or 3.13, but $(PYTHON) is $$($(PYTHON) --version 2>&1 || true); name one: make env PYTHON=python3.12" >&2; exit 2; }
	@case "$(TORCH)" in ""|cpu) ;; *) echo "TORCH=$(TORCH) is unknown; leave it out, or use TORCH=cpu" >&2; exit 2;; esac
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	test -x $(BIN)/uv || $(BIN)/pip install --quiet 'uv>=0.7'
ifeq ($(TORCH),cpu)
	grep -vE '^(nvidia-|cuda-|triton=)' requirements.lock > .venv/requirements-cpu.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --torch-backend=cpu -r .venv/requirements-cpu.txt
else
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.lock
endif
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@echo "$(TORCH)" > .venv/.torch
	@touch $@

study: $(STAMP)  ## Run everything that is missing, then render the report (PROFILE=smoke|quick|full|paper)
	$(BIN)/eelib study --profile $(PROFILE)

report: $(STAMP)  ## Render the executed notebooks and records into reports/html/index.html
	$(BIN)/eelib report

reference: $(STAMP)  ## Keep the site in reports/html as the reference report, and its numbers in the README (for a release)
	test -f reports/html/index.html || { echo "reports/html: there is no report to keep: run make study"; exit 2; }
	rm -rf reports/reference && cp -r reports/html reports/reference && rm -rf reports/reference/_sources
	$(BIN)/python tools/readme_findings.py

test: lint  ## Lint, types, unit tests, and every notebook at profile smoke
	rm -rf $(SMOKE)
	$(BIN)/python tests/prepare_notebooks.py $(SMOKE)/notebooks
	EELIB_RUNS=$(CURDIR)/$(SMOKE)/runs OMP_NUM_THREADS=1 \
	  $(BIN)/python -m pytest tests $(SMOKE)/notebooks --nbval-lax --nbval-current-env -n 2 --dist loadscope

lint: $(STAMP)  ## ruff (modules and notebooks) and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

lab: $(STAMP)  ## Open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

bench: $(STAMP)  ## Measure speed and memory against peers on this machine (leave it idle) into reports/bench.json
	$(BIN)/python tools/bench

clean:  ## Remove test leftovers and the rendered site; runs/ and .venv stay
	rm -rf build reports/html .pytest_cache .mypy_cache .ruff_cache .hypothesis
