#!/usr/bin/env bash
# Refresh, search, fetch and reload of an index -> bench/results/index.json (one JSON object a line).
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --preset release >/dev/null
cmake --build build/release --target bench_index >/dev/null
mkdir -p bench/results
TMPDIR=${LAKEHOUSE_BENCH_TMP:-/tmp} build/release/bench/bench_index "$@" | tee bench/results/index.json
