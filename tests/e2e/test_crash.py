"""kill -9 in the middle of work: after a restart everything is as it was before, or as it should be after."""
import csv
import io
import threading

import pytest

from conftest import Server


def as_csv(rows):
    out = io.StringIO()
    csv.writer(out).writerows([("id", "text"), *rows])
    return out.getvalue()


def in_background(action):
    """Run what will be cut off by the kill; its connection error is expected."""
    def run():
        try:
            action()
        except OSError:
            pass
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def wait_for_embedding(server, texts):
    """Until the embedder has been given so many texts: a condition, not a time."""
    while True:
        for line in server.get("/metrics").text.splitlines():
            if line.startswith("lakehouse_embed_texts_total") and int(line.split()[-1]) >= texts:
                return


def test_a_killed_load_leaves_the_dataset_whole(fresh_server):
    server = fresh_server
    server.ingest("people", as_csv((n, f"first {n}") for n in range(1000)))
    bigger = as_csv((n, f"second {n}" * 20) for n in range(200_000))
    for _ in range(3):
        load = in_background(lambda: server.post("/ingest/file", data=bigger, params={
            "dataset": "people", "mode": "replace"}))
        while not server.get("/jobs").json()["jobs"] and load.is_alive():
            pass
        server.kill()
        load.join()
        server.start()
        count, starts = server.sql("SELECT count(*), min(left(text, 6)) FROM people")[0]
        assert (count, starts) in [(1000, "first "), (200_000, "second")]
    assert server.ingest("people", bigger)["rows_written"] == 200_000


def test_a_killed_refresh_resumes_and_embeds_nothing_twice(binary, tmp_path):
    config = """
[embed]
default_model = "fake"
[[embed.models]]
name = "fake"
kind = "fake"
dimensions = 256
[index]
checkpoint_texts = 256
"""
    server = Server(tmp_path / "data", config=config).start()
    total = 60_000
    server.ingest("docs", as_csv((n, f"text {n} " * 30) for n in range(total)))
    refresh = in_background(lambda: server.post("/vectors/refresh/docs", json={
        "index_name": "docs", "id_column": "id", "text_column": "text"}))
    wait_for_embedding(server, 1500)
    server.kill()
    refresh.join()
    server.start()
    assert server.get("/vectors/indexes/docs").status in (200, 404)
    result = server.refresh("docs", "docs")
    embedded = server.get("/metrics").text
    assert result["total_embeddings_after"] == total
    if result["pre_existing_docs"] == 0:
        assert result["resumed"] > 0, "what was checkpointed before the kill is taken over"
        line = next(l for l in embedded.splitlines() if l.startswith("lakehouse_embed_texts_total"))
        assert int(line.split()[-1]) == total - result["resumed"]
    assert server.stop() == 0


def test_heads_survive_a_kill_in_a_loop_of_writes(fresh_server):
    server = fresh_server
    done = []

    def write():
        n = 0
        while True:
            server.ingest("loop", f"id,text\n{n},row {n}\n", mode="append")
            done.append(n)
            n += 1

    def guarded():
        try:
            write()
        except (OSError, AssertionError, ValueError):
            pass

    for _ in range(3):
        done.clear()
        before = server.sql("SELECT count(*) FROM loop")[0][0] if server.get("/catalog/datasets/loop").status == 200 else 0
        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        while len(done) < 5 and thread.is_alive():
            pass
        server.kill()
        thread.join()
        acknowledged = len(done)
        server.start()
        after = server.sql("SELECT count(*) FROM loop")[0][0]
        # Every acknowledged row is there; at most the one under way may be there too.
        assert before + acknowledged <= after <= before + acknowledged + 1
