"""What MySQL and MariaDB send, decoded in C, against what they print (tests/unit/source/server_mysql_hostile.c)."""
import os
import pathlib
import subprocess

import pytest

import conftest

DATA = pathlib.Path(__file__).parent.parent / "data"


@pytest.mark.parametrize("sslmode", ["disable", "require"])
def test_every_value_is_what_the_server_prints(mysql, sslmode):
    own = "mysql_hostile_mysql8.sql" if mysql.kind == "mysql" else "mysql_hostile_mariadb.sql"
    for file in ("mysql_hostile.sql", own):
        mysql.sql((DATA / file).read_text())
    outcome = subprocess.run([conftest.unit_program("source"), "server_mysql_hostile"], capture_output=True, text=True,
                             env={**os.environ, "LAKEHOUSE_MYSQL_HOSTILE_DSN": mysql.dsn(sslmode=sslmode)}, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "PASSED" in outcome.stdout + outcome.stderr
