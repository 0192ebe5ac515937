#!/usr/bin/env python3
"""Every route of the table in src/gateway/routes.c must be asked for by a test in tests/e2e.

A call counts when it reads like `.get(f"/catalog/datasets/{name}/snapshots"`: the method's name, and a
text that fits the route's pattern. With --binary PATH the table is read from a running server's
/openapi.json instead, which also proves that both say the same."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "src/gateway/routes.c"


def routes_of_table():
    rows = re.findall(r'\{\s*"(GET|POST|PUT|PATCH|DELETE)",\s*"(/[^"]*)"', TABLE.read_text())
    return [(method, path.replace("...}", "}")) for method, path in rows]


def routes_of_server(binary):
    with tempfile.TemporaryDirectory() as folder:
        ready = pathlib.Path(folder) / "ready-file"
        command = [str(pathlib.Path(binary).resolve()), "serve", "--data", f"{folder}/data",
                   "--listen", "127.0.0.1:0", "--ready-file", str(ready)]
        server = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 60
            while not (ready.exists() and ready.read_text().strip()):
                if server.poll() is not None or time.monotonic() > deadline:
                    sys.exit("routes: the server did not start")
                time.sleep(0.05)
            with urllib.request.urlopen(ready.read_text().strip() + "/openapi.json") as answer:
                paths = json.load(answer)["paths"]
        finally:
            server.terminate()
            server.wait(60)
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def text_of_tests(path):
    """A file's text, with its constants (PRIMARY = "/storage/...") put in where f-strings use them."""
    text = path.read_text()
    for name, value in re.findall(r'^([A-Z_]+) = "(/[^"]*)"', text, re.MULTILINE):
        text = text.replace("{%s}" % name, value).replace("(%s," % name, '("%s",' % value)
    return text


def call_pattern(method, path):
    """A call of this route in Python: literal segments as they are, parameters as anything but a slash."""
    parts = []
    for segment in path.strip("/").split("/"):
        if segment == "{key}":
            parts.append(r"""[^"'?]+""")
        elif segment.startswith("{"):
            parts.append(r"""(?:\{[^{}"]*\}|[^/"'?{}])+""")
        else:
            parts.append(re.escape(segment))
    return re.compile(r"""\.%s\(\s*f?["']/%s["'?]""" % (method.lower(), "/".join(parts)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", help="compare the table with this binary's /openapi.json")
    arguments = parser.parse_args()
    table = routes_of_table()
    problems = []
    if not table:
        problems.append(f"{TABLE}: no routes found")
    if len(set(table)) != len(table):
        problems.append("a route stands twice in the table")
    if arguments.binary and sorted(routes_of_server(arguments.binary)) != sorted(table):
        problems.append("/openapi.json and the table list different routes")
    tests = "\n".join(text_of_tests(path) for path in sorted((ROOT / "tests/e2e").glob("*.py")))
    problems += [f"{method} {path}: no test in tests/e2e asks for it" for method, path in table
                 if not call_pattern(method, path).search(tests)]
    print("\n".join(problems) or f"routes: {len(table)} routes, each with a test")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
