"""Buckets and their objects."""
import email.utils
import hashlib
import http.client
import os
import threading
import urllib.parse

import pytest

from test_routes_service import problem

PRIMARY = "/storage/buckets/primary/objects"


def make_bucket(server, name, root):
    answer = server.post("/storage/buckets", json={"name": name, "backend": "local", "root": str(root)})
    assert answer.status == 201, answer
    return answer.json()


def bucket_names(server):
    return [bucket["name"] for bucket in server.get("/storage/buckets").json()["buckets"]]


# --- buckets --------------------------------------------------------------------------------------


def test_primary_and_rescue_are_always_there(server):
    buckets = {bucket["name"]: bucket for bucket in server.get("/storage/buckets").json()["buckets"]}
    for name in ("primary", "rescue"):
        assert buckets[name]["role"] == name and buckets[name]["backend"] == "local"
        assert buckets[name]["healthy"] is True and buckets[name]["root"]


def test_a_bucket_is_made_with_its_directory_and_used_at_once(server, tmp_path):
    made = make_bucket(server, "made", tmp_path / "deep" / "made")
    assert made["name"] == "made" and made["role"] == "user" and made["healthy"] is True and made["created_at"]
    assert (tmp_path / "deep" / "made").is_dir()
    assert server.put("/storage/buckets/made/objects/a/b.txt", data=b"in made").status == 200
    assert server.put(f"{PRIMARY}/a/b.txt", data=b"in primary").status == 200
    assert server.get("/storage/buckets/made/objects/a/b.txt").body == b"in made"
    assert server.get(f"{PRIMARY}/a/b.txt").body == b"in primary"
    assert server.delete("/storage/buckets/made").status == 204


def test_a_bucket_survives_a_restart(fresh_server, tmp_path):
    make_bucket(fresh_server, "kept", tmp_path / "kept")
    fresh_server.put("/storage/buckets/kept/objects/x", data=b"1")
    fresh_server.restart()
    assert "kept" in bucket_names(fresh_server)
    assert fresh_server.get("/storage/buckets/kept/objects/x").body == b"1"


def test_deleting_a_bucket_only_forgets_it(server, tmp_path):
    make_bucket(server, "forgotten", tmp_path / "forgotten")
    server.put("/storage/buckets/forgotten/objects/x", data=b"still here")
    assert server.delete("/storage/buckets/forgotten").status == 204
    problem(server.get("/storage/buckets/forgotten/objects/x"), 404)
    problem(server.delete("/storage/buckets/forgotten"), 404)
    make_bucket(server, "forgotten", tmp_path / "forgotten")
    assert server.get("/storage/buckets/forgotten/objects/x").body == b"still here"


@pytest.mark.parametrize("name", ["primary", "rescue"])
@pytest.mark.parametrize("force", ["", "?force=true"])
def test_primary_and_rescue_cannot_be_deleted(server, name, force):
    body = problem(server.delete(f"/storage/buckets/{name}{force}"), 403)
    assert name in body["detail"]
    assert name in bucket_names(server)


@pytest.mark.parametrize("change, status, said", [
    ({"name": None}, 400, "name"), ({"backend": None}, 400, "backend"), ({"root": None}, 400, "root"),
    ({"name": "No Good"}, 400, "name"), ({"name": ""}, 400, "name"), ({"name": "../up"}, 400, "name"),
    ({"backend": "ftp"}, 400, "backend"), ({"backend": "s3"}, 501, "S3"), ({"rooot": "/tmp"}, 400, "rooot"),
    ({"endpoint": "http://x"}, 400, "endpoint"), ({"name": "primary"}, 409, "primary"),
    ({"root": "/proc/no/such/place"}, 422, ""),
])
def test_a_bucket_that_cannot_be_is_refused(server, tmp_path, change, status, said):
    body = {"name": "refused", "backend": "local", "root": str(tmp_path / "r"), **change}
    body = {name: value for name, value in body.items() if value is not None}
    before = bucket_names(server)
    answer = server.post("/storage/buckets", json=body)
    assert said in problem(answer, status)["detail"] + problem(answer, status).get("field", "")
    assert bucket_names(server) == before


def test_a_root_that_is_a_file_is_422(server, tmp_path):
    (tmp_path / "file").write_text("x")
    problem(server.post("/storage/buckets", json={"name": "onfile", "backend": "local",
                                                  "root": str(tmp_path / "file")}), 422)


def test_the_same_name_twice_is_409(server, tmp_path):
    make_bucket(server, "twice", tmp_path / "one")
    problem(server.post("/storage/buckets", json={"name": "twice", "backend": "local",
                                                  "root": str(tmp_path / "two")}), 409)


def test_a_bucket_in_use_is_409_unless_forced(server, tmp_path):
    make_bucket(server, "used", tmp_path / "used")
    server.ingest("lives_there", "id,text\n1,one\n", bucket="used")
    assert server.get("/catalog/datasets/lives_there").json()["bucket"] == "used"
    body = problem(server.delete("/storage/buckets/used"), 409)
    assert any("lives_there" in reference for reference in body["references"])
    assert server.delete("/storage/buckets/used?force=true").status == 204


def test_buckets_come_and_go_while_others_read(server, tmp_path):
    server.put(f"{PRIMARY}/steady", data=b"steady")
    failures = []

    def client(n):
        for turn in range(10):
            if n % 2:
                ok = server.get(f"{PRIMARY}/steady").body == b"steady"
            else:
                make_bucket(server, f"churn-{n}", tmp_path / f"churn-{n}")
                ok = server.put(f"/storage/buckets/churn-{n}/objects/x", data=b"1").status == 200
                ok = ok and server.delete(f"/storage/buckets/churn-{n}").status == 204
            if not ok:
                failures.append((n, turn))

    threads = [threading.Thread(target=client, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# --- objects --------------------------------------------------------------------------------------


def test_an_object_goes_in_and_comes_out(server):
    content = os.urandom(100_000)
    put = server.put(f"{PRIMARY}/dir/random.bin", data=content)
    assert put.status == 200 and put.json()["size"] == len(content)
    got = server.get(f"{PRIMARY}/dir/random.bin")
    assert got.body == content
    assert got.headers["ETag"] == put.headers["ETag"] == f'"{put.json()["etag"]}"'
    assert got.headers["Accept-Ranges"] == "bytes"
    assert email.utils.parsedate_to_datetime(got.headers["Last-Modified"])
    head = server.head(f"{PRIMARY}/dir/random.bin")
    assert head.status == 200 and head.body == b"" and int(head.headers["Content-Length"]) == len(content)
    assert server.delete(f"{PRIMARY}/dir/random.bin").status == 204
    problem(server.get(f"{PRIMARY}/dir/random.bin"), 404)
    problem(server.delete(f"{PRIMARY}/dir/random.bin"), 404)
    assert server.head(f"{PRIMARY}/dir/random.bin").status == 404


def test_an_empty_object(server):
    assert server.put(f"{PRIMARY}/empty", data=b"").status == 200
    got = server.get(f"{PRIMARY}/empty")
    assert got.status == 200 and got.body == b"" and got.headers["Content-Length"] == "0"


def test_odd_keys(server):
    for key in ["a b.txt", "ünï/çødé", "plus+sign", "per%cent", "q?uestion", "semi;colon", "日本", "a" * 200]:
        assert server.put(f"{PRIMARY}/odd/{urllib.parse.quote(key)}", data=key.encode()).status == 200
        assert server.get(f"{PRIMARY}/odd/{urllib.parse.quote(key)}").body == key.encode()
    listed = server.get(PRIMARY, params={"prefix": "odd/"}).json()["objects"]
    assert len(listed) == 8


@pytest.mark.parametrize("key", ["../up", "a/../../up", "a/./b", "%2e%2e/up", "..%2Fup", "/absolute", "a//b", "a%00b",
                                 "a/", "%2Fabsolute", "a%0Ab", "k" * 1025])
def test_bad_keys_are_400(server, key):
    for method in ("GET", "PUT", "DELETE"):
        address = urllib.parse.urlparse(server.url)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        connection.putrequest(method, f"{PRIMARY}/{key}", skip_accept_encoding=True)
        connection.putheader("Content-Length", "0")
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 400, (method, key, answer.read())


@pytest.mark.parametrize("prefix", ["catalog/", "data/", "vectors/", "journal/", "evals/", "profiles/"])
def test_the_systems_own_objects_are_read_only(server, prefix):
    assert prefix in problem(server.put(f"{PRIMARY}/{prefix}x.json", data=b"{}"), 403)["detail"]
    problem(server.delete(f"{PRIMARY}/{prefix}x.json"), 403)
    problem(server.get(f"{PRIMARY}/{prefix}x.json"), 404)


def test_the_systems_own_objects_can_be_read(server):
    server.ingest("readable", "id,text\n1,one\n")
    keys = [item["key"] for item in server.get(PRIMARY, params={"prefix": "catalog/readable/"}).json()["objects"]]
    assert "catalog/readable/head.json" in keys
    assert server.get(f"{PRIMARY}/catalog/readable/head.json").json()["dataset"] == "readable"


RANGE_CASES = [("bytes=0-0", 206, 0, 1), ("bytes=10-19", 206, 10, 20), ("bytes=990-", 206, 990, 1000),
               ("bytes=-5", 206, 995, 1000), ("bytes=0-99999", 206, 0, 1000), ("bytes=1-2,5-6", 200, 0, 1000),
               ("lines=1-2", 200, 0, 1000), ("bytes=9-2", 200, 0, 1000)]


@pytest.mark.parametrize("header, status, start, end", RANGE_CASES)
def test_ranges(server, header, status, start, end):
    content = bytes(n % 251 for n in range(1000))
    server.put(f"{PRIMARY}/ranged", data=content)
    answer = server.get(f"{PRIMARY}/ranged", headers={"Range": header})
    assert answer.status == status and answer.body == content[start:end]
    if status == 206:
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/1000"


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_outside_is_416(server, header):
    server.put(f"{PRIMARY}/short", data=b"x" * 1000)
    answer = server.get(f"{PRIMARY}/short", headers={"Range": header})
    problem(answer, 416)
    assert answer.headers["Content-Range"] == "bytes */1000"


def test_reading_under_conditions(server):
    etag = server.put(f"{PRIMARY}/conditions", data=b"one").headers["ETag"]
    get = lambda **headers: server.get(f"{PRIMARY}/conditions", headers={k.replace("_", "-"): v for k, v in headers.items()})
    assert get(If_None_Match=etag).status == 304
    assert get(If_None_Match="*").status == 304
    assert get(If_None_Match=f'"other", W/{etag}').status == 304
    assert get(If_None_Match='"other"').status == 200
    assert get(If_Match=etag).status == 200
    problem(get(If_Match='"other"'), 412)
    assert get(If_Range=etag, Range="bytes=0-0").body == b"o"
    assert get(If_Range='"other"', Range="bytes=0-0").body == b"one"


def test_writing_under_conditions(server):
    key = f"{PRIMARY}/written"
    first = server.put(key, data=b"1", headers={"If-None-Match": "*"})
    assert first.status == 200
    problem(server.put(key, data=b"2", headers={"If-None-Match": "*"}), 412)
    problem(server.put(key, data=b"2", headers={"If-Match": '"other"'}), 412)
    second = server.put(key, data=b"2", headers={"If-Match": first.headers["ETag"]})
    assert second.status == 200 and second.headers["ETag"] != first.headers["ETag"]
    problem(server.put(key, data=b"3", headers={"If-Match": first.headers["ETag"]}), 412)
    assert server.put(key, data=b"3", headers={"If-Match": "*"}).status == 200
    problem(server.put(f"{PRIMARY}/absent", data=b"3", headers={"If-Match": "*"}), 412)
    problem(server.put(key, data=b"4", headers={"If-None-Match": '"x"'}), 400)
    problem(server.delete(key, headers={"If-Match": first.headers["ETag"]}), 412)
    assert server.get(key).body == b"3"


def test_one_of_many_writers_wins(server):
    etag = server.put(f"{PRIMARY}/contended", data=b"start").headers["ETag"]
    statuses = []

    def writer(n):
        statuses.append(server.put(f"{PRIMARY}/contended", data=b"%d" % n, headers={"If-Match": etag}).status)

    threads = [threading.Thread(target=writer, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [412] * 11


def test_lists_come_by_page(server):
    for n in range(25):
        server.put(f"{PRIMARY}/paged/{n:02}", data=b"x" * n)
    keys, cursor = [], None
    while True:
        params = {"prefix": "paged/", "limit": 10, **({"cursor": cursor} if cursor else {})}
        page = server.get("/storage/buckets/primary/objects", params=params).json()
        keys += [item["key"] for item in page["objects"]]
        assert len(page["objects"]) <= 10
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert keys == [f"paged/{n:02}" for n in range(25)]
    first = server.get(PRIMARY, params={"prefix": "paged/07"}).json()["objects"]
    assert first[0]["size"] == 7 and first[0]["etag"] and first[0]["modified_at"].endswith("Z")
    for bad in (0, 10001, "x"):
        problem(server.get(PRIMARY, params={"limit": bad}), 400)
    problem(server.get("/storage/buckets/no-such/objects"), 404)


def test_a_large_object_passes_through_in_little_memory(server):
    size, block = 200 << 20, os.urandom(1 << 20)
    address = urllib.parse.urlparse(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=300)
    connection.request("PUT", f"{PRIMARY}/large", (block for _ in range(size >> 20)),
                       {"Content-Length": str(size)})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()
    connection.request("GET", f"{PRIMARY}/large")
    answer = connection.getresponse()
    digest, expected = hashlib.sha256(), hashlib.sha256()
    for _ in range(size >> 20):
        expected.update(block)
    while piece := answer.read(1 << 20):
        digest.update(piece)
    assert digest.digest() == expected.digest()
    with open(f"/proc/{server.process.pid}/status") as status:
        peak_kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    assert peak_kib < 700 << 10
    server.delete(f"{PRIMARY}/large")


def test_an_upload_that_breaks_off_stores_nothing(server):
    address = urllib.parse.urlparse(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.putrequest("PUT", f"{PRIMARY}/broken-off")
    connection.putheader("Content-Length", "1000000")
    connection.endheaders()
    connection.send(b"x" * 500_000)
    connection.close()
    problem(server.get(f"{PRIMARY}/broken-off"), 404)
