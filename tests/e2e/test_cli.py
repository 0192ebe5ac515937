"""The command line over a running server: every verb, for people and for programs."""
import json
import os
import pty
import select
import signal
import socket
import subprocess
import time

import pytest

from conftest import FAKE_MODEL

CSV = "id,name,price,text\n1,apple,1.5,a green apple\n2,梨,3.25,a sweet pear\n3,plum,abc,a blue plum\n4,fig,7,\n"


def said(finished, code=0):
    """stdout of a run that must end so; the other stream is shown when it does not."""
    assert finished.returncode == code, (finished.returncode, finished.stdout[-2000:], finished.stderr[-2000:])
    return finished.stdout if code == 0 else finished.stderr


def run(binary, *arguments, cwd, **options):
    return subprocess.run([binary, *arguments], capture_output=True, text=True, cwd=cwd, timeout=60, **options)


@pytest.fixture(scope="module")
def fruit(server):
    """A dataset and an index that most tests look at."""
    path = server.data_dir.parent / "fruit.csv"
    path.write_text(CSV)
    said(server.cli("ingest", str(path), "--dataset", "fruit", "--mode", "replace", "--type", "price=DOUBLE"))
    said(server.cli("refresh", "fruit", "--index", "fruit_index", "--id-column", "id", "--text-column", "text"))
    return server


# --- help and misuse ------------------------------------------------------------------------


def test_without_arguments_the_help_is_short_and_the_exit_code_2(binary, tmp_path):
    finished = run(binary, cwd=tmp_path)
    text = said(finished, 2)
    assert finished.stdout == "" and text.startswith("usage: lakehouse COMMAND") and "ingest" in text


def test_every_verb_tells_what_it_takes(binary, tmp_path):
    listed = said(run(binary, "help", cwd=tmp_path))
    verbs = [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and not line.startswith("  --")]
    assert set(verbs) >= {"serve", "ingest", "sql", "refresh", "search", "datasets", "indexes", "buckets", "jobs",
                          "doctor", "version", "help"}
    for verb in verbs:
        text = said(run(binary, verb, "--help", cwd=tmp_path))
        assert f"usage: lakehouse {verb}" in text and "--json" in text
        assert text == said(run(binary, "help", verb, cwd=tmp_path)) == said(run(binary, "-h", verb, cwd=tmp_path))


def test_the_settings_can_be_read_without_a_file(binary, tmp_path):
    text = said(run(binary, "help", "settings", cwd=tmp_path))
    assert "listen" in text and "data_dir" in text


@pytest.mark.parametrize("arguments, hint", [
    (["serch", "x"], "did you mean 'lakehouse search'?"),
    (["ingest", "f.csv", "--datset", "x"], "did you mean --dataset?"),
    (["ingest", "f.csv"], "--dataset NAME is missing"),
    (["ingest"], "'ingest' wants FILE"),
    (["ingest", "a", "b", "--dataset", "d"], "'b' is too much"),
    (["ingest", "f", "--dataset", "d", "--mode", "upsert"], "wants --key"),
    (["ingest", "f", "--dataset", "d", "--mode", "merge"], "append|replace|upsert, not 'merge'"),
    (["search", "index", "text", "--top-k", "many"], "whole number, not 'many'"),
    (["refresh", "d", "--id-column", "a", "--text-column", "b"], "--index NAME is missing"),
    (["buckets", "make", "x"], "list, create NAME or delete NAME"),
    (["buckets", "create", "x"], "--root DIR"),
    (["jobs", "watch"], "ID is missing"),
    (["datasets", "--delete"], "NAME is missing"),
    (["sql", "select 1", "--format", "xml"], "not 'xml'"),
    (["sql", "select 1", "--output", "x", "--format", "table"], "--output wants a format"),
    (["--colour"], "there is no option '--colour'"),
    (["sql", "--url"], "--url wants a value"),
])
def test_misuse_is_explained_with_exit_code_2(binary, tmp_path, arguments, hint):
    text = said(run(binary, *arguments, cwd=tmp_path), 2)
    assert text.startswith("lakehouse: ") and hint in text and "try 'lakehouse " in text


def test_version_needs_no_server(binary, tmp_path):
    text = said(run(binary, "version", cwd=tmp_path))
    assert text.startswith("lakehouse 0.") and "duckdb" in text
    assert said(run(binary, "--version", cwd=tmp_path)) == text
    assert json.loads(said(run(binary, "version", "--json", cwd=tmp_path)))["name"] == "lakehouse"


# --- no server, strange servers -------------------------------------------------------------


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("arguments", [
    ["sql", "select 1"], ["datasets"], ["indexes", "x"], ["search", "i", "t"], ["jobs"], ["buckets"],
    ["refresh", "d", "--index", "i", "--id-column", "a", "--text-column", "b"],
])
def test_an_absent_server_is_said_with_what_to_do(binary, tmp_path, arguments):
    url = f"http://127.0.0.1:{closed_port()}"
    text = said(run(binary, *arguments, "--url", url, cwd=tmp_path), 1)
    assert f"no server answers at {url}" in text and "lakehouse serve" in text and "--url" in text


def test_a_proxy_of_the_environment_is_passed_by(server):
    finished = subprocess.run([server.binary, "datasets", "--url", server.url], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "http_proxy": f"http://127.0.0.1:{closed_port()}"})
    said(finished)


@pytest.mark.parametrize("url, part", [("ftp://x", "http://"), ("http://", "address"), ("http://u:p@h", "password")])
def test_a_bad_address_is_refused(binary, tmp_path, url, part):
    assert part in said(run(binary, "datasets", "--url", url, cwd=tmp_path), 1)


def test_the_data_directory_tells_where_its_server_is(server):
    finished = run(server.binary, "datasets", "--data", str(server.data_dir), "--json", cwd=server.data_dir.parent)
    assert "datasets" in json.loads(said(finished))


def test_options_may_stand_before_the_verb_and_url_needs_no_scheme(server):
    finished = run(server.binary, "--url", server.url.removeprefix("http://"), "--json", "sql", "select 41 + 1",
                   cwd=server.data_dir.parent)
    assert json.loads(said(finished))["rows"] == [[42]]


# --- ingest ---------------------------------------------------------------------------------


def test_ingest_tells_what_became_of_every_row(server, tmp_path):
    (tmp_path / "a.csv").write_text(CSV)
    text = said(server.cli("ingest", str(tmp_path / "a.csv"), "--dataset", "told", "--type", "price=DOUBLE"))
    assert "told: 4 rows read, 3 written, 1 rejected" in text
    assert "line 4, price" in text and "abc" in text
    assert "columns: id BIGINT, name VARCHAR, price DOUBLE, text VARCHAR" in text


def test_ingest_as_json_is_the_servers_answer(server, tmp_path):
    (tmp_path / "a.csv").write_text("id;v\n1;x\n2;y\n")
    answer = json.loads(said(server.cli("ingest", str(tmp_path / "a.csv"), "--dataset", "json_told", "--delimiter", ";",
                                        "--header", "true", "--format", "csv", "--bucket", "rescue", "--json")))
    assert answer["rows_written"] == 2 and answer["rows_rejected"] == 0 and answer["source"] == "a.csv"
    dataset = server.get("/catalog/datasets/json_told").json()
    assert dataset["bucket"] == "rescue" and [c["name"] for c in dataset["columns"]] == ["id", "v"]


def test_modes_append_replace_and_upsert(server, tmp_path):
    file = tmp_path / "a.csv"
    for mode, content, rows in [("replace", "k,v\n1,a\n2,b\n", [[1, "a"], [2, "b"]]),
                                ("upsert", "k,v\n2,B\n3,c\n", [[1, "a"], [2, "B"], [3, "c"]]),
                                ("append", "k,v\n4,d\n", [[1, "a"], [2, "B"], [3, "c"], [4, "d"]]),
                                ("replace", "k,v\n9,z\n", [[9, "z"]])]:
        file.write_text(content)
        key = ["--key", "k"] if mode == "upsert" else []
        said(server.cli("ingest", str(file), "--dataset", "modes", "--mode", mode, *key))
        assert server.sql("SELECT k, v FROM modes ORDER BY k") == rows


def test_ingest_reads_standard_input(server):
    text = said(server.cli("ingest", "-", "--dataset", "from_stdin", "--format", "ndjson", input='{"a":1}\n{"a":2}\n'))
    assert "2 written" in text
    assert server.sql("SELECT sum(a) FROM from_stdin") == [[3]]


def test_a_detached_load_can_be_watched(server, tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\n")
    job = json.loads(said(server.cli("ingest", str(tmp_path / "a.csv"), "--dataset", "detached", "--detach", "--json")))["job_id"]
    watched = said(server.cli("jobs", "watch", job))
    assert f"job {job}: ingest, done" in watched and "rows_written" in watched
    assert json.loads(said(server.cli("jobs", "get", job, "--json")))["state"] == "done"
    assert job in said(server.cli("jobs"))
    assert json.loads(said(server.cli("jobs", "list", "--json")))["jobs"]
    assert "finished" in said(server.cli("jobs", "cancel", job), 1)


@pytest.mark.parametrize("source, part", [
    ("nowhere.csv", "cannot read 'nowhere.csv'"),
    (".", "is a folder"),
])
def test_what_cannot_be_loaded_is_said(server, source, part):
    assert part in said(server.cli("ingest", source, "--dataset", "never"), 1)


def test_a_refused_load_leaves_nothing(server, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    text = said(server.cli("ingest", str(tmp_path / "empty.csv"), "--dataset", "never"), 1)
    assert "empty" in text and "request" in text
    assert server.get("/catalog/datasets/never").status == 404


def test_a_file_beyond_the_servers_limit_is_said(make_server, tmp_path):
    server = make_server(config="[server]\nbody_bytes_max = 1000000\njson_body_bytes_max = 100000\n" + FAKE_MODEL)
    (tmp_path / "large.csv").write_bytes(b"id,text\n" + b"1,some text\n" * 2_000_000)
    text = said(server.cli("ingest", str(tmp_path / "large.csv"), "--dataset", "large"), 1)
    assert "the server answered 413" in text
    text = said(subprocess.run(f"cat {tmp_path}/large.csv | {server.binary} ingest - --dataset large --url {server.url}",
                               shell=True, capture_output=True, text=True, timeout=60), 1)
    assert "large" in text and "lakehouse: " in text


# --- sql ------------------------------------------------------------------------------------


def test_a_table_is_aligned_and_counts_its_rows(fruit):
    lines = said(fruit.cli("sql", "SELECT name, price, NULL AS nothing FROM fruit ORDER BY id")).splitlines()
    assert lines[0].split() == ["name", "price", "nothing"]
    assert lines[2].startswith("apple") and lines[3].startswith("梨 ") and lines[3].index("3.25") == lines[2].index("1.5") - 2
    assert "NULL" in lines[2] and lines[-1].startswith("3 rows, ")
    assert all(line == line.rstrip() for line in lines)


def test_numbers_stay_exact(server):
    text = said(server.cli("sql", "SELECT 9007199254740993 AS big, 0.1::DOUBLE AS tenth, 12345678901234567890.12::DECIMAL(22,2) AS money"))
    assert "9007199254740993" in text and " 0.1 " in text and "12345678901234567890.12" in text


def test_control_characters_do_not_reach_the_terminal(server):
    text = said(server.cli("sql", "SELECT 'a' || chr(27) || '[2J' || chr(10) || 'b' AS evil"))
    assert "a\\x1b[2J\\nb" in text and "\x1b" not in text


@pytest.mark.parametrize("format, begins", [("csv", b"n,"), ("ndjson", b'{"n":1'), ("json", b"{"), ("parquet", b"PAR1")])
def test_formats_stream_to_a_pipe_or_a_file(server, tmp_path, format, begins):
    command = [server.binary, "sql", "SELECT 1 AS n, 'x' AS t", "--format", format, "--url", server.url]
    piped = subprocess.run(command, capture_output=True, timeout=60)
    assert piped.returncode == 0 and piped.stdout.startswith(begins), piped
    target = tmp_path / f"answer.{format}"
    assert subprocess.run([*command, "--output", str(target)], timeout=60).returncode == 0
    if format != "json":  # its duration differs
        assert target.read_bytes() == piped.stdout


def test_a_failed_query_leaves_no_file(server, tmp_path):
    target = tmp_path / "answer.csv"
    said(server.cli("sql", "SELECT nope FROM nowhere", "--format", "csv", "--output", str(target)), 1)
    assert list(tmp_path.iterdir()) == []


def test_the_statement_may_come_from_standard_input(server):
    assert "42" in said(server.cli("sql", "-", input="SELECT 6 * 7\n"))
    assert "42" in said(server.cli("sql", input="SELECT 6 * 7\n"))


def test_words_need_no_quotes_and_limits_are_told(server):
    text = said(server.cli("sql", "SELECT", "i", "FROM", "range(10)", "t(i)", "--limit", "3"))
    assert "3 rows" in text and "there are more rows" in text


def test_parameters_by_place_and_by_name(fruit):
    rows = json.loads(said(fruit.cli("sql", "SELECT id FROM fruit WHERE name = ? AND id = ?", "--param", "apple",
                                     "--param", "1", "--json")))["rows"]
    assert rows == [[1]]
    rows = json.loads(said(fruit.cli("sql", "SELECT id FROM fruit WHERE name = $n", "--param", "n=梨", "--json")))["rows"]
    assert rows == [[2]]


@pytest.mark.parametrize("statement, part", [
    ("SELEC 1", "syntax error"),
    ("SELECT nope FROM fruit", "nope"),
    ("DROP TABLE fruit", ""),
    ("SELECT * FROM read_csv('/etc/passwd')", ""),
])
def test_a_refused_statement_is_explained(fruit, statement, part):
    text = said(fruit.cli("sql", statement), 1)
    assert text.startswith("lakehouse: ") and part in text and "the server answered 4" in text


def test_a_reader_that_stops_early_is_no_crash(server):
    command = f"'{server.binary}' sql 'SELECT * FROM range(1000000)' --format csv --url {server.url} | head -1"
    finished = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert finished.stdout == "range\n" and finished.stderr == ""


def test_a_full_disk_is_said(server):
    with open("/dev/full", "w") as full:
        finished = subprocess.run([server.binary, "sql", "SELECT 1", "--url", server.url], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60)
    assert "cannot write the answer" in said(finished, 1)


# --- the other verbs ------------------------------------------------------------------------


def test_datasets_list_show_history_describe_and_delete(server, tmp_path):
    (tmp_path / "a.csv").write_text("id,text\n1,x\n")
    said(server.cli("ingest", str(tmp_path / "a.csv"), "--dataset", "shown"))
    said(server.cli("ingest", str(tmp_path / "a.csv"), "--dataset", "shown"))
    assert any(line.split()[:2] == ["shown", "2"] for line in said(server.cli("datasets")).splitlines())
    said(server.cli("datasets", "shown", "--describe", "two of a kind"))
    text = said(server.cli("datasets", "shown"))
    assert "shown: 2 rows" in text and "2 files" in text and "two of a kind" in text and "VARCHAR" in text
    assert json.loads(said(server.cli("datasets", "shown", "--json")))["description"] == "two of a kind"
    assert said(server.cli("datasets", "shown", "--history")).count("a.csv") == 2
    said(server.cli("refresh", "shown", "--index", "shown_index", "--id-column", "id", "--text-column", "text"))
    refused = said(server.cli("datasets", "shown", "--delete"), 1)
    assert "shown_index" in refused and "409" in refused
    said(server.cli("indexes", "shown_index", "--delete"))
    assert "dropped" in said(server.cli("datasets", "shown", "--delete"))
    assert "no dataset 'shown'" in said(server.cli("datasets", "shown"), 1)


def test_refresh_tells_what_was_embedded_and_what_waits(server):
    server.ingest("texts", "id,text\n" + "".join(f"{i},text number {i}\n" for i in range(50)) + "99,\n")
    first = said(server.cli("refresh", "texts", "--index", "texts_index", "--id-column", "id", "--text-column", "text",
                            "--docs-max", "30"))
    assert "texts_index: 30 new documents, 30 chunks embedded in " in first and "left for the next refresh: 20 documents" in first
    assert "rows without a text, skipped: 1" in first or "rows with a blank text, skipped: 1" in first
    rest = json.loads(said(server.cli("refresh", "texts", "--index", "texts_index", "--id-column", "id", "--text-column",
                                      "text", "--json")))
    assert rest["new_docs_embedded"] == 20 and rest["total_embeddings_after"] == 50
    refused = said(server.cli("refresh", "texts", "--index", "texts_index", "--id-column", "nope", "--text-column", "text"), 1)
    assert "nope" in refused


def test_search_shows_hits_plan_and_timings(fruit):
    lines = said(fruit.cli("search", "fruit_index", "a", "green", "apple", "--top-k", "2")).splitlines()
    assert lines[0].split() == ["#", "score", "id", "text"]
    assert lines[2].split()[:3] == ["1", "1.0000", "1"] and "a green apple" in lines[2]
    assert len(lines) == 5 and "fresh" in lines[4] and "embed" in lines[4] and "search" in lines[4]
    answer = json.loads(said(fruit.cli("search", "fruit_index", "a green apple", "--exact", "--json")))
    assert answer["hits"][0]["doc_id"] == "1"
    assert "no index 'absent'" in said(fruit.cli("search", "absent", "text"), 1)


def test_indexes_list_and_show(fruit):
    assert any(line.startswith("fruit_index ") and "fresh" in line for line in said(fruit.cli("indexes")).splitlines())
    assert "model_name" in said(fruit.cli("indexes", "fruit_index"))
    assert json.loads(said(fruit.cli("indexes", "fruit_index", "--json")))["doc_count"] == 2
    assert json.loads(said(fruit.cli("indexes", "--json")))["indexes"]


def test_buckets_create_list_and_delete(server, tmp_path):
    root = tmp_path / "more"
    assert str(root) in said(server.cli("buckets", "create", "more", "--root", str(root)))
    assert any(line.startswith("more ") and "healthy" in line for line in said(server.cli("buckets")).splitlines())
    assert "more" in [b["name"] for b in json.loads(said(server.cli("buckets", "--json")))["buckets"]]
    assert "unregistered" in said(server.cli("buckets", "delete", "more"))
    assert "primary" in said(server.cli("buckets", "delete", "primary"), 1)


def test_doctor_prints_a_line_for_each_finding(fresh_server):
    fresh_server.ingest("good", "id,text\n1,one\n")
    fresh_server.stop()
    finished = run(fresh_server.binary, "--config", str(fresh_server.config_path), "doctor", "--data",
                   str(fresh_server.data_dir), cwd=fresh_server.data_dir.parent)
    text = said(finished)
    assert any(line.split()[:3] == ["ok", "dataset", "good"] for line in text.splitlines()) and "no problems" in text


# --- a terminal -----------------------------------------------------------------------------


def on_terminal(command, columns=60, until=None, environment=None, limit=60):
    """Runs on a pseudo-terminal; returns (exit code, all that was shown). until(text) may act once."""
    import fcntl
    import struct
    import termios
    child, terminal = pty.fork()
    if child == 0:
        os.execve(command[0], command, {**os.environ, "TERM": "xterm", **(environment or {})})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown, deadline = b"", time.monotonic() + limit
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.05)[0]:
            if until and until(shown.decode(errors="replace"), child):
                until = None
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode(errors="replace")


def without_styles(text):
    import re
    return re.sub(r"\x1b\[[0-9;]*[mK]", "", text).replace("\r", "")


def test_a_terminal_gets_a_table_of_its_width(server):
    command = [server.binary, "sql", "SELECT repeat('x', 200) AS wide, 1234567890 AS n", "--url", server.url]
    code, shown = on_terminal(["/bin/sh", "-c", 'sleep 0.2; exec "$@"', "sh", *command])
    lines = without_styles(shown).splitlines()
    assert code == 0 and all(len(line) <= 60 for line in lines), lines
    assert "…" in lines[2] and "1234567890" in lines[2] and "\x1b[1m" in shown


def test_no_color_is_heeded(server):
    command = [server.binary, "sql", "SELECT 1 AS n", "--url", server.url]
    code, shown = on_terminal(command, environment={"NO_COLOR": "1"})
    assert code == 0 and "\x1b[" not in shown


REFRESH_SLOW = ["refresh", "slow", "--index", "slow_index", "--id-column", "id", "--text-column", "text"]


@pytest.fixture
def slow_server(make_server):
    """A server with the real model, and a dataset that takes it minutes to embed."""
    server = make_server()
    sentence = "the quick brown fox jumps over the lazy dog and runs away into the deep forest "
    server.ingest("slow", "id,text\n" + "".join(f"{i},{i} {sentence * 5}\n" for i in range(20000)))
    return server


def embedding(server):
    return any(j["kind"] == "refresh" and j["progress"]["done"] > 0 for j in server.get("/jobs").json()["jobs"])


def test_a_server_that_dies_during_a_job_is_said(slow_server):
    client = subprocess.Popen([slow_server.binary, *REFRESH_SLOW, "--url", slow_server.url], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not embedding(slow_server):  # asking is what paces this
        assert time.monotonic() < deadline, "the refresh has not begun to embed"
    slow_server.kill()
    out, err = client.communicate(timeout=60)
    assert client.returncode == 1 and out == "", (out, err)
    assert slow_server.url in err and "lakehouse jobs watch" in err, err


def test_ctrl_c_cancels_the_job_on_the_server(slow_server):
    server = slow_server

    def interrupt(shown, child):
        if embedding(server) and "embedding" in shown:
            os.kill(child, signal.SIGINT)
            return True
        return False

    code, shown = on_terminal([server.binary, *REFRESH_SLOW, "--url", server.url], columns=100, until=interrupt, limit=120)
    assert code == 1 and "cancelling job" in shown and "cancelled" in shown, shown[-2000:]
    assert "%" in shown and "of 20,000 documents" in shown, shown[-2000:]
    jobs = [j for j in server.get("/jobs").json()["jobs"] if j["kind"] == "refresh"]
    assert [j["state"] for j in jobs] == ["cancelled"]
