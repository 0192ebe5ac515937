"""OpenLineage run events of real loads: to a receiver, to a file, to nobody."""
import contextlib
import http.server
import json
import queue
import re
import threading
import uuid

from conftest import FAKE_MODEL

KEY = "pl4nted-key"
SECONDS_MAX = 60
RUN_EVENT = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"

# What openlineage.io/spec/2-0-2/OpenLineage.json and the facets' own schemas require:
# (required, {field: check}). A check is a type, a pattern, a tuple of words, or such a pair.
URI = re.compile(r"[a-z][a-z0-9+.-]*:\S+")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
FACETS = {
    "processing_engine": ({"version"}, {"version": str, "name": str, "openlineageAdapterVersion": str}),
    "errorMessage": ({"message", "programmingLanguage"},
                     {"message": str, "programmingLanguage": str, "stackTrace": str}),
    "jobType": ({"processingType", "integration"},
                {"processingType": ("BATCH", "STREAMING", "SERVICE"), "integration": str, "jobType": str}),
    "sql": ({"query"}, {"query": str, "dialect": str}),
    "schema": (set(), {"fields": [({"name"}, {"name": str, "type": str, "description": str})]}),
    "version": ({"datasetVersion"}, {"datasetVersion": str}),
    "outputStatistics": (set(), {"rowCount": int, "size": int, "fileCount": int}),
}
DATASET = {"namespace": str, "name": str, "facets": "facets"}
EVENT = ({"eventTime", "producer", "schemaURL", "run", "job"}, {
    "eventType": ("START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"), "eventTime": TIME, "producer": URI,
    "schemaURL": URI, "run": ({"runId"}, {"runId": uuid.UUID, "facets": "facets"}),
    "job": ({"namespace", "name"}, {"namespace": str, "name": str, "facets": "facets"}),
    "inputs": [({"namespace", "name"}, {**DATASET, "inputFacets": "facets"})],
    "outputs": [({"namespace", "name"}, {**DATASET, "outputFacets": "facets"})]})


def check(value, wanted, path="event"):
    if wanted == "facets":
        assert isinstance(value, dict), path
        for name, facet in value.items():
            required, fields = FACETS[name]
            check(facet, (required | {"_producer", "_schemaURL"}, {**fields, "_producer": URI, "_schemaURL": URI}),
                  f"{path}.{name}")
            assert name == "processing_engine" or name.lower() in facet["_schemaURL"].lower(), path
    elif isinstance(wanted, list):
        assert isinstance(value, list), path
        for position, item in enumerate(value):
            check(item, wanted[0], f"{path}[{position}]")
    elif isinstance(wanted, re.Pattern):
        assert isinstance(value, str) and wanted.fullmatch(value), (path, value)
    elif wanted is uuid.UUID:
        assert str(uuid.UUID(value)) == value, (path, value)
    elif isinstance(wanted, type):
        assert type(value) is wanted, (path, value)
    elif isinstance(wanted[0], str):
        assert value in wanted, (path, value)
    else:
        required, fields = wanted
        assert required <= value.keys(), (path, required - value.keys())
        assert value.keys() <= fields.keys(), (path, value.keys() - fields.keys())
        for name, field in value.items():
            check(field, fields[name], f"{path}.{name}")


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answers = self.server.answers
        status = answers.pop(0) if answers else 201
        self.server.requests.put((self.path, self.headers, body, status))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def receiver(*answers):
    """A service that answers with these statuses, then 201; .next() is what it took, checked."""
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    service.requests, service.answers = queue.Queue(), list(answers)
    service.url = f"http://127.0.0.1:{service.server_port}"

    def take():
        while True:
            path, headers, body, status = service.requests.get(timeout=SECONDS_MAX)
            assert path == "/api/v1/lineage" and headers["Content-Type"] == "application/json"
            if status == 201:
                event = json.loads(body)
                check(event, EVENT)
                assert event["schemaURL"] == RUN_EVENT
                return event, headers

    service.next = take
    thread = threading.Thread(target=service.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        thread.join()
        service.server_close()


def config(target, more=""):
    return f'{FAKE_MODEL}\n[lineage]\nopenlineage = "{target}"\nnamespace = "tests"\n{more}'


def metric(server, name):
    return int(re.search(rf"^{name} (\d+)$", server.get("/metrics").text, re.M)[1])


def test_loads_are_told_in_order(make_server):
    with receiver(503, 429) as service:  # the first tries are refused: sent again, nothing lost
        server = make_server(config=config(service.url, 'openlineage_key_env = "LINEAGE_KEY"\n'),
                             environment={"LINEAGE_KEY": KEY})
        result = server.ingest("orders", "id,note\n1,a\n2,b\n", source="orders.csv")
        start, headers = service.next()
        done, _ = service.next()
        assert headers["Authorization"] == f"Bearer {KEY}"
        assert (start["eventType"], done["eventType"]) == ("START", "COMPLETE")
        assert start["run"]["runId"] == done["run"]["runId"]
        assert start["eventTime"] <= done["eventTime"]
        assert start["job"]["namespace"] == "tests" and start["job"]["name"] == "ingest.orders"
        assert [(d["namespace"], d["name"]) for d in start["inputs"]] == [("file", "orders.csv")]
        assert [(d["namespace"], d["name"]) for d in done["outputs"]] == [("tests", "orders")]
        output = done["outputs"][0]
        assert [(f["name"], f["type"]) for f in output["facets"]["schema"]["fields"]] == [
            ("id", "BIGINT"), ("note", "VARCHAR")]
        assert output["facets"]["version"]["datasetVersion"] == str(result["snapshot_id"])
        assert output["outputFacets"]["outputStatistics"]["rowCount"] == 2
        assert output["outputFacets"]["outputStatistics"]["size"] > 0

        refused = server.post("/ingest/file", data="PAR1 no", params={"dataset": "orders", "format": "parquet"})
        assert refused.status >= 400
        start, _ = service.next()
        failed, _ = service.next()
        assert (start["eventType"], failed["eventType"]) == ("START", "FAIL")
        assert start["run"]["runId"] == failed["run"]["runId"] != done["run"]["runId"]
        assert failed["run"]["facets"]["errorMessage"]["message"]
        assert "facets" not in failed["outputs"][0]

        assert metric(server, "lakehouse_lineage_events_dropped_total") == 0
        assert server.stop() == 0
        assert KEY not in server.log()


def test_nobody_listens_and_loads_go_on(make_server):
    with receiver() as service:
        url = service.url.replace("http://", "http://bob:pl4nted@") + "/hook?token=pl4nted"
    server = make_server(config=config(url))
    for _ in range(3):
        server.ingest("lonely", "id\n1\n")
    assert server.stop() == 0  # what could not be told is dropped then, and said
    log = server.log()
    assert "lineage events dropped" in log and "pl4nted" not in log
    assert sum(int(n) for n in re.findall(r'lineage events dropped" count=(\d+)', log)) == 6


def test_a_service_that_refuses_is_not_asked_twice(make_server):
    with receiver(400, 400) as service:
        server = make_server(config=config(service.url))
        server.ingest("refused", "id\n1\n")
        assert [service.requests.get(timeout=SECONDS_MAX)[3] for _ in range(2)] == [400, 400]
        server.ingest("refused", "id\n2\n")
        assert service.next()[0]["eventType"] == "START"
        assert service.next()[0]["eventType"] == "COMPLETE"
        assert metric(server, "lakehouse_lineage_events_dropped_total") == 2


def test_events_in_a_file_survive_restarts(make_server, tmp_path):
    path = tmp_path / "lineage.jsonl"
    server = make_server(config=config(path))
    server.ingest("kept", "id\n1\n")
    server.restart()
    server.ingest("kept", "id\n2\n", mode="append")
    assert server.stop() == 0
    events = [json.loads(line) for line in path.read_text().splitlines()]
    for event in events:
        check(event, EVENT)
    assert [event["eventType"] for event in events] == ["START", "COMPLETE", "START", "COMPLETE"]
    assert len({event["run"]["runId"] for event in events}) == 2


def test_a_target_that_cannot_be_stops_the_start(make_server):
    for target, more, said in (("ftp://bob:pl4nted@h/x", "", "lineage.openlineage"),
                               ("/nowhere/at/all.jsonl", "", "lineage file"),
                               ("http://h", 'openlineage_key_env = "NO_SUCH_KEY"\n', "NO_SUCH_KEY")):
        try:
            make_server(name=f"no{len(target)}", config=config(target, more))
        except RuntimeError as error:
            assert said in str(error) and "pl4nted" not in str(error), error
        else:
            raise AssertionError(f"it started with {target}")


def test_a_cancelled_load_of_a_database_is_aborted(make_server, postgres):
    with receiver() as service:
        server = make_server(config=config(service.url))
        body = {"dsn": postgres.dsn(), "query": "SELECT 'hidden' AS a, pg_sleep(600)::text AS b", "dataset": "slow"}
        answer = server.post("/ingest/db", json=body, headers={"Prefer": "respond-async"})
        assert answer.status == 202, answer
        start, _ = service.next()
        assert server.delete(f"/jobs/{answer.json()['job_id']}").status == 200
        aborted, _ = service.next()
        assert (start["eventType"], aborted["eventType"]) == ("START", "ABORT")
        assert start["run"]["runId"] == aborted["run"]["runId"]
        assert start["inputs"] == [{"namespace": f"postgres://127.0.0.1:{postgres.server.port}", "name": postgres.name}]
        assert start["job"]["facets"]["sql"]["query"] == "SELECT '...' AS a, pg_sleep(600)::text AS b"


def test_a_database_that_is_not_there_fails_a_run(make_server):
    with receiver() as service:
        server = make_server(config=config(service.url))
        body = {"dsn": "mysql://bob:pl4nted@127.0.0.1:1/shop", "table": "orders", "dataset": "never"}
        assert server.post("/ingest/mysql", json=body).status == 502
        start, _ = service.next()
        failed, _ = service.next()
        assert (start["eventType"], failed["eventType"]) == ("START", "FAIL")
        assert failed["inputs"] == [{"namespace": "mysql://127.0.0.1:1", "name": "shop.orders"}]
        assert "pl4nted" not in json.dumps([start, failed])
