"""Loads from a database that meet trouble: late errors, servers that die on either side, writers, little memory."""
import http.client
import json
import os
import pathlib
import random
import threading
import time

import pytest

import databases
from conftest import FAKE_MODEL
from table_loads import assert_numbers, head, numbers, problem, series

# --- failures in the middle -----------------------------------------------------------------


def test_an_error_in_the_last_rows_changes_nothing(server, database):
    numbers(database, 200_000)
    name = f"late_{database.kind}"
    server.loaded(database, name, query="SELECT id FROM numbers WHERE id <= 5")
    before = head(server, name)
    late = ("SELECT id, 1 / (id - 199990) AS boom FROM numbers" if database.kind == "postgresql"
            else "SELECT id, 9223372036854775807 + IF(id = 199990, 1, -1) AS boom FROM numbers")
    problem(server.load(database, name, query=late), 422, "unprocessable")
    assert head(server, name) == before and server.sql(f"SELECT count(*) FROM {name}") == [[5]]


# Each row takes a while, so that there is a middle.
SLOW = {"postgresql": "SELECT id, label, pg_sleep(0.005)::text AS pause FROM numbers", "mariadb": "SELECT id, label, SLEEP(0.005) AS pause FROM numbers"}
SLOW["mysql"] = SLOW["mariadb"]


def wait_for_reader(database):
    """Until the server is at our query."""
    running = ("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sle_p(0.005)%'"
               if database.kind == "postgresql" else
               "SELECT count(*) FROM information_schema.processlist WHERE state LIKE 'User sleep%' OR info LIKE '%SLEE_(0.005)%'")
    mine = 0 if database.kind == "postgresql" else 1  # the looking itself is in MariaDB's list
    deadline = time.monotonic() + 60
    while int(database.rows(running)[0][0]) <= mine:
        assert time.monotonic() < deadline, "the load never began"


def test_a_database_server_that_dies_changes_nothing(server, certificates, database):
    with type(database.server)(certificates) as dying, dying.database() as own:
        numbers(own, 100_000)
        name = f"dies_{own.kind}"
        server.loaded(own, name, query="SELECT id FROM numbers WHERE id <= 5")
        before, answers = head(server, name), []
        thread = threading.Thread(target=lambda: answers.append(server.load(own, name, query=SLOW[own.kind])))
        thread.start()
        wait_for_reader(own)
        dying.kill()
        thread.join()
        problem(answers[0], 502, "upstream")
        assert head(server, name) == before and server.sql(f"SELECT count(*) FROM {name}") == [[5]]
        dying.start()
        server.loaded(own, name, table="numbers")
        assert_numbers(server, name, 100_000)


def wait_until_cancelled(server, job_id):
    deadline = time.monotonic() + 60
    while server.get(f"/jobs/{job_id}").json()["state"] in ("queued", "running"):
        assert time.monotonic() < deadline, "the job goes on"
    assert server.get(f"/jobs/{job_id}").json()["state"] == "cancelled"
    assert server.get("/catalog/datasets/never").status == 404


def test_a_cancelled_load_stops_reading(server, database):
    numbers(database, 100_000)
    job = server.load(database, "never", query=SLOW[database.kind], headers={"Prefer": "respond-async"})
    assert job.status == 202, job
    wait_for_reader(database)
    assert server.delete(f"/jobs/{job.json()['job_id']}").status in (200, 202, 204)
    wait_until_cancelled(server, job.json()["job_id"])


def test_a_client_that_hangs_up_cancels(server, database):
    numbers(database, 100_000)
    route = "/ingest/db" if database.kind == "postgresql" else "/ingest/mysql"
    client = http.client.HTTPConnection(server.url.removeprefix("http://"))
    client.request("POST", route, json.dumps({"dsn": database.dsn(), "dataset": "never", "query": SLOW[database.kind]}),
                   {"Content-Type": "application/json"})
    wait_for_reader(database)
    newest = server.get("/jobs").json()["jobs"][0]
    assert (newest["kind"], newest["state"]) == ("ingest", "running")
    client.close()
    wait_until_cancelled(server, newest["job_id"])


# --- consistency while others write ---------------------------------------------------------

ACCOUNTS, WRITERS, BALANCE = 1_000_000, 2, 1000


class Writer(threading.Thread):
    """Transactions that keep the number of accounts and the sum of their balances: each deletes two rows, inserts two,
    and moves an amount between two others. No row is touched twice, so what a snapshot shows of transaction n is known
    to the last row. `saw` is how far the other writer had come when the transaction began."""

    def __init__(self, database, number):
        super().__init__(daemon=True)
        self.database, self.number, self.others = database, number, []
        self.committed, self.stopped, self.failure = 0, threading.Event(), None
        self.mine = list(range(number, ACCOUNTS + 1, WRITERS))
        random.Random(number).shuffle(self.mine)

    def rows_of(self, n):
        """The four rows that transaction n touches: two leave, one gives, one takes."""
        return self.mine[4 * (n - 1):4 * n]

    def run(self):
        rng = random.Random(-self.number)
        try:
            with self.database.session() as session:
                while not self.stopped.is_set():
                    n, saw = self.committed + 1, sum(other.committed for other in self.others)
                    gone, gone_too, gives, takes = self.rows_of(n)
                    new, amount = ACCOUNTS * (1 + self.number) + 2 * n, rng.randrange(1000)
                    session.execute(f"""BEGIN;
                        DELETE FROM accounts WHERE id IN ({gone}, {gone_too});
                        UPDATE accounts SET balance = balance - {amount} WHERE id = {gives};
                        INSERT INTO accounts VALUES ({new}, {BALANCE + amount}, {self.number}, {n}, {saw}, 'new'),
                                                    ({new + 1}, {BALANCE - amount}, {self.number}, {n}, {saw}, 'new');
                        UPDATE accounts SET balance = balance + {amount} WHERE id = {takes};
                        COMMIT""")
                    self.committed = n
        except Exception as failure:  # told by the test's own thread
            self.failure = failure


def make_accounts(database):
    text = "'filler ' || seq" if database.kind == "postgresql" else "concat('filler ', seq)"
    database.sql(f"""CREATE TABLE accounts (id bigint PRIMARY KEY, balance bigint NOT NULL, writer int, n int, saw int, filler varchar(40));
        INSERT INTO accounts SELECT seq, {BALANCE}, NULL, NULL, NULL, {text} FROM {series(database, ACCOUNTS)}""")


def assert_one_snapshot(server, dataset, writers):
    assert server.sql(f"SELECT count(*), count(DISTINCT id), sum(balance)::BIGINT FROM {dataset}") == [[ACCOUNTS, ACCOUNTS, ACCOUNTS * BALANCE]]
    seen = {writer.number: 0 for writer in writers}
    for number, last, rows in server.sql(f"SELECT writer, max(n), count(*) FROM {dataset} WHERE writer IS NOT NULL GROUP BY 1"):
        seen[number] = last
        assert rows == 2 * last, "each transaction is there with both its rows, from the first to the last"
    for writer in writers:
        gone = [row for n in range(1, writer.committed + 1) for row in writer.rows_of(n)[:2]]
        there = {row[0] for row in server.sql(f"SELECT id FROM {dataset} WHERE id IN ({','.join(map(str, gone))})", limit=10_000_000)}
        assert there == set(gone[2 * seen[writer.number]:]), "what was deleted by then is gone, and nothing else"
        saw = server.sql(f"SELECT coalesce(max(saw), 0) FROM {dataset} WHERE writer = {writer.number}")[0][0]
        assert saw <= sum(seen[other.number] for other in writer.others), "what one transaction saw is there as well"
    return seen


def test_a_load_under_writers_is_one_snapshot(server, database):
    make_accounts(database)
    writers = [Writer(database, number) for number in range(1, WRITERS + 1)]
    for writer in writers:
        writer.others = [other for other in writers if other is not writer]
        writer.start()
    try:
        for turn in range(2):
            before = [writer.committed for writer in writers]
            name = f"accounts_{database.kind}_{turn}"
            server.loaded(database, name, table="accounts", batch_rows=[1_000_000, 100_000][turn])
            during = [writer.committed - then for writer, then in zip(writers, before)]
            assert all(count > 0 for count in during), f"they wrote while we read: {[w.failure for w in writers]}"
            assert_one_snapshot(server, name, writers)
    finally:
        for writer in writers:
            writer.stopped.set()
        for writer in writers:
            writer.join(timeout=60)
    assert [writer.failure for writer in writers] == [None] * WRITERS


# --- our own server is killed ---------------------------------------------------------------


def stored_files(server, dataset):
    return len(list((server.data_dir / "primary" / "data" / dataset).glob("*.parquet")))


def wait_for_files(server, dataset, load, count):
    """Until the running load has stored so many files, or is over."""
    while load.is_alive() and stored_files(server, dataset) < count:
        os.sched_yield()


def kill_at_random_points(server, database, loads, rng, *, rows, key, batch_rows):
    """Each load is killed once behind a drawn number of its files, none and all of them included, and asked for again."""
    numbers(database, rows, key=key)
    fields, resumed = {"batch_rows": batch_rows}, 0
    server.loaded(database, "whole", table="numbers", **fields)
    files = stored_files(server, "whole")
    assert files >= 5
    for turn in range(loads):
        name, answers = f"killed_{turn % 5}", []  # new datasets and such as are there already

        def load():
            try:
                answers.append(server.load(database, name, table="numbers", **fields))
            except OSError:
                pass
        there = stored_files(server, name)
        thread = threading.Thread(target=load, daemon=True)
        thread.start()
        wait_for_files(server, name, thread, there + rng.randint(0, files + 1))
        server.kill()
        thread.join()
        server.start()
        if server.get(f"/catalog/datasets/{name}").status == 200:
            assert_numbers(server, name, rows)  # as it was, or loaded: never in between
        result = server.loaded(database, name, table="numbers", **fields)
        assert result["rows_written"] == rows
        # All rows: the kill came behind the commit, and only the answer was lost.
        resumed += 0 < result["resumed_rows"] < rows
        assert_numbers(server, name, rows)
    return resumed


KILLS = {("postgresql", True): 20, ("postgresql", False): 5, ("mysql", True): 20, ("mysql", False): 5}


@pytest.mark.parametrize("key", [True, False], ids=["key", "no_key"])
def test_killed_loads_are_completed_by_asking_again(fresh_server, database, key):
    family = "postgresql" if database.kind == "postgresql" else "mysql"
    rng = random.Random(f"{database.kind} {key}")
    loads = KILLS[family, key]
    resumed = kill_at_random_points(fresh_server, database, loads, rng, rows=60_000, key=key, batch_rows=2_000)
    assert resumed >= loads // 5 if key else resumed == 0, "a key, and nothing else, tells where to go on"


def test_a_killed_upsert_and_a_killed_append_happen_once(fresh_server, postgres):
    server, rng = fresh_server, random.Random(7)
    numbers(postgres, 40_000)
    for mode, more in [("upsert", {"key": "id"}), ("append", {})] * 2:
        name = f"once_{mode}"
        server.loaded(postgres, name, query="SELECT id, amount, label FROM numbers WHERE id <= 100")
        wanted = {"table": "numbers"} if mode == "upsert" else {"query": "SELECT * FROM numbers WHERE id > 100"}
        before = head(server, name)

        def load():
            try:
                server.load(postgres, name, mode=mode, batch_rows=2_000, **wanted, **more)
            except OSError:
                pass
        there = stored_files(server, name)
        thread = threading.Thread(target=load, daemon=True)
        thread.start()
        wait_for_files(server, name, thread, there + rng.randint(0, 6))
        server.kill()
        thread.join()
        server.start()
        if head(server, name) == before:
            assert server.sql(f"SELECT count(*) FROM {name}") == [[100]]
            server.loaded(postgres, name, mode=mode, batch_rows=2_000, **wanted, **more)
        assert_numbers(server, name, 40_000)


# --- memory ---------------------------------------------------------------------------------


def peak_mb(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def test_memory_does_not_grow_with_the_table(make_server, database):
    """1 million rows, 150 MB as text; bench/database does it with 10 million."""
    rows = 1_000_000
    server = make_server(config=FAKE_MODEL)
    text = "repeat(md5(seq::text), 4)" if database.kind == "postgresql" else "repeat(md5(seq), 4)"
    database.sql(f"CREATE TABLE wide AS SELECT seq AS id, {text} AS body FROM {series(database, rows)}")
    assert server.loaded(database, "wide", table="wide")["rows_written"] == rows
    assert server.sql("SELECT count(*), count(DISTINCT id), min(length(body)) FROM wide") == [[rows, rows, 128]]
    peak = peak_mb(server)
    assert peak < 300, f"{peak:.0f} MB"
