#!/usr/bin/env bash
# Run every benchmark; each writes bench/results/<name>.json and prints its table.
set -euo pipefail
cd "$(dirname "$0")"
for script in */run.sh; do
    printf '\n== %s\n' "$(dirname "$script")"
    "$script"
done
