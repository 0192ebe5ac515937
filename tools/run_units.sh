#!/usr/bin/env bash
# Build one preset and run its unit tests. usage: tools/run_units.sh PRESET
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
build=build/$preset
select=(-L 'unit|fuzz')
log=$(mktemp)
trap 'rm -f "$log"' EXIT
case $preset in
asan) export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 LSAN_OPTIONS=suppressions=$PWD/tools/lsan.supp UBSAN_OPTIONS=print_stacktrace=1 ;;
# DuckDB is not instrumented, so under tsan only what runs without it is run.
tsan) export TSAN_OPTIONS=halt_on_error=1; select=(-R '^(base|jobs|storage|vector|embed|catalog|source|pii)\.|^ingest\.test_(row_ring|openlineage)$') ;;
esac
cmake --preset "$preset" >"$log" 2>&1 || { cat "$log"; exit 1; }
cmake --build "$build" -j "$(nproc)" >"$log" 2>&1 || { grep -E 'error|warning|FAILED|undefined' -A5 "$log" | head -80; exit 1; }
ctest --test-dir "$build" "${select[@]}" -j "$(nproc)" --output-on-failure >"$log" 2>&1 && status=0 || status=$?
if [ $status -ne 0 ]; then grep -vE '^ *[0-9]+/[0-9]+ Test|Start +[0-9]+' "$log" | tail -150; fi
tail -5 "$log" | grep -E 'tests passed|No tests' || true
counts=$(sed -nE 's/.* ([0-9]+) tests failed out of ([0-9]+).*/\1 \2/p' "$log")
read -r failed total <<<"${counts:-1 0}"
echo "unit-$preset: $((total - failed)) passed, $failed failed"
[ $status -eq 0 ] && [ "$total" -gt 0 ]
