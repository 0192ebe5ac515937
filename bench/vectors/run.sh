#!/usr/bin/env bash
# Graph build and search on seeded data -> bench/results/vectors.json (one JSON object a line).
# usage: bench/vectors/run.sh [small]     small: only 20,000 x 384
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --preset release >/dev/null
cmake --build build/release --target bench_hnsw >/dev/null
mkdir -p bench/results
out=bench/results/vectors.json
: >"$out"
run() {
    printf '\n%s\n' "$*"
    build/release/bench/bench_hnsw "$@" | tee -a "$out"
}
run rows=20000 dimension=384
[ "${1:-}" = small ] || run rows=100000 dimension=768
