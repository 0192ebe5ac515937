"""A table of the corpus, and makers of cells: functions of the random numbers and of the row's number."""

import csv
import io
import random

import people
import values

ROWS = 2000


class Table:
    """Columns by name: (label or None, values). A None among the values is an empty field."""

    seed = 1  # of all tables

    def __init__(self, name, split):
        self.name, self.split, self.columns = name, split, {}

    def add(self, column, label, make, nulls=0.0):
        rng = random.Random(f"{self.split}/{self.name}/{column}/{Table.seed}")
        self.columns[column] = (
            label,
            [None if nulls and rng.random() < nulls else make(rng, row) for row in range(ROWS)],
        )
        return self

    def labels(self):
        return {column: label for column, (label, _) in self.columns.items()}

    def csv(self):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        for row in zip(*(cells for _, cells in self.columns.values())):
            writer.writerow(["" if cell is None else cell for cell in row])
        return text.getvalue().encode()


def only(function, *arguments):
    """A maker of cells out of a function of the random numbers alone."""
    return lambda rng, row: function(rng, *arguments)


def one_of(text, separator="|"):
    choices = text.split(separator)
    return lambda rng, row: rng.choice(choices)


def day(form="%Y-%m-%d", first=2015, last=2024):
    return lambda rng, row: values.birth(rng, first, last).strftime(form)


def dob(form="%Y-%m-%d"):
    return lambda rng, row: values.birth(rng).strftime(form)


def counting(first=1, step=1):
    return lambda rng, row: first + row * step


def words(rng, count):
    return " ".join(
        rng.choice(
            "order late arrived box small large green blue return please thank again issue refund price page account "
            "screen slow fast update install error button window printer cable screw shelf table lamp colour delivery "
            "night week month stock store agent reply system team report light water".split()
        )
        for _ in range(count)
    )


def sentence(share, make):
    """Free text; that share of the rows holds what `make` gives."""

    def cell(rng, row):
        text = words(rng, rng.randint(14, 30)).capitalize() + "."
        return f"{text} Contact: {make(rng)}. {words(rng, 6).capitalize()}." if rng.random() < share else text

    return cell


def person_table(split, name, locale, first, last, address, phone, extra):
    table = Table(name, split).add("id", None, counting())
    table.add(first, "PERSON", only(people.given, locale)).add(last, "PERSON", only(people.family, locale))
    table.add("email" if locale in ("us", "uk", "de", "in") else "e_mail", "EMAIL", only(people.email, locale), 0.05)
    table.add(phone, "PHONE", only(people.phone, locale), 0.1).add(address, "ADDRESS", only(people.street, locale))
    table.add("created_at", None, day("%Y-%m-%d 10:%M:00")).add("is_active", None, one_of("true|false"))
    for column, label, make in extra:
        table.add(column, label, make)
    return table
