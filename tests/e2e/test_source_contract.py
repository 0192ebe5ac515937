"""The contract of row sources, run in C over real databases (tests/unit/source/row_source_contract.h)."""
import os
import subprocess

import conftest


def run(**environment):
    return subprocess.run([conftest.unit_program("source"), "server_row_source"], env={**os.environ, **environment},
                          capture_output=True, text=True, timeout=300)


def test_a_database_keeps_the_contract(database):
    system = "postgresql" if "Postgres" in type(database.server).__name__ else "mysql"
    tables = run(LAKEHOUSE_CONTRACT_PRINT=system)
    assert tables.returncode == 0 and "contract_rows" in tables.stdout
    database.sql(tables.stdout)
    outcome = run(LAKEHOUSE_CONTRACT_DSN=database.dsn())
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
