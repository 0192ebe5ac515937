"""Is a dataset what its source holds? Files given again, and real databases."""
import gzip
import json
import pathlib

import pytest

import databases
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


# --- databases ----------------------------------------------------------------------------------

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
NO_SNAPSHOTS = "the source has no snapshots: rows may have changed while they were read"


def load(server, database, dataset, **fields):
    route = "/ingest/db" if database.kind == "postgresql" else "/ingest/mysql"
    answer = server.post(route, json={"dsn": database.dsn(), "dataset": dataset, **fields})
    assert answer.status == 200, answer
    return answer.json()


def verify_database(server, database, dataset, **fields):
    answer = server.post(f"/ingest/verify/{dataset}", json={"dsn": database.dsn(), **fields})
    assert answer.status == 200, answer
    assert databases.PASSWORD not in answer.text
    return answer.json()


def hostile_tables(database):
    """Names as SQL writes them: all tables, views and partitioned tables."""
    if database.kind == "postgresql":
        database.sql((DATA / "postgres_hostile.sql").read_text())
        rows = database.rows("""SELECT format('%I.%I', n.nspname, c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
              AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)""")
        return [name for (name,) in rows]
    database.sql((DATA / "mysql_hostile.sql").read_text() + (DATA / "mysql_hostile_mariadb.sql").read_text())
    rows = database.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = database()")
    return ["`" + name.replace("`", "``") + "`" for (name,) in rows]


@pytest.fixture(scope="module", params=["postgres_server", "mariadb_server"])
def database(request):
    with request.getfixturevalue(request.param).database() as made:
        yield made


def test_hostile_tables_arrive_without_a_silent_change(server, database):
    """The proof of exact loads: the server's own printing of every value against our files."""
    names = hostile_tables(database)
    assert len(names) > 15, names
    compared = 0
    for number, name in enumerate(names):
        dataset = f"hostile_{database.kind}_{number}"
        answer = server.post("/ingest/db" if database.kind == "postgresql" else "/ingest/mysql",
                             json={"dsn": database.dsn(), "dataset": dataset, "table": name})
        if answer.status == 422:  # refused, and said so: columns that differ in case only
            assert "differ only in case" in answer.json()["detail"], answer
            continue
        assert answer.status == 200, (name, answer)
        loaded = answer.json()
        result = verify_database(server, database, dataset)
        assert result["equal"], (name, [column for column in result["columns"] if not column["equal"]], result["notes"])
        assert result["rows"]["source"] == loaded["rows_written"] and loaded["rows_rejected"] == 0, name
        assert [note for note in result["notes"] if note != NO_SNAPSHOTS] == [], (name, result["notes"])
        compared += 1
    assert compared >= len(names) - 1


def test_what_changes_in_a_database_is_named(server, database):
    database.sql("""CREATE TABLE people (id int PRIMARY KEY, name varchar(20), amount decimal(10, 2), born date);
        INSERT INTO people VALUES (1, 'Ann', 1.50, '1970-01-01'), (2, 'Bob', NULL, NULL), (10, 'Cid', 3, '2000-02-29'),
            (11, '', 4, NULL)""")
    dataset = f"people_{database.kind}"
    load(server, database, dataset, table="people")
    result = verify_database(server, database, dataset)
    assert result["equal"] and result["rows"] == {"source": 4, "dataset": 4}
    assert result["source_system"] == ("postgresql" if database.kind == "postgresql" else "mysql")
    database.sql("""UPDATE people SET amount = 0 WHERE id = 2; UPDATE people SET name = 'Sid', born = '2000-03-01' WHERE id = 10;
        DELETE FROM people WHERE id = 1; INSERT INTO people VALUES (3, 'Eve', 1, NULL);
        UPDATE people SET name = NULL WHERE id = 11""")
    result = verify_database(server, database, dataset)
    assert result["equal"] is False
    assert result["differences"] == [
        {"key": "id=1", "side": "dataset", "columns": []},
        {"key": "id=2", "side": "both", "columns": ["amount"]},
        {"key": "id=3", "side": "source", "columns": []},
        {"key": "id=10", "side": "both", "columns": ["name", "born"]},
        {"key": "id=11", "side": "both", "columns": ["name"]}]
    done = server.cli("verify", dataset, "--source", "-", "--table", "people", input=database.dsn())
    assert done.returncode == 1 and "id=10: other values in name, born" in done.stdout, done
    assert databases.PASSWORD not in done.stdout + done.stderr
    load(server, database, dataset, table="people")
    assert verify_database(server, database, dataset)["equal"]


def test_a_query_must_be_the_one_that_was_loaded(server, database):
    database.sql("CREATE TABLE numbers_to_ask (id int PRIMARY KEY, n int); INSERT INTO numbers_to_ask VALUES (1, 5), (2, 6)")
    query, dataset = "SELECT id, n * 2 AS twice FROM numbers_to_ask", f"query_{database.kind}"
    load(server, database, dataset, query=query)
    assert verify_database(server, database, dataset, query=query)["equal"]
    for fields, field in (({}, "query"), ({"query": query + " WHERE id > 1"}, "query")):
        answer = server.post(f"/ingest/verify/{dataset}", json={"dsn": database.dsn(), **fields})
        assert problem(answer, 422)["field"] == field, answer
    database.sql("UPDATE numbers_to_ask SET n = 7 WHERE id = 2")
    result = verify_database(server, database, dataset, query=query, key="id")
    assert result["differences"] == [{"key": "id=2", "side": "both", "columns": ["twice"]}]


def test_reference_types_do_not_hide_what_they_round(server, database):
    database.sql("""CREATE TABLE rounded (id int PRIMARY KEY, exact decimal(10, 2), deep decimal(30, 20));
        INSERT INTO rounded VALUES (1, 1.50, 0.5), (2, 0.10, 0.12345678901234567891)""")
    dataset = f"reference_{database.kind}"
    load(server, database, dataset, table="rounded", types="reference")
    result = verify_database(server, database, dataset)
    assert columns(result) == {"id": True, "exact": True, "deep": False}
    assert result["differences"] == [{"key": "id=2", "side": "both", "columns": ["deep"]}]
    assert "column 'deep': 1 values were rounded by the stored type" in result["notes"]
    assert any("reference" in note for note in result["notes"])


def test_a_dataset_of_a_database_wants_its_dsn(server, database):
    database.sql("CREATE TABLE one (id int PRIMARY KEY); INSERT INTO one VALUES (1)")
    dataset = f"dsn_{database.kind}"
    load(server, database, dataset, table="one")
    detail = problem(server.post(f"/ingest/verify/{dataset}", json={}), 400)
    assert detail["field"] == "dsn" and "secrets are not stored" in detail["detail"]
