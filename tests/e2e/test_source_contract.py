"""The contract of row sources, run in C over real databases (tests/unit/source/row_source_contract.h)."""
import os
import pathlib
import subprocess

import pytest

import conftest

UNIT = pathlib.Path(conftest.BINARY).parent / "src/source/unit_source"


def run(**environment):
    return subprocess.run([UNIT, "test_row_source_databases"], env={**os.environ, **environment}, capture_output=True,
                          text=True, timeout=300)


@pytest.mark.skipif(not UNIT.exists(), reason="this build has no unit tests")
def test_a_database_keeps_the_contract(database):
    system = "postgresql" if "Postgres" in type(database.server).__name__ else "mysql"
    tables = run(LAKEHOUSE_CONTRACT_PRINT=system)
    assert tables.returncode == 0 and "contract_rows" in tables.stdout
    database.sql(tables.stdout)
    outcome = run(LAKEHOUSE_CONTRACT_DSN=database.dsn())
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
