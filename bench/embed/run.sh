#!/usr/bin/env bash
# The embedder against ONNX Runtime, PyTorch and llama.cpp -> bench/results/embed.json. Arguments go to run.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=$(bench/lib/python.sh bench/embed/requirements.txt)
cmake --preset release >/dev/null
cmake --build build/release --target bench_embed >/dev/null
"$python" bench/embed/run.py "$@"
