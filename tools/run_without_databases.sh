#!/usr/bin/env bash
# A build that has neither libpq nor libmariadb: the module that would use them builds, links and tells so.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/without-databases
log=$(mktemp)
trap 'rm -f "$log"' EXIT
show_and_fail() { tail -40 "$log"; exit 1; }
cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DLAKEHOUSE_WERROR=ON \
    -DLAKEHOUSE_POSTGRES=OFF -DLAKEHOUSE_MYSQL=OFF >"$log" 2>&1 || show_and_fail
cmake --build "$build" -j "$(nproc)" --target source unit_source >"$log" 2>&1 || show_and_fail
if ldd "$build/src/source/unit_source" | grep -E 'libpq|libmariadb'; then echo "a client library is linked all the same"; exit 1; fi
ctest --test-dir "$build" -L '^source$' --output-on-failure >"$log" 2>&1 || show_and_fail
grep -E 'tests passed' "$log"
echo "without databases: 1 passed, 0 failed"
