# Everything that is needed to try, test and measure the collection on one machine.
# `make` lists the targets.

LAB ?= lab
NODES ?= 3
MANAGERS ?=
OS ?= debian-13
DEPLOYMENT ?= abc
STACK ?= examples/arpanet2/fig.yml
PYTHON ?= python3

BIN := .venv/bin
STAMP := .venv/.stamp
INVENTORY := inventories/$(if $(filter lab,$(LAB)),lab,lab-$(LAB))
# The tools of the environment call each other by name.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONPATH :=
# Says where the scenarios are, so that molecule does not guess from galaxy.yml.
export MOLECULE_GLOB := molecule/*/molecule.yml
export MOLECULE_COMMAND_BORDERS := false
PLAY := ANSIBLE_INVENTORY=$(INVENTORY) ansible-playbook

.DEFAULT_GOAL := help
.PHONY: help demo test test-all bench lab-up lab-down lint unit integration nodes molecule molecule-more joining engine clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo 'Variables: NODES=3 MANAGERS=3 OS=debian-13|debian-12 LAB=lab DEPLOYMENT=abc STACK=examples/arpanet2/fig.yml'

demo: lab-up ## From bare nodes to a fig file that answers by name
	$(PLAY) site.yml
	$(PLAY) deploy.yml -e stack=$(STACK) -e deployment=$(DEPLOYMENT)
	$(PLAY) scale.yml -e deployment=$(DEPLOYMENT) -e service=pricing -e replicas=3
	$(PLAY) status.yml
	@$(BIN)/python -m lab prove $(DEPLOYMENT) --lab $(LAB)

# The first three keep one processor busy each, and nothing in them is timed.
test: $(STAMP) ## Lint, tests against a real Consul, unit tests, every molecule scenario
	@echo 'make test: lint, unit tests and bare nodes, side by side; each says all that it has to when it is over'
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=line lint unit nodes
	@$(MAKE) --no-print-directory integration
	OS=$(OS) molecule test --all
	@echo 'make test: lint, unit tests and scenarios passed'

test-all: export LONG := yes
test-all: export NEWCOMERS := 20
test-all: test ## The same with long tests, then machines that join, further scenarios, and all on Debian 12 as well
	@$(MAKE) --no-print-directory joining molecule-more
	@$(MAKE) --no-print-directory joining molecule molecule-more OS=debian-12

lint: $(STAMP) ## ruff, mypy --strict, ansible-lint, antsibull-changelog
	ruff check --quiet .
	ruff format --check --quiet .
	mypy plugins/module_utils/arpanet
	mypy lab/*.py
	ANSIBLE_INVENTORY=inventories/example ansible-lint -q
	antsibull-changelog lint

unit: $(STAMP) ## Unit tests
	pytest

integration: engine ## Tests of the adapters against a real Consul server
	pytest tests/integration

nodes: engine
	OS=$(OS) molecule destroy
	OS=$(OS) molecule create

molecule: nodes ## Every molecule scenario, from bare nodes
	OS=$(OS) molecule test --all

molecule-more: engine ## The scenarios that are too long for every change, each on nodes of its own
	OS=$(OS) MOLECULE_GLOB='molecule/more/*/molecule.yml' molecule test --all

joining: engine ## Machines that join a cluster, in labs of their own; at last many of them at once
	OS=$(OS) pytest -c tests/joining/pytest.ini tests/joining

bench: lab-up ## Measure on the lab, side by side with docker stack deploy
	$(PLAY) site.yml
	ANSIBLE_INVENTORY=$(INVENTORY) $(BIN)/python -m benchmarks

lab-up: $(STAMP) ## Real nodes in containers and their inventory
	@$(BIN)/python -m lab up --lab $(LAB) --nodes $(NODES) --os $(OS) $(if $(MANAGERS),--managers $(MANAGERS))

lab-down: $(STAMP) ## Remove a lab
	@$(BIN)/python -m lab down --lab $(LAB)

engine: $(STAMP) ## Have a Docker engine answer: yours, or one started here
	@$(BIN)/python -m lab engine

clean: ## Remove all labs, their images, caches, and the engine started here
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m lab clean; fi
	rm -rf .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .ansible

$(STAMP): requirements-dev.txt
	@$(PYTHON) -m lab.venv
