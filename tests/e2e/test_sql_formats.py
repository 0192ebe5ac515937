"""Answers in Parquet and Arrow, read by somebody else's library: every value must come back as it was."""
import datetime
import decimal
import io
import json
import uuid

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

UTC = datetime.timezone.utc

# expression, value read from Arrow, from Parquet (None: as from Arrow), from JSON
VALUES = [
    ("NULL::INTEGER", None, None),
    ("true", True, True),
    ("(-128)::TINYINT", -128, -128),
    ("65535::USMALLINT", 65535, 65535),
    ("(-2147483648)::INTEGER", -2147483648, -2147483648),
    ("9223372036854775807::BIGINT", 9223372036854775807, "9223372036854775807"),
    ("18446744073709551615::UBIGINT", 18446744073709551615, "18446744073709551615"),
    ("9007199254740992::BIGINT", 9007199254740992, 9007199254740992),
    ("sum(7)", decimal.Decimal(7), 7),
    ("99999999999999999999999999999999999999::HUGEINT", decimal.Decimal("9" * 38), "9" * 38),
    ("1.5::FLOAT", 1.5, 1.5),
    ("0.1::DOUBLE", 0.1, 0.1),
    ("'nan'::DOUBLE", "nan", "NaN"),
    ("'-inf'::DOUBLE", float("-inf"), "-Infinity"),
    ("123.450::DECIMAL(9,3)", decimal.Decimal("123.450"), 123.45),
    ("12345678901234567.89::DECIMAL(19,2)", decimal.Decimal("12345678901234567.89"), "12345678901234567.89"),
    ("'Zürich \U0001F600'", "Zürich \U0001F600", "Zürich \U0001F600"),
    ("''", "", ""),
    ("'\\x00\\xFF'::BLOB", b"\x00\xff", "AP8="),
    ("DATE '1969-12-31'", datetime.date(1969, 12, 31), "1969-12-31"),
    ("TIME '23:59:59.000001'", datetime.time(23, 59, 59, 1), "23:59:59.000001"),
    ("TIMESTAMP '2024-02-29 12:00:00.5'", datetime.datetime(2024, 2, 29, 12, 0, 0, 500000), "2024-02-29T12:00:00.5"),
    ("TIMESTAMPTZ '2024-02-29 12:00:00+02'", datetime.datetime(2024, 2, 29, 10, tzinfo=UTC), "2024-02-29T10:00:00Z"),
    ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", uuid.UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
     "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("'b'::ENUM('a', 'b')", "b", "b"),
    ("[1, NULL, 3]", [1, None, 3], [1, None, 3]),
    ("[[1.5], [], NULL]", [[decimal.Decimal("1.5")], [], None], [[1.5], [], None]),
    ("[0.5, 1.5]::FLOAT[2]", [0.5, 1.5], [0.5, 1.5]),
    ("{'a': 1, 'b': ['x', 'y']}", {"a": 1, "b": ["x", "y"]}, {"a": 1, "b": ["x", "y"]}),
    ("MAP {'k': 1, 'l': NULL}", [("k", 1), ("l", None)], {"k": 1, "l": None}),
    ("['b', NULL]::ENUM('a', 'b')[]", ["b", None], ["b", None]),
]


def plain(value):
    """UUIDs come as text or objects, NaN is not equal to itself."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes) and len(value) == 16:
        return str(uuid.UUID(bytes=value))
    return "nan" if value != value else value


def select(values):
    return "SELECT " + ", ".join(f"{sql} AS c{i}" for i, (sql, *_) in enumerate(values))


def arrow(server, sql, **fields):
    answer = server.post("/query/sql", json={"sql": sql, "format": "arrow", **fields})
    assert answer.status == 200, answer
    return pa.ipc.open_stream(io.BytesIO(answer.body)).read_all()


def parquet(server, sql, **fields):
    answer = server.post("/query/sql", json={"sql": sql, "format": "parquet", **fields})
    assert answer.status == 200, answer
    return pq.read_table(io.BytesIO(answer.body))


@pytest.mark.parametrize("read", [arrow, parquet])
def test_values_come_back(server, read):
    row = read(server, select(VALUES))
    row.validate(full=True)
    for i, (sql, expected, _) in enumerate(VALUES):
        assert plain(row.column(i)[0].as_py()) == plain(expected), sql


def test_json_values(server):
    rows = server.post("/query/sql", json={"sql": select(VALUES)}).json()["rows"]
    for i, (sql, _, expected) in enumerate(VALUES):
        assert rows[0][i] == expected and type(rows[0][i]) is type(expected), sql


@pytest.mark.parametrize("read", [arrow, parquet])
def test_many_rows(server, read):
    table = read(server, "SELECT i, CASE WHEN i % 7 = 0 THEN NULL ELSE 'text ' || i END AS t, [i, i + 1] AS l, "
                         "(CASE i % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'b' END)::ENUM('a', 'b') AS e, i % 2 = 0 AS b "
                         "FROM range(100000) r(i)")
    table.validate(full=True)
    assert table.num_rows == 100000
    assert table.column("i").to_pylist() == list(range(100000))
    assert table.column("t").null_count == 14286 and table.column("t")[99999].as_py() == "text 99999"
    assert table.column("l")[54321].as_py() == [54321, 54322]
    assert [v.as_py() for v in table.column("e")[3:6]] == ["a", "b", None]
    assert table.column("b").to_pylist()[:3] == [True, False, True]


@pytest.mark.parametrize("read", [arrow, parquet])
def test_no_rows(server, read):
    table = read(server, "SELECT 1 AS a, 'x'::ENUM('x') AS e, ['y'] AS l WHERE false")
    assert table.num_rows == 0 and table.column_names == ["a", "e", "l"]


@pytest.mark.parametrize("read", [arrow, parquet])
def test_the_limit_cuts(server, read):
    table = read(server, "SELECT i, [i] AS l, 'x' || i AS t FROM range(10000) r(i)", limit=3001)
    table.validate(full=True)
    assert table.num_rows == 3001 and table.column("l")[3000].as_py() == [3000]


def test_names_that_are_given_twice(server):
    assert parquet(server, "SELECT 1 AS a, 2 AS A, 3 AS a_1").column_names == ["a", "A_1", "a_1_1"]
    line = server.post("/query/sql", json={"sql": "SELECT 1 AS a, 2 AS a", "format": "ndjson"}).text
    assert json.loads(line) == {"a": 1, "a_1": 2}


@pytest.mark.parametrize("sql, name", [
    ("SELECT 170141183460469231731687303715884105727 AS a", "parquet"),
    ("SELECT 170141183460469231731687303715884105727 AS a", "arrow"),
    ("SELECT [170141183460469231731687303715884105727] AS a", "arrow"),
    ("SELECT '10:00:00+05'::TIMETZ AS a", "arrow"),
    ("SELECT [5::UHUGEINT] AS a", "arrow"),
    ("SELECT '101'::BIT AS a", "arrow"),
    ("SELECT 5::BIGNUM AS a", "arrow"),
    ("SELECT row(1, 2) AS a", "parquet"),
])
def test_what_a_format_cannot_hold_is_refused(server, sql, name):
    answer = server.post("/query/sql", json={"sql": sql, "format": name})
    assert answer.status == 422, answer


def test_types_that_parquet_would_round_are_kept(server):
    row = parquet(server, "SELECT INTERVAL '2 days 0.000001 seconds' AS a, '10:00:00+05'::TIMETZ AS b, '101'::BIT AS c, "
                          "'-12345678901234567890123'::BIGNUM AS d, [sum(5)] AS e, '{\"x\": 1}'::JSON AS f")
    assert [column[0].as_py() for column in row.columns] == [
        "2 days 00:00:00.000001", "10:00:00+05", "101", "-12345678901234567890123", [decimal.Decimal(5)], '{"x": 1}']
