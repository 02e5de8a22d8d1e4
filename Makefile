# Dalil: every command a developer or operator needs. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin/python
RASA := env RASA_TELEMETRY_ENABLED=false PYTHONPATH=. PYTHONWARNINGS=ignore SQLALCHEMY_SILENCE_UBER_WARNING=1 TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 DALIL_ACTION_URL=http://127.0.0.1:1/ DALIL_ACTION_TOKEN=none DALIL_TRACKER_DB=var/rasa-train.db .venv-rasa/bin/python -m rasa
unexport PYTHONDONTWRITEBYTECODE # a test run starts a hundred processes: each module is compiled once, not in every one
NLU_INPUTS := config.yml domain.yml $(shell find nlu_data bot/nlu knowledge/language knowledge/classifier -type f \( -name '*.yml' -o -name '*.py' -o -name '*.json' \) 2>/dev/null)

.PHONY: help run setup train train-embedding lock check test evaluate faults bench bench-load clean
help: ## list these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{ printf "  make %-16s %s\n", $$1, $$2 }'

run: setup models/.trained ## do all set-up that is missing, then start everything on http://127.0.0.1:8000/
	@exec .venv/bin/dalil run

setup: ## make both environments (nothing to do: under a second)
	@requirements/setup.sh app rasa

train: setup models/.trained train-embedding ## train Rasa's model and the embedding, each only when its inputs changed

models/.trained: $(NLU_INPUTS) requirements/rasa.txt
	@echo "Training Rasa's model (under two minutes) ..."
	@mkdir -p models var/log
	@set -o pipefail; $(RASA) train --data nlu_data --domain domain.yml --config config.yml --out models --fixed-model-name dalil --quiet >var/log/train.log 2>&1 || { tail -n 20 var/log/train.log >&2; exit 1; }
	@rm -f var/rasa-train.db
	@touch $@

train-embedding:
	@if ! $(PY) -m knowledge.train_embedding --check; then requirements/setup.sh dev && $(PY) -m knowledge.train_embedding; fi

lock: ## write requirements/*.txt anew from requirements/*.in (needs uv and the network)
	@requirements/lock.sh

check: ## lint, formatting, types, import rules, content, Rasa's data
	@requirements/setup.sh dev rasa
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PY) -m knowledge.loader knowledge/content
	@mkdir -p var/log
	@echo "rasa data validate"; $(RASA) data validate --data nlu_data --domain domain.yml --config config.yml --fail-on-warnings --quiet >var/log/validate.log 2>&1 || { tail -n 30 var/log/validate.log >&2; exit 1; }

test: train ## run every test of both environments
	@requirements/setup.sh dev browser
	$(PY) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder # two processes: tests/conftest.py says who runs what
	env RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3 .venv-rasa/bin/python -m pytest -c tests/nlu/pytest.ini --rootdir . tests/nlu tests/dialogue

evaluate: train ## quality: figures, report, Rasa's default pipeline beside ours, drops since the last commit measured
	@requirements/setup.sh dev
	@set -o pipefail; for set in tests/evaluation/part*.jsonl; do \
	  echo "The search alone, $$set:"; $(PY) -m knowledge.evaluation search $$set | sed -n '/^|/p; /^index/p' || exit 1; done
	$(PY) -m bot.cli evaluate tests/evaluation $(OPTIONS)

faults: train ## kill, stop, fill and disturb every part under traffic (docs/reliability.md)
	@requirements/setup.sh dev
	$(PY) -m tests.faults $(OPTIONS)

bench: train ## speed figures of the running system (docs/benchmarks.md)
	@requirements/setup.sh dev
	$(PY) -m tests.bench

bench-load: train ## how much the system carries, beside plain Rasa (a quarter of an hour; OPTIONS="throughput --seconds 5")
	@requirements/setup.sh dev
	$(PY) -m tests.bench.load $(or $(OPTIONS),all)

clean: ## remove what make made, except data under var/
	rm -rf .venv .venv-rasa models .mypy_cache .ruff_cache .pytest_cache
