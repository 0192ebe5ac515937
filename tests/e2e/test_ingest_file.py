"""Files against Python's own readers: whatever csv and json read, the dataset holds."""
import csv
import decimal
import gzip
import io
import json
import random

import pytest

from test_routes_service import problem

PIECES = ["word", "7", "-3.25", " ", ",", ";", "\t", "|", '"', "\n", "\r\n", "é", "漢字", "😀", "'", "\\", "#", "NULL"]


def cell(rng):
    """A text, or None for the empty field."""
    if rng.random() < 0.1:
        return None
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 6)))


def write(rows, **dialect):
    text = io.StringIO()
    csv.writer(text, **dialect).writerows([["" if value is None else value for value in row] for row in rows])
    return text.getvalue().encode()


def read_back(server, dataset, columns):
    names = ", ".join(f'"{name}"' for name in columns)
    return server.sql(f"SELECT {names} FROM {dataset} ORDER BY row_no")


@pytest.mark.parametrize("seed", range(12))
def test_random_tables_as_pythons_csv_writes_them(server, seed):
    rng = random.Random(seed)
    columns = [f"c{n}" for n in range(rng.randint(1, 6))]
    rows = [[n] + ["text" if n == 0 else cell(rng) for _ in columns] for n in range(rng.randint(1, 300))]
    dialect = {"delimiter": rng.choice(",;\t|"), "lineterminator": rng.choice(["\n", "\r\n"]),
               "quoting": rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC, csv.QUOTE_ALL])}
    content = write([["row_no"] + columns] + rows, **dialect)
    result = server.ingest("random_table", content, delimiter=dialect["delimiter"])
    assert (result["rows_read"], result["rows_rejected"]) == (len(rows), 0)
    # a quoted empty field is an empty text, an unquoted one is NULL
    quoted = dialect["quoting"] != csv.QUOTE_MINIMAL
    expected = [[("" if quoted else None) if value is None else value for value in row[1:]] for row in rows]
    assert read_back(server, "random_table", columns) == expected


def test_sums_and_nulls_equal_those_of_pythons_csv(server):
    rng = random.Random(5)
    rows = [["id", "price", "ratio", "zip", "day", "note"]]
    for n in range(20_000):
        rows.append([n, f"{rng.randint(0, 10**6) / 100:.2f}", rng.choice(["", repr(rng.random())]),
                     f"{rng.randint(0, 99999):05}", f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
                     rng.choice(["", "x, y", 'say "hi"', "two\nlines"])])
    content = write(rows, lineterminator="\n")
    server.ingest("sums", content)
    seen = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    types = {column["name"]: column["type"] for column in server.get("/catalog/datasets/sums").json()["columns"]}
    assert types == {"id": "BIGINT", "price": "DECIMAL(18,2)", "ratio": "DOUBLE", "zip": "VARCHAR", "day": "DATE",
                     "note": "VARCHAR"}
    (count, total, ratios, zips, days, notes), = server.sql(
        "SELECT count(*), sum(price)::VARCHAR, count(ratio), count(DISTINCT zip), count(DISTINCT day), count(note) "
        "FROM sums")
    assert count == len(seen)
    assert decimal.Decimal(total) == sum(decimal.Decimal(row["price"]) for row in seen)
    assert ratios == sum(row["ratio"] != "" for row in seen)
    assert zips == len({row["zip"] for row in seen})
    assert days == len({row["day"] for row in seen})
    assert notes == sum(row["note"] != "" for row in seen)
    doubles = server.sql("SELECT ratio FROM sums WHERE ratio IS NOT NULL ORDER BY id LIMIT 500")
    assert [value for value, in doubles] == [float(row["ratio"]) for row in seen if row["ratio"]][:500]


def test_values_come_back_as_they_were_written(server):
    values = {"code": ["007", "1"], "phone": ["+49301", "0"], "version": ["1.9", "1.10"], "big": ["9007199254740993", "1"],
              "wide": ["123456789012345678901234567890", "2"], "product": ["12E5", "3"]}
    rows = [["row_no", *values]] + [[n, *(texts[n] for texts in values.values())] for n in range(2)]
    server.ingest("kept", write(rows, lineterminator="\n"))
    got = server.sql("SELECT " + ", ".join(f'"{name}"::VARCHAR' for name in values) + " FROM kept ORDER BY row_no")
    assert got == [[texts[n] for texts in values.values()] for n in range(2)]


def test_every_bad_row_is_listed_with_its_line(server):
    content = b"id,name\n1,ok\n2\n3,x,y\n4,caf\xe9\n5,\"open\n6,ok\n7,a\x00b\n"
    result = server.ingest("bad_rows", content)
    assert (result["rows_read"], result["rows_written"], result["rows_rejected"]) == (7, 2, 5)
    assert [reject["line"] for reject in result["rejects"]] == [3, 4, 5, 6, 8]
    assert server.sql("SELECT id, name FROM bad_rows ORDER BY id") == [[1, "ok"], [6, "ok"]]
    entry = server.get("/catalog/datasets/bad_rows/lineage").json()["entries"][0]
    assert (entry["rows"], entry["rejected"], entry["source_system"]) == (2, 5, "file")


@pytest.mark.parametrize("content, status, said", [
    (b"a,b,c\n1;2\n3,4,5,6\n7|8\n9\n", 422, "delimiter"),
    ("a,b\n1,2\n".encode("utf-16"), 415, "UTF-16"),
    ("a,b\n1,2\n".encode("utf-32"), 415, "UTF-32"),
    (b"PK\x03\x04" + b"x" * 100, 415, "ZIP"),
    (b"%PDF-1.7 ...", 415, "PDF"),
    (gzip.compress(b"a,b\n1,2\n" * 1000)[:-20], 422, "cut off"),
    (b'[{"a":1},{"a":NaN}]', 422, "NaN"),
    (b'[{"a":1},{"a":2}', 422, "never ends"),
    (b"PAR1 but no more", 422, ""),
])
def test_what_cannot_be_read_is_refused_whole(server, content, status, said):
    answer = server.post("/ingest/file", data=content, params={"dataset": "refused"})
    body = problem(answer, status)
    assert said in body["detail"] or said in body["title"]
    assert "/" not in body["detail"].replace("application/", ""), "no path of the server"
    assert server.get("/catalog/datasets/refused").status == 404


def test_json_as_python_reads_it(server):
    rng = random.Random(9)
    records = []
    for n in range(500):
        record = {"id": n, "text": rng.choice(["", "é\n\"quoted\"", "😀", "\t"]), "number": rng.choice([1, 2.5, -7, None]),
                  "flag": rng.choice([True, False]), "list": [rng.randint(0, 9) for _ in range(rng.randint(0, 3))],
                  "object": {"k": rng.randint(0, 9), "deep": [{"x": None}]}}
        del record[rng.choice(["text", "flag", "list"])]
        records.append(record)
    lines = "\n".join(json.dumps(record, ensure_ascii=n % 2 == 0) for n, record in enumerate(records))
    server.ingest("as_lines", lines, format="ndjson")
    server.ingest("as_array", json.dumps(records, indent=1), format="json")
    for dataset in ("as_lines", "as_array"):
        rows = server.sql(f'SELECT text, number, flag, "list", object FROM {dataset} ORDER BY id')
        for record, (text, number, flag, numbers, nested) in zip(records, rows, strict=True):
            assert (text, number, flag, numbers) == (record.get("text"), record["number"], record.get("flag"),
                                                     record.get("list"))
            assert json.loads(nested) == record["object"]


def test_bad_lines_of_ndjson(server):
    content = '{"a":1}\nnot json\n{"a":NaN}\n[1]\n{"a":2}\n{"a":3,"a":4}\n'
    result = server.ingest("bad_lines", content, format="ndjson")
    assert (result["rows_written"], result["rows_rejected"]) == (2, 4)
    assert [reject["line"] for reject in result["rejects"]] == [2, 3, 4, 6]
    assert server.sql("SELECT a FROM bad_lines ORDER BY a") == [[1], [2]]


def test_columns_may_change_between_loads_but_never_their_meaning(server):
    server.ingest("changing", "id,name\n1,Ann\n")
    server.ingest("changing", "city,id\nRome,2\n", mode="append")
    assert server.sql("SELECT id, name, city FROM changing ORDER BY id") == [[1, "Ann", None], [2, None, "Rome"]]
    answer = server.post("/ingest/file", data="id,name\nthree,Cy\n", params={"dataset": "changing"})
    body = problem(answer, 422)
    assert "id" in body["detail"] and "three" in body["detail"]
    assert server.sql("SELECT count(*) FROM changing") == [[2]]
    server.ingest("changing", "id,name\nthree,Cy\n4,Dee\n", mode="append", types=json.dumps({"id": "BIGINT"}))
    assert server.sql("SELECT id, name FROM changing WHERE id > 2") == [[4, "Dee"]]


def test_upsert_by_two_keys(server):
    server.ingest("upserted", "a,b,v\n1,x,old\n1,y,old\n2,x,old\n")
    result = server.ingest("upserted", "a,b,v\n1,y,first\n3,z,new\n1,y,last\n,x,keyless\n", mode="upsert", key="a,b")
    assert (result["rows_written"], result["rows_rejected"]) == (3, 1)
    assert {"rule": "repeated key, the last row stays", "column": "a,b", "count": 1} in result["coercions"]
    assert server.sql("SELECT a, b, v FROM upserted ORDER BY a, b") == [
        [1, "x", "old"], [1, "y", "last"], [2, "x", "old"], [3, "z", "new"]]


def test_a_long_load_can_be_cancelled(server):
    content = "id,text\n" + "".join(f"{n},{'word ' * 20}\n" for n in range(400_000))
    answer = server.post("/ingest/file", data=content, params={"dataset": "cancelled"},
                         headers={"Prefer": "respond-async"})
    assert answer.status == 202, answer
    job = answer.json()["job_id"]
    assert server.delete(f"/jobs/{job}").status in (200, 202, 204, 409)
    while (state := server.get(f"/jobs/{job}").json()["state"]) in ("queued", "running"):
        pass
    exists = server.get("/catalog/datasets/cancelled").status == 200
    assert exists == (state == "done") and state in ("done", "cancelled")
