"""Datasets: what they hold, what they held, where it came from."""
import re

import pytest

from test_routes_service import problem

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def test_a_dataset_tells_everything(server):
    loaded = server.ingest("people", "id,name,age,joined\n1,Ann,41,2020-01-31\n2,Bob,,2021-05-01\n")
    dataset = server.get("/catalog/datasets/people").json()
    assert dataset["name"] == "people" and dataset["bucket"] == "primary"
    assert dataset["snapshot_id"] == loaded["snapshot_id"] and dataset["rows"] == 2 and dataset["bytes"] > 0
    assert [(column["name"], column["type"]) for column in dataset["columns"]] == [
        ("id", "BIGINT"), ("name", "VARCHAR"), ("age", "BIGINT"), ("joined", "DATE")]
    assert all(column["nullable"] in (True, False) for column in dataset["columns"])
    assert [[tag["kind"] for tag in column["pii"]] for column in dataset["columns"]] == [[], ["PERSON"], [], []]
    assert sum(item["rows"] for item in dataset["objects"]) == 2
    assert all(item["key"].startswith("data/people/") and item["bytes"] > 0 for item in dataset["objects"])
    assert dataset["indexes"] == []
    assert TIME.fullmatch(dataset["created_at"]) and TIME.fullmatch(dataset["updated_at"])
    assert dataset in server.get("/catalog/datasets").json()["datasets"]


def test_the_manifest_lists_objects_that_exist(server):
    server.ingest("manifest", "id\n1\n")
    server.ingest("manifest", "id\n2\n", mode="append")
    dataset = server.get("/catalog/datasets/manifest").json()
    assert len(dataset["objects"]) == 2 and dataset["rows"] == 2
    for item in dataset["objects"]:
        content = server.get(f"/storage/buckets/primary/objects/{item['key']}")
        assert content.body[:4] == b"PAR1" and len(content.body) == item["bytes"]
    assert server.sql("SELECT count(*) FROM manifest") == [[2]]


def test_history_and_lineage(server):
    first = server.ingest("history", "id\n1\n2\n", source="first.csv")["snapshot_id"]
    second = server.ingest("history", "id\n3\n", mode="append", source="second.csv")["snapshot_id"]
    assert second > first
    snapshots = server.get("/catalog/datasets/history/snapshots").json()["snapshots"]
    assert [(item["snapshot_id"], item["parent_id"], item["rows"]) for item in snapshots] == [
        (second, first, 3), (first, None, 2)]
    entries = server.get("/catalog/datasets/history/lineage").json()["entries"]
    assert [(entry["snapshot_id"], entry["source"], entry["mode"], entry["rows"]) for entry in entries] == [
        (second, "second.csv", "append", 1), (first, "first.csv", "replace", 2)]
    for entry in entries:
        assert entry["source_system"] == "file" and entry["rejected"] == 0 and entry["coercions"] == []
        assert TIME.fullmatch(entry["at"])
    assert len(server.get("/catalog/datasets/history/snapshots", params={"limit": 1}).json()["snapshots"]) == 1
    problem(server.get("/catalog/datasets/history/lineage", params={"limit": 0}), 400)


def test_a_description_stays(fresh_server):
    fresh_server.ingest("described", "id\n1\n")
    answer = fresh_server.patch("/catalog/datasets/described", json={"description": "rows of one é"})
    assert answer.status == 200 and answer.json()["description"] == "rows of one é"
    fresh_server.ingest("described", "id\n2\n", mode="append")
    fresh_server.restart()
    assert fresh_server.get("/catalog/datasets/described").json()["description"] == "rows of one é"
    assert fresh_server.patch("/catalog/datasets/described", json={"description": ""}).json()["description"] == ""


def test_an_unknown_field_of_a_change_is_400(server):
    server.ingest("tagged", "id\n1\n")
    problem(server.patch("/catalog/datasets/tagged", json={"descriptoin": "x"}), 400)


@pytest.mark.parametrize("path", ["", "/snapshots", "/lineage"])
def test_an_unknown_dataset_is_404_by_name(server, path):
    assert "no_such" in problem(server.get(f"/catalog/datasets/no_such{path}"), 404)["detail"]
    problem(server.patch("/catalog/datasets/no_such", json={"description": "x"}), 404)
    problem(server.delete("/catalog/datasets/no_such"), 404)


def test_dropping(server):
    server.ingest("dropped", "id,text\n1,one\n")
    assert server.delete("/catalog/datasets/dropped").status == 204
    problem(server.get("/catalog/datasets/dropped"), 404)
    assert server.get("/storage/buckets/primary/objects", params={"prefix": "data/dropped/"}).json()["objects"] == []
    problem(server.post("/query/sql", json={"sql": "SELECT * FROM dropped"}), 404)


def test_a_dataset_with_an_index_is_409_unless_forced(server):
    server.ingest("indexed", "id,text\n1,one\n")
    server.refresh("indexed", "indexed_a")
    assert server.get("/catalog/datasets/indexed").json()["indexes"] == [{"index_name": "indexed_a", "fresh": True}]
    server.ingest("indexed", "id,text\n2,two\n", mode="append")
    assert server.get("/catalog/datasets/indexed").json()["indexes"] == [{"index_name": "indexed_a", "fresh": False}]
    body = problem(server.delete("/catalog/datasets/indexed"), 409)
    assert any("indexed_a" in reference for reference in body["references"])
    assert server.delete("/catalog/datasets/indexed?force=true").status == 204
