"""The database servers of the tests themselves: they start, speak TLS, want a password, and print what was stored."""
import subprocess

import pytest

import databases


def test_rows_come_back_as_they_are(database):
    # From a table, for NULL and the empty text are what the clients print most alike.
    database.sql("CREATE TABLE t (a int, b varchar(20)); INSERT INTO t VALUES (1, 'a\tb\nc'), (2, NULL), (3, '')")
    assert database.rows("SELECT a, b FROM t ORDER BY a") == [["1", "a\tb\nc"], ["2", None], ["3", ""]]
    assert database.rows("SELECT a FROM t WHERE a > 3") == []
    with pytest.raises(RuntimeError, match="no_such"):
        database.sql("SELECT * FROM no_such")


def test_each_database_is_empty_and_gone_afterwards(database):
    with database.server.database() as other:
        other.sql("CREATE TABLE t (a int)")
        assert other.name != database.name
    with pytest.raises(RuntimeError):
        other.sql("SELECT 1")
    with pytest.raises(RuntimeError):
        database.sql("SELECT * FROM t")


def test_a_session_keeps_its_transaction(database):
    database.sql("CREATE TABLE t (a int)")
    with database.session() as session:
        session.execute("BEGIN; INSERT INTO t VALUES (1), (2)")
        assert database.rows("SELECT count(*) FROM t") == [["0"]]
        session.execute("COMMIT")
        assert database.rows("SELECT count(*) FROM t") == [["2"]]


def test_passwords_and_tls_are_wanted(database):
    with pytest.raises(RuntimeError):
        database.sql("SELECT 1", user=databases.USER, password="wrong")
    assert database.sql("SELECT 1", user=databases.TLS_ONLY_USER).strip() == "1"


def test_postgres_passwords_are_scram(postgres):
    stored = postgres.rows("SELECT rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL")
    assert stored and all(row[0].startswith("SCRAM-SHA-256$") for row in stored)
    assert postgres.rows("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == [["t"]]


def test_the_certificate_is_of_the_ca_and_for_localhost(certificates):
    def verify(*arguments):
        return subprocess.run(["openssl", "verify", *map(str, arguments), str(certificates.server_certificate)],
                              capture_output=True).returncode
    assert verify("-CAfile", certificates.ca, "-verify_hostname", "localhost") == 0
    assert verify("-CAfile", certificates.ca, "-verify_ip", "127.0.0.1") != 0
    assert verify("-CAfile", certificates.other_ca) != 0


def test_a_killed_server_comes_back_with_its_rows(certificates):
    with databases.PostgresServer(certificates) as server, server.database() as database:
        database.sql("CREATE TABLE t AS SELECT 1 AS a; CHECKPOINT")
        server.kill()
        with pytest.raises(RuntimeError):
            database.sql("SELECT 1")
        server.start()
        assert database.rows("SELECT a FROM t") == [["1"]]
