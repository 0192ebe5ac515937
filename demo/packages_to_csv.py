#!/usr/bin/env python3
"""Turn this machine's Debian package index into CSV, one record per package name.

usage: apt-cache dumpavail | demo/packages_to_csv.py > packages.csv

Programs (Debian's tag role::program) come first, libraries and translations last, so that a demo which
embeds only the first part of the file has the part that people search. Where a name occurs twice (a security update beside the
release), the last record wins, as apt lists it. Only the standard library is needed.
"""
import csv
import re
import sys

COLUMNS = ["name", "version", "section", "priority", "architecture", "maintainer", "maintainer_email",
           "installed_kb", "size_bytes", "homepage", "tags", "description"]
# Sections that few people search by meaning come last.
LATE = ["introspection", "debug", "libdevel", "libs", "oldlibs", "localization", "doc", "golang", "rust",
        "haskell", "perl", "ruby", "python", "javascript", "java", "php", "gnu-r", "ocaml", "lisp", "fonts", "kernel"]


def records(lines):
    """Yield one dict per stanza of the index; continuation lines are joined with a newline."""
    record, field = {}, None
    for line in lines:
        line = line.rstrip("\n")
        if not line:
            if record:
                yield record
            record, field = {}, None
        elif line[0] in " \t":
            if field:
                record[field] += "\n" + line.strip()
        else:
            field, _, value = line.partition(":")
            record[field] = value.strip()
    if record:
        yield record


def row(record):
    person = re.match(r"\s*(.*?)\s*<([^>]*)>\s*$", record.get("Maintainer", ""))
    return {
        "name": record["Package"],
        "version": record.get("Version", ""),
        "section": record.get("Section", ""),
        "priority": record.get("Priority", ""),
        "architecture": record.get("Architecture", ""),
        "maintainer": person[1] if person else record.get("Maintainer", ""),
        "maintainer_email": person[2] if person else "",
        "installed_kb": record.get("Installed-Size", ""),
        "size_bytes": record.get("Size", ""),
        "homepage": record.get("Homepage", ""),
        "tags": record.get("Tag", ""),
        "description": record.get("Description", record.get("Description-en", "")),
    }


def main():
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8", newline="")
    newest = {}
    for record in records(sys.stdin):
        if "Package" in record:
            newest[record["Package"]] = row(record)
    rank = {section: number + 1 for number, section in enumerate(reversed(LATE))}

    def order(item):
        program = "role::program" in item["tags"]
        return not program, rank.get(item["section"].split("/")[-1], 0), item["name"]

    writer = csv.DictWriter(sys.stdout, COLUMNS)
    writer.writeheader()
    writer.writerows(sorted(newest.values(), key=order))
    if not newest:
        sys.exit("no package records on standard input: run 'apt-get update' first")


if __name__ == "__main__":
    main()
