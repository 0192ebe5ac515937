#!/usr/bin/env python3
"""A table of PostgreSQL and of MariaDB to Parquet: ours over HTTP, beside the ways people take today.

usage: bench/database/run.py [--rows 1000000] [--turns 3] [--memory-rows 10000000] [--only postgresql|mariadb]

The servers are started here, on loopback, without TLS for anybody. Each turn runs every contender once, in an
order that moves; the medians are compared. All results must agree in counts, sums and null counts: a fast wrong load
is a failure. Ours also takes one snapshot, scans for personal data, fsyncs and commits; the peers write a file.
Peers: psql \\copy to CSV or mariadb --batch --quick to TSV, then DuckDB to Parquet; DuckDB's postgres and mysql
scanners (all Parquet with zstd). At the end one load of --memory-rows rows tells the peak memory of the server.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import duckdb

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench/lib"), str(ROOT / "tests/e2e")]
import databases  # noqa: E402
import harness  # noqa: E402

# name, type in PostgreSQL, in MariaDB, in DuckDB's CSV reader, value by seq (md5 gives the noise)
COLUMNS = [
    ("id", "bigint PRIMARY KEY", "bigint PRIMARY KEY", "BIGINT", "seq"),
    ("customer_id", "int NOT NULL", "int NOT NULL", "INTEGER", "seq * 7919 % 200003"),
    ("product_id", "int", "int", "INTEGER", "seq * 104729 % 5003"),
    ("quantity", "smallint", "smallint", "SMALLINT", "seq % 12 + 1"),
    ("unit_price", "numeric(10,2)", "decimal(10,2)", "DECIMAL(10,2)", "(seq * 31337 % 1000000) / 100.0"),
    ("total", "numeric(14,2)", "decimal(14,2)", "DECIMAL(14,2)", "(seq * 31337 % 1000000) * (seq % 12 + 1) / 100.0"),
    ("discount", "numeric(5,4)", "decimal(5,4)", "DECIMAL(5,4)", "CASE WHEN seq % 3 = 0 THEN (seq % 5000) / 10000.0 END"),
    ("status", "varchar(12) NOT NULL", "varchar(12) NOT NULL", "VARCHAR",
     "CASE seq % 4 WHEN 0 THEN 'new' WHEN 1 THEN 'paid' WHEN 2 THEN 'shipped' ELSE 'returned' END"),
    ("email", "varchar(80)", "varchar(80)", "VARCHAR", "{join}'user', seq * 7919 % 200003, '@mail', seq % 50, '.example'{end}"),
    ("city", "varchar(40)", "varchar(40)", "VARCHAR", "{join}'City ', seq % 997{end}"),
    ("created_at", "timestamp", "datetime(6)", "TIMESTAMP", "{stamp}"),
    ("shipped_on", "date", "date", "DATE", "CASE WHEN seq % 4 >= 2 THEN {day} END"),
    ("rating", "double precision", "double", "DOUBLE", "(seq % 1000) / 7.0"),
    ("comment", "text", "text", "VARCHAR", "CASE WHEN seq % 5 > 0 THEN {join}'about ', md5({text}), ' and ', md5({text2}){end} END"),
]
DIALECT = {
    "postgresql": {"join": "concat(", "end": ")", "stamp": "timestamp '2020-01-01' + seq * interval '61.000123 seconds'",
                   "day": "date '2020-01-01' + (seq % 2000)::int", "text": "seq::text", "text2": "(seq * 3)::text"},
    "mariadb": {"join": "concat(", "end": ")", "stamp": "timestampadd(microsecond, seq * 61000123, '2020-01-01 00:00:00.000000')",
                "day": "date_add('2020-01-01', INTERVAL seq % 2000 DAY)", "text": "seq", "text2": "seq * 3"},
}
CHECK = ("SELECT count(*), sum(id)::VARCHAR, sum(total)::VARCHAR, count(discount), sum(length(email))::VARCHAR, max(created_at)::VARCHAR, "
         "count(shipped_on), round(sum(rating), 0), sum(length(comment))::VARCHAR FROM ")
PEERS = {"postgresql": ["psql_copy", "duckdb_postgres"], "mariadb": ["mariadb_batch", "duckdb_mysql"]}
SHARE = 1_000_000  # rows made by one statement


def make_table(database, rows):
    words = DIALECT[database.kind]
    place = 1 if database.kind == "postgresql" else 2
    database.sql("CREATE TABLE orders (" + ", ".join(f"{column[0]} {column[place]}" for column in COLUMNS) + ")")
    values = ", ".join(column[4].format(**words) for column in COLUMNS)
    for first in range(1, rows + 1, SHARE):
        last = min(rows, first + SHARE - 1)
        series = f"generate_series({first}::bigint, {last}) seq" if database.kind == "postgresql" else f"seq_{first}_to_{last}"
        database.sql(f"INSERT INTO orders SELECT {values} FROM {series}")
    database.sql("ANALYZE orders" if database.kind == "postgresql" else "ANALYZE TABLE orders")


def cpu_of(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_ready(server):
    """What a server does once after its start is no part of a load."""
    while True:
        try:
            with urllib.request.urlopen(server.url + "/readyz"):
                return
        except urllib.error.HTTPError:
            time.sleep(0.05)


def run_ours(server, database):
    route = "/ingest/db" if database.kind == "postgresql" else "/ingest/mysql"
    began, cpu = time.perf_counter(), cpu_of(server.process)
    result = server.post(route, {"dsn": database.dsn(sslmode="disable"), "table": "orders", "dataset": f"orders_{database.kind}"})
    seconds = time.perf_counter() - began
    assert result["rows_rejected"] == 0, result
    return {"seconds": seconds, "cpu_seconds": cpu_of(server.process) - cpu}, server.sql(CHECK + f"orders_{database.kind}")[0]


def run_peer(peer, database, folder):
    out = str(pathlib.Path(folder) / "peer.parquet")
    job = {"peer": peer, "out": out, "columns": {column[0]: column[3] for column in COLUMNS},
           "connect": {"host": "127.0.0.1", "port": database.server.port, "user": databases.USER, "password": databases.PASSWORD,
                       "database": database.name}}
    done = subprocess.run([sys.executable, str(pathlib.Path(__file__).with_name("peers.py")), json.dumps(job)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{peer}: {done.stderr[-2000:]}")
    found = duckdb.execute(CHECK + f"'{out}'").fetchone()
    os.unlink(out)
    return json.loads(done.stdout), list(found)


def compare(database, server, turns, folder):
    """Medians of every contender, and that they found the same."""
    contenders = ["lakehouse", *PEERS[database.kind]]
    measured, expected = {name: [] for name in contenders}, None
    for turn in range(turns):
        for name in contenders[turn % len(contenders):] + contenders[:turn % len(contenders)]:
            figures, found = run_ours(server, database) if name == "lakehouse" else run_peer(name, database, folder)
            expected = expected or found
            assert [str(value) for value in found] == [str(value) for value in expected], (name, found, expected)
            measured[name].append(figures)
            print(f"    {database.kind} {name}: {figures['seconds']:.2f} s, {figures['cpu_seconds']:.2f} s of CPU", flush=True)
    return {name: {part: round(statistics.median(run[part] for run in runs), 3) for part in ("seconds", "cpu_seconds")}
            for name, runs in measured.items()}


def bench(kind, options, certificates, folder):
    figures = {}
    with kind(certificates) as running:
        with running.database() as database:
            make_table(database, options.rows)
            with tempfile.TemporaryDirectory(dir=folder) as ours, harness.Server(ours) as server:
                wait_until_ready(server)
                medians = compare(database, server, options.turns, folder)
        best = min((name for name in medians if name != "lakehouse"), key=lambda name: medians[name]["seconds"])
        for name, median in medians.items():
            figures[f"{kind.kind}_{name}_seconds"] = median["seconds"]
            figures[f"{kind.kind}_{name}_cpu_seconds"] = median["cpu_seconds"]
        figures[f"{kind.kind}_fastest_peer"] = best
        figures[f"{kind.kind}_times_as_fast"] = round(medians[best]["seconds"] / medians["lakehouse"]["seconds"], 2)
        if options.memory_rows:
            with running.database() as database:
                make_table(database, options.memory_rows)
                with tempfile.TemporaryDirectory(dir=folder) as ours, harness.Server(ours) as server:
                    wait_until_ready(server)
                    run, found = run_ours(server, database)
                    assert found[0] == options.memory_rows, found
                    figures[f"{kind.kind}_memory_rows"] = options.memory_rows
                    figures[f"{kind.kind}_memory_rows_seconds"] = round(run["seconds"], 2)
                    figures[f"{kind.kind}_peak_rss_mb"] = round(server.peak_bytes() / 1e6)
    return figures


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--memory-rows", type=int, default=10_000_000)
    options.add_argument("--only", choices=["postgresql", "mariadb"])
    options = options.parse_args()
    figures = {"rows": options.rows, "turns": options.turns}
    with tempfile.TemporaryDirectory(dir=harness.scratch()) as folder:
        certificates = databases.Certificates(pathlib.Path(folder) / "certificates")
        for kind in (databases.PostgresServer, databases.MariadbServer):
            if options.only in (None, kind.kind):
                figures.update(bench(kind, options, certificates, folder))
    harness.report("database", figures)


if __name__ == "__main__":
    main()
