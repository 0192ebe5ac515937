"""lakehouse doctor: what is whole, what is damaged, what nothing names."""
import json
import subprocess
import time


def doctor(server, *arguments):
    command = [server.binary, "--config", str(server.config_path), "doctor", "--data", str(server.data_dir), "--json", *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return finished.returncode, json.loads(finished.stdout)


def test_a_whole_directory_is_found_whole(fresh_server):
    fresh_server.ingest("good", "id,text\n1,one\n2,two\n")
    fresh_server.refresh("good", "good")
    fresh_server.stop()
    code, report = doctor(fresh_server)
    assert code == 0 and report["problems"] == 0 and report["orphan_count"] == 0, report
    subjects = {finding["subject"] for finding in report["findings"]}
    assert {"bucket primary", "dataset good", "index good", "model fake"} <= subjects


def test_orphans_are_listed_and_removed_only_when_asked(fresh_server):
    fresh_server.ingest("good", "id,text\n1,one\n")
    fresh_server.stop()
    orphan = fresh_server.data_dir / "primary/data/good/00000000000000000000000000000000.parquet"
    orphan.write_bytes(b"left by a crash")
    code, report = doctor(fresh_server)
    assert code == 0 and report["orphan_count"] == 1 and orphan.exists()
    code, report = doctor(fresh_server, "--remove-orphans")
    assert code == 0 and report["orphans_removed"] is True and not orphan.exists()
    fresh_server.start()
    assert fresh_server.sql("SELECT count(*) FROM good") == [[1]]


def test_files_of_a_stopped_load_are_kept_until_it_is_too_late(fresh_server):
    fresh_server.ingest("good", "id,text\n1,one\n")
    fresh_server.stop()
    kept = fresh_server.data_dir / "primary/data/good/00000000000000000000000000000000.parquet"
    kept.write_bytes(b"rows of a load that was stopped")
    checkpoint = fresh_server.data_dir / "primary/journal/loads/good/0123456789abcdef0123456789abcdef.json"
    checkpoint.parent.mkdir(parents=True)

    def write(day):
        checkpoint.write_text(json.dumps({
            "format": 1, "dataset": "good", "base_snapshot_id": 0, "updated_at": f"{day}T00:00:00Z",
            "columns": [{"name": "id", "source_type": "int", "type": "INTEGER"}], "key": ["id"], "position": ["7"],
            "rows": 7, "rejected": 0,
            "schema": {"last_field_id": 1, "columns": [{"field_id": 1, "name": "id", "type": "INTEGER", "nullable": True}]},
            "files": [{"key": "data/good/" + kept.name, "rows": 7, "size_bytes": 31, "etag": "0", "columns": []}]}))

    def stopped(report):
        return [finding["text"] for finding in report["findings"] if finding["subject"].startswith("stopped load")]

    write(time.strftime("%Y-%m-%d", time.gmtime()))
    code, report = doctor(fresh_server, "--remove-orphans")
    assert code == 0 and report["orphan_count"] == 0 and kept.exists() and checkpoint.exists()
    assert len(stopped(report)) == 1 and "7 rows kept" in stopped(report)[0]
    write("2020-01-01")
    code, report = doctor(fresh_server)
    assert code == 0 and report["orphan_count"] == 1 and kept.exists() and "too old" in stopped(report)[0]
    code, report = doctor(fresh_server, "--remove-orphans")
    assert code == 0 and not kept.exists() and not checkpoint.exists()


def test_a_missing_data_file_is_a_problem_and_stops_the_removal(fresh_server):
    fresh_server.ingest("hurt", "id,text\n1,one\n")
    fresh_server.stop()
    for file in (fresh_server.data_dir / "primary/data/hurt").iterdir():
        file.unlink()
    orphan = fresh_server.data_dir / "primary/data/hurt/00000000000000000000000000000000.parquet"
    orphan.write_bytes(b"left by a crash")
    code, report = doctor(fresh_server, "--remove-orphans")
    assert code == 1 and report["problems"] == 1 and orphan.exists()
    assert any("hurt" in finding["subject"] for finding in report["findings"])


def test_a_damaged_head_is_never_taken_for_no_index(fresh_server):
    fresh_server.ingest("hurt", "id,text\n1,one\n")
    fresh_server.refresh("hurt", "hurt")
    fresh_server.stop()
    head = fresh_server.data_dir / "primary/vectors/hurt/head.json"
    head.write_text(head.read_text()[:40])
    code, report = doctor(fresh_server)
    assert code == 1 and report["problems"] >= 1
    fresh_server.start()
    answer = fresh_server.post("/vectors/refresh/hurt", json={"index_name": "hurt", "id_column": "id", "text_column": "text"})
    assert answer.status == 500, answer
    assert fresh_server.post("/vectors/search/hurt", json={"query": "x"}).status == 500


def test_a_directory_in_use_is_left_alone(fresh_server):
    finished = subprocess.run([fresh_server.binary, "doctor", "--data", str(fresh_server.data_dir)],
                              capture_output=True, text=True, timeout=60)
    assert finished.returncode == 1 and "another process uses the data directory" in finished.stderr
