"""Planted secrets are found nowhere: in no answer, log line, metric, job, lineage entry, event, stored object or line of
the command line, whatever odd DSN people type and wherever they put it.

Every password holds a marker. What a run says and leaves behind is searched for it, raw and in every encoding that we
make, all but the data files (the data are the user's own). A secret that may not be shown was never needed to say what
went wrong: answers must still name the kind of failure."""
import contextlib
import json
import pathlib
import socket
import urllib.parse
import uuid

import pytest

from conftest import FAKE_MODEL, Server

MARK = "Zq7Kw9"
SECONDS_MAX = 120
# What stands around the marker in a password, raw.
ODD = ["", "@", "@h", "a@b/c?d", "#", ":", "/", "?", "%", "[", "]", " ", "&x=y", "=", "'", "\\", "'\\'", '"', "%40", "%%",
       "5432/", "@h/d?x=1&", "?password=", "://", "+", "\té", "$$", "--", "`"]
LINEAGE = "lineage.jsonl"


def encode(text):
    return urllib.parse.quote(text, safe="")


NEEDLES = {text.lower().encode() for text in (
    MARK, "".join(f"%{ord(c):02x}" for c in MARK), "".join(f"\\u{ord(c):04x}" for c in MARK), MARK.encode().hex(),
    "\0".join(MARK))}


def assert_clean(where, content):
    if isinstance(content, str):
        content = content.encode()
    lowered = content.lower()
    for needle in NEEDLES:
        at = lowered.find(needle)
        assert at < 0, f"{where} says a secret: ...{content[max(0, at - 200):at + 100]!r}"


def assert_folder_clean(folder):
    """Every file but the data files themselves."""
    files = 0
    for path in pathlib.Path(folder).rglob("*"):
        if not path.is_file() or (path.suffix == ".parquet" and "data" in path.parts):
            continue
        assert_clean(path.name, str(path.relative_to(folder)))
        assert_clean(path, path.read_bytes())
        files += 1
    return files


def passwords():
    for before in ODD:
        for after in ("", "@", "/x") if before else ODD:
            yield before + MARK + after


def dsns(port):
    """Every password in every spelling, to a port at which nobody answers."""
    for number, password in enumerate(passwords()):
        raw = [f"postgresql://bob:{password}@127.0.0.1:{port}/shop",
               f"mysql://bob:{password}@127.0.0.1:{port}/shop?sslmode=require",
               f"bob:{password}@127.0.0.1:{port}/shop",
               f"postgresql://bob@127.0.0.1:{port}/shop?sslmode=disable&password={password}"]
        kept = "".join("\\" + c if c in "'\\" else c for c in password)
        yield raw[number % len(raw)]
        yield [f"postgresql://bob:{encode(password)}@127.0.0.1:{port}/shop",
               f"mariadb://bob@127.0.0.1:{port}/shop?password={encode(password)}",
               f"host=127.0.0.1 port={port} user=bob password='{kept}' dbname=shop",
               f"host=127.0.0.1 port={port} user=bob password={password} dbname=shop",
               f"jdbc:mysql://bob:{password}@127.0.0.1:{port}/shop",
               f"POSTGRES://bob:{password}@127.0.0.1:{port},127.0.0.2/shop",
               f"postgresql://bob:{encode(password)}@nosuchhost.invalid/shop",
               f"mysql://bob:{encode(password)}@/shop?socket=/nowhere/mysqld.sock",
               f"postgresql://bob:{encode(password)}@%2Fnowhere/shop?sslrootcert=/nowhere/{MARK.lower()[:2]}.pem",
               f"postgresql://bob:{password}@127.0.0.1:99999/shop"][number % 10]


@pytest.fixture(scope="module")
def deaf_port():
    """Bound and not listened at: connections are refused."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        yield deaf.getsockname()[1]


@contextlib.contextmanager
def watched_server(folder):
    """A server with all debug lines and OpenLineage events; everything it left is searched at the end."""
    config = f'{FAKE_MODEL}\n[lineage]\nopenlineage = "{folder / LINEAGE}"\n[log]\nlevel = "debug"\n'
    server = Server(folder / "data", config=config).start()
    try:
        yield server
        for path in ("/metrics", "/jobs", "/catalog/datasets", "/storage/buckets", "/openapi.json", "/health"):
            assert_clean(path, server.get(path).body)
        for dataset in server.get("/catalog/datasets").json()["datasets"]:
            for part in ("", "/lineage", "/snapshots"):
                assert_clean(part, server.get(f"/catalog/datasets/{dataset['name']}{part}").body)
        assert server.stop() == 0
        assert_clean("the log", server.log())
        assert assert_folder_clean(folder) > 2
    finally:
        if server.process.poll() is None:
            server.kill()


def ask(server, method, path, **options):
    answer = server.request(method, path, timeout=SECONDS_MAX, **options)
    assert_clean(f"{method} {path[:40]}", answer.body)
    assert_clean("a header", str(answer.headers))
    return answer


def finish(server, answer):
    """The end of the job that an answer began, if it began one."""
    job_id = answer.json().get("job_id") if answer.status == 202 else None
    if job_id is None:
        return answer
    ask(server, "GET", f"/jobs/{job_id}/events")  # goes on until the job ends
    return ask(server, "GET", f"/jobs/{job_id}")


def body_for(dsn, **fields):
    return {"dsn": dsn, "table": "orders", "dataset": "orders", **fields}


def test_no_dsn_of_a_request_is_repeated(binary, tmp_path, deaf_port):
    with watched_server(tmp_path) as server:
        refused = 0
        for number, dsn in enumerate(dsns(deaf_port)):
            path = "/ingest/mysql" if "mysql" in dsn or "mariadb" in dsn else "/ingest/db"
            asynchronous = {"Prefer": "respond-async"} if number % 7 == 0 else {}
            answer = ask(server, "POST", path, json=body_for(dsn), headers=asynchronous)
            end = finish(server, answer)
            assert answer.status >= 400 or end.json().get("state") == "failed", (answer, end)
            refused += 1
        assert refused > 150


def places(dsn):
    """Requests with a DSN where something else belongs."""
    text = json.dumps(dsn)
    yield "POST", "/ingest/db", {"json": body_for("x", table=dsn)}
    for field in ("dataset", "mode", "key", "cursor", "types", "bucket", "batch_rows", "nonsense"):
        yield "POST", "/ingest/db", {"json": body_for("host=127.0.0.1 port=1 user=bob", **{field: dsn})}
    yield "POST", "/ingest/mysql", {"json": {**body_for("host=127.0.0.1 port=1"), dsn: 1}}
    yield "POST", "/ingest/db", {"json": {"dsn": {"url": dsn}, "dataset": "d", "table": "t"}}
    yield "POST", "/ingest/db", {"json": {"dsn": "x", "dataset": "d", "query": f"SELECT '{MARK}' -- {MARK}"}}
    headers = {"Content-Type": "application/json"}
    for broken in ("{\"dsn\" %s}", "{\"dsn\": %s", "%s", "[%s]", "{\"dsn\": %s,}", "{\"dsn\": %s \"x\"}", "{%s: 1, %s: 2}",
                   "{\"dsn\": 'x%s'}"):
        yield "POST", "/ingest/db", {"data": broken.replace("%s", text), "headers": headers}
    yield "POST", "/ingest/db", {"data": text[:-1] + "\n\"", "headers": headers}
    yield "POST", "/ingest/file", {"data": "id\n1\n", "params": {"dataset": dsn}}
    for field in ("source", "mode", "format", "key", "bucket", "types", "nonsense"):
        yield "POST", "/ingest/file", {"data": "id\n1\n", "params": {"dataset": "taken", field: dsn}}
    yield "POST", "/ingest/file", {"data": "id\n1\n", "params": {"dataset": "taken", dsn: "x"}}
    for path in ("/catalog/datasets/", "/vectors/indexes/", "/jobs/", "/", "/storage/buckets/", "/ingest/"):
        yield "GET", path + encode(dsn), {}
        yield "GET", path + encode(dsn).replace("%2F", "/").replace("%3A", ":").replace("%40", "@"), {}
    yield "DELETE", "/catalog/datasets/" + encode(dsn), {}
    yield "POST", "/ingest/verify/" + encode(dsn), {"json": {"dsn": dsn}}
    yield "POST", "/ingest/verify/taken", {"json": {"dsn": dsn}}
    yield "POST", "/query/sql", {"json": {"sql": "SELECT 1", "format": dsn}}
    yield "POST", "/vectors/refresh/taken", {"json": {"index_name": dsn, "id_column": dsn, "text_column": dsn}}
    yield "POST", "/vectors/search/" + encode(dsn), {"json": {"text": "x"}}
    yield "GET", "/vectors/doc/taken/" + encode(dsn), {}
    yield "GET", "/catalog/datasets", {"params": {"dsn": dsn}}


def test_a_dsn_in_the_wrong_place_is_not_repeated(binary, tmp_path, deaf_port):
    forms = [f"postgresql://bob:{MARK}@127.0.0.1:{deaf_port}/shop", f"mysql://bob:a {MARK}/@h@127.0.0.1:{deaf_port}",
             f"bob:{MARK}@h/shop", f"host=127.0.0.1 port={deaf_port} password={MARK}"]
    with watched_server(tmp_path) as server:
        server.ingest("taken", "id\n1\n")
        for dsn in forms:
            for method, path, options in places(dsn):
                finish(server, ask(server, method, path, **options))


def test_the_command_line_repeats_no_dsn(binary, tmp_path, deaf_port):
    some = list(dsns(deaf_port))
    commands = [["ingest", dsn, "--dataset", "orders", "--table", "orders"] for dsn in some[::6]]
    dsn = f"postgresql://bob:{MARK}@127.0.0.1:{deaf_port}/shop"
    commands += [["ingest", f"bob:{MARK}@h/shop", "--dataset", "orders"], ["ingest", dsn, "--dataset", dsn, "--table", "t"],
                 ["ingest", dsn, "--table", "t"], ["ingest", "--nonsense", dsn], ["ingest", dsn, dsn, "--dataset", "x"],
                 ["ingest", dsn, "--dataset", "x", "--table", "t", "--mode", dsn], ["ingest", dsn, f"--{dsn}"],
                 ["ingest", "nothere.csv", "--dataset", dsn], [dsn], ["datasets", dsn], ["datasets", dsn, "--history"],
                 ["help", dsn], ["search", dsn, "x"], ["verify", "orders", "--source", dsn], ["jobs", dsn],
                 ["ingest", dsn, "--dataset", "x", "--table", "t", "--batch-rows", dsn]]
    with watched_server(tmp_path) as server:
        for command in commands:
            ended = server.cli(*command)
            assert ended.returncode != 0, command
            assert ended.stderr.strip(), command
            assert_clean(command[0], ended.stdout + ended.stderr)
        piped = server.cli("ingest", "-", "--dataset", "orders", "--table", "orders", input=dsn + "\n")
        assert piped.returncode != 0
        assert_clean("ingest -", piped.stdout + piped.stderr)


# --- real servers: right and wrong passwords ---------------------------------------------------


def test_a_load_of_postgres_keeps_its_password_to_itself(binary, tmp_path, postgres):
    _check_real_loads(tmp_path, postgres, "/ingest/db", "CREATE ROLE {user} LOGIN PASSWORD '{password}'",
                      "GRANT SELECT ON orders TO {user}")


def test_a_load_of_mysql_keeps_its_password_to_itself(binary, tmp_path, mysql):
    _check_real_loads(tmp_path, mysql, "/ingest/mysql", "CREATE USER {user} IDENTIFIED BY '{password}'",
                      "GRANT SELECT ON orders TO {user}")


def _check_real_loads(folder, database, path, make_user, grant):
    password, user = f"x@h/d?y#{MARK}:[z] %41", f"planted_{uuid.uuid4().hex[:8]}"
    database.sql("CREATE TABLE orders (id int PRIMARY KEY, note varchar(20));"
                 "INSERT INTO orders VALUES (1, 'a'), (2, 'b');")
    database.sql(make_user.format(user=user, password=password) + ";" + grant.format(user=user) + ";",
                 **ADMINISTRATOR.get(path, {}))
    with watched_server(folder) as server:
        right = database.dsn(user=user, password=password)
        answer = ask(server, "POST", path, json=body_for(right))
        assert answer.status == 200 and answer.json()["rows_written"] == 2, answer
        query = f"SELECT id, note FROM orders WHERE note <> '{MARK}' /* {MARK} */"
        answer = ask(server, "POST", path, json={"dsn": right, "query": query, "dataset": "picked"})
        assert answer.status == 200, answer
        entry = ask(server, "GET", "/catalog/datasets/picked/lineage").json()["entries"][0]
        assert entry["query"] == "SELECT id, note FROM orders WHERE note <> '...' '...'"
        entry = ask(server, "GET", "/catalog/datasets/orders/lineage").json()["entries"][0]
        assert entry["source_system"] == {"/ingest/db": "postgresql"}.get(path, "mysql")
        assert entry["source"].endswith(f"/{urllib.parse.urlsplit(right).path[1:]}") and user in entry["source"]
        assert "orders" in entry["relation"] and entry["query"] is None and entry["types"] == "exact"
        assert entry["rows"] == 2 and entry["rejected"] == 0 and entry["resumed_rows"] == 0
        assert entry["predecessor"] is None and entry["duration_secs"] >= 0
        wrong = database.dsn(user=user, password=password + "2")
        failures = [body_for(wrong), body_for(right, table=f"no_{MARK[:3]}"), body_for(right, cursor="nothing")]
        failures += [{"dsn": right, "dataset": "broken", "query": sql} for sql in (
            f"SELECT '{MARK}' FROM nothing", f"SELECT CAST('{MARK}' AS int) FROM", f"SELEC '{MARK}'",
            f"SELECT * FROM orders WHERE id = '{MARK}' + nothing", f"SELECT \"{MARK}\" FROM orders WHERE 1 = 'x' 2")]
        for body in failures:
            answer = ask(server, "POST", path, json=body)
            assert answer.status >= 400, (body, answer)
        assert ask(server, "POST", "/ingest/verify/orders", json={"dsn": right}).json()["equal"] is True
        assert ask(server, "POST", "/ingest/verify/orders", json={"dsn": wrong}).status >= 400
        assert ask(server, "POST", "/ingest/verify/picked", json={"dsn": right, "query": f"SELECT '{MARK}'"}).status >= 400
        ended = server.cli("verify", "orders", "--source", right)
        assert ended.returncode == 0, ended
        assert_clean("verify", ended.stdout + ended.stderr)
        ended = server.cli("ingest", right, "--dataset", "by_hand", "--table", "orders")
        assert ended.returncode == 0, ended
        assert_clean("ingest", ended.stdout + ended.stderr)
        ended = server.cli("ingest", wrong, "--dataset", "by_hand", "--table", "orders")
        assert ended.returncode != 0
        assert_clean("ingest", ended.stdout + ended.stderr)
        shown = server.cli("datasets", "by_hand", "--lineage")
        assert "orders" in shown.stdout and user in shown.stdout, shown
    events = [json.loads(line) for line in (folder / LINEAGE).read_text().splitlines()]
    assert {"START", "COMPLETE", "FAIL"} == {event["eventType"] for event in events}
    namespaces = {d["namespace"] for event in events for d in event["inputs"]}
    assert len(namespaces) == 1 and namespaces.pop().startswith(("postgres://127.0.0.1:", "mysql://127.0.0.1:"))


# Who may make users.
ADMINISTRATOR = {}
