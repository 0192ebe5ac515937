#!/usr/bin/env python3
"""Every relative link in the Markdown files must lead to a file (and, with #, to a heading)."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def anchors(path):
    found = set()
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            text = line.lstrip("#").strip().lower()
            found.add(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    return found


def main():
    problems, links = [], 0
    files = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in files.stdout.split():
        page = ROOT / name
        if not page.exists():
            continue
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if re.match(r"[a-z]+:", target):
                continue
            links += 1
            file, _, heading = target.partition("#")
            there = (page.parent / file) if file else page
            if not there.exists():
                problems.append(f"{name}: {target}: no such file")
            elif heading and there.suffix == ".md" and heading not in anchors(there):
                problems.append(f"{name}: {target}: no such heading")
    print("\n".join(problems) or f"docs: {links} links lead somewhere")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
