#!/usr/bin/env bash
# Prints the path of a Python that has a list of packages; makes it the first time.
# usage: bench/lib/python.sh [REQUIREMENTS]     (default bench/requirements.txt)
set -euo pipefail
cd "$(dirname "$0")/../.."
list=${1:-bench/requirements.txt}
folder=$(basename "$(dirname "$list")")
venv=.venv-bench
[ "$folder" = bench ] || venv=.venv-bench-$folder
want=$(sha256sum "$list" | cut -d' ' -f1)
if [ "$(cat "$venv/.made-from" 2>/dev/null)" != "$want" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" --disable-pip-version-check install -q -r "$list" >&2
    echo "$want" >"$venv/.made-from"
fi
echo "$PWD/$venv/bin/python"
