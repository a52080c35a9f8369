# Waymark: every target works on a fresh machine with Python 3.11+ and make.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help install up demo test check bench kafka lock
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | sort

install: $(VENV)/installed ## make .venv with the waymark command in it (dependencies pinned by hash)

$(VENV)/installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Waymark needs Python 3.11 or later; set PYTHON=python3.x"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

lock: ## compile requirements.txt anew from pyproject.toml (needs uv)
	uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --extra dev -p 3.11 pyproject.toml -o requirements.txt
