"""What the benchmarks share: a server to measure, the machine's name, and where results go."""
import json
import os
import pathlib
import platform
import signal
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("LAKEHOUSE_BINARY", str(ROOT / "build/lakehouse"))


def scratch():
    """Where big temporary files go; None is the system's choice."""
    return os.environ.get("LAKEHOUSE_BENCH_TMP")


def machine():
    name = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {"cpu": name, "cores": os.cpu_count(), "kernel": platform.release(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)}


class Server:
    """`lakehouse serve` on a free port over a folder, for the length of a with block."""

    def __init__(self, folder, config=""):
        self.folder = pathlib.Path(folder)
        (self.folder / "bench.toml").write_text(config)

    def __enter__(self):
        ready = self.folder / "bench.ready"
        self.log = open(self.folder / "bench.log", "ab")
        self.process = subprocess.Popen(
            [BINARY, "--config", str(self.folder / "bench.toml"), "serve", "--data", str(self.folder / "data"),
             "--listen", "127.0.0.1:0", "--ready-file", str(ready)], stdout=self.log, stderr=self.log)
        while not (ready.exists() and ready.read_text().strip()):
            if self.process.poll() is not None:
                raise RuntimeError((self.folder / "bench.log").read_text()[-2000:])
            time.sleep(0.01)
        self.url = ready.read_text().strip()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=120)
        self.log.close()

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def sql(self, statement):
        return self.post("/query/sql", {"sql": statement})["rows"]

    def peak_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) * 1024


def report(name, figures):
    """Print the figures and keep them in bench/results/<name>.json with the machine."""
    width = max(map(len, figures))
    for key, value in figures.items():
        print(f"  {key:<{width}}  {value}")
    path = ROOT / "bench/results" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": machine(), "figures": figures}, indent=2) + "\n")
