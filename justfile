# The door to everything that is run here. `just` is optional: each recipe is one line to type by hand.

set positional-arguments

# List the recipes
default:
    @just --list

# What every change has to pass
gate:
    bash .ci/run

# The gate, and what takes longer: before a release
full:
    bash .ci/full

# The tests, by the README's command
test *filter:
    cargo test --locked "$@"

# Kill the process at every boundary of the journal, under every fault; minutes
kills:
    cargo test --locked --test main exactly_once::kills:: -- --ignored

# The vendor's clients against the sandbox
clients:
    bash .ci/clients

# Random schedules: `just chaos --seeds 10000`, `just chaos --replay '…'`
chaos *flags:
    cargo test --locked --test chaos -- "$@"

# Read every message of the product
messages:
    cargo test --locked --test main messages -- --ignored --nocapture

# Format
fmt:
    cargo fmt

# Lints, warnings denied
lint:
    cargo clippy --locked --all-targets -- -D warnings

# The speed comparison
bench:
    cargo bench --locked --bench speed

# Apply the example on the embedded platform
try:
    cargo run -- apply --sandbox --yes -f instances.example.yaml
