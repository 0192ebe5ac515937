"""Indexes fed directly: upsert and delete of documents."""
import pytest

from test_routes_service import problem


def upsert(server, index, rows, **fields):
    return server.post(f"/vectors/upsert/{index}", json={"rows": rows, **fields})


def test_the_first_upsert_makes_the_index_when_asked(server):
    rows = [{"doc_id": "a", "vector": [1, 0, 0]}, {"doc_id": "b", "vector": [0, 1, 0], "text": "kept", "source": "s"}]
    assert "fed" in problem(upsert(server, "fed", rows), 404)["detail"]
    answer = upsert(server, "fed", rows, create={"dimensions": 3, "metric": "l2"})
    assert answer.status == 200, answer
    assert answer.json() == {"inserted": 2, "updated": 0, "deleted": 0, "rows": 2}
    assert upsert(server, "fed", [{"doc_id": "a", "vector": [0, 0, 1]}]).json() == {
        "inserted": 0, "updated": 1, "deleted": 0, "rows": 2}
    hits = server.post("/vectors/search/fed", json={"vector": [0, 0, 0.9], "top_k": 2}).json()["hits"]
    assert [hit["doc_id"] for hit in hits] == ["a", "b"]
    record = server.get("/vectors/indexes/fed").json()
    assert not record["source"] and record["fresh"] is True and record["dimensions"] == 3


def test_texts_are_chunked_and_embedded(server):
    answer = upsert(server, "fed_text", [{"doc_id": "t", "text": "hello there"}], create={})
    assert answer.status == 200, answer
    hits = server.post("/vectors/search/fed_text", json={"query": "hello there"}).json()["hits"]
    assert hits[0]["doc_id"] == "t" and hits[0]["chunk_text"] == "hello there"


def test_documents_are_deleted(server):
    upsert(server, "fed_less", [{"doc_id": n, "vector": [1, 2]} for n in "abc"], create={"dimensions": 2})
    answer = server.post("/vectors/delete/fed_less", json={"doc_ids": ["a", "c", "unknown"]})
    assert answer.json() == {"inserted": 0, "updated": 0, "deleted": 2, "rows": 1}
    problem(server.post("/vectors/delete/no_such", json={"doc_ids": ["a"]}), 404)
    problem(server.post("/vectors/delete/fed_less", json={"doc_ids": [1]}), 400)
    problem(server.post("/vectors/delete/fed_less", json={}), 400)


@pytest.mark.parametrize("rows, said", [
    ([], "rows"),
    ([{"text": "x"}], "rows[0].doc_id"),
    ([{"doc_id": "", "text": "x"}], "doc_id"),
    ([{"doc_id": "a"}], "rows[0]"),
    ([{"doc_id": "a", "text": "x"}, {"doc_id": "b", "vector": []}], "rows[1].vector"),
    ([{"doc_id": "a", "vector": [1e300]}], "rows[0].vector"),
    ([{"doc_id": "a", "vector": ["1"]}], "rows[0].vector"),
    ([{"doc_id": "a", "text": "x", "txet": "y"}], "rows[0].txet"),
])
def test_bad_rows_are_named(server, rows, said):
    body = problem(upsert(server, "fed_bad", rows, create={"dimensions": 2}), 400)
    assert said in body["detail"] + body.get("field", "")


def test_a_vector_of_another_length_is_refused(server):
    upsert(server, "fed_strict", [{"doc_id": "a", "vector": [1, 2]}], create={"dimensions": 2})
    assert upsert(server, "fed_strict", [{"doc_id": "b", "vector": [1, 2, 3]}]).status in (400, 422)
    assert server.post("/vectors/search/fed_strict", json={"vector": [1, 2, 3]}).status in (400, 422)
