#!/usr/bin/env bash
# Prints the path of a Python that has bench/requirements.txt; makes it the first time.
set -euo pipefail
cd "$(dirname "$0")/../.."
want=$(sha256sum bench/requirements.txt | cut -d' ' -f1)
if [ "$(cat .venv-bench/.made-from 2>/dev/null)" != "$want" ]; then
    rm -rf .venv-bench
    python3 -m venv .venv-bench
    .venv-bench/bin/pip --disable-pip-version-check install -q -r bench/requirements.txt >&2
    echo "$want" >.venv-bench/.made-from
fi
echo "$PWD/.venv-bench/bin/python"
