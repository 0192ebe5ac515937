"""Vectors of texts, in our shape and in OpenAI's."""
import base64
import math
import struct

import pytest

from test_routes_service import problem


def test_texts_become_unit_vectors(server):
    answer = server.post("/ai/embed", json={"texts": ["one", "two", "one"]})
    assert answer.status == 200, answer
    body = answer.json()
    assert body["model"] == "fake" and body["dimensions"] == 32
    first, second, third = body["embeddings"]
    assert first == third != second and len(first) == 32
    assert math.isclose(sum(value * value for value in first), 1, rel_tol=1e-5)


@pytest.mark.parametrize("count", [1, 32, 33, 200])
def test_any_number_of_texts_in_order(server, count):
    texts = [f"text {n}" for n in range(count)]
    many = server.post("/ai/embed", json={"texts": texts}).json()["embeddings"]
    assert len(many) == count
    assert many[-1] == server.post("/ai/embed", json={"texts": texts[-1:]}).json()["embeddings"][0]


@pytest.mark.parametrize("body, status, said", [
    ({}, 400, "texts"), ({"texts": []}, 400, "texts"), ({"texts": "one"}, 400, "texts"), ({"texts": [1]}, 400, "texts"),
    ({"texts": ["x"], "model": "nope"}, 404, "nope"), ({"texts": ["x"] * 2049}, 413, "texts"),
    ({"txets": ["x"]}, 400, "txets"),
])
def test_bad_requests(server, body, status, said):
    answer = problem(server.post("/ai/embed", json=body), status)
    assert said in answer["detail"] + answer.get("field", "")


def test_openais_shape(server):
    ours = server.post("/ai/embed", json={"texts": ["a", "b"]}).json()["embeddings"]
    body = server.post("/v1/embeddings", json={"input": ["a", "b"], "model": "fake"}).json()
    assert body["object"] == "list" and body["model"] == "fake"
    assert [(item["object"], item["index"]) for item in body["data"]] == [("embedding", 0), ("embedding", 1)]
    assert [item["embedding"] for item in body["data"]] == ours
    assert set(body["usage"]) == {"prompt_tokens", "total_tokens"}
    single = server.post("/v1/embeddings", json={"input": "a"}).json()
    assert single["data"][0]["embedding"] == ours[0]


def test_openais_base64(server):
    ours = server.post("/ai/embed", json={"texts": ["a"]}).json()["embeddings"][0]
    item = server.post("/v1/embeddings", json={"input": "a", "encoding_format": "base64"}).json()["data"][0]
    assert struct.unpack("<32f", base64.b64decode(item["embedding"], validate=True)) == pytest.approx(ours, abs=1e-7)


@pytest.mark.parametrize("body, status", [
    ({}, 400), ({"input": []}, 400), ({"input": [1, 2]}, 400), ({"input": {"a": 1}}, 400),
    ({"input": "a", "encoding_format": "hex"}, 400), ({"input": "a", "model": "nope"}, 404),
    ({"input": "a", "dimensions": 7}, 422),
])
def test_openais_bad_requests(server, body, status):
    problem(server.post("/v1/embeddings", json=body), status)


def test_openais_own_dimensions_are_fine(server):
    assert server.post("/v1/embeddings", json={"input": "a", "dimensions": 32, "user": "me"}).status == 200
