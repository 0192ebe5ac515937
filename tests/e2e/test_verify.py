"""Is a dataset what its source holds? Files given again, and real databases."""
import gzip
import json

import pytest

from test_routes_ingest import form
from test_routes_service import problem

CSV = "id,name,amount\n1,Ann,1.50\n2,Bob,\n10,Cid,3.25\n"
FIELDS = {"equal", "dataset", "snapshot_id", "source_system", "source", "rows", "columns", "differences", "notes",
          "duration_secs"}


def verify(server, dataset, content, headers=None, **params):
    answer = server.post(f"/ingest/verify/{dataset}", data=content, params=params, headers=headers)
    assert answer.status == 200, answer
    return answer.json()


def columns(result):
    return {column["name"]: column["equal"] for column in result["columns"]}


def test_the_same_file_is_equal(server):
    loaded = server.ingest("same", CSV)
    result = verify(server, "same", CSV, source="people.csv")
    assert set(result) == FIELDS
    assert result["equal"] is True and result["differences"] == [] and result["source"] == "people.csv"
    assert result["rows"] == {"source": 3, "dataset": 3} and result["snapshot_id"] == loaded["snapshot_id"]
    assert result["source_system"] == "file" and result["dataset"] == "same"
    amount = result["columns"][2]
    assert amount["nulls"] == {"source": 1, "dataset": 1} and amount["in_source"] and amount["in_dataset"]
    assert amount["checksum"]["source"] == amount["checksum"]["dataset"] and len(amount["checksum"]["source"]) == 32


@pytest.mark.parametrize("content, headers, params", [
    (gzip.compress(CSV.encode()), {}, {}),
    (CSV, {"Content-Type": "text/csv"}, {}),
    ("".join(reversed(CSV.splitlines(True)[1:])), {}, {"header": "false"}),
    ('{"name":"Bob","id":2}\n{"id":1,"name":"Ann","amount":1.5}\n{"id":10,"name":"Cid","amount":3.25}\n', {}, {}),
    ("id;amount;name\n1;1.5;Ann\n2;NA;Bob\n10;3.25;Cid\n", {}, {"null": "NA", "delimiter": ";"}),
], ids=["gzip", "type", "no header", "ndjson", "dialect"])
def test_another_file_with_the_same_rows(server, content, headers, params):
    server.ingest("another", CSV)
    result = verify(server, "another", content, headers, **params)
    if "header" in params:  # its columns have other names
        assert not result["equal"] and "in the source only" in " ".join(result["notes"])
    else:
        assert result["equal"], result


def test_a_form(server):
    server.ingest("form", CSV)
    body, headers = form([("key", None, b"id"), ("file", "people.csv", CSV.replace("Bob", "Rob").encode())])
    result = verify(server, "form", body, headers)
    assert result["source"] == "people.csv"
    assert result["differences"] == [{"key": "id=2", "side": "both", "columns": ["name"]}]


def test_differences_are_named(server):
    server.ingest("named", CSV)
    result = verify(server, "named", CSV.replace("3.25", "3.26").replace("1,Ann,1.50\n", "") + "11,Dora,\n", key="id")
    assert result["equal"] is False and columns(result) == {"id": False, "name": False, "amount": False}
    assert result["differences"] == [
        {"key": "id=1", "side": "dataset", "columns": []},
        {"key": "id=10", "side": "both", "columns": ["amount"]},
        {"key": "id=11", "side": "source", "columns": []}]
    without_key = verify(server, "named", CSV + "11,Dora,\n")
    assert without_key["differences"] == [] and "no key" in " ".join(without_key["notes"])
    first = verify(server, "named", CSV.replace("n", "m"), key="id", differences_max=1)
    assert len(first["differences"]) <= 1


def test_as_a_job(server):
    server.ingest("job", CSV)
    answer = server.post("/ingest/verify/job", data=CSV, headers={"Prefer": "respond-async"})
    assert answer.status == 202, answer
    with_events = server.get(answer.headers["Location"] + "/events")
    assert with_events.status == 200
    job = server.get(answer.headers["Location"]).json()
    assert job["state"] == "done" and job["kind"] == "verify" and job["result"]["equal"] is True
    assert job["progress"]["unit"] == "rows"


@pytest.mark.parametrize("path, options, status, field, text", [
    ("d", {"json": {}}, 400, None, "the file must be given again"),
    ("none", {"data": CSV}, 404, None, "none"),
    ("d", {"data": ""}, 400, None, ""),
    ("d", {"data": "id,name\n1,2,3\n4,5,6\n7\n"}, 422, None, ""),
    ("d", {"data": CSV, "params": {"key": "zip"}}, 422, "key", "zip"),
    ("d", {"data": CSV, "params": {"differences_max": 1001}}, 400, "differences_max", "1000"),
    ("d", {"data": CSV, "params": {"mode": "append"}}, 400, "mode", "mode"),
    ("d", {"json": {"dsn": "nonsense://"}}, 400, "dsn", ""),
    ("d", {"json": {"dsn": "postgresql://u:s3cr3t@127.0.0.1:1/x"}}, 422, "table", "never loaded from postgresql"),
    ("d", {"json": {"dsn": "postgresql://u:s3cr3t@127.0.0.1:1/x", "table": "t", "query": "SELECT 1"}}, 400, "query", ""),
    ("d", {"json": {"dsn": "postgresql://u:s3cr3t@127.0.0.1:1/x", "table": "t"}}, 502, None, ""),
    ("d", {"json": {"file": "x"}}, 400, "file", ""),
    ("d", {"json": {"key": "id"}, "params": {"key": "id"}}, 400, None, "body"),
], ids=str)
def test_refusals(server, path, options, status, field, text):
    server.ingest("d", CSV)
    answer = server.post(f"/ingest/verify/{path}", **options)
    detail = problem(answer, status)
    assert text in detail["detail"] and (field is None or detail.get("field") == field), detail
    assert "s3cr3t" not in answer.text and "s3cr3t" not in server.log()


def test_the_command(server, tmp_path):
    server.ingest("command", CSV)
    file = tmp_path / "people.csv"
    file.write_text(CSV)
    done = server.cli("verify", "command", "--source", str(file))
    assert done.returncode == 0, done.stderr
    assert "command is equal to people.csv: rows 3" in done.stdout and "amount" in done.stdout
    file.write_text(CSV.replace("Bob", "Rob") + "11,Dora,\n")
    done = server.cli("verify", "command", "--source", str(file), "--key", "id")
    assert done.returncode == 1 and done.stderr == "", done.stderr
    assert "command is different from people.csv: rows 4 / 3" in done.stdout
    assert "id=2: other values in name" in done.stdout and "id=11: in the source only" in done.stdout
    done = server.cli("verify", "command", "--source", "-", "--json", "--key", "id", "--differences", "1", input=CSV)
    assert done.returncode == 0 and json.loads(done.stdout)["equal"] is True
    assert server.cli("verify", "command").returncode == 2
    done = server.cli("verify", "command", "--source", str(file), "--table", "t")
    assert done.returncode == 2 and "--table is for databases" in done.stderr
    done = server.cli("verify", "absent", "--source", str(file))
    assert done.returncode == 1 and "absent" in done.stderr


def test_a_damaged_data_file_is_found(fresh_server):
    """Bits that rot on disk are an error or a difference, never equal."""
    fresh_server.ingest("rot", "id,name\n" + "".join(f"{i},name {i * 7919 % 1000}\n" for i in range(5000)))
    original = "id,name\n" + "".join(f"{i},name {i * 7919 % 1000}\n" for i in range(5000))
    assert verify(fresh_server, "rot", original)["equal"]
    assert fresh_server.stop() == 0
    (file,) = fresh_server.data_dir.rglob("data/rot/*.parquet")
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 3] ^= 0x10
    file.chmod(0o644)
    file.write_bytes(bytes(damaged))
    fresh_server.start()
    answer = fresh_server.post("/ingest/verify/rot", data=original, params={"key": "id"})
    assert answer.status != 200 or answer.json()["equal"] is False, answer
