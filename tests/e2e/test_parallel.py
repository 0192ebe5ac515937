"""Many clients at once, clients that hang up, and readers while writers write."""
import http.client
import json
import socket
import threading
import urllib.parse

SLOW = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3"


def in_parallel(count, work):
    """Run work(n) on `count` threads; returns the results, and raises what any of them raised."""
    results, failures = [None] * count, []

    def run(n):
        try:
            results[n] = work(n)
        except BaseException as failure:  # told below, on the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results


def running_queries(server):
    for line in server.get("/metrics").text.splitlines():
        if line.startswith("lakehouse_queries_running"):
            return int(float(line.split()[-1]))
    raise AssertionError("no such metric")


def test_16_clients_get_16_right_answers(server):
    server.ingest("numbers", "id,text\n" + "\n".join(f"{n},row {n}" for n in range(5000)))
    server.refresh("numbers", "numbers")

    def client(n):
        for turn in range(10):
            assert server.sql(f"SELECT sum(id), count(*) FROM numbers WHERE id % 16 = {n}") == [
                [sum(range(n, 5000, 16)), len(range(n, 5000, 16))]]
            hits = server.post("/vectors/search/numbers", json={"query": f"row {turn}", "top_k": 3}).json()["hits"]
            assert len(hits) == 3 and hits[0]["chunk_text"] == f"row {turn}"
        return True

    assert all(in_parallel(16, client))


def test_a_client_that_hangs_up_stops_its_query(server):
    address = urllib.parse.urlparse(server.url)
    body = json.dumps({"sql": SLOW, "timeout_ms": 60000}).encode()
    connection = socket.create_connection((address.hostname, address.port))
    connection.sendall(b"POST /query/sql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n" % len(body) + body)
    while running_queries(server) < 1:
        pass
    connection.close()
    while running_queries(server) > 0:  # a hang here is the failure
        pass
    assert server.sql("SELECT 1") == [[1]]


def test_a_query_beyond_its_time_is_504(server):
    answer = server.post("/query/sql", json={"sql": SLOW, "timeout_ms": 100})
    assert answer.status == 504 and "100" in answer.text


def test_a_query_sees_one_state_of_a_dataset_while_loads_go_on(server):
    server.ingest("moving", "id,text\n" + "\n".join(f"{n},0" for n in range(100)))
    stop = threading.Event()

    def writer():
        turn = 0
        while not stop.is_set():
            turn += 1
            server.ingest("moving", "id,text\n" + "\n".join(f"{n},{turn}" for n in range(100)))

    thread = threading.Thread(target=writer)
    thread.start()
    try:
        for _ in range(60):
            counts = server.sql("SELECT count(*), count(DISTINCT a.text), count(DISTINCT b.text), "
                                "min(a.text) = min(b.text) FROM moving a JOIN moving b USING (id)")
            assert counts == [[100, 1, 1, True]]
    finally:
        stop.set()
        thread.join()


def test_searches_during_refreshes_see_the_old_index_or_the_new(server):
    def load(turn):
        return "id,text\n" + "\n".join(f"{n},state {turn} of {n}" for n in range(400))

    server.ingest("swapped", load(0))
    server.refresh("swapped", "swapped")
    stop = threading.Event()

    def writer():
        for turn in range(1, 6):
            server.ingest("swapped", load(turn))
            server.refresh("swapped", "swapped")
        stop.set()

    thread = threading.Thread(target=writer)
    thread.start()
    try:
        while not stop.is_set():
            answer = server.post("/vectors/search/swapped", json={"query": "state", "top_k": 400})
            assert answer.status == 200, answer
            states = {hit["chunk_text"].split()[1] for hit in answer.json()["hits"]}
            assert len(states) == 1 and len(answer.json()["hits"]) == 400
    finally:
        thread.join()


def test_loads_of_one_dataset_at_once_lose_no_row(server):
    server.ingest("together", "id,text\n0,start\n")
    in_parallel(8, lambda n: [server.ingest("together", f"id,text\n{n * 10 + turn + 1},x\n", mode="append")
                              for turn in range(5)])
    assert server.sql("SELECT count(*), count(DISTINCT id) FROM together") == [[41, 41]]


def test_more_queries_than_places_wait_or_are_told_429(make_server):
    server = make_server(config="[query]\nconcurrency_max = 1\nqueue_wait_ms = 100\n")
    address = urllib.parse.urlparse(server.url)
    first = http.client.HTTPConnection(address.hostname, address.port)
    first.request("POST", "/query/sql", json.dumps({"sql": SLOW, "timeout_ms": 60000}),
                  {"Content-Type": "application/json"})
    while running_queries(server) < 1:
        pass
    second = server.post("/query/sql", json={"sql": "SELECT 1"})
    assert second.status == 429 and int(second.headers["Retry-After"]) >= 1
    first.close()
