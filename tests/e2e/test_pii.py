"""Personal data: found on the way in, shown in the catalog, decided by people, never repeated."""
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from test_routes_service import problem

NAMES = ["Alice Johnson", "Bob Smith", "Carol Diaz", "David Brown", "Emma Wilson", "Frank Miller", "Grace Lee",
         "Henry Moore", "Olivia Clark", "Jack White"]
ROWS = [{"id": i + 1, "name": name, "email": f"{name.split()[0].lower()}@planted-secret.org", "salary_band": "B",
         "active": i % 2 == 0, "joined": f"2024-01-{i + 1:02}", "price": f"{i}.50", "quantity": 10 * i,
         "notes": f"delivered to door {i}"} for i, name in enumerate(NAMES)]
EXPECTED = [("email", "EMAIL", "both"), ("name", "PERSON", "both")]


def as_csv(rows):
    columns = list(rows[0])
    lines = [",".join(columns)] + [",".join(str(row[column]) for column in columns) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def as_json(rows):
    return json.dumps(rows).encode()


def as_ndjson(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows):
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


def found(answer):
    return sorted((finding["column"], finding["kind"], finding["basis"]) for finding in answer["pii"])


def shown(server, dataset):
    columns = server.get(f"/catalog/datasets/{dataset}").json()["columns"]
    return {column["name"]: [(tag["kind"], tag["basis"]) for tag in column["pii"]]
            for column in columns if column["pii"]}


@pytest.mark.parametrize("write", [as_csv, as_json, as_ndjson, as_parquet])
def test_name_and_email_are_found_in_every_format(server, write):
    dataset = write.__name__
    answer = server.ingest(dataset, write(ROWS))
    assert found(answer) == EXPECTED
    assert all(0.4 < finding["score"] <= 1 for finding in answer["pii"])
    assert shown(server, dataset) == {"email": [("EMAIL", "both")], "name": [("PERSON", "both")]}
    listed = {item["name"]: item for item in server.get("/catalog/datasets").json()["datasets"]}
    assert listed[dataset] == server.get(f"/catalog/datasets/{dataset}").json()


def test_a_form_and_a_job_tell_the_same(server):
    boundary = "----boundary42"
    body = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\n'.encode()
            + as_csv(ROWS) + f"\r\n--{boundary}--\r\n".encode())
    answer = server.post("/ingest/file", params={"dataset": "form", "mode": "replace"}, data=body,
                         headers={"Content-Type": f"multipart/form-data; boundary={boundary}"}).json()
    assert found(answer) == EXPECTED


def test_an_append_adds_to_what_was_found_and_a_replacement_starts_anew(server):
    server.ingest("growing", "id,contact\n1,nothing\n2,to see\n")
    assert shown(server, "growing") == {}
    server.ingest("growing", "id,contact\n" + "".join(f"{i},who{i}@example.com\n" for i in range(9)), mode="append")
    assert shown(server, "growing") == {"contact": [("EMAIL", "value")]}
    server.ingest("growing", "id,contact\n3,nothing again\n", mode="append")
    assert shown(server, "growing") == {"contact": [("EMAIL", "value")]}
    server.ingest("growing", "id,contact\n1,nothing\n", mode="replace")
    assert shown(server, "growing") == {}


def test_an_upsert_is_looked_at_too(server):
    server.ingest("merged", "id,contact\n1,nothing\n2,to see\n")
    answer = server.ingest("merged", "id,contact\n2,two@example.com\n3,three@example.com\n", mode="upsert", key="id")
    assert found(answer) == [("contact", "EMAIL", "value")]
    assert shown(server, "merged") == {"contact": [("EMAIL", "value")]}


def test_what_a_person_says_stays(fresh_server):
    server = fresh_server
    server.ingest("decided", as_csv(ROWS))
    answer = server.patch("/catalog/datasets/decided", json={"pii": {"notes": "ADDRESS", "email": None}})
    assert answer.status == 200
    columns = {column["name"]: column["pii"] for column in answer.json()["columns"]}
    assert columns["notes"] == [{"kind": "ADDRESS", "score": 1.0, "basis": "person"}] and columns["email"] == []
    expected = {"notes": [("ADDRESS", "person")], "name": [("PERSON", "both")]}
    assert shown(server, "decided") == expected
    assert found(server.ingest("decided", as_csv(ROWS), mode="append")) == EXPECTED  # what the scan says
    assert shown(server, "decided") == expected  # what the person said
    server.ingest("decided", as_csv(ROWS), mode="replace")
    assert shown(server, "decided") == expected
    server.restart()
    assert shown(server, "decided") == expected
    server.patch("/catalog/datasets/decided", json={"pii": {"email": "EMAIL"}})
    assert shown(server, "decided")["email"] == [("EMAIL", "person")]


def test_a_decision_that_makes_no_sense_is_422_and_changes_nothing(server):
    server.ingest("strict", as_csv(ROWS))
    before = server.get("/catalog/datasets/strict").json()
    for wrong in ({"no_such_column": "EMAIL"}, {"email": "NO_SUCH_KIND"}, {"email": "email"}, {"email": 7},
                  {"email": ""}, {"email": ["EMAIL"]}):
        body = problem(server.patch("/catalog/datasets/strict", json={"pii": wrong, "description": "new"}), 422)
        assert body["field"] == "pii" and next(iter(wrong)) in body["detail"]
    problem(server.patch("/catalog/datasets/strict", json={"pii": "EMAIL"}), 400)
    problem(server.patch("/catalog/datasets/no_such_dataset", json={"pii": {"a": "EMAIL"}}), 404)
    assert server.get("/catalog/datasets/strict").json() == before


def test_values_that_matched_appear_nowhere_but_in_the_data(fresh_server):
    server = fresh_server
    server.ingest("quiet", as_csv(ROWS))
    server.ingest("quiet", as_csv(ROWS), mode="append")
    server.patch("/catalog/datasets/quiet", json={"pii": {"notes": "ADDRESS"}})
    answers = [server.get(path).text for path in
               ("/catalog/datasets", "/catalog/datasets/quiet", "/catalog/datasets/quiet/lineage",
                "/catalog/datasets/quiet/snapshots", "/metrics", "/jobs")]
    secrets = ["planted-secret", "Alice Johnson", "alice@"]
    for answer in answers:
        assert not any(secret in answer for secret in secrets)
    assert not any(secret in server.log() for secret in secrets)
    looked_at = 0
    for path in server.data_dir.rglob("*"):
        inside = path.relative_to(server.data_dir).as_posix()
        if path.is_file() and path.suffix != ".parquet":
            looked_at += 1
            assert not any(secret.encode() in path.read_bytes() for secret in secrets), inside
    assert looked_at > 0


def test_the_command_line_shows_them(server, tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes(as_csv([{"id": row["id"], "surname": f"Q{row['id']}", "email": row["email"]} for row in ROWS]))
    loaded = server.cli("ingest", str(path), "--dataset", "told", "--mode", "replace")
    assert loaded.returncode == 0, loaded.stderr
    assert "personal data: email (EMAIL)" in loaded.stdout
    listed = server.cli("datasets", "told")
    assert listed.returncode == 0 and "EMAIL" in listed.stdout and "@" not in listed.stdout
