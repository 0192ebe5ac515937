#!/usr/bin/env bash
# usage: bench/database/run.sh [--rows N] [--turns N] [--memory-rows N] [--only postgresql|mariadb]
set -euo pipefail
cd "$(dirname "$0")/../.."
exec "$(bench/lib/python.sh bench/database/requirements.txt)" bench/database/run.py "$@"
