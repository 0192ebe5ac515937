"""Jobs: long work handed out, watched, cancelled."""
import http.client
import json
import urllib.parse

from test_routes_service import problem

ASYNC = {"Prefer": "respond-async"}
ROWS = "id,text\n" + "\n".join(f"{n},text number {n}" for n in range(500))


def events(server, job_id):
    """(name, data) of each server-sent event until the stream ends."""
    address = urllib.parse.urlparse(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("GET", f"/jobs/{job_id}/events")
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.getheader("Content-Type") == "text/event-stream"
    name = None
    for line in answer:
        line = line.decode().rstrip("\n")
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def start_ingest(server, dataset):
    answer = server.post("/ingest/file", data=ROWS, params={"dataset": dataset}, headers=ASYNC)
    assert answer.status == 202, answer
    job_id = answer.json()["job_id"]
    assert answer.headers["Location"] == f"/jobs/{job_id}"
    return job_id


def end_of(server, job_id):
    return list(events(server, job_id))[-1]


def test_a_job_runs_by_itself_and_tells_its_end(server):
    job_id = start_ingest(server, "by_job")
    seen = list(events(server, job_id))
    assert [name for name, _ in seen[:-1]] == ["progress"] * (len(seen) - 1)
    name, job = seen[-1]
    assert name == "end" and job["state"] == "done" and job["job_id"] == job_id and job["kind"] == "ingest"
    assert job["result"]["rows_written"] == 500 and job["error"] is None
    assert set(job["progress"]) >= {"done", "total", "unit"}
    assert job["started_at"] and job["finished_at"]
    assert server.get(f"/jobs/{job_id}").json() == job
    assert job_id in [job["job_id"] for job in server.get("/jobs").json()["jobs"]]
    assert server.sql("SELECT count(*) FROM by_job") == [[500]]


def test_a_synchronous_call_is_a_job_too(server):
    answer = server.post("/ingest/file", data=ROWS, params={"dataset": "by_wait"})
    assert answer.status == 200
    job = server.get(f"/jobs/{answer.headers['X-Job-Id']}").json()
    assert job["state"] == "done" and job["result"] == answer.json()


def test_a_failed_job_says_why(server):
    answer = server.post("/vectors/refresh/no_such_dataset", headers=ASYNC,
                         json={"index_name": "x", "id_column": "id", "text_column": "text"})
    assert answer.status == 202
    _, job = end_of(server, answer.json()["job_id"])
    assert job["state"] == "failed" and job["result"] is None
    assert job["error"]["status"] == 404 and "no_such_dataset" in json.dumps(job["error"])


def test_a_finished_job_cannot_be_cancelled(server):
    job_id = start_ingest(server, "over")
    end_of(server, job_id)
    problem(server.delete(f"/jobs/{job_id}"), 409)


def test_an_unknown_job_is_404(server):
    unknown = "0" * 32
    problem(server.get(f"/jobs/{unknown}"), 404)
    problem(server.delete(f"/jobs/{unknown}"), 404)
    problem(server.get(f"/jobs/{unknown}/events"), 404)


def test_a_running_refresh_can_be_cancelled_and_taken_up_again(fresh_server):
    server = fresh_server
    server.ingest("long", "id,text\n" + "\n".join(f"{n},{'word ' * 50}{n}" for n in range(60000)))
    started = server.post("/vectors/refresh/long", headers=ASYNC,
                          json={"index_name": "long", "id_column": "id", "text_column": "text"}).json()["job_id"]
    for name, job in events(server, started):
        if job["state"] == "running":
            break
    assert server.delete(f"/jobs/{started}").status == 200
    _, job = end_of(server, started)
    assert job["state"] == "cancelled", job
    assert server.get("/vectors/indexes/long").status == 404
    assert server.refresh("long", "long")["dataset_docs"] == 60000


def test_a_client_that_hangs_up_cancels_its_refresh(fresh_server):
    server = fresh_server
    server.ingest("left", "id,text\n" + "\n".join(f"{n},{'word ' * 50}{n}" for n in range(60000)))
    address = urllib.parse.urlparse(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("POST", "/vectors/refresh/left",
                       json.dumps({"index_name": "left", "id_column": "id", "text_column": "text"}),
                       {"Content-Type": "application/json"})

    def refresh_job():
        jobs = [job for job in server.get("/jobs").json()["jobs"] if job["kind"] == "refresh"]
        return jobs[0] if jobs else None

    while (job := refresh_job()) is None or job["state"] == "queued":
        pass
    connection.close()
    _, job = end_of(server, job["job_id"])
    assert job["state"] == "cancelled"
