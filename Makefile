# Waymark: every target works on a fresh machine with Python 3.11+ and make.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help install up demo test test-embedded check format bench kafka lock
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

up: install ## everything on this machine: servers, migrations, topics, processes, pages (ARGS="--now 2026-11-16T09:00:00Z")
	$(BIN)/waymark up $(ARGS)

demo: install ## the same with a tenth of a force's year: 1,200 invented cases around today
	$(BIN)/waymark up --demo $(ARGS)

check: install ## ruff, mypy and import-linter, all strict
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: install ## put the code into ruff's form
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

test: check ## check, then every test; on Apache Kafka where Java 17 and Maven are, else on the embedded broker
	$(BIN)/pytest $(ARGS)

test-embedded: install ## the short end-to-end run on the broker that `waymark up` starts by itself
	KAFKA_FOR_TESTS=embedded $(BIN)/pytest tests/e2e -m smoke

bench: install ## measure speed and memory into benchmarks/results.json
	$(BIN)/python -m benchmarks $(ARGS)

lock: ## compile requirements.txt anew from pyproject.toml (needs uv)
	uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --extra dev --extra embedded -p 3.11 pyproject.toml -o requirements.txt

kafka: install ## start a real Apache Kafka on loopback (BROKERS=3 for three; needs Java 17 and Maven), until kafka-stop
	@$(BIN)/python -m infra.embedded.apache start --brokers $(or $(BROKERS),1)

.PHONY: kafka-stop
kafka-stop: install ## stop what `make kafka` started
	@$(BIN)/python -m infra.embedded.apache stop

.PHONY: properties
properties: install ## hold what must be true of any history against 2,000 generated ones (about two minutes)
	HYPOTHESIS_PROFILE=thorough $(BIN)/pytest tests/unit/journeys/test_properties.py

.PHONY: crashes
crashes: install ## crash ten thousand times between any two steps (CRASHES=…, CRASH_SEED=… to repeat a failure)
	CRASHES=$(or $(CRASHES),10000) CRASH_SEED=$(or $(CRASH_SEED),1) $(BIN)/pytest tests/integration/test_crashes.py

ENGINE ?= $(firstword $(foreach engine,podman docker,$(if $(shell command -v $(engine)),$(engine))))
BASE ?= python:3.11-slim

.PHONY: image
image: ## build the container image `waymark` (ENGINE=podman; BASE=… another Python image)
	$(ENGINE) build $(ARGS) --build-arg BASE=$(BASE) --file infra/containers/Containerfile --tag waymark .

.PHONY: compose-try
compose-try: install ## bring compose.yaml up, kill each of its processes once, see that nothing is lost, take it down
	CONTAINER_ENGINE=$(ENGINE) $(BIN)/pytest -m containers tests/containers $(ARGS)
