"""The labelled corpus: tables of 2,000 rows, each column with the kind of personal data that it holds, or none.

    python3 tests/pii/corpus.py OUT_FOLDER [SEED]     writes every table as CSV, and labels.json

`tuned` and `negatives` are what rules and thresholds were written with. `held_out` are other locales, formats, names of
columns and hard negatives, written afterwards; `unseen` were written when rules had been mended for those. docs/pii.md
has what was measured first, and what was mended then. A seed gives the same corpus everywhere; only the standard
library is used.
"""

import json
import pathlib
import sys

import held_out
import negatives
import tuned
import unseen
from table import ROWS, Table  # noqa: F401


def corpus(seed=1):
    """All tables, one by one: tuned, held out, unseen."""
    Table.seed = seed
    for tables in (
        tuned.tuned_people,
        tuned.tuned_silent,
        tuned.tuned_payments,
        negatives.tuned_negatives,
        held_out.held_out,
        unseen.unseen,
    ):
        yield from tables()


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    labels = {}
    for one in corpus(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
        (folder / f"{one.name}.csv").write_bytes(one.csv())
        labels[f"{one.split}/{one.name}"] = one.labels()
    (folder / "labels.json").write_text(json.dumps(labels, indent=1, ensure_ascii=False))
