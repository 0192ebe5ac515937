#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/../.."
exec "$(bench/lib/python.sh)" bench/ingest/run.py "$@"
