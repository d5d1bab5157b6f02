# Two commands do everything, set-up included:
#
#   make demo    play the main job from beginning to end, every step checked
#   make test    run every test, real components included
#
# What `make test` does in little, at length; each ends with one line of counts:
#
#   make simulate SEEDS=1000              a seeded prefecture over years, with trouble (DB=postgres)
#   make kills                            each kind of case, killed at each meeting with the book
#   make floods                           very many of what each one alone would be harmless
#   make years                            what a wrong clock closes, on both data bases whole
#   make crash ROUNDS=500 DB=sqlite       kill -9 of real processes (DB=postgres, or both)
#   make fuzz SECONDS=600                 every parser that faces outward, so long each
#   make cards CYCLES=1000                a card in a reader: in, sign, out
#   make judges                           foreign software judges what we sign
#   make bare                             both commands in a bare Debian root, as root
#   make bench                            how much, how fast, in how much memory

CARGO ?= cargo

.PHONY: demo test bare simulate kills floods years crash fuzz cards judges bench plants lint golden deny help

help:
	@sed -n 's/^#   //p' Makefile

demo:
	@.ci/setup
	@# The demonstration, and the programs that serve what it leaves behind.
	@$(CARGO) build --locked --package akashi-demo --package akashi-ca --package akashi-crl \
		--package akashi-ocsp --package akashi-repository --package akashi-holders-door
	@target/debug/akashi-demo play $(ARGS)

test:
	@.ci/timed set-up .ci/setup tests
	@.ci/timed lint $(MAKE) --no-print-directory lint
	@.ci/timed judges tests/judges/setup
	@# The tests run our programs: those of the command line, and those that play.
	@.ci/timed programs $(CARGO) build --workspace --bins --locked
	@.ci/timed 'building the tests' $(CARGO) test --workspace --locked --no-run
	@.ci/timed tests tests/with-postgres $(CARGO) test --workspace --locked

lint:
	@.ci/setup tests
	$(CARGO) fmt --all --check
	@# A planted bug that no longer applies to the sources shows nothing.
	@for plant in tests/simulation/plants/*.patch; do \
		patch -p1 --dry-run --silent --fuzz=0 <$$plant >/dev/null || { echo "lint: $$plant does not apply" >&2; exit 1; }; \
	done
	@# The fuzz targets have a lock of their own, which follows every change of ours.
	$(CARGO) metadata --locked --format-version 1 --manifest-path tests/fuzz/Cargo.toml >/dev/null
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

simulate:
	@.ci/setup tests
	@SEEDS=$(SEEDS) FIRST=$(FIRST) STEPS=$(STEPS) KILLS=$(KILLS) DB=$(DB) tests/with-postgres \
		$(CARGO) test --quiet --locked --test simulation

kills:
	@$(MAKE) --no-print-directory simulate SEEDS=0 KILLS=all

floods:
	@.ci/setup tests
	@# Both ends of every connection are in one process.
	@ulimit -n 16384 && FLOOD=full tests/with-postgres $(CARGO) test --quiet --locked --test abuse floods
	@# The programs that a crowd stands before are built beside `akashi`.
	@$(CARGO) build --quiet --workspace --bins --locked
	@FLOOD=full $(CARGO) test --quiet --locked --test abuse crowds

years:
	@.ci/setup tests
	@$(CARGO) build --quiet --workspace --bins --locked
	@YEARS=full tests/with-postgres $(CARGO) test --locked --test stories clock_doors

crash:
	@.ci/setup tests
	@$(CARGO) build --quiet --workspace --bins --locked
	@ROUNDS=$(ROUNDS) DB=$(DB) SEED=$(SEED) INTERLEAVINGS=$(INTERLEAVINGS) \
		tests/with-postgres $(CARGO) test --quiet --locked --test crash

fuzz:
	@.ci/setup tests
	@tests/fuzz/run $(SECONDS)

bare:
	@tests/bare

cards:
	@.ci/setup tests
	@CYCLES=$(CYCLES) $(CARGO) test --locked --test reader cycles -- --nocapture

judges:
	@.ci/setup tests
	@tests/judges/setup
	@tests/judges/run

bench:
	@.ci/setup bench
	@tests/bench/run $(BENCH)

# Bugs and holes planted in a copy, each of which the simulation or a wall's own tests must catch: run
# it after changing a check.
plants:
	@.ci/setup tests
	@tests/simulation/plant

golden:
	@.ci/setup tests
	UPDATE_GOLDEN=1 $(CARGO) test --locked --test judges golden
	@# docs/runbooks, from the words of the alarms.
	UPDATE_GOLDEN=1 $(CARGO) test --locked --test runbooks

deny:
	@command -v cargo-deny >/dev/null || $(CARGO) install --quiet --locked cargo-deny --version 0.20.2
	cargo-deny --locked check licenses bans sources
