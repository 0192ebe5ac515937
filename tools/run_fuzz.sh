#!/usr/bin/env bash
# Run each fuzzer for some seconds from its corpus. usage: tools/run_fuzz.sh SECONDS [NAME...]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1; shift
cmake --preset fuzz >/dev/null && cmake --build build/fuzz -j "$(nproc)" --target fuzzers >/dev/null
[ $# -gt 0 ] || set -- $(cd fuzz && ls fuzz_*.c | sed 's/\.c$//')
passed=0 failed=0
for name in "$@"; do
    work=$(mktemp -d)
    if build/fuzz/fuzz/"$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -artifact_prefix="build/fuzz/" "$work" "fuzz/corpus/${name#fuzz_}" >"$work.log" 2>&1; then
        passed=$((passed + 1)); printf '  ok    %s (%s runs)\n' "$name" "$(sed -nE 's/.*Done ([0-9]+) runs.*/\1/p' "$work.log")"
    else failed=$((failed + 1)); printf '  FAIL  %s\n' "$name"; tail -30 "$work.log"; fi
    rm -rf "$work" "$work.log"
done
echo "fuzz: $passed passed, $failed failed"
[ $failed -eq 0 ]
