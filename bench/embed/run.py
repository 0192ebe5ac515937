"""The built-in embedder beside ONNX Runtime, PyTorch and llama.cpp, in one run -> bench/results/embed.json.

Documents are exactly 128 tokens, queries 16, all of all-MiniLM-L6-v2. Engines take turns, several
rounds, each in a process of its own, and keep their best round: a shared machine slows everybody
down, but nobody always. Vectors are compared with the float64 reference of tests/embed_parity.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/lib"), str(ROOT / "tests/embed_parity")]
import harness  # noqa: E402
import reference  # noqa: E402

DOCUMENTS, DOCUMENT_TOKENS, QUERIES, QUERY_TOKENS = 128, 128, 32, 16
PEERS = ["onnx", "onnx-fused", "torch", "torch-compiled", "llama.cpp"]


def lines(model, source, count, tokens):
    """Texts of whole words that are one token each, so that lengths are exact everywhere."""
    words = sorted(w for w in model.tokenizer.get_vocab() if w.isascii() and w.isalpha() and len(w) > 2)
    out = [" ".join(source.choice(words) for _ in range(tokens - 2)) for _ in range(count)]
    assert all(len(ids) == tokens for ids in model.ids(out))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default=str(ROOT / ".deps/models/all-minilm-l6-v2"))
    parser.add_argument("--threads", default="2")
    parser.add_argument("--seconds", default="4")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--kernels", default="auto,avx512,avx2,scalar")
    options = parser.parse_args()
    model = reference.Reference(options.model)
    source = random.Random(1)
    documents, queries = lines(model, source, DOCUMENTS, DOCUMENT_TOKENS), lines(model, source, QUERIES, QUERY_TOKENS)
    checked = numpy.array([model.vector(ids) for ids in model.ids(documents[:16])])
    program = str(ROOT / "build/release/bench/bench_embed")
    commands = {f"lakehouse ({k})": [program, options.model, k] for k in options.kernels.split(",") if k}
    commands.update({p: [sys.executable, str(pathlib.Path(__file__).parent / "peers.py"), p, options.model] for p in options.peers.split(",") if p})

    best = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "texts").write_text("\n".join(documents) + "\n")
        (folder / "queries").write_text("\n".join(queries) + "\n")
        for _ in range(options.rounds):
            for name, command in list(commands.items()):
                files = [str(folder / n) for n in ("texts", "queries", "vectors")]
                done = subprocess.run(command + [options.threads, options.seconds] + files, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                if done.returncode != 0:
                    print(f"  {name}: left out: {done.stderr.decode().strip()[-200:]}")
                    del commands[name]
                    continue
                result = json.loads(done.stdout)
                vectors = numpy.fromfile(folder / "vectors", dtype=numpy.float32).astype(numpy.float64).reshape(DOCUMENTS, -1)[:len(checked)]
                result["one_minus_cosine"] = float(f"{(1 - (vectors * checked).sum(1) / numpy.linalg.norm(vectors, axis=1)).max():.1e}")
                seen = best.setdefault(name, result)
                for key, value in result.items():
                    better = max if key.startswith("docs") else min
                    seen[key] = better(seen[key], value)
    width = max(map(len, best))
    print(f"  {'':{width}}  docs/s  docs/CPU s  query ms p50    p99  1 - cosine")
    for name, r in best.items():
        print(f"  {name:{width}}  {r['docs_per_second']:6.1f}  {r['docs_per_cpu_second']:10.1f}  {r['query_ms_p50']:12.2f}  {r['query_ms_p99']:5.2f}  {r['one_minus_cosine']:10.1e}")
    ours = best[f"lakehouse ({options.kernels.split(',')[0]})"]
    figures = {"threads": int(options.threads), "document_tokens": DOCUMENT_TOKENS, "query_tokens": QUERY_TOKENS, "engines": best}
    peers = {n: r for n, r in best.items() if not n.startswith("lakehouse")}
    if peers:
        figures["fastest_peer"] = max(peers, key=lambda n: peers[n]["docs_per_cpu_second"])
        for key in ("docs_per_second", "docs_per_cpu_second"):
            figures[f"times_the_fastest_peer_{key}"] = round(ours[key] / max(r[key] for r in peers.values()), 2)
        figures["query_times_faster"] = round(min(r["query_ms_p50"] for r in peers.values()) / ours["query_ms_p50"], 2)
        print(f"  {figures['times_the_fastest_peer_docs_per_cpu_second']} times the documents per CPU second of the fastest peer "
              f"({figures['fastest_peer']}), {figures['query_times_faster']} times as quick with a query")
    path = ROOT / "bench/results/embed.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": harness.machine(), "figures": figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
