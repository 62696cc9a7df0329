# Every target sets up what it needs in .venv; nothing is installed outside this folder.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JOBS ?= 2
RUNS ?= 100
SOURCES := harness tests examples locustfile.py

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

$(READY): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found; name it: make PYTHON=/path/to/python3.11"; exit 2; }
	@.ci/make-venv "$(PYTHON)" "$(VENV)"
	@touch $@

.PHONY: setup
setup: $(READY) ## Make the virtual environment in .venv

.PHONY: chaos
chaos: $(READY) ## Play every scenario against the bundled reference integration, in both worlds
	$(BIN)/pytest --tts-chaos --tts-world both -n $(JOBS) scenarios

.PHONY: test
test: $(READY) lint ## Check style, types and layers, and run all tests
	$(BIN)/python -m pytest -n $(JOBS) tests

.PHONY: lint
lint: $(READY) ## Check style, types and layers
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(READY) ## Put the code into its standard form
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

.PHONY: evidence
evidence: $(READY) ## Renew contracts/evidence.json and the tables made of it
	@$(BIN)/python -m tests.surface.documents

.PHONY: prove-surface
prove-surface: $(READY) ## Every operation answers, within its contract; none is unknown
	@$(BIN)/python -m tests.proofs.prove_surface

.PHONY: prove-recordings
prove-recordings: $(READY) ## Recordings agree with the twin; defects, drift and secrets are found
	@$(BIN)/python -m tests.proofs.prove_recordings

.PHONY: prove-drift
prove-drift: $(READY) ## Planted changes of the contracts are found, and become faults that act
	@$(BIN)/python -m tests.proofs.prove_drift

.PHONY: prove-doctor
prove-doctor: $(READY) ## Each check of the doctor finds what is planted, and is silent else
	@$(BIN)/python -m tests.proofs.prove_doctor

.PHONY: prove-twin-robust
prove-twin-robust: $(READY) ## Many generated requests and malformed streams: no crash, no hang
	@$(BIN)/python -m tests.proofs.prove_twin_robust

.PHONY: prove-faults
prove-faults: $(READY) ## Every fault acts in each world, or the world says why not
	@$(BIN)/python -m tests.proofs.prove_faults

.PHONY: prove-determinism
prove-determinism: $(READY) ## Same seed, same bytes, RUNS=100 times; same verdict in both worlds
	@$(BIN)/python -m tests.proofs.prove_determinism --runs $(RUNS)

.PHONY: prove-replay
prove-replay: $(READY) ## A recorded failure is replayed by its record, 20 of 20 times the same
	@$(BIN)/python -m tests.proofs.prove_replay

.PHONY: prove-outcomes
prove-outcomes: $(READY) ## Every write meets all four ambiguous outcomes; coverage is printed
	@$(BIN)/python -m tests.proofs.prove_outcomes

.PHONY: prove-mutants
prove-mutants: $(READY) ## Mutants of oracles and judging code are killed, or explained (resumes)
	@nice $(BIN)/python -m tests.proofs.prove_mutants

.PHONY: prove-faults-end
prove-faults-end: $(READY) ## A run killed in mid-fault leaves no process, port or namespace after 5 s
	@$(BIN)/python -m tests.proofs.prove_faults_end

.PHONY: prove-http3
prove-http3: $(READY) ## A client of HTTP/3 falls back when UDP is blocked, and nothing is lost
	@$(BIN)/python -m tests.proofs.prove_http3

.PHONY: prove-proxy
prove-proxy: $(READY) ## The embedded fault proxy beside the real server: conformance, accuracy, cost
	@.ci/install-toxiproxy >/dev/null
	@$(BIN)/python -m tests.proofs.prove_proxy

.PHONY: prove-idle-cost
prove-idle-cost: $(READY) ## Without --tts-chaos the plugin costs nothing and imports nothing heavy
	@$(BIN)/python -m tests.proofs.prove_idle_cost

.PHONY: prove-zoo
prove-zoo: $(READY) ## Broken integrations are caught by shipped scenarios, and named; no rule is idle
	@$(BIN)/python -m tests.proofs.prove_zoo

.PHONY: prove-false-alarms
prove-false-alarms: $(READY) ## Three correct integrations pass 3,000 seeded runs and 100 on sockets in silence
	@$(BIN)/python -m tests.proofs.prove_false_alarms

.PHONY: prove-speed
prove-speed: $(READY) ## The simulated catalogue is 20 times faster than the time it covers, and under 15 s
	@$(BIN)/python -m tests.proofs.prove_speed

.PHONY: prove-twin-speed
prove-twin-speed: $(READY) ## The served twin beside a no-op server, uvicorn, Prism, Mockoon, WireMock
	@$(BIN)/python -m tests.proofs.prove_twin_speed

.PHONY: prove-twin-memory
prove-twin-memory: $(READY) ## The served twin's memory stays flat over a million signed requests
	@$(BIN)/python -m tests.proofs.prove_twin_memory

.PHONY: prove-new-user
prove-new-user: $(READY) ## A new user's path, from the built wheel in an empty folder
	@$(BIN)/python -m tests.proofs.prove_new_user

.PHONY: prove-plan
prove-plan: $(READY) ## A plan of a real run and a real load; every number is traced to its history
	@$(BIN)/python -m tests.proofs.prove_plan

.PHONY: prove-package
prove-package: $(READY) ## Wheel and sdist: equal bytes, each Python, extra and lowest version
	@$(BIN)/python -m tests.proofs.prove_package

.PHONY: prove-backlog
prove-backlog: $(READY) ## Every known pitfall, defect and fact is covered, or says why not
	@$(BIN)/python -m tests.proofs.prove_backlog

.PHONY: prove-sdk
prove-sdk: $(READY) ## A package written by others completes and parses each of its operations
	@$(BIN)/python -m tests.proofs.prove_sdk

.PHONY: prove-webhooks
prove-webhooks: $(READY) ## Generated webhooks, forged and broken ones too, and every order of five of them
	@$(BIN)/python -m tests.proofs.prove_webhooks

.PHONY: prove-conformance
prove-conformance: $(READY) ## Schemathesis runs every check over every operation and follows every link
	@$(BIN)/python -m tests.proofs.prove_conformance

.PHONY: prove-load-honesty
prove-load-honesty: $(READY) ## A server that stands still: our p99, the truth, and Locust's own
	@$(BIN)/python -m tests.proofs.prove_load_honesty

.PHONY: prove-load-verdicts
prove-load-verdicts: $(READY) ## A tenth slower is told in 95 of 100 runs, equal runs in at most 2
	@$(BIN)/python -m tests.proofs.prove_load_verdicts

.PHONY: prove-load-planted
prove-load-planted: $(READY) ## Recorded latency is within 1 ms of planted latency up to p99.9
	@$(BIN)/python -m tests.proofs.prove_load_planted

.PHONY: prove-load-speed
prove-load-speed: $(READY) ## Requests per second and core beside plain Locust, memory of 1,000 users
	@$(BIN)/python -m tests.proofs.prove_load_speed

.PHONY: prove-load-distributed
prove-load-distributed: $(READY) ## Master and two workers give the sum of their records; one dies
	@$(BIN)/python -m tests.proofs.prove_load_distributed

.PHONY: prove-load-machines
prove-load-machines: $(READY) ## Load from three machines, in networks of their own; one is lost
	@$(BIN)/python -m tests.proofs.prove_load_machines

.PHONY: prove-flash-sale
prove-flash-sale: $(READY) ## A retry storm that steady load does not show is found by flash-sale
	@$(BIN)/python -m tests.proofs.prove_flash_sale

.PHONY: prove-peak-sale
prove-peak-sale: $(READY) ## The reference holds all budgets in peak-sale, slow answers or not
	@$(BIN)/python -m tests.proofs.prove_peak_sale

.PHONY: prove-search
prove-search: $(READY) ## Ten bugs that no single fault shows are found and shrunk; pruning loses nothing
	@$(BIN)/python -m tests.proofs.prove_search

.PHONY: prove-languages
prove-languages: $(READY) ## Examples in other languages: naive ones break their rules, fixed ones pass
	@$(BIN)/python -m tests.proofs.prove_languages

.PHONY: prove-hard-coded
prove-hard-coded: $(READY) ## Programs with hard-coded hosts, in five languages, pass as they are
	@$(BIN)/python -m tests.proofs.prove_hard_coded

.PHONY: prove-startup
prove-startup: $(READY) ## Collecting scenarios beside an empty run, and the page of 500 scenarios
	@$(BIN)/python -m tests.proofs.prove_startup

.PHONY: prove-gate
prove-gate: $(READY) ## A gate that passes, blocks, expires, and one that cannot be read
	@$(BIN)/python -m tests.proofs.prove_gate

.PHONY: docs
docs: $(READY) evidence ## Renew every page and schema that is made of the code
	@$(BIN)/tts-chaos list > docs/catalogue.md
	@$(BIN)/python -m tests.proofs.fault_table > docs/faults.md
	@$(BIN)/python -m tests.backlog.documents
	@$(BIN)/tts-chaos schema --write docs/schemas
	@$(BIN)/python -m tests.reference.documents

.PHONY: screenshots
screenshots: $(READY) ## Take the pictures of the documentation anew, from a real run
	@$(BIN)/python -m tests.screenshots.taking

.PHONY: prove-docs
prove-docs: $(READY) ## Every code block of every page works as written, or says why it is not run
	@$(BIN)/python -m tests.proofs.prove_docs $(PAGES)

.PHONY: bench
bench: $(READY) ## Measure virtual time, its seams and the fault proxy, as ratios within one run
	@$(BIN)/python tests/bench/bench_virtual_time.py
	@$(BIN)/python -m pytest -q -s tests/bench

.PHONY: wheel
wheel: $(READY) ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

.PHONY: lock
lock: $(READY) ## Renew requirements/dev.txt (needs uv in the environment)
	$(BIN)/python -m uv pip compile -q --upgrade --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate pyproject.toml requirements/dev.in \
		-o requirements/dev.txt

.PHONY: clean
clean: ## Remove everything that make created
	rm -rf $(VENV) .tts-chaos dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
