# Two commands do everything, set-up included:
#
#   make demo    play the main job from beginning to end, every step checked
#   make test    run every test, real components included

CARGO ?= cargo

.PHONY: demo test lint golden deny help

help:
	@sed -n 's/^#   //p' Makefile

demo:
	@.ci/setup
	@$(CARGO) build --locked --bin akashi
	@target/debug/akashi demo $(ARGS)

test: lint
	@.ci/setup tests
	@tests/judges/setup
	tests/with-postgres $(CARGO) test --workspace --locked

lint:
	@.ci/setup tests
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

golden:
	@.ci/setup tests
	UPDATE_GOLDEN=1 $(CARGO) test --locked --test judges golden

deny:
	@command -v cargo-deny >/dev/null || $(CARGO) install --quiet --locked cargo-deny --version 0.20.2
	cargo-deny --locked check licenses bans sources
