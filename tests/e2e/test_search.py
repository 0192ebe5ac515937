"""Search: by meaning, by vector, over HTTP and in SQL, and always the same answer."""
import math

import pytest

TEXTS = {
    "graphviz": "rich set of graph drawing tools",
    "plantuml": "create UML diagrams from a simple text language",
    "testdisk": "partition scanner and disk recovery tool, and PhotoRec file recovery tool",
    "extundelete": "utility to recover deleted files from ext3/ext4 partition",
    "gnuchess": "play a game of chess against the computer",
    "gimp": "GNU Image Manipulation Program, an editor for photographs",
    "vlc": "multimedia player and streamer for video and music",
    "postgresql": "object-relational SQL database",
}


@pytest.fixture(scope="module")
def indexed(model_server):
    rows = "\n".join(f'{name},"{text}",{len(text)}' for name, text in TEXTS.items())
    model_server.ingest("tools", f"id,text,length\n{rows}\n")
    model_server.refresh("tools", "tools")
    return model_server


def search(server, index="tools", **body):
    answer = server.post(f"/vectors/search/{index}", json=body)
    assert answer.status == 200, answer
    return answer.json()


@pytest.mark.parametrize("query, expected", [
    ("draw diagrams from text", {"plantuml", "graphviz"}),
    ("recover deleted files", {"extundelete", "testdisk"}),
    ("a board game with kings and queens", {"gnuchess"}),
    ("retouch my holiday pictures", {"gimp"}),
    ("where do I store tables and query them", {"postgresql"}),
])
def test_the_first_hits_are_those_a_person_would_pick(indexed, query, expected):
    hits = search(indexed, query=query, top_k=len(expected))["hits"]
    assert {hit["doc_id"] for hit in hits} == expected


def test_the_answer_has_every_field_and_is_sorted(indexed):
    answer = search(indexed, query="music", top_k=8)
    assert set(answer) >= {"hits", "index", "plan", "timings"}
    assert answer["index"]["name"] == "tools" and answer["index"]["fresh"] is True
    assert set(answer["timings"]) >= {"embed_ms", "search_ms", "fetch_ms", "total_ms"}
    for hit in answer["hits"]:
        assert set(hit) >= {"doc_id", "chunk_idx", "chunk_text", "source", "score", "distance"}
    scores = [hit["score"] for hit in answer["hits"]]
    assert scores == sorted(scores, reverse=True) and len(scores) == 8


def test_a_vector_finds_what_its_text_finds(indexed):
    embedded = indexed.post("/ai/embed", json={"texts": ["recover deleted files"]}).json()
    vector = embedded["embeddings"][0]
    assert embedded["dimensions"] == len(vector) == 384
    assert math.isclose(sum(x * x for x in vector), 1, rel_tol=1e-4)
    by_text = search(indexed, query="recover deleted files", top_k=5)["hits"]
    by_vector = search(indexed, vector=vector, top_k=5)["hits"]
    assert [hit["doc_id"] for hit in by_text] == [hit["doc_id"] for hit in by_vector]
    scaled = search(indexed, vector=[x * 100 for x in vector], top_k=5)["hits"]
    assert [hit["doc_id"] for hit in scaled] == [hit["doc_id"] for hit in by_vector]


def test_sql_gives_the_hits_of_the_route_and_joins(indexed):
    hits = search(indexed, query="recover deleted files", top_k=5)["hits"]
    rows = indexed.sql("SELECT doc_id, score, chunk_text FROM vector_search('tools', 'recover deleted files', 5) "
                       "ORDER BY score DESC")
    assert [row[0] for row in rows] == [hit["doc_id"] for hit in hits]
    assert all(math.isclose(row[1], hit["score"], rel_tol=1e-6) for row, hit in zip(rows, hits))
    joined = indexed.sql("SELECT t.id, t.length FROM vector_search('tools', 'recover deleted files', 2) s "
                         "JOIN tools t ON t.id = s.doc_id ORDER BY s.score DESC")
    assert joined == [[hit["doc_id"], len(TEXTS[hit["doc_id"]])] for hit in hits[:2]]
    vector = indexed.post("/ai/embed", json={"texts": ["chess"]}).json()["embeddings"][0]
    by_vector = indexed.sql("SELECT doc_id FROM vector_search('tools', ?, 1)", params=[vector])
    assert by_vector == [["gnuchess"]]


def test_exact_and_planned_search_agree_here(indexed):
    plain = search(indexed, query="video", top_k=3)["hits"]
    exact = search(indexed, query="video", top_k=3, exact=True)
    assert exact["plan"].startswith("exact") and exact["hits"] == plain


def test_after_a_restart_nothing_is_embedded_again_and_answers_are_equal(make_server):
    server = make_server(name="restarted")
    rows = "\n".join(f'{name},"{text}"' for name, text in TEXTS.items())
    server.ingest("tools", f"id,text\n{rows}\n")
    server.refresh("tools", "tools")
    before = search(server, query="chess", top_k=8)["hits"]
    server.restart()
    assert search(server, query="chess", top_k=8)["hits"] == before
    assert server.refresh("tools", "tools")["new_chunks_embedded"] == 0


def test_more_than_there_is_gives_all_there_is(indexed):
    assert len(search(indexed, query="x", top_k=100)["hits"]) == len(TEXTS)


@pytest.mark.parametrize("body, status, said", [
    ({}, 400, "query"),
    ({"query": "x", "vector": [1.0]}, 400, "vector"),
    ({"vector": [1.0, 2.0]}, 400, "384"),
    ({"vector": []}, 400, "vector"),
    ({"vector": ["a"]}, 400, "vector"),
    ({"query": "x", "top_k": 0}, 400, "top_k"),
    ({"query": "x", "top_k": -1}, 400, "top_k"),
    ({"query": "x", "topk": 3}, 400, "topk"),
    ({"query": 3}, 400, "query"),
    ({"query": "x", "filter": "length > 3"}, 501, "filter"),
])
def test_a_bad_search_is_refused_naming_the_field(indexed, body, status, said):
    answer = indexed.post("/vectors/search/tools", json=body)
    assert answer.status == status and said in answer.text, answer


def test_an_unknown_index_is_404_by_name(indexed):
    answer = indexed.post("/vectors/search/no_such_index", json={"query": "x"})
    assert answer.status == 404 and "no_such_index" in answer.text


def test_a_graph_finds_what_an_exact_search_finds(server):
    rows = "\n".join(f"{n},text {n}" for n in range(3000))
    server.ingest("graphed", f"id,text\n{rows}\n")
    server.refresh("graphed", "graphed")
    built = server.post("/vectors/hnsw/build/graphed", json={"m": 16, "ef_construction": 200})
    assert built.status == 200, built
    assert built.json()["build_time_secs"] >= 0 and built.json()["bytes"] > 0
    found = total = 0
    for n in range(50):
        exact = search(server, "graphed", query=f"text {n} about", top_k=10, exact=True)["hits"]
        walked = search(server, "graphed", query=f"text {n} about", top_k=10, ef_search=200)
        assert "hnsw" in walked["plan"]
        found += len({h["doc_id"] for h in exact} & {h["doc_id"] for h in walked["hits"]})
        total += len(exact)
    assert found / total >= 0.95
    record = server.get("/vectors/indexes/graphed").json()
    assert record["live_config"]["kind"] == "hnsw"
    refused = server.post("/vectors/hnsw/build/graphed", json={"quantization": "int8"})
    assert refused.status == 501


def test_openai_shape(indexed):
    answer = indexed.post("/v1/embeddings", json={"input": ["one", "two"], "model": "all-minilm-l6-v2"}).json()
    assert answer["object"] == "list" and [item["index"] for item in answer["data"]] == [0, 1]
    assert len(answer["data"][0]["embedding"]) == 384 and answer["usage"]["prompt_tokens"] >= 2
