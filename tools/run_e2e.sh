#!/usr/bin/env bash
# Run pytest over the real binary. usage: tools/run_e2e.sh [pytest arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
want=$(sha256sum tests/requirements.txt | cut -d' ' -f1)
if [ "$(cat .venv/.made-from 2>/dev/null)" != "$want" ]; then
    echo "python packages for the tests: installing"
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/pip --disable-pip-version-check install -q -r tests/requirements.txt
    echo "$want" >.venv/.made-from
fi
export LAKEHOUSE_BINARY=${LAKEHOUSE_BINARY:-$PWD/build/lakehouse}
# Some tests run a unit program over a real server.
if [ ! -x build/dev/src/source/unit_source ]; then
    cmake --preset dev >/dev/null && cmake --build build/dev --target unit_source >/dev/null
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
[ $# -gt 0 ] || set -- tests/e2e tests/embed_parity
.venv/bin/python -m pytest -q -rs -p no:cacheprovider "$@" 2>&1 | tee "$log"
