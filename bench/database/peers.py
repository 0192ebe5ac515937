#!/usr/bin/env python3
"""One peer's way from a table to Parquet, in a process of its own, so that its CPU time can be told.

usage: peers.py JSON      {"peer": ..., "out": file.parquet, "connect": {...}, "columns": {...}}
Prints {"seconds", "cpu_seconds"}: of the work alone, without the start of Python.
"""
import glob
import json
import os
import resource
import subprocess
import sys
import time

import duckdb


def load_extension(connection, name):
    pattern = f"{sys.prefix}/lib/python3*/site-packages/duckdb_ext/extensions/*/*/{name}.duckdb_extension"
    connection.execute(f"LOAD '{glob.glob(pattern)[0]}'")


def text(value):
    return "'" + str(value).replace("'", "''") + "'"


def to_parquet(connection, source, out):
    connection.execute(f"COPY (FROM {source}) TO {text(out)} (FORMAT parquet, COMPRESSION zstd)")


def psql_copy(job, connection):
    """psql \\copy to CSV, the CSV to Parquet."""
    connect, csv = job["connect"], job["out"] + ".csv"
    subprocess.run(["psql", "-X", "-q", "-h", connect["host"], "-p", str(connect["port"]), "-U", connect["user"], "-d", connect["database"],
                    "-c", rf"\copy orders TO '{csv}' (FORMAT csv)"], check=True,
                   env={**os.environ, "PGPASSWORD": connect["password"], "PGSSLMODE": "disable"})
    to_parquet(connection, f"read_csv({text(csv)}, header=false, auto_detect=false, delim=',', quote='\"', escape='\"', columns={job['columns']})", job["out"])
    os.unlink(csv)


def mariadb_batch(job, connection):
    """mariadb --batch --quick to tab-separated text (what mysqldump --tab would give), that to Parquet."""
    connect, tsv = job["connect"], job["out"] + ".tsv"
    with open(tsv, "wb") as out:
        subprocess.run(["mariadb", "--no-defaults", "--batch", "--quick", "--skip-column-names", "--skip-ssl", f"--host={connect['host']}",
                        f"--port={connect['port']}", f"--user={connect['user']}", "--execute=SELECT * FROM orders", connect["database"]],
                       check=True, stdout=out, env={**os.environ, "MYSQL_PWD": connect["password"]})
    to_parquet(connection, f"read_csv({text(tsv)}, header=false, auto_detect=false, delim='\t', quote='', escape='', nullstr='NULL', "
                           f"columns={job['columns']})", job["out"])
    os.unlink(tsv)


def duckdb_postgres(job, connection):
    connect = job["connect"]
    password = connect["password"].replace("\\", "\\\\").replace("'", "\\'")
    dsn = (f"host={connect['host']} port={connect['port']} user={connect['user']} dbname={connect['database']} password='{password}' "
           "sslmode=disable")
    connection.execute(f"ATTACH {text(dsn)} AS source (TYPE postgres, READ_ONLY)")
    to_parquet(connection, "source.orders", job["out"])


def duckdb_mysql(job, connection):
    connect = job["connect"]
    connection.execute(f"CREATE SECRET s (TYPE mysql, HOST {text(connect['host'])}, PORT {connect['port']}, USER {text(connect['user'])}, "
                       f"PASSWORD {text(connect['password'])}, DATABASE {text(connect['database'])}, SSL_MODE 'disabled')")
    connection.execute("ATTACH '' AS source (TYPE mysql, SECRET s, READ_ONLY)")
    to_parquet(connection, "source.orders", job["out"])


PEERS = {"psql_copy": psql_copy, "mariadb_batch": mariadb_batch, "duckdb_postgres": duckdb_postgres, "duckdb_mysql": duckdb_mysql}
EXTENSIONS = {"duckdb_postgres": "postgres_scanner", "duckdb_mysql": "mysql_scanner"}


def cpu_seconds():
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main():
    job = json.loads(sys.argv[1])
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    if job["peer"] in EXTENSIONS:
        load_extension(connection, EXTENSIONS[job["peer"]])
    began, cpu = time.perf_counter(), cpu_seconds()
    PEERS[job["peer"]](job, connection)
    print(json.dumps({"seconds": time.perf_counter() - began, "cpu_seconds": cpu_seconds() - cpu}))


if __name__ == "__main__":
    main()
