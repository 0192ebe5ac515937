"""Watched folders, from outside: whatever is dropped, however it is dropped, every row comes once."""
import json
import subprocess
import time

import pytest

from conftest import FAKE_MODEL

PATIENCE_SECONDS = 100


def watch_config(inbox, **settings):
    rows = {"name": "inbox", "folder": str(inbox), "dataset": "d", "settle_ms": 300, "scan_s": 1, **settings}
    return FAKE_MODEL + "[[ingest.watch]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in rows.items())


def until(look, what, seconds=PATIENCE_SECONDS):
    """Polls until look() is true; its last value."""
    deadline = time.monotonic() + seconds
    while True:
        value = look()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)  # a poll with a deadline; nothing is assumed of its length


def report(server):
    answer = server.get("/ingest/watch")
    assert answer.status == 200, answer
    return answer.json()


def counts(server):
    watch = report(server)["watches"][0]
    return tuple(watch[key] for key in ("files_taken", "files_failed", "files_pending", "duplicates"))


def until_taken(server, taken, **options):
    return until(lambda: counts(server)[0] >= taken and report(server)["watches"][0], f"{taken} files taken", **options)


def until_scanned(server):
    """Until a scan that began after now has ended."""
    scans = lambda: int(server.get("/metrics").text.split("\nlakehouse_watch_scans_total ")[1].split()[0])
    seen = scans()
    until(lambda: scans() >= seen + 2, "two more scans")


def rows(server, what="count(*)"):
    found = server.sql("SELECT count(*) FROM lake_datasets() WHERE name = 'd'")
    if found[0][0] == 0:
        return []
    return server.sql(f"SELECT {what} FROM d")


def drop(folder, name, text):
    """Renamed into the folder: complete at once."""
    aside = folder.parent / f"aside-{name}"
    aside.write_text(text)
    aside.rename(folder / name)


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_rename_lineage_and_catalog(make_server, inbox):
    server = make_server(config=watch_config(inbox))
    drop(inbox, "people.csv", "id,email\n1,ada@example.org\n2,alan@example.org\n")
    watch = until_taken(server, 1)
    assert watch["mode_of_watching"] in ("inotify+scan", "scan")
    assert (watch["rows"], watch["last_file"], watch["dataset"], watch["mode"]) == (2, "people.csv", "d", "append")
    entry = server.get("/catalog/datasets/d/lineage").json()["entries"][0]
    assert entry["source_system"] == "watch" and entry["source"] == "inbox: people.csv" and entry["rows"] == 2
    columns = {column["name"]: column for column in server.get("/catalog/datasets/d").json()["columns"]}
    assert columns["email"]["pii"], "personal data is found on this path, too"
    whole = report(server)
    assert (whole["taken"], whole["failed"], whole["pending"]) == (1, 0, 0)
    assert [(item["file"], item["state"]) for item in whole["recent"]] == [("people.csv", "taken")]
    assert "lakehouse_watch_files_taken_total 1" in server.get("/metrics").text
    assert 'event=loaded' in server.log()


def test_slow_copy(make_server, inbox):
    """In chunks, with pauses far longer than settle_ms, the file open all the time: never half."""
    server = make_server(config=watch_config(inbox, settle_ms=50))
    with open(inbox / "slow.csv", "w") as file:
        file.write("id\n")
        for chunk in range(4):
            file.write("".join(f"{chunk * 1000 + i}\n" for i in range(1000)))
            file.flush()
            until_scanned(server)
            assert counts(server)[:2] == (0, 0), "it is still open"
    until_taken(server, 1)
    assert rows(server, "count(*), sum(id)") == [[4000, 4000 * 3999 // 2]]


def test_done_marker(make_server, inbox):
    server = make_server(config=watch_config(inbox, done_marker=True, settle_ms=0))
    drop(inbox, "a.csv", "id\n1\n")
    until(lambda: counts(server)[2] == 1, "it is seen")
    until_scanned(server)
    assert counts(server) == (0, 0, 1, 0)
    (inbox / "a.csv.done").touch()
    until_taken(server, 1)
    assert rows(server, "id") == [[1]]


def test_left_out(make_server, inbox, tmp_path):
    """Unfinished names, hidden ones, other globs, links that lead out of the folder."""
    secret = tmp_path / "secret.csv"
    secret.write_text("id\n999\n")
    server = make_server(config=watch_config(inbox, glob="*.csv", recursive=True))
    for name in (".hidden.csv", "a.csv~", "b.csv.tmp", "c.csv.part", "notes.txt"):
        (inbox / name).write_text("id\n7\n")
    (inbox / "link.csv").symlink_to(secret)
    (inbox / "out").symlink_to(tmp_path)
    (inbox / "sub").mkdir()
    drop(inbox, "real.csv", "id\n1\n")
    drop(inbox / "sub", "deep.csv", "id\n2\n")
    until_taken(server, 2)
    until_scanned(server)
    assert counts(server) == (2, 0, 0, 0)
    assert sorted(rows(server, "id")) == [[1], [2]]


def test_failure_is_set_aside(make_server, inbox):
    server = make_server(config=watch_config(inbox))
    drop(inbox, "good.csv", "id,v\n1,1\n")
    until_taken(server, 1)
    drop(inbox, "bad.csv", "id,v\n2,verysecretword\n")
    until(lambda: counts(server)[1] == 1, "the failure")
    assert not (inbox / "bad.csv").exists()
    assert (inbox / ".failed/bad.csv").read_text() == "id,v\n2,verysecretword\n"
    told = json.loads((inbox / ".failed/bad.csv.report.json").read_text())
    assert told["error"]["kind"] == "unprocessable" and told["error"]["line"] == 2 and "'v'" in told["error"]["message"]
    for text in (json.dumps(told), server.log(), json.dumps(report(server))):
        assert "verysecretword" not in text
    assert "bad.csv" in report(server)["watches"][0]["last_error"]
    (inbox / ".failed/bad.csv").write_text("id,v\n2,2\n")
    (inbox / ".failed/bad.csv").rename(inbox / "bad.csv")
    until_taken(server, 2)
    assert sorted(rows(server, "id")) == [[1], [2]]
    shown = server.cli("watch")
    assert shown.returncode == 0 and "inbox" in shown.stdout and "bad.csv" in shown.stdout, shown
    assert json.loads(server.cli("watch", "--json").stdout)["failed"] == 1


def test_restart_and_duplicates(make_server, inbox):
    server = make_server(config=watch_config(inbox))
    drop(inbox, "a.csv", "id\n1\n")
    until_taken(server, 1)
    assert server.stop() == 0
    drop(inbox, "b.csv", "id\n2\n")
    drop(inbox, "copy-of-a.csv", "id\n1\n")
    server.start()
    until_taken(server, 2)
    until(lambda: counts(server) == (2, 0, 0, 1), "the copy is noted")
    server.restart()
    until(lambda: report(server)["watches"][0].get("last_scan_at"), "a scan")
    assert counts(server) == (2, 0, 0, 1)
    assert sorted(rows(server, "id")) == [[1], [2]]


@pytest.mark.parametrize("after", ["keep", "move", "delete"])
def test_kill_in_the_middle(make_server, inbox, after):
    """SIGKILL again and again while files are taken: each file's rows exactly once."""
    files, each = 400, 5
    server = make_server(config=watch_config(inbox, after=after, settle_ms=0))
    for number in range(files):
        drop(inbox, f"{number:04}.csv", "id\n" + "".join(f"{number * each + i}\n" for i in range(each)))
        if number % 50 == 25:
            server.kill()
            server.start()
    server.kill()
    server.start()
    until_taken(server, files)
    assert rows(server, "count(*), count(DISTINCT id), min(id), max(id)") == [[files * each, files * each, 0, files * each - 1]]
    assert counts(server) == (files, 0, 0, 0)


def test_ten_thousand_small_files(make_server, inbox):
    files = 10_000
    for number in range(files):
        (inbox / f"{number:05}.csv").write_text(f"id,name\n{number},file {number}\n")
    started = time.monotonic()
    server = make_server(config=watch_config(inbox))
    until_taken(server, files)
    seconds = time.monotonic() - started
    assert rows(server, "count(*), count(DISTINCT id), sum(id)") == [[files, files, files * (files - 1) // 2]]
    assert counts(server) == (files, 0, 0, 0)
    commits = len(server.get("/catalog/datasets/d/lineage", params={"limit": 1000}).json()["entries"])
    assert commits < files / 100, "small files come in by hundreds"
    print(f"{files} files: {seconds:.1f} s, {commits} commits")


def test_stops_at_once(make_server, inbox):
    """A load under way is called off, leaves nothing behind, and comes again."""
    server = make_server(config=watch_config(inbox, settle_ms=0))
    drop(inbox, "big.csv", "id,text\n" + "".join(f"{i},some words to read for a while {i}\n" for i in range(1_000_000)))
    until(lambda: counts(server)[2] == 1 or counts(server)[0] == 1, "it is seen")
    assert server.stop() == 0
    server.start()
    until_taken(server, 1)
    assert rows(server, "count(*), sum(id)") == [[1_000_000, 1_000_000 * 999_999 // 2]]


@pytest.mark.parametrize("settings, said", [
    ({"folder": "/nowhere/at/all"}, "no folder"),
    ({"mode": "upsert"}, "key"),
    ({"mode": "maybe"}, "mode must be"),
    ({"after": "burn"}, "after must be"),
    ({"name": "In Box"}, "not a name"),
    ({"bucket": "nobody"}, "nobody"),
    ({"dataset": "a b"}, "not a name for a dataset"),
])
def test_bad_settings_stop_the_start(binary, tmp_path, inbox, settings, said):
    config = tmp_path / "lakehouse.toml"
    config.write_text(watch_config(inbox, **settings))
    process = subprocess.run([binary, "serve", "--config", str(config), "--data", str(tmp_path / "data"),
                              "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=60)
    assert process.returncode != 0 and said in process.stderr, process.stderr


def test_new_folder_is_made_and_data_is_not_watched(binary, make_server, tmp_path):
    server = make_server(config=watch_config(tmp_path / "new-inbox"))
    drop(tmp_path / "new-inbox", "a.csv", "id\n1\n")
    until_taken(server, 1)
    config = tmp_path / "inside.toml"
    config.write_text(watch_config(tmp_path / "other" / "primary", recursive=True))
    process = subprocess.run([binary, "serve", "--config", str(config), "--data", str(tmp_path / "other"),
                              "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=60)
    assert process.returncode != 0 and "lie in each other" in process.stderr, process.stderr


def test_no_watch_at_all(server):
    assert server.get("/ingest/watch").json() == {"watches": [], "recent": [], "taken": 0, "failed": 0, "pending": 0}
    assert "no watched folders" in server.cli("watch").stdout
