"""Loads from a live database, the same over every kind: what arrives, what is refused, what survives a stop.

What belongs to one kind alone stands in test_ingest_postgres.py and test_ingest_mysql.py."""
import json
import os
import re
import subprocess

import pytest

import databases
from table_loads import assert_numbers, columns, head, numbers, problem

PEOPLE = [
    (1, "Ada Lovelace", "ada@analytical.example", "5300.10", 1, "1815-12-10 01:02:03", "maths", 4.5, "first, of all\nlines"),
    (2, "Alan Turing", "alan@bletchley.example", "4999.99", 1, "1912-06-23 00:00:00", "logic", -1.25, ""),
    (3, "Grace Hopper", "grace@navy.example", "6100.00", 0, "1906-12-09 23:59:59", "ships", 1e10, "a 'quote'"),
    (4, "Edsger Dijkstra", "edsger@tue.example", "5800.55", 1, "1930-05-11 12:00:00", "paths", 0.1, None),
    (5, "Barbara Liskov", "barbara@mit.example", None, 0, "1939-11-07 08:30:00", None, None, "back\\slash"),
    (6, "Donald Knuth", "don@stanford.example", "7000.01", 1, "1938-01-10 10:10:10", "books", 3.14159, "TeX"),
    (7, "Margaret Hamilton", "margaret@nasa.example", "99999999.99", 1, "1936-08-17 00:00:01", "moon", 2.5, "über"),
    (8, "John McCarthy", "john@lisp.example", "-0.01", 0, None, "lists", -0.0, "日本語 ✓"),
    (9, "Niklaus Wirth", "niklaus@eth.example", "0.00", 1, "1934-02-15 18:00:00", "types", 7.75, "tab\there"),
    (10, "Frances Allen", "frances@ibm.example", "8123.45", 0, "1932-08-04 06:07:08", "loops", 1.5, "last"),
]


def quoted(value):
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def make_people(database):
    """The reference's table: 10 rows, 9 columns."""
    kinds = {"postgresql": ("smallint", "timestamp", "double precision")}.get(database.kind, ("tinyint", "datetime", "double"))
    rows = ", ".join("(" + ", ".join(map(quoted, row)) + ")" for row in PEOPLE)
    if database.kind != "postgresql":
        rows = "/*!*/ " + rows.replace("\\", "\\\\")
    database.sql(f"""CREATE TABLE people (id int PRIMARY KEY, name varchar(100) NOT NULL, email varchar(200), salary decimal(10,2),
        active {kinds[0]}, born {kinds[1]}, field varchar(20), score {kinds[2]}, notes text);
        INSERT INTO people VALUES {rows};""")


# --- the reference's check ------------------------------------------------------------------


def test_the_reference_table_arrives_exactly(server, database):
    make_people(database)
    name = f"people_{database.kind}"
    result = server.loaded(database, name, table="people")
    assert result["rows_written"] == 10 and result["rows_rejected"] == 0
    assert result["source_system"] == ("postgresql" if database.kind == "postgresql" else "mysql")
    assert columns(server, name)["salary"] == "DECIMAL(10,2)" and columns(server, name)["id"] == "INTEGER"
    stored = server.sql(f"SELECT * REPLACE (salary::VARCHAR AS salary, born::VARCHAR AS born) FROM {name} ORDER BY id")
    for found, row in zip(stored, PEOPLE, strict=True):
        expected = list(row)
        expected[4] = bool(row[4]) if isinstance(found[4], bool) else row[4]
        assert found == expected
    here = server.sql(f"SELECT count(*), sum(id), sum(salary)::VARCHAR, count(salary), count(born), sum(length(name)) FROM {name}")
    there = database.rows("SELECT count(*), sum(id), sum(salary), count(salary), count(born), sum(char_length(name)) FROM people")
    assert [str(value) for value in here[0]] == there[0]


def test_personal_columns_of_the_reference_table_are_flagged(server, database):
    make_people(database)
    name = f"personal_{database.kind}"
    found = {(finding["column"], finding["kind"]) for finding in server.loaded(database, name, table="people")["pii"]}
    assert ("email", "EMAIL") in found and "name" in {column for column, _ in found}
    assert not {"id", "active", "field", "score"} & {column for column, _ in found}


def test_the_reference_mapping_of_types(server, database):
    make_people(database)
    name = f"mapped_{database.kind}"
    result = server.loaded(database, name, table="people", types="reference")
    types = columns(server, name)
    assert (types["id"], types["salary"], types["score"]) == ("INTEGER", "DOUBLE", "DOUBLE")
    assert (types["name"], types["born"], types["notes"]) == ("VARCHAR", "VARCHAR", "VARCHAR")
    assert server.sql(f"SELECT born, salary FROM {name} WHERE id = 1") == [["1815-12-10 01:02:03", 5300.1]]
    changed = {coercion["column"]: coercion["count"] for coercion in result["coercions"]}
    assert changed["salary"] == 9 and changed["born"] == 9, "each value whose type changed is counted"


# --- what to read ---------------------------------------------------------------------------


def test_a_query(server, database):
    numbers(database, 100)
    name = f"query_{database.kind}"
    server.loaded(database, name, query="SELECT id AS n, label FROM numbers WHERE id % 10 = 0 -- the tenth\n")
    assert server.sql(f"SELECT count(*), sum(n), min(label) FROM {name}") == [[10, 550, "row 10"]]


def test_a_view_and_odd_names(server, database):
    numbers(database, 10)
    mark = '"' if database.kind == "postgresql" else "`"
    odd = f"{mark}Odd name; -- x{mark}"
    database.sql(f"CREATE VIEW evens AS SELECT id, label FROM numbers WHERE id % 2 = 0; "
                 f"CREATE TABLE {odd} ({mark}a b{mark} int, {mark}SELECT{mark} int); INSERT INTO {odd} VALUES (1, 2)")
    assert server.loaded(database, f"view_{database.kind}", table="evens")["rows_written"] == 5
    server.loaded(database, f"odd_{database.kind}", table=odd)
    assert server.sql(f'SELECT "a b", "SELECT" FROM odd_{database.kind}') == [[1, 2]]


def test_an_empty_table_has_its_columns(server, database):
    database.sql("CREATE TABLE no_rows (id bigint PRIMARY KEY, at date)")
    name = f"empty_{database.kind}"
    assert server.loaded(database, name, table="no_rows")["rows_written"] == 0
    assert columns(server, name) == {"id": "BIGINT", "at": "DATE"}
    assert server.sql(f"SELECT * FROM {name}") == []


# --- modes ----------------------------------------------------------------------------------


def test_modes(server, database):
    numbers(database, 20)
    name = f"modes_{database.kind}"
    server.loaded(database, name, table="numbers")
    server.loaded(database, name, table="numbers")
    assert_numbers(server, name, 20)  # the table again, not twice: replace when no mode is given
    server.loaded(database, name, query="SELECT id + 20 AS id, amount, label FROM numbers", mode="append")
    assert server.sql(f"SELECT count(*), max(id) FROM {name}") == [[40, 40]]
    database.sql("UPDATE numbers SET label = 'changed' WHERE id <= 5; DELETE FROM numbers WHERE id > 10")
    result = server.loaded(database, name, table="numbers", mode="upsert", key="id")
    assert result["rows_written"] == 10
    assert server.sql(f"SELECT count(*), count(DISTINCT id), count(*) FILTER (label = 'changed') FROM {name}") == [[40, 40, 5]]
    server.loaded(database, name, table="numbers", mode="replace")
    assert server.sql(f"SELECT count(*) FROM {name}") == [[10]]


def test_a_cursor_brings_only_what_is_new(server, database):
    numbers(database, 50)
    name = f"cursor_{database.kind}"
    first = server.loaded(database, name, table="numbers", cursor="id")
    assert (first["rows_written"], first["cursor_value"]) == (50, "50")
    assert server.loaded(database, name, table="numbers", cursor="id")["rows_written"] == 0
    database.sql("INSERT INTO numbers VALUES (51, 63.75, 'row 51'), (52, 65, 'row 52')")
    again = server.loaded(database, name, table="numbers", cursor="id")
    assert (again["rows_read"], again["cursor_value"]) == (2, "52")
    assert_numbers(server, name, 52)
    problem(server.load(database, name, table="numbers", cursor="no_such"), 422, "unprocessable")


def test_lineage_tells_where_rows_came_from(server, database):
    numbers(database, 10)
    name = f"lineage_{database.kind}"
    server.loaded(database, name, table="numbers")
    entry = server.get(f"/catalog/datasets/{name}/lineage").json()["entries"][0]
    assert entry["source_system"] == ("postgresql" if database.kind == "postgresql" else "mysql")
    assert entry["rows"] == 10 and f"127.0.0.1:{database.server.port}" in entry["source"]
    assert databases.PASSWORD not in json.dumps(entry)


# --- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize("change, field", [
    ({"table": None}, "table"),
    ({"query": "SELECT 1"}, "table"),
    ({"mode": "merge"}, "mode"),
    ({"mode": "upsert"}, "key"),
    ({"types": "loose"}, "types"),
    ({"batch_rows": 0}, "batch_rows"),
    ({"batch_rows": -1}, "batch_rows"),
    ({"dataset": "no/such name"}, "dataset"),
    ({"dataset": None}, "dataset"),
    ({"dsn": ""}, "dsn"),
    ({"dsn": None}, "dsn"),
    ({"dsn": "oracle://bob:hidden@db/shop"}, "dsn"),
    ({"dsn": "mysql://bob:hidden@db/shop"}, "dsn"),
    ({"dsn": "postgresql://bob:hidden@db/shop?no_such_option=hidden"}, "dsn"),
    ({"tabel": "numbers"}, "tabel"),
])
def test_malformed_requests(server, change, field):
    body = {"dsn": "postgresql://bob:hidden@db.invalid/shop", "dataset": "never", "table": "numbers", **change}
    answer = server.post("/ingest/db", json={key: value for key, value in body.items() if value is not None})
    assert problem(answer, 400, "invalid")["field"] == field
    assert "hidden" not in answer.text


def test_each_route_wants_its_own_kind(server, postgres):
    answer = server.post("/ingest/mysql", json={"dsn": postgres.dsn(), "dataset": "never", "table": "t"})
    assert problem(answer, 400, "invalid")["field"] == "dsn"
    assert "/ingest/db" in answer.json()["hint"]


def test_what_a_database_refuses(server, database):
    numbers(database, 3)
    refused = lambda status, kind, **fields: problem(server.load(database, "never", **{"table": "numbers", **fields}), status, kind)
    refused(403, "denied", dsn=database.dsn(password="wrong s3cr3t"))
    refused(403, "denied", dsn=database.dsn(user="nobody_of_that_name"))
    refused(404, "not_found", table="no_such_table")
    assert server.load(database, "never", table="numbers", dsn=database.dsn(database="no_such_db")).status in (403, 404)
    refused(502, "upstream", dsn=database.dsn(host="no-such-host.invalid"))
    refused(502, "upstream", dsn=database.dsn(port=databases.free_port()))
    refused(422, "unprocessable", table=None, query="SELECT no_such_column FROM numbers")
    refused(422, "unprocessable", table=None, query="SELECT FROM WHERE")
    assert server.get("/catalog/datasets/never").status == 404
    assert databases.PASSWORD not in server.log() and "s3cr3t" not in server.log()


def test_only_one_select_is_run(server, database):
    numbers(database, 3)
    for query in ("DELETE FROM numbers", "SELECT 1; DELETE FROM numbers", "DROP TABLE numbers", "UPDATE numbers SET label = ''",
                  "INSERT INTO numbers VALUES (9, 9, '')"):
        answer = server.load(database, "never", query=query)
        assert answer.status in (400, 403, 422), (query, answer)
    assert database.rows("SELECT count(*), min(label) FROM numbers") == [["3", "row 1"]]
    assert server.get("/catalog/datasets/never").status == 404


# --- TLS ------------------------------------------------------------------------------------


def test_tls(server, database, certificates):
    numbers(database, 3)
    name = f"tls_{database.kind}"
    works = lambda **options: server.loaded(database, name, table="numbers", dsn=database.dsn(**options))
    refused = lambda **options: problem(server.load(database, name, table="numbers", dsn=database.dsn(**options)), 502, "upstream")
    works(host="localhost", sslmode="verify-full", sslrootcert=certificates.ca)
    works(host="127.0.0.1", sslmode="verify-ca", sslrootcert=certificates.ca)
    works(host="localhost", sslrootcert=certificates.ca)  # a CA means that it is to be checked
    works(sslmode="require")
    works(sslmode="prefer", user=databases.TLS_ONLY_USER)
    works(sslmode="disable")
    refused(host="127.0.0.1", sslmode="verify-full", sslrootcert=certificates.ca)  # the certificate is for localhost
    refused(host="localhost", sslmode="verify-full", sslrootcert=certificates.other_ca)
    refused(host="localhost", sslmode="verify-ca", sslrootcert=certificates.other_ca)
    refused(host="localhost", sslmode="verify-full", sslrootcert="/no/such/ca.crt")
    problem(server.load(database, name, table="numbers", dsn=database.dsn(user=databases.TLS_ONLY_USER, sslmode="disable")),
            403, "denied")


# --- the command line -----------------------------------------------------------------------


def said(process, code=0):
    assert process.returncode == code, process
    text = process.stdout + process.stderr
    assert databases.PASSWORD not in text
    return text


def test_the_command_line_loads_a_table(server, database, tmp_path):
    make_people(database)
    name, bare = f"typed_{database.kind}", database.dsn(password=None)
    secret = tmp_path / "password"
    secret.write_text(databases.PASSWORD + "\n")
    text = said(server.cli("ingest", bare, "--password-file", str(secret), "--table", "people", "--dataset", name))
    assert "10 rows read, 10 written, 0 rejected" in text and "salary DECIMAL(10,2)" in text
    assert "personal data: " in text and "email (EMAIL)" in text
    text = said(server.cli("ingest", "-", "--query", "SELECT id FROM people", "--dataset", name, input=database.dsn() + "\n"))
    assert "10 written" in text
    answer = json.loads(said(server.cli("ingest", "-", "--table", "people", "--dataset", name, "--mode", "upsert", "--key", "id",
                                        "--types", "reference", "--batch-rows", "4", "--restart", "--json", input=database.dsn())))
    assert answer["rows_written"] == 10
    text = said(server.cli("ingest", "-", "--table", "people", "--cursor", "id", "--dataset", f"{name}_new", input=database.dsn()))
    assert "the next load goes on behind 10" in text
    text = said(server.cli("ingest", "-", "--table", "people", "--dataset", name, "--detach", input=database.dsn()))
    job = re.match(r"job (\S+)", text).group(1)
    assert "done" in said(server.cli("jobs", "watch", job))


def test_a_password_from_the_environment(server, postgres):
    numbers(postgres, 3)
    command = [server.binary, "ingest", postgres.dsn(password=None), "--password-env", "SHOP_SECRET", "--table", "numbers",
               "--dataset", "environment", "--url", server.url]
    run = lambda **more: subprocess.run(command, capture_output=True, text=True, cwd=server.data_dir.parent, env={**os.environ, **more})
    assert "3 written" in said(run(SHOP_SECRET=databases.PASSWORD))
    assert "no environment variable 'SHOP_SECRET'" in said(run(), 2)
    assert "password authentication failed" in said(run(SHOP_SECRET="wrong"), 1)


@pytest.mark.parametrize("arguments, part", [
    (["postgresql://bob@db/shop", "--dataset", "d"], "--table NAME or --query SQL"),
    (["postgresql://bob@db/shop", "--dataset", "d", "--table", "t", "--query", "q"], "--table NAME or --query SQL"),
    (["postgresql://bob@db/shop", "--dataset", "d", "--table", "t", "--delimiter", ";"], "--delimiter is for files"),
    (["postgresql://bob@db/shop", "--dataset", "d", "--table", "t", "--mode", "upsert"], "--key"),
    (["postgresql://bob:hidden@db/shop", "--dataset", "d", "--table", "t", "--password-env", "HOME"], "has a password already"),
    (["postgresql://bob:hidden@db/shop?nonsense=1", "--dataset", "d", "--table", "t"], "option 1 of the dsn"),
    (["a.csv", "--dataset", "d", "--cursor", "id"], "--cursor is for databases"),
])
def test_misuse_is_said(server, arguments, part):
    text = said(server.cli("ingest", *arguments), 2)
    assert part in text and "hidden" not in text
