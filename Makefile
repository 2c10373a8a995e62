# make demo   a fresh machine → DenseNet-121 compiled to a running PyTorch network
# make test   a fresh machine → the tests passed
#
# Needs Python 3.11+ and make. Everything goes into .venv; `make clean` takes it away again.

VENV ?= .venv
PYTHON ?= $(firstword $(foreach python,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(python) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(python))))

# Another torch than the pinned one: make test VENV=build/old TORCH=2.4.1 TORCHVISION=0.19.1
CONSTRAINTS := $(if $(TORCH),$(VENV)/constraints.txt,constraints.txt)

BIN := $(abspath $(VENV))/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint $(CONSTRAINTS)
# Where PYTHONDONTWRITEBYTECODE is set, Python would compile a checkout anew at each start: 0.2 s.
COMPILE := $(BIN)/python -m compileall -q archspec backends
# Test workers share the cores, so that torch in each of them must not take all.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup

.PHONY: help demo test test-all lint types format dev system build bench gallery clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# make/make/p' Makefile

# ---------------------------------------------------------------------------------------------- for users

demo: $(VENV)/installed
	$(BIN)/archspec compile specs/densenet121.yaml

test: $(VENV)/developed
	$(PYTEST) $(ARGS)

test-all: $(VENV)/developed
	$(PYTEST) -m "slow or not slow" $(ARGS)

# ----------------------------------------------------------------------------------------- for contributors

dev: $(VENV)/developed  ## an environment with every tool

lint: $(VENV)/developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd "$$(.ci/tree build/tree)" && PYTHONPATH=. $(BIN)/lint-imports

types: $(VENV)/developed
	cd "$$(.ci/tree build/tree)" && $(BIN)/mypy

format: $(VENV)/developed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/developed
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

gallery: $(VENV)/installed  ## docs/gallery/index.html: every network in both themes
	$(BIN)/python docs/gallery.py

build: $(VENV)/developed
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) build dist

# ------------------------------------------------------------------------------------------------- set-up

$(VENV)/python:
	$(if $(PYTHON),,$(error archspec needs Python 3.11 or newer, and none was found; say which with: make PYTHON=/path/to/python3))
	.ci/system venv $(PYTHON)
	$(PYTHON) -m venv --clear $(VENV)
	touch $@

$(VENV)/constraints.txt: $(VENV)/python constraints.txt
	sed 's/^torch==.*/torch==$(TORCH)/; s/^torchvision==.*/torchvision==$(TORCHVISION)/' constraints.txt > $@

$(VENV)/installed: $(VENV)/python pyproject.toml $(CONSTRAINTS)
	@echo "installing archspec and what it needs into $(VENV) (torch is large: this takes a few minutes)"
	$(PIP) --editable .
	$(COMPILE)
	touch $@

# torchvision and timm are the tests' oracles. Without --no-deps they would bring a torch of their own choice.
$(VENV)/developed: $(VENV)/installed
	$(PIP) --editable '.[dev]'
	$(PIP) --no-deps torchvision timm
	touch $@
