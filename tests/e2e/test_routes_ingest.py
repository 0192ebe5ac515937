"""Files over HTTP: how they may be sent, how they are read, what is refused."""
import csv
import gzip
import http.client
import io
import json
import random
import urllib.parse

import pytest

from test_routes_service import problem

CSV = "id,name\n1,Ann\n2,Bob\n"
FIELDS = {"dataset", "snapshot_id", "rows_read", "rows_written", "rows_rejected", "rejects", "coercions", "pii",
          "source_system", "source", "duration_secs"}


def form(parts, boundary="----boundary42"):
    """(body, headers) of a multipart form; parts are (name, filename or None, content)."""
    body = b""
    for name, filename, content in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename else "")
        body += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def post(server, content, headers=None, **params):
    return server.post("/ingest/file", data=content, params=params, headers=headers)


def test_the_answer_has_every_field(server):
    answer = post(server, CSV, dataset="fields", source="people.csv")
    assert answer.status == 200
    body = answer.json()
    assert FIELDS <= set(body)
    assert (body["rows_read"], body["rows_written"], body["rows_rejected"]) == (2, 2, 0)
    assert body["source_system"] == "file" and body["source"] == "people.csv" and body["dataset"] == "fields"


@pytest.mark.parametrize("content, params, headers", [
    (CSV, {}, {}),
    (CSV, {"format": "csv"}, {}),
    (CSV, {}, {"Content-Type": "text/csv; charset=utf-8"}),
    ("id\tname\n1\tAnn\n2\tBob\n", {"delimiter": "\\t"}, {}),
    ("1;Ann\n2;Bob\n", {"header": "false", "delimiter": ";"}, {"Content-Type": "text/csv"}),
    ('{"id":1,"name":"Ann"}\n{"id":2,"name":"Bob"}\n', {}, {}),
    ('{"id":1,"name":"Ann"}\n{"id":2,"name":"Bob"}\n', {"format": "ndjson"}, {}),
    ('[{"id":1,"name":"Ann"},{"id":2,"name":"Bob"}]', {"format": "json"}, {}),
    ('[{"id":1,"name":"Ann"},{"id":2,"name":"Bob"}]', {}, {"Content-Type": "application/json"}),
    (gzip.compress(CSV.encode()), {}, {}),
], ids=str)
def test_formats(server, content, params, headers):
    answer = post(server, content, headers, dataset="formats", mode="replace", **params)
    assert answer.status == 200, answer
    columns = server.get("/catalog/datasets/formats").json()["columns"]
    first, second = columns[0]["name"], columns[1]["name"]
    assert server.sql(f'SELECT "{first}", "{second}" FROM formats ORDER BY 1') == [[1, "Ann"], [2, "Bob"]]


def test_parquet_comes_back_in(server):
    server.ingest("out", CSV)
    parquet = server.post("/query/sql", json={"sql": "SELECT * FROM out", "format": "parquet"}).body
    assert parquet[:4] == b"PAR1"
    assert server.ingest("back", parquet)["rows_written"] == 2
    assert server.sql("SELECT * FROM back ORDER BY id") == [[1, "Ann"], [2, "Bob"]]


def test_modes(server):
    assert post(server, CSV, dataset="modes").json()["rows_written"] == 2
    assert post(server, "id,name\n3,Cy\n", dataset="modes").json()["rows_written"] == 1  # append is the default
    assert server.sql("SELECT count(*) FROM modes") == [[3]]
    server.ingest("modes", "id,name\n2,Bert\n4,Dee\n", mode="upsert", key="id")
    assert server.sql("SELECT * FROM modes ORDER BY id") == [[1, "Ann"], [2, "Bert"], [3, "Cy"], [4, "Dee"]]
    server.ingest("modes", "id,name\n9,Zoe\n", mode="replace")
    assert server.sql("SELECT * FROM modes") == [[9, "Zoe"]]


def test_types_can_be_given(server):
    server.ingest("typed", "id,code\n1,007\n", types=json.dumps({"code": "VARCHAR"}))
    assert server.sql("SELECT code FROM typed") == [["007"]]


def test_rejected_rows_are_counted_and_listed(server):
    answer = post(server, "id,n\n1,10\n2,x\n3,30\n", dataset="rejects", mode="replace",
                  types=json.dumps({"n": "BIGINT"})).json()
    assert (answer["rows_read"], answer["rows_written"], answer["rows_rejected"]) == (3, 2, 1)
    reject = answer["rejects"][0]
    assert reject["line"] == 3 and reject["column"] == "n" and reject["reason"]


def test_a_form_with_a_file(server):
    body, headers = form([("dataset", None, b"formed"), ("mode", None, b"replace"),
                          ("file", "people.csv", CSV.encode())])
    answer = server.post("/ingest/file", data=body, headers=headers)
    assert answer.status == 200, answer
    assert answer.json()["source"] == "people.csv" and answer.json()["rows_written"] == 2


@pytest.mark.parametrize("parts, params, said", [
    ([("file", "a.csv", b"id\n1\n")], {}, "dataset"),
    ([("file", "a.csv", b"id\n1\n"), ("datset", None, b"x")], {"dataset": "d"}, "datset"),
    ([("file", "a.csv", b"id\n1\n"), ("dataset", None, b"x")], {"dataset": "d"}, "dataset"),
    ([("file", "a.csv", b"id\n1\n"), ("mode", None, b"apend")], {"dataset": "d"}, "mode"),
    ([("file", "a.csv", b"id\n1\n"), ("more", "b.csv", b"id\n1\n")], {"dataset": "d"}, "file"),
    ([("text", None, b"id\n1\n")], {"dataset": "d"}, "file"),
])
def test_forms_that_are_wrong_say_what(server, parts, params, said):
    body, headers = form(parts)
    answer = server.post("/ingest/file", data=body, headers=headers, params=params)
    assert said in problem(answer, 400)["detail"]


@pytest.mark.parametrize("body, headers", [
    (b"--x\r\n", {"Content-Type": "multipart/form-data; boundary=x"}),
    (b"no boundary at all", {"Content-Type": "multipart/form-data; boundary=x"}),
    (b"", {"Content-Type": "multipart/form-data; boundary=x"}),
    (b"--x--", {"Content-Type": "multipart/form-data"}),
    (b"--x\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\nid\n1\n",
     {"Content-Type": "multipart/form-data; boundary=x"}),
])
def test_broken_forms_are_400(server, body, headers):
    problem(server.post("/ingest/file", data=body, headers=headers, params={"dataset": "broken"}), 400)
    assert server.get("/catalog/datasets/broken").status == 404


@pytest.mark.parametrize("content, params, status, said", [
    (CSV, {}, 400, "dataset"),
    (CSV, {"dataset": "no good"}, 400, "dataset"),
    (CSV, {"dataset": "../up"}, 400, "dataset"),
    (CSV, {"dataset": "x", "mode": "merge"}, 400, "mode"),
    (CSV, {"dataset": "x", "mode": "upsert"}, 400, "key"),
    (CSV, {"dataset": "x", "format": "xlsx"}, 400, "format"),
    (CSV, {"dataset": "x", "header": "maybe"}, 400, "header"),
    (CSV, {"dataset": "x", "types": "BIGINT"}, 400, "types"),
    (CSV, {"dataset": "x", "types": '{"id": 5}'}, 400, "types"),
    (CSV, {"dataset": "x", "bucket": "no-such"}, 404, "no-such"),
    (CSV, {"dataset": "x", "delimeter": ";"}, 400, "delimeter"),
    ("", {"dataset": "x"}, 400, "empty"),
])
def test_what_cannot_be_is_refused(server, content, params, status, said):
    answer = post(server, content, **params)
    body = problem(answer, status)
    assert said in body["detail"] + body.get("field", "")
    assert server.get("/catalog/datasets/x").status == 404


def test_a_dataset_lives_in_the_bucket_it_was_made_in(server, tmp_path):
    server.post("/storage/buckets", json={"name": "elsewhere", "backend": "local", "root": str(tmp_path / "e")})
    server.ingest("away", CSV, bucket="elsewhere")
    server.ingest("away", "id,name\n3,Cy\n", mode="append")
    dataset = server.get("/catalog/datasets/away").json()
    assert dataset["bucket"] == "elsewhere" and dataset["rows"] == 3
    for item in dataset["objects"]:
        assert server.head(f"/storage/buckets/elsewhere/objects/{item['key']}").status == 200
    assert server.sql("SELECT count(*) FROM away") == [[3]]


def test_no_temporary_file_stays(server):
    server.ingest("tidy", CSV)
    post(server, b"\x00\xff garbage", dataset="tidy2")
    left = [path for path in server.data_dir.rglob("upload-*")]
    assert left == []


def test_many_rows_add_up_with_an_independent_count(server):
    rng = random.Random(11)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "amount", "note"])
    for n in range(30_000):
        note = rng.choice(["", "plain", "with, comma", 'with "quotes"', "two\nlines", "ünï"])
        writer.writerow([n, rng.randint(-10**6, 10**6), note])
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    result = server.ingest("sums", text.getvalue())
    assert result["rows_read"] == result["rows_written"] == len(rows)
    assert server.sql("SELECT count(*), sum(amount), count(*) FILTER (WHERE note LIKE '%' || chr(10) || '%') "
                      "FROM sums") == [[len(rows), sum(int(row["amount"]) for row in rows),
                                        sum("\n" in row["note"] for row in rows)]]


def test_an_upload_beyond_the_limit_is_413(make_server):
    server = make_server(config="[server]\nbody_bytes_max = \"2 MiB\"\njson_body_bytes_max = \"1 MiB\"\n")
    problem(post(server, "id\n" + "1\n" * (2 << 20), dataset="toolarge"), 413)
    address = urllib.parse.urlparse(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("POST", "/ingest/file?dataset=toolarge", iter([b"id\n"] + [b"1\n" * 32768] * 64),
                       encode_chunked=True)
    assert connection.getresponse().status == 413
    assert server.get("/catalog/datasets/toolarge").status == 404
