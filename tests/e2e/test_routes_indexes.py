"""Records of vector indexes, their refresh and graph."""
import pytest

from test_routes_service import problem

RECORD = {"index_name", "source", "model_name", "model_version", "model_fingerprint", "dimensions", "chunk_count",
          "doc_count", "chunk_size", "overlap", "bucket", "vector_backend", "storage_key", "created_at",
          "build_time_secs", "chunks_per_sec", "snapshot_id", "fresh", "live_config"}
RESULT = {"index_name", "dataset_name", "pre_existing_docs", "dataset_docs", "new_docs_embedded",
          "new_chunks_embedded", "total_embeddings_after", "duration_secs", "stale_cleared", "changed_docs_embedded",
          "deleted_docs", "skipped_rows", "duplicate_ids", "truncated_chunks", "resumed", "snapshot_id"}
BODY = {"index_name": "routes", "id_column": "id", "text_column": "text"}


@pytest.fixture(scope="module")
def indexed(server):
    server.ingest("routes", "id,text\n" + "\n".join(f"{n},text {n}" for n in range(50)))
    answer = server.post("/vectors/refresh/routes", json=BODY)
    assert answer.status == 200, answer
    assert RESULT <= set(answer.json())
    return server


def test_the_record_has_every_field(indexed):
    record = indexed.get("/vectors/indexes/routes").json()
    assert RECORD <= set(record)
    assert record["source"] == "routes" and record["doc_count"] == record["chunk_count"] == 50
    assert record["dimensions"] == 32 and record["model_name"] == "fake"
    assert (record["chunk_size"], record["overlap"], record["bucket"]) == (500, 50, "primary")
    assert record["fresh"] is True and record["vector_backend"] == "parquet"
    assert record in indexed.get("/vectors/indexes").json()["indexes"]


def test_unknown_indexes_are_404_by_name(indexed):
    for answer in (indexed.get("/vectors/indexes/nope"), indexed.delete("/vectors/indexes/nope"),
                   indexed.patch("/vectors/indexes/nope", json={"bucket": "rescue"}),
                   indexed.post("/vectors/hnsw/build/nope", json={})):
        assert "nope" in problem(answer, 404)["detail"]


def test_moving_is_not_there_yet_and_says_so(indexed):
    problem(indexed.patch("/vectors/indexes/routes", json={"bucket": "rescue"}), 501)
    problem(indexed.patch("/vectors/indexes/routes", json={}), 400)
    assert indexed.get("/vectors/indexes/routes").json()["bucket"] == "primary"


def test_a_graph_is_built(indexed):
    answer = indexed.post("/vectors/hnsw/build/routes", json={"m": 8, "ef_construction": 60})
    assert answer.status == 200, answer
    built = answer.json()
    assert built["rows"] == 50 and built["bytes"] > 0 and built["build_time_secs"] >= 0
    assert (built["m"], built["ef_construction"]) == (8, 60)
    assert indexed.post("/vectors/hnsw/build/routes").status == 200  # all defaults
    problem(indexed.post("/vectors/hnsw/build/routes", json={"quantization": "int4"}), 400)
    problem(indexed.post("/vectors/hnsw/build/routes", json={"quantization": "int8"}), 501)


def test_an_index_is_dropped(indexed):
    indexed.post("/vectors/refresh/routes", json={**BODY, "index_name": "routes_gone"})
    assert indexed.delete("/vectors/indexes/routes_gone").status == 204
    problem(indexed.get("/vectors/indexes/routes_gone"), 404)
    problem(indexed.post("/vectors/search/routes_gone", json={"query": "x"}), 404)


@pytest.mark.parametrize("change, said", [
    ({"index_name": ""}, "index_name"), ({"index_name": 5}, "index_name"), ({"index_name": "../x"}, "index_name"),
    ({"chunk_size": 0}, "chunk_size"), ({"chunk_size": 2**40}, "chunk_size"), ({"overlap": -1}, "overlap"),
    ({"chunk_size": 10, "overlap": 10}, "overlap"), ({"backend": "csv"}, "backend"),
])
def test_bad_refreshes_name_the_field(indexed, change, said):
    body = problem(indexed.post("/vectors/refresh/routes", json={**BODY, "index_name": "bad", **change}), 400)
    assert said in body["detail"] + body.get("field", "")
    assert indexed.get("/vectors/indexes/bad").status == 404
