# Thin names for dotnet commands; nothing happens here that the command itself does not do.

TEST_ARGS ?=
MINUTES ?= 5
SEED ?= 20261124

.PHONY: sbom locked-restore lock setup-dev run-dev test chat migrate validate-config env-template doctor bench bench-micro bench-scale bench-understanding chaos fuzz

# What the build and the tests need beside the SDK is installed on Debian, and named elsewhere.
setup-dev:
	@missing=; \
	command -v redis-server >/dev/null || missing="$$missing redis-server"; \
	command -v chromium >/dev/null || [ -n "$$CHROMIUM_PATH" ] || missing="$$missing chromium"; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v npm >/dev/null || missing="$$missing nodejs npm"; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	command -v jq >/dev/null || missing="$$missing jq"; \
	if [ -z "$$missing" ]; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y$$missing; \
	else echo "For the whole test suite install:$$missing"; fi
	dotnet restore

run-dev:
	dotnet run --project ChatOrchestrator.ApiService

test:
	dotnet test $(TEST_ARGS)

# The command line, looking at what run-dev runs: make chat ARGS="bots export".
CHAT = cd ChatOrchestrator.ApiService && dotnet run --project ../ChatOrchestrator.Cli --

chat:
	@$(CHAT) $(ARGS)

migrate validate-config env-template doctor:
	@$(CHAT) $@ $(ARGS)

# Exactly the packages of eng/locks, by hash. A feed that lacks a version of them (NU1101, NU1102) is no mistake of ours.
locked-restore:
	@said=$$(dotnet restore --locked-mode --force -p:LockPackages=true -p:ForPublish=true --verbosity quiet 2>&1) && exit 0; \
	echo "$$said" | grep -oE "(error|warning) NU[0-9]+: .*" | sort -u; \
	! echo "$$said" | grep -E "error" | grep -qvE "NU110[12]" || exit 1; \
	echo "This feed lacks a locked package: going on without the locks."

# After a change of packages.
lock:
	dotnet restore --force-evaluate -p:LockPackages=true -p:ForPublish=true

# The bill of materials (CycloneDX) of each process, which "dotnet publish" leaves beside what it publishes, alone: in artifacts/sbom.
sbom:
	for process in ApiService Worker Cli; do \
		dotnet build ChatOrchestrator.$$process -t:WriteSbom -p:SbomDirectory=$(CURDIR)/artifacts/sbom --nologo || exit 1; \
	done

bench:
	python3 bench/run.py
	python3 bench/micro.py

# The steps of the hot path, one by one.
bench-micro:
	python3 bench/micro.py

# The cost of a message in a full store.
bench-scale:
	python3 bench/scale.py

# Answers with and without understanding.
bench-understanding:
	python3 bench/understanding.py

# Kills, freezes and restarts everything under load; ends with a table. FAULTS=WorkerKilled,AllKilled: only these. A machine without the stores fails instead of skipping.
chaos:
	CI=true CHAOS_MINUTES=$(MINUTES) CHAOS_SEED=$(SEED) CHAOS_FAULTS=$(FAULTS) dotnet test ChatOrchestrator.Tests $(TEST_ARGS) \
		--filter "FullyQualifiedName~when_anything_fails_at_random_moments" --logger "console;verbosity=detailed"

# The properties and parsers on a hundred times as many generated inputs as in the suite. TIMES=10: ten times.
TIMES ?= 100
fuzz:
	TEST_SAMPLES=$(TIMES) dotnet test ChatOrchestrator.Tests $(TEST_ARGS) --filter "FullyQualifiedName~Tests.Formatting|FullyQualifiedName~Fuzz"
