"""Starting, stopping and configuring the server."""
import json
import signal
import subprocess

import pytest


def run(binary, *arguments, cwd, timeout=60):
    return subprocess.run([binary, *arguments], capture_output=True, text=True, cwd=cwd, timeout=timeout)


def test_ready_file_names_an_address_that_answers(server):
    assert server.url.startswith("http://127.0.0.1:")
    assert server.get("/healthz").status == 200
    assert (server.data_dir / "ready").read_text().strip() == server.url


def test_sigterm_drains_and_exits_0_and_the_ready_file_goes(fresh_server):
    assert fresh_server.stop() == 0
    assert not (fresh_server.data_dir / "ready").exists()


def test_sigint_stops_too(fresh_server):
    fresh_server.process.send_signal(signal.SIGINT)
    assert fresh_server.process.wait(timeout=60) == 0


def test_a_second_server_on_the_same_data_is_refused(fresh_server, binary, tmp_path):
    second = run(binary, "serve", "--data", str(fresh_server.data_dir), "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert second.returncode == 1
    assert "another process uses the data directory" in second.stderr
    assert fresh_server.get("/healthz").status == 200


def test_a_taken_port_is_said(fresh_server, binary, tmp_path):
    address = fresh_server.url.removeprefix("http://")
    second = run(binary, "serve", "--data", str(tmp_path / "other"), "--listen", address, cwd=tmp_path)
    assert second.returncode == 1
    assert "in use" in second.stderr


@pytest.mark.parametrize("config, said", [
    ("[server]\nlisten = 5\n", "listen"),
    ("[server]\nlisten = \n", "line 2"),
    ("[auth]\nenabled = true\n", "auth"),
    ("[server]\nlisten = \"0.0.0.0:0\"\n", "insecure"),
])
def test_a_bad_configuration_stops_the_start_and_says_where(binary, tmp_path, config, said):
    (tmp_path / "lakehouse.toml").write_text(config)
    finished = run(binary, "serve", "--data", str(tmp_path / "data"), cwd=tmp_path)
    assert finished.returncode in (1, 2)
    assert said in finished.stderr


def test_an_unknown_setting_is_a_warning_with_its_line(make_server):
    server = make_server(config="[server]\nlisten = \"127.0.0.1:0\"\nlisen = 1\n")
    assert ":3:" in server.log() and "lisen" in server.log()
    assert server.get("/healthz").status == 200


def test_what_a_user_made_is_there_after_a_restart(fresh_server):
    fresh_server.ingest("kept", "id,text\n1,one\n2,two\n")
    first = fresh_server.refresh("kept", "kept_index")
    assert first["new_docs_embedded"] == 2
    fresh_server.restart()
    assert fresh_server.sql("SELECT id, text FROM kept ORDER BY id") == [[1, "one"], [2, "two"]]
    assert fresh_server.refresh("kept", "kept_index")["new_chunks_embedded"] == 0


def test_version_names_the_libraries(server, binary, tmp_path):
    version = server.get("/version").json()
    assert version["name"] == "lakehouse" and version["libraries"]["duckdb"].startswith("v1.4")
    printed = run(binary, "version", "--json", cwd=tmp_path)
    assert json.loads(printed.stdout)["version"] == version["version"]
