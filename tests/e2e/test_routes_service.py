"""Service routes, and what every answer has in common."""
import http.client
import json
import socket
import urllib.parse

import pytest


def connect(server):
    address = urllib.parse.urlparse(server.url)
    return http.client.HTTPConnection(address.hostname, address.port, timeout=60)


def problem(answer, status):
    assert answer.status == status, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert {"type", "title", "status", "detail", "request_id"} <= set(body)
    assert body["request_id"] == answer.headers["X-Request-Id"]
    return body


def test_alive(server):
    assert server.get("/healthz").json() == {"status": "ok"}


def test_ready_names_the_buckets(server):
    deadline = 200
    while (answer := server.get("/readyz")).status == 503 and deadline > 0:
        deadline -= 1
    assert answer.status == 200
    body = answer.json()
    assert body["status"] == "ready" and body["indexes_loaded"] is True
    assert {"primary", "rescue"} <= set(body["buckets"])


def test_version(server):
    body = server.get("/version").json()
    assert body["name"] == "lakehouse" and body["version"]


def test_metrics_count_requests(server):
    def requests():
        answer = server.get("/metrics")
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        line = next(line for line in answer.text.splitlines() if line.startswith("lakehouse_http_requests_total "))
        return float(line.split()[1])

    before = requests()
    server.get("/healthz")
    assert requests() >= before + 1


def references(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if key == "$ref" else references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_openapi_is_whole(server):
    answer = server.get("/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas, reference
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids)) > 30
    for path, methods in document["paths"].items():
        for operation in methods.values():
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}
            assert "default" in operation["responses"]


def test_an_unknown_route_is_404(server):
    body = problem(server.get("/no/such/route"), 404)
    assert "/no/such/route" in body["detail"]


@pytest.mark.parametrize("path", ["/healthz/", "//healthz", "/Healthz", "/%68ealthz", "/storage/buckets/"])
def test_near_misses_are_404(server, path):
    problem(server.get(path), 404)


def test_a_wrong_method_is_405_and_lists_the_right_ones(server):
    answer = server.delete("/healthz")
    problem(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD"
    assert server.put("/catalog/datasets/x", data=b"").headers["Allow"] == "GET, HEAD, PATCH, DELETE"


def test_head_is_get_without_the_body(server):
    answer = server.head("/version")
    assert answer.status == 200 and answer.body == b""
    assert int(answer.headers["Content-Length"]) == len(server.get("/version").body)


def test_an_unknown_parameter_is_400_and_named(server):
    assert problem(server.get("/storage/buckets/primary/objects", params={"limt": 5}), 400)["field"] == "limt"
    assert problem(server.get("/healthz", params={"x": 1}), 400)["field"] == "x"


def test_an_unknown_json_field_is_400_and_named(server):
    answer = server.post("/query/sql", json={"sql": "SELECT 1", "formt": "csv"})
    assert problem(answer, 400)["field"] == "formt"


@pytest.mark.parametrize("body", [b"{", b"[1]", b"1", b'{"sql": "SELECT 1"} x', b'{"sql": "\xff"}',
                                  b'{"sql": 1}', b'{"sql": "SELECT 1", "sql": "SELECT 2"}', b"", b"null",
                                  b"[" * 100000])
def test_a_body_that_is_no_good_json_is_400(server, body):
    problem(server.post("/query/sql", data=body, headers={"Content-Type": "application/json"}), 400)


def test_a_body_of_another_type_is_415(server):
    problem(server.post("/query/sql", data=b"a,b", headers={"Content-Type": "text/csv"}), 415)


def test_a_body_where_none_belongs_is_400(server):
    problem(server.delete("/vectors/indexes/x", data=b"force"), 400)


def test_request_ids_are_taken_over_when_sane(server):
    assert server.get("/healthz", headers={"X-Request-Id": "trace-42.a_b"}).headers["X-Request-Id"] == "trace-42.a_b"
    for bad in ["a b", "x" * 65, "<script>", "a;b"]:
        made = server.get("/healthz", headers={"X-Request-Id": bad}).headers["X-Request-Id"]
        assert made != bad and len(made) == 32


def test_web_pages_of_other_origins_are_refused(server):
    problem(server.post("/query/sql", json={"sql": "SELECT 1"}, headers={"Origin": "http://evil.example"}), 403)
    problem(server.get("/catalog/datasets", headers={"Origin": "null"}), 403)
    assert server.get("/healthz", headers={"Origin": server.url}).status == 200


def test_a_json_body_beyond_the_limit_is_413(make_server):
    server = make_server(config="[server]\njson_body_bytes_max = \"1 MiB\"\n")
    answer = server.post("/query/sql", json={"sql": "SELECT '" + "x" * (2 << 20) + "'"})
    problem(answer, 413)
    connection = connect(server)  # the same without a declared length
    connection.request("POST", "/query/sql", iter([b'{"sql": "'] + [b"x" * 65536] * 32),
                       {"Content-Type": "application/json"}, encode_chunked=True)
    assert connection.getresponse().status == 413


def test_one_connection_serves_many_requests(server):
    connection = connect(server)
    for n in range(20):
        connection.request("POST", "/query/sql", json.dumps({"sql": f"SELECT {n}"}),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert json.loads(answer.read())["rows"] == [[n]]
    for path in ["/no-such-route", "/healthz?x=1", "/healthz"]:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    assert answer.status == 200


@pytest.mark.parametrize("junk", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                                  b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                                  b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551616\r\n\r\n",
                                  b"GET /healthz HTTP/1.1\r\n" + b"A: " + b"x" * 400000 + b"\r\n\r\n",
                                  b"POST /query/sql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"])
def test_what_is_no_http_harms_nobody(server, junk):
    address = urllib.parse.urlparse(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as raw:
        try:
            raw.sendall(junk)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65536):
                pass
        except ConnectionError:
            pass  # cut off: fine
    assert server.get("/healthz").status == 200


def test_every_request_leaves_a_line_with_its_id(fresh_server):
    fresh_server.get("/catalog/datasets", headers={"X-Request-Id": "look-for-me"})
    fresh_server.stop()
    line = next(line for line in fresh_server.log().splitlines() if "look-for-me" in line)
    assert "status=200" in line and "/catalog/datasets" in line and "ms=" in line


def slow_query(server, size):
    """A connection on which a query of about size * size steps is running."""
    connection = connect(server)
    sql = f"SELECT count(*) FROM range({size}) a, range({size}) b WHERE (a.range * b.range) % 7 = 3"
    connection.request("POST", "/query/sql", json.dumps({"sql": sql, "timeout_ms": 300000}),
                       {"Content-Type": "application/json"})
    while "lakehouse_queries_running 1" not in server.get("/metrics").text:
        pass
    return connection


def test_sigterm_lets_a_running_request_finish(fresh_server):
    connection = slow_query(fresh_server, 10_000)
    fresh_server.process.terminate()
    answer = connection.getresponse()
    assert answer.status == 200 and json.loads(answer.read())["row_count"] == 1
    assert fresh_server.process.wait(timeout=60) == 0


def test_what_outlasts_the_drain_is_told_503(make_server):
    server = make_server(config="[server]\ndrain_timeout_s = 0\n")
    connection = slow_query(server, 1_000_000)
    server.process.terminate()
    answer = connection.getresponse()
    assert answer.status == 503 and "shutting down" in json.loads(answer.read())["detail"]
    assert server.process.wait(timeout=60) == 0
