# The way in: each recipe is a plain cargo line. Continuous integration asks for what `just check` does (known faults of
# dependencies apart, which need a network) and for `just e2e`.

# Everything that must hold before a commit.
check: format lint test deny docs

# Layout.
format:
    cargo fmt --check

# Lints; a warning is an error.
lint:
    cargo clippy --all-targets -- -D warnings

# Unit tests, the black box, the layers of the house.
test:
    cargo test

# Licences, known faults, banned crates, sources.
deny:
    cargo deny check

# The crate's pages, with every link resolved.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# Against a provider that nobody here wrote, and in a real browser.
e2e:
    tests/e2e/run

# Commits of the store on disk, measured on the disk of this folder.
bench:
    cargo bench --bench store

# From the end of somebody's access to the last byte of what they had open.
bench-cuts:
    cargo bench --bench cuts
