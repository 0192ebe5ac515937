"""Refresh: exactly the changed documents are embedded, and the counts say what happened."""
import csv
import io
import random

import pytest

FIELDS = {"index_name": str, "dataset_name": str, "pre_existing_docs": int, "dataset_docs": int,
          "new_docs_embedded": int, "new_chunks_embedded": int, "total_embeddings_after": int,
          "duration_secs": (int, float), "stale_cleared": bool, "changed_docs_embedded": int, "deleted_docs": int,
          "skipped_rows": dict, "duplicate_ids": int, "truncated_chunks": int, "snapshot_id": int}


def as_csv(rows, header=("id", "text")):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def texts_embedded(server):
    """How many texts the embedder has seen, from the server's own counter."""
    for line in server.get("/metrics").text.splitlines():
        if line.startswith("lakehouse_embed_texts_total"):
            return int(line.split()[-1])
    raise AssertionError("no such metric")


def test_every_field_of_the_contract_is_there(server):
    server.ingest("fields", "id,text\n1,one\n")
    result = server.refresh("fields", "fields")
    for name, kind in FIELDS.items():
        assert isinstance(result[name], kind), (name, result)
    assert set(result["skipped_rows"]) == {"null_id", "null_text", "blank_text"}
    assert "resumed" in result


def test_20000_documents_then_30_edited_20_deleted_50_added(server):
    random.seed(7)
    rows = {f"doc-{n}": f"text number {n}, {random.random()}" for n in range(20_000)}
    server.ingest("many", as_csv(rows.items()))
    first = server.refresh("many", "many")
    assert (first["new_docs_embedded"], first["total_embeddings_after"]) == (20_000, 20_000)
    assert first["pre_existing_docs"] == 0 and first["stale_cleared"] is True

    names = list(rows)
    random.shuffle(names)
    for name in names[:30]:
        rows[name] += ", edited"
    for name in names[30:50]:
        del rows[name]
    for n in range(50):
        rows[f"new-{n}"] = f"a new text {n}"
    server.ingest("many", as_csv(rows.items()))
    assert server.get("/vectors/indexes/many").json()["fresh"] is False
    before = texts_embedded(server)
    second = server.refresh("many", "many")
    assert texts_embedded(server) - before == 80
    assert second["pre_existing_docs"] == 20_000
    assert second["dataset_docs"] == 20_030
    assert (second["new_docs_embedded"], second["changed_docs_embedded"], second["deleted_docs"]) == (50, 30, 20)
    assert second["new_chunks_embedded"] == 80 and second["total_embeddings_after"] == 20_030

    before = texts_embedded(server)
    third = server.refresh("many", "many")
    assert texts_embedded(server) == before
    assert third["new_chunks_embedded"] == third["new_docs_embedded"] == third["changed_docs_embedded"] == 0
    record = server.get("/vectors/indexes/many").json()
    assert record["fresh"] is True and record["doc_count"] == record["chunk_count"] == 20_030
    gone = server.get(f"/vectors/doc/many/{names[40]}")
    assert gone.status == 404
    edited = server.get(f"/vectors/doc/many/{names[0]}").json()
    assert "edited" in str(edited)


def test_rows_that_cannot_be_indexed_are_counted_not_hidden(server):
    server.ingest("holes", 'id,text\n1,one\n,no id\n3,\n4,"   "\n5,five\n5,five again\n')
    result = server.refresh("holes", "holes")
    assert result["skipped_rows"] == {"null_id": 1, "null_text": 1, "blank_text": 1}
    assert result["duplicate_ids"] == 1 and result["new_docs_embedded"] == 2
    chunks = server.get("/vectors/doc/holes/5").json()
    assert "five again" in str(chunks)  # the last one wins


@pytest.mark.parametrize("missing", ["index_name", "id_column", "text_column"])
def test_a_missing_field_is_named(server, missing):
    server.ingest("asked", "id,text\n1,one\n")
    body = {"index_name": "asked", "id_column": "id", "text_column": "text"}
    del body[missing]
    answer = server.post("/vectors/refresh/asked", json=body)
    assert answer.status == 400 and missing in answer.text


@pytest.mark.parametrize("change, status, said", [
    ({"id_column": "nope"}, 422, "nope"),
    ({"text_column": "nope"}, 422, "nope"),
    ({"id_column": "number"}, 422, "DOUBLE"),
    ({"text_column": "id"}, 422, "id"),
    ({"chunk_size": 10, "overlap": 10}, 400, "overlap"),
    ({"chunk_size": 0}, 400, "chunk_size"),
    ({"model": "no-such-model"}, 404, "no-such-model"),
    ({"chunk_sise": 10}, 400, "chunk_sise"),
])
def test_a_refresh_that_cannot_be_is_refused_and_says_why(server, change, status, said):
    server.ingest("typed", "id,text,number\n1,one,1.5\n")
    body = {"index_name": "typed_bad", "id_column": "id", "text_column": "text", **change}
    answer = server.post("/vectors/refresh/typed", json=body)
    assert answer.status == status and said in answer.text, answer
    assert server.get("/vectors/indexes/typed_bad").status == 404


def test_an_unknown_dataset_is_404_by_name(server):
    answer = server.post("/vectors/refresh/no_such", json={"index_name": "x", "id_column": "a", "text_column": "b"})
    assert answer.status == 404 and "no_such" in answer.text


def test_integer_ids_are_exact_text(server):
    server.ingest("wide", "id,text\n9223372036854775807,largest\n-5,negative\n")
    server.refresh("wide", "wide")
    assert "largest" in server.get("/vectors/doc/wide/9223372036854775807").text


def test_long_texts_become_chunks_that_count_characters(server):
    text = "å日本語 " * 300  # 5 code points a time, up to 14 bytes
    server.ingest("long", as_csv([("a", text)]))
    result = server.refresh("long", "long", chunk_size=200, overlap=20)
    assert result["new_docs_embedded"] == 1 and result["new_chunks_embedded"] > 5
    chunks = server.get("/vectors/doc/long/a").json()["chunks"]
    assert all(len(chunk["chunk_text"]) <= 200 for chunk in chunks)
    assert [chunk["chunk_idx"] for chunk in chunks] == list(range(len(chunks)))


def test_two_indexes_on_one_dataset_age_separately(server):
    server.ingest("shared", "id,text\n1,one\n")
    server.refresh("shared", "shared_a")
    server.refresh("shared", "shared_b")
    server.ingest("shared", "id,text\n2,two\n", mode="append")
    server.refresh("shared", "shared_a")
    fresh = {name: server.get(f"/vectors/indexes/{name}").json()["fresh"] for name in ("shared_a", "shared_b")}
    assert fresh == {"shared_a": True, "shared_b": False}


def test_chunking_of_an_index_cannot_change_in_silence(server):
    server.ingest("chunked", "id,text\n1,one\n")
    server.refresh("chunked", "chunked", chunk_size=100, overlap=10)
    answer = server.post("/vectors/refresh/chunked", json={
        "index_name": "chunked", "id_column": "id", "text_column": "text", "chunk_size": 200})
    assert answer.status == 422 and "chunk_size" in answer.text


def test_as_a_job_it_answers_at_once_and_shows_its_progress(server):
    server.ingest("jobbed", as_csv((n, f"text {n}") for n in range(500)))
    answer = server.post("/vectors/refresh/jobbed", json={
        "index_name": "jobbed", "id_column": "id", "text_column": "text"}, headers={"Prefer": "respond-async"})
    assert answer.status == 202
    job = answer.json()["job_id"]
    assert answer.headers["Location"] == f"/jobs/{job}"
    events = server.get(f"/jobs/{job}/events").text  # ends when the job does
    assert "done" in events
    finished = server.get(f"/jobs/{job}").json()
    assert finished["state"] == "done" and finished["result"]["new_docs_embedded"] == 500
