"""POST /vectors/search and GET /vectors/doc: the shape of requests and answers."""
import pytest

from test_routes_service import problem


@pytest.fixture(scope="module")
def searched(server):
    server.ingest("search_routes", "id,text\n" + "\n".join(f"doc/{n},text number {n}" for n in range(30)))
    server.refresh("search_routes", "search_routes")
    return server


def search(server, **body):
    return server.post("/vectors/search/search_routes", json=body)


def test_the_answer_has_every_field(searched):
    answer = search(searched, query="text number 7")
    assert answer.status == 200, answer
    body = answer.json()
    assert len(body["hits"]) == 10  # the default
    assert set(body["hits"][0]) >= {"doc_id", "chunk_idx", "chunk_text", "source", "score", "distance"}
    assert body["hits"][0]["doc_id"] == "doc/7" and body["hits"][0]["score"] == pytest.approx(1, abs=1e-5)
    assert body["index"]["name"] == "search_routes" and body["index"]["backend"] == "parquet"
    assert body["index"]["fresh"] is True and body["index"]["snapshot_id"] > 0
    assert body["plan"] and {"embed_ms", "search_ms", "fetch_ms", "total_ms"} <= set(body["timings"])
    assert [hit["score"] for hit in body["hits"]] == sorted((hit["score"] for hit in body["hits"]), reverse=True)


def test_as_many_hits_as_asked(searched):
    assert len(search(searched, query="x", top_k=30).json()["hits"]) == 30
    assert len(search(searched, query="x", top_k=1000).json()["hits"]) == 30
    assert len(search(searched, query="x", top_k=1, exact=True, ef_search=50, explain=True).json()["hits"]) == 1


@pytest.mark.parametrize("body, said", [
    ({}, "query"), ({"query": ""}, "query"), ({"query": "x", "vector": [1.0]}, "query"),
    ({"query": "x", "top_k": 0}, "top_k"), ({"query": "x", "top_k": 10001}, "top_k"),
    ({"query": "x", "top_k": 1.5}, "top_k"), ({"query": "x", "topk": 5}, "topk"), ({"query": 5}, "query"),
    ({"vector": []}, "vector"), ({"vector": "abc"}, "vector"), ({"vector": [None]}, "vector"),
    ({"query": "x", "exact": "yes"}, "exact"),
])
def test_bad_requests_name_the_field(searched, body, said):
    assert problem(search(searched, **body), 400)["field"] == said


@pytest.mark.parametrize("extra", [{"filter": "id = 1"}, {"nprobes": 4}, {"refine": 2}])
def test_what_is_not_there_yet_is_501_and_never_ignored(searched, extra):
    assert problem(search(searched, query="x", **extra), 501)["field"] == next(iter(extra))


def test_a_vector_of_another_length_is_refused(searched):
    assert search(searched, vector=[1.0, 2.0]).status in (400, 422)


def test_an_unknown_index_is_404(searched):
    assert "nope" in problem(searched.post("/vectors/search/nope", json={"query": "x"}), 404)["detail"]


def test_a_document_with_all_its_chunks(searched):
    answer = searched.get("/vectors/doc/search_routes/doc%2F7")
    assert answer.status == 200, answer
    body = answer.json()
    assert body["doc_id"] == "doc/7"
    assert [(chunk["chunk_idx"], chunk["chunk_text"]) for chunk in body["chunks"]] == [(0, "text number 7")]
    assert "doc/99" in problem(searched.get("/vectors/doc/search_routes/doc%2F99"), 404)["detail"]
    problem(searched.get("/vectors/doc/nope/a"), 404)
