#!/usr/bin/env python3
"""Ingest a large CSV over HTTP: seconds, rows a second, peak memory of the server; DuckDB's own CSV to Parquet beside it.

usage: bench/ingest/run.py [--megabytes 1024] [--budget 1GiB]

The file is made by a seed. The sums, counts and null counts that the server gives for it afterwards must
equal those computed while it was made: a fast wrong load is a failure. DuckDB (the Python package of the
same version line) converts the same file in the same run, without an upload, checks or a commit.
"""
import argparse
import csv
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/lib"))
import harness  # noqa: E402


def make_csv(path, megabytes):
    """Rows with integers, decimals, dates, nulls and quoted text; returns what a reader must find."""
    rng = random.Random(20240607)
    words = ["".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(2, 9))) for _ in range(2000)]
    rows = id_sum = amount_cents = null_notes = 0
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "day", "amount", "city", "note"])
        while file.tell() < megabytes << 20:
            for _ in range(10_000):
                rows += 1
                cents = rng.randrange(10_000_000)
                note = "" if rng.random() < 0.1 else " ".join(rng.choices(words, k=18)) + (
                    ', she said "yes"\nand left' if rng.random() < 0.02 else "")
                writer.writerow([rows, f"20{rng.randrange(10, 25)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
                                 f"{cents // 100}.{cents % 100:02}", words[rng.randrange(500)], note])
                id_sum += rows
                amount_cents += cents
                null_notes += note == ""
    return {"rows": rows, "id_sum": id_sum, "amount": amount_cents / 100, "null_notes": null_notes}


def peer(path, folder):
    """DuckDB alone: the same CSV to a zstd Parquet file."""
    import duckdb
    connection = duckdb.connect()
    began = time.perf_counter()
    connection.execute(f"COPY (FROM read_csv('{path}')) TO '{folder}/peer.parquet' (FORMAT parquet, COMPRESSION zstd)")
    return time.perf_counter() - began


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--megabytes", type=int, default=1024)
    options.add_argument("--budget", default="1GiB")
    options = options.parse_args()
    with tempfile.TemporaryDirectory(dir=harness.scratch()) as folder:
        path = pathlib.Path(folder) / "large.csv"
        expected = make_csv(path, options.megabytes)
        size = path.stat().st_size
        config = f'[memory]\nbudget = "{options.budget}"\n[query]\nmemory = "256MiB"\n'
        with harness.Server(folder, config) as server:
            began = time.perf_counter()
            upload = subprocess.run(["curl", "-sS", "-T", str(path), "-X", "POST",
                                     f"{server.url}/ingest/file?dataset=large&mode=replace&format=csv"],
                                    capture_output=True, text=True, check=True)
            seconds = time.perf_counter() - began
            result = json.loads(upload.stdout)
            assert result.get("rows_written") == expected["rows"], result
            found = server.sql("SELECT count(*), sum(id), sum(amount), count(*) - count(note) FROM large")[0]
            assert (found[0], int(found[1]), found[3]) == (expected["rows"], expected["id_sum"], expected["null_notes"]), found
            assert abs(float(found[2]) - expected["amount"]) < 0.01 * max(1, expected["rows"] ** 0.5), found
            peak = server.peak_bytes()
        peer_seconds = peer(path, folder)
    harness.report("ingest", {
        "csv_bytes": size, "rows": expected["rows"], "budget": options.budget,
        "seconds": round(seconds, 2), "mb_per_second": round(size / 1e6 / seconds, 1),
        "rows_per_second": int(expected["rows"] / seconds), "peak_rss_mb": round(peak / 1e6),
        "duckdb_alone_seconds": round(peer_seconds, 2), "time_ratio_to_duckdb": round(seconds / peer_seconds, 2)})


if __name__ == "__main__":
    main()
