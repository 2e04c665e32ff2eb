#!/usr/bin/env bash
# Pins every dependency with its hashes, for all platforms at once. The files name no index.
set -euo pipefail
cd "$(dirname "$0")/.."
common=(--universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --quiet)
.venv/bin/uv pip compile "${common[@]}" pyproject.toml --output-file requirements/run.txt "$@"
.venv/bin/uv pip compile "${common[@]}" pyproject.toml --extra dev --constraint requirements/run.txt \
    --output-file requirements/dev.txt "$@"
.venv/bin/uv pip compile "${common[@]}" --group interop --output-file requirements/interop.txt "$@"
.venv/bin/uv pip compile "${common[@]}" --group fuzz --output-file requirements/fuzz.txt "$@"
