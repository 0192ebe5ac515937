#!/usr/bin/env python3
"""Run the TOML parser against the public toml-test cases for TOML 1.0.

The cases are the `tests` folder of the Go module github.com/toml-lang/toml-test, fetched by the go
command when missing; nothing of it is kept in this repository. Exit codes: 0 all as expected,
1 a case differs, 77 the cases cannot be had here (no go command, no registry).

usage: run_toml_test.py [--driver build/dev/tests/toml/toml_typed_json] [--cases DIR] [-v]"""
import argparse
import datetime
import json
import math
import pathlib
import subprocess
import sys
import tempfile

MODULE = "github.com/toml-lang/toml-test@v1.6.0"
ROOT = pathlib.Path(__file__).resolve().parents[2]


def fetch_cases():
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "go.mod").write_text("module cases\n\ngo 1.20\n")
        try:
            done = subprocess.run(["go", "mod", "download", "-json", MODULE], cwd=folder,
                                  capture_output=True, text=True, timeout=120)
        except (FileNotFoundError, subprocess.TimeoutExpired) as problem:
            return None, str(problem)
    answer = json.loads(done.stdout or "{}")
    if "Dir" not in answer:
        return None, answer.get("Error", done.stderr)
    return pathlib.Path(answer["Dir"], "tests"), None


def moment(text):
    """A date or time reduced to what two spellings of it share."""
    text = text.replace("z", "Z").replace("t", "T").replace(" ", "T")
    head, dot, tail = text.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        fraction = tail[:digits][:6].rstrip("0")
        text = head + ("." + fraction if fraction else "") + tail[digits:]
    if len(text) > 10 and "T" in text and (text.endswith("Z") or text[-6] in "+-"):
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return text


def same_scalar(wanted, seen):
    if wanted["type"] != seen.get("type"):
        return False
    if wanted["type"] == "float":
        a, b = float(wanted["value"]), float(seen["value"])
        return a == b or (math.isnan(a) and math.isnan(b))
    if wanted["type"] in ("datetime", "datetime-local", "date-local", "time-local"):
        return moment(wanted["value"]) == moment(seen["value"])
    return wanted["value"] == seen["value"]


def is_scalar(value):
    return isinstance(value, dict) and set(value) == {"type", "value"} and isinstance(value["type"], str)


def same(wanted, seen):
    if is_scalar(wanted):
        return is_scalar(seen) and same_scalar(wanted, seen)
    if isinstance(wanted, dict):
        return isinstance(seen, dict) and set(wanted) == set(seen) and all(same(wanted[k], seen[k]) for k in wanted)
    return isinstance(seen, list) and len(wanted) == len(seen) and all(map(same, wanted, seen))


def judge(driver, path):
    """None when the case goes as expected, else what was wrong."""
    done = subprocess.run([driver], input=path.read_bytes(), capture_output=True, timeout=20)
    if done.returncode not in (0, 1):
        return f"the driver ended with {done.returncode}"
    if "invalid" in path.parts:
        return None if done.returncode == 1 else "accepted, must be refused"
    if done.returncode == 1:
        return "refused: " + done.stderr.decode().strip()
    wanted = json.loads(path.with_suffix(".json").read_text())
    return None if same(wanted, json.loads(done.stdout)) else "read differently: " + done.stdout.decode()[:300]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--driver", default=str(ROOT / "build/dev/tests/toml/toml_typed_json"))
    parser.add_argument("--cases", type=pathlib.Path)
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    cases, problem = (options.cases, None) if options.cases else fetch_cases()
    if cases is None:
        print(f"toml-test: skipped, the cases cannot be had: {problem.strip()}")
        return 77
    counts = {"valid": [0, 0], "invalid": [0, 0]}
    names = [n for n in (cases / "files-toml-1.0.0").read_text().split() if n.endswith(".toml")]
    for name in names:
        wrong = judge(options.driver, cases / name)
        counts[name.split("/")[0]][wrong is not None] += 1
        if wrong or options.verbose:
            print(f"{'FAIL' if wrong else 'ok  '} {name}{': ' + wrong if wrong else ''}")
    passed, failed = (sum(c[i] for c in counts.values()) for i in (0, 1))
    print(f"toml-test {MODULE.split('@')[1]}: valid {counts['valid'][0]} of {sum(counts['valid'])}, "
          f"invalid {counts['invalid'][0]} of {sum(counts['invalid'])}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
