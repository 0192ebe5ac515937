"""Fixtures: the real binary on a free port over a temporary data directory."""
import json
import os
import pathlib
import signal
import subprocess
import time
import types
import urllib.error
import urllib.parse
import urllib.request

import pytest

import databases

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("LAKEHOUSE_BINARY", str(ROOT / "build/lakehouse"))
DEPS = pathlib.Path(os.environ.get("LAKEHOUSE_DEPS", ROOT / ".deps"))
READY_SECONDS_MAX = 60


def unit_program(module):
    """The unit tests of a module as built for development: some are meant for a real server."""
    program = ROOT / "build/dev/src" / module / f"unit_{module}"
    if not program.exists():
        pytest.fail(f"{program.relative_to(ROOT)} is not built: run 'make test', or 'make unit' first", pytrace=False)
    return program


class Response:
    """One answer: status, headers (case-insensitive), body bytes."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()

    def __repr__(self):
        return f"<Response {self.status} {self.body[:300]!r}>"


class Server:
    """A running `lakehouse serve`; start, stop and kill may be repeated on one data directory."""

    def __init__(self, data_dir, config=None, environment=None):
        self.data_dir = pathlib.Path(data_dir)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.config, self.environment = config, environment or {}
        self.binary = BINARY
        self.config_path = self.data_dir.parent / (self.data_dir.name + ".toml")
        self.log_path = self.data_dir.parent / (self.data_dir.name + ".log")
        self.process = self.url = None

    def start(self):
        ready = self.data_dir.parent / (self.data_dir.name + ".ready")
        ready.unlink(missing_ok=True)
        command = [BINARY]
        if self.config is not None:
            self.config_path.write_text(self.config)
            command += ["--config", str(self.config_path)]
        command += ["serve", "--data", str(self.data_dir), "--listen", "127.0.0.1:0", "--ready-file", str(ready)]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.data_dir.parent,
                                            env={**os.environ, **self.environment})
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not (ready.exists() and ready.read_text().strip()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"server did not start: {self.log()[-3000:]}")
            os.sched_yield()
            time.sleep(0.01)  # a poll of another process's file, with a deadline; nothing is assumed of its length
        self.url = ready.read_text().strip()
        return self

    def stop(self):
        """SIGTERM; returns the exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()  # a failure, but none that outlives the run
            raise

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=60)

    def restart(self):
        assert self.stop() == 0
        return self.start()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def request(self, method, path, *, json=None, data=None, params=None, headers=None, timeout=300):
        headers = dict(headers or {})
        if json is not None:
            data = globals()["json"].dumps(json).encode()
            headers.setdefault("Content-Type", "application/json")
        if isinstance(data, str):
            data = data.encode()
        url = self.url + path
        if params:
            url += "?" + urllib.parse.urlencode(params)
        if data is not None:
            headers.setdefault("Content-Type", "application/octet-stream")
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return Response(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Response(error.code, error.headers, error.read())

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def head(self, path, **options):
        return self.request("HEAD", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def put(self, path, **options):
        return self.request("PUT", path, **options)

    def patch(self, path, **options):
        return self.request("PATCH", path, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)

    # --- the steps that most tests need -----------------------------------------------------

    def ingest(self, dataset, content, *, mode="replace", **params):
        """Ingest bytes or text as a dataset; the answer must be a success."""
        answer = self.post("/ingest/file", data=content, params={"dataset": dataset, "mode": mode, **params})
        assert answer.status == 200, answer
        result = answer.json()
        assert result["rows_read"] == result["rows_written"] + result["rows_rejected"], result
        return result

    def load(self, database, dataset, *, dsn=None, headers=None, **fields):
        """Load a table or query of a database of databases.py; returns the answer, whatever it is."""
        body = {"dsn": dsn or database.dsn(), "dataset": dataset, **fields}
        if database.kind == "postgresql":
            return self.post("/ingest/db", json=body, headers=headers)
        return self.post("/ingest/mysql", json=body, headers=headers)

    def loaded(self, database, dataset, **fields):
        """The same, of a load that must succeed."""
        answer = self.load(database, dataset, **fields)
        assert answer.status == 200, answer
        result = answer.json()
        assert result["rows_read"] == result["rows_written"] + result["rows_rejected"], result
        return result

    def sql(self, statement, **fields):
        """Rows of a statement that must succeed."""
        answer = self.post("/query/sql", json={"sql": statement, **fields})
        assert answer.status == 200, answer
        return answer.json()["rows"]

    def refresh(self, dataset, index, id_column="id", text_column="text", **fields):
        answer = self.post(f"/vectors/refresh/{dataset}", json={
            "index_name": index, "id_column": id_column, "text_column": text_column, **fields})
        assert answer.status == 200, answer
        return answer.json()

    def cli(self, *arguments, input=None, timeout=300):
        """The command line as a client of this server; returns the finished process."""
        return subprocess.run([BINARY, *arguments, "--url", self.url], input=input, capture_output=True, text=True,
                              timeout=timeout, cwd=self.data_dir.parent)


# A stand-in model, for tests in which the meaning of texts does not matter.
FAKE_MODEL = """
[embed]
default_model = "fake"
[[embed.models]]
name = "fake"
kind = "fake"
dimensions = 32
"""


@pytest.fixture(scope="session")
def binary():
    assert pathlib.Path(BINARY).exists(), f"{BINARY} is not built: run 'make build'"
    return BINARY


def _started(folder, **options):
    return Server(folder / "data", **options).start()


@pytest.fixture(scope="module")
def server(binary, tmp_path_factory):
    """One server a test module, with the fake model: quick, and shared, so use names of your own."""
    running = _started(tmp_path_factory.mktemp("server"), config=FAKE_MODEL)
    yield running
    assert running.stop() == 0, running.log()[-3000:]


@pytest.fixture
def fresh_server(binary, tmp_path):
    """A server of one test's own, with the fake model: to be stopped, killed and restarted."""
    running = _started(tmp_path, config=FAKE_MODEL)
    yield running
    if running.process.poll() is None:
        running.kill()


@pytest.fixture(scope="session")
def model_server(binary, tmp_path_factory):
    """A server with the real sentence model on embedded defaults, shared by the whole run."""
    running = _started(tmp_path_factory.mktemp("model"))
    yield running
    assert running.stop() == 0, running.log()[-3000:]


@pytest.fixture
def make_server(binary, tmp_path):
    """make_server(config=...) -> a started server; all are stopped at the end."""
    made = []

    def make(name="data", **options):
        made.append(Server(tmp_path / name, **options).start())
        return made[-1]

    yield make
    for running in made:
        if running.process.poll() is None:
            running.kill()


# --- databases: started when the first test asks for one ----------------------------------------


def _database_server(kind, certificates):
    try:
        return kind(certificates)
    except databases.MissingServer as missing:
        pytest.fail(str(missing), pytrace=False)  # not skipped: these tests are part of the whole


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return databases.Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def postgres_server(certificates):
    """PostgreSQL 15 on a free port, TLS on."""
    with _database_server(databases.PostgresServer, certificates) as running:
        yield running


@pytest.fixture(scope="session")
def mariadb_server(certificates):
    with _database_server(databases.MariadbServer, certificates) as running:
        yield running


@pytest.fixture(scope="session")
def mysql8_server(certificates):
    """The mysqld that LAKEHOUSE_MYSQLD names; Debian has none, so its tests are counted as skipped without it."""
    if "LAKEHOUSE_MYSQLD" not in os.environ:
        pytest.skip("MySQL 8: LAKEHOUSE_MYSQLD names no mysqld")
    with _database_server(databases.MysqlServer, certificates) as running:
        yield running


MYSQL_SERVERS = ["mariadb_server", "mysql8_server"]


@pytest.fixture
def postgres(postgres_server):
    """A database of the test's own: .sql(), .rows(), .dsn(), .session()."""
    with postgres_server.database() as database:
        yield database


@pytest.fixture(params=MYSQL_SERVERS)
def mysql(request):
    """The same on MariaDB and on MySQL."""
    with request.getfixturevalue(request.param).database() as database:
        yield database


@pytest.fixture(params=["postgres_server", *MYSQL_SERVERS])
def database(request):
    """The same test over every kind."""
    with request.getfixturevalue(request.param).database() as database:
        yield database


@pytest.fixture
def paths():
    return types.SimpleNamespace(root=ROOT, deps=DEPS)
