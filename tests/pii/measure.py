"""Precision and recall of the scan for personal data, column by column, over the labelled corpus.

    python3 tests/pii/measure.py http://127.0.0.1:PORT [SEED ...]    prints the tables of docs/pii.md

A column with a label counts for its kind: found, or missed. Any other kind reported for a column, labelled or not, is
a false find. A kind suspected by name alone is found, too; the second figure leaves those out.
"""

import collections
import json
import sys
import urllib.request

import corpus


class Counts:
    def __init__(self):
        self.right, self.missed, self.wrong = 0, 0, 0
        self.errors = []

    precision = property(lambda self: self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0)
    recall = property(lambda self: self.right / (self.right + self.missed) if self.right + self.missed else 1.0)


def judge(tables, find, suspected=True):
    """{split: {kind: Counts}}, the kind "all" included; `find` loads a table and gives its findings."""
    splits = collections.defaultdict(lambda: collections.defaultdict(Counts))
    for table in tables:
        found = collections.defaultdict(set)
        for finding in find(table):
            if suspected or finding["basis"] != "name":
                found[finding["column"]].add(finding["kind"])
        counts = splits[table.split]
        for column, label in table.labels().items():
            kinds = found[column]
            for kind in kinds | ({label} if label else set()):
                what = "right" if kind in kinds and kind == label else "wrong" if kind in kinds else "missed"
                for key in (kind, "all"):
                    setattr(counts[key], what, getattr(counts[key], what) + 1)
                if what != "right":
                    counts["all"].errors.append(f"{table.split}/{table.name}.{column}: {what} {kind}")
    return splits


def ingest_to(url):
    def find(table):
        request = urllib.request.Request(
            f"{url}/ingest/file?dataset={table.name}&mode=replace",
            data=table.csv(),
            headers={"Content-Type": "text/csv"},
        )
        with urllib.request.urlopen(request) as answer:
            result = json.load(answer)
        assert result["rows_written"] == corpus.ROWS, result
        return result["pii"]

    return find


def print_split(name, counts):
    columns = counts["all"].right + counts["all"].missed
    print(
        f"\n{name}: {columns} columns with personal data\n\n| kind | columns | found | wrongly | precision | recall |\n"
        "|---|---|---|---|---|---|"
    )
    for kind in sorted(counts, key=lambda kind: (kind == "all", kind)):
        one = counts[kind]
        print(
            f"| {kind} | {one.right + one.missed} | {one.right} | {one.wrong} | {one.precision:.3f} | {one.recall:.3f} |"
        )


if __name__ == "__main__":
    find = ingest_to(sys.argv[1])
    for seed in [int(text) for text in sys.argv[2:]] or [1]:
        tables = list(corpus.corpus(seed))
        cells = sum(len(table.columns) for table in tables)
        print(f"seed {seed}: {len(tables)} tables, {cells} columns, {cells * corpus.ROWS} values")
        for split, counts in judge(tables, find).items():
            print_split(split, counts)
            print("\n".join(["", *sorted(counts["all"].errors)]))
