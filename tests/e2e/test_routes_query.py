"""POST /query/sql: formats, parameters, limits, and what is refused."""
import csv
import io
import json

import pytest

from test_routes_service import problem


@pytest.fixture(scope="module")
def numbers(server):
    server.ingest("query_numbers", "id,name\n" + "\n".join(f"{n},name {n}" for n in range(100)))
    return server


def run(server, sql, headers=None, **fields):
    return server.post("/query/sql", json={"sql": sql, **fields}, headers=headers)


def test_the_json_answer(numbers):
    body = run(numbers, "SELECT id, name FROM query_numbers WHERE id < 2 ORDER BY id").json()
    assert body["columns"] == [{"name": "id", "type": "BIGINT"}, {"name": "name", "type": "VARCHAR"}]
    assert body["rows"] == [[0, "name 0"], [1, "name 1"]]
    assert body["row_count"] == 2 and body["truncated"] is False and body["duration_ms"] >= 0


def test_large_numbers_stay_exact(server):
    rows = server.sql("SELECT 9007199254740993::BIGINT, 5::BIGINT, 123456789012345678901.5::DECIMAL(30,1), "
                      "'nan'::DOUBLE, NULL, true")
    assert rows == [["9007199254740993", 5, "123456789012345678901.5", "NaN", None, True]]


@pytest.mark.parametrize("how", ["field", "accept"])
@pytest.mark.parametrize("name, media, check", [
    ("ndjson", "application/x-ndjson",
     lambda body: [json.loads(line) for line in body.decode().splitlines()] == [{"id": 0}, {"id": 1}, {"id": 2}]),
    ("csv", "text/csv", lambda body: list(csv.reader(io.StringIO(body.decode()))) == [["id"], ["0"], ["1"], ["2"]]),
    ("parquet", "application/vnd.apache.parquet", lambda body: body[:4] == body[-4:] == b"PAR1"),
    ("arrow", "application/vnd.apache.arrow.stream", lambda body: len(body) > 100),
])
def test_formats(numbers, how, name, media, check):
    sql = "SELECT id FROM query_numbers WHERE id < 3 ORDER BY id"
    if how == "field":
        answer = run(numbers, sql, format=name)
    else:
        answer = run(numbers, sql, headers={"Accept": f"text/html, {media};q=0.9, */*;q=0.1"})
    assert answer.status == 200 and answer.headers["Content-Type"].startswith(media)
    assert check(answer.body)


def test_parameters(numbers):
    assert numbers.sql("SELECT name FROM query_numbers WHERE id = ?", params=[7]) == [["name 7"]]
    assert numbers.sql("SELECT $a + 1", params={"a": 41}) == [[42]]
    problem(run(numbers, "SELECT ?", params="7"), 400)


def test_a_limit_cuts_and_says_so(numbers):
    body = run(numbers, "SELECT * FROM query_numbers", limit=10).json()
    assert body["row_count"] == len(body["rows"]) == 10 and body["truncated"] is True
    body = run(numbers, "SELECT * FROM query_numbers", limit=100).json()
    assert body["row_count"] == 100 and body["truncated"] is False


def test_a_long_answer_is_streamed_whole(server):
    body = run(server, "SELECT range AS n, 'x' || range AS t FROM range(300000)", format="csv").body
    lines = body.decode().splitlines()
    assert len(lines) == 300001 and lines[-1] == "299999,x299999"


@pytest.mark.parametrize("sql, status", [
    ("SELEC 1", 400), ("", 400), ("SELECT 1; SELECT 2", 400), ("DROP TABLE query_numbers", 400),
    ("INSERT INTO query_numbers VALUES (1, 'x')", 400), ("CREATE TABLE t (a INT)", 400), ("PRAGMA version", 400),
    ("SELECT * FROM no_such_dataset", 404), ("SELECT no_such_column FROM query_numbers", 422),
    ("SELECT * FROM read_csv('/etc/passwd')", 403), ("SELECT * FROM '/etc/passwd'", 403),
    ("SELECT getenv('HOME')", 403),
])
def test_what_is_refused(numbers, sql, status):
    body = problem(run(numbers, sql), status)
    assert str(numbers.data_dir) not in json.dumps(body)


def test_a_failure_while_rows_come_keeps_its_status_when_nothing_was_sent(server):
    problem(run(server, "SELECT 'x'::INTEGER", format="csv"), 422)


def test_bad_fields(server):
    for body in ({}, {"sql": None}, {"sql": "SELECT 1", "format": "xml"}, {"sql": "SELECT 1", "limit": -1},
                 {"sql": "SELECT 1", "timeout_ms": "soon"}):
        problem(server.post("/query/sql", json=body), 400)
