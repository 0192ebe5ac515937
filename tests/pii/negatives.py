"""Tables without personal data that look as if they had some."""

import base64
import datetime
import string
import uuid

import people
import values
from table import Table, counting, day, one_of, only, words


def tuned_negatives():
    def hexes(size):
        return lambda rng, row: rng.randbytes(size).hex()

    yield (
        Table("orders", "tuned")
        .add("order_id", None, lambda rng, row: f"4{values.digits(rng, 15, string.digits)}")
        .add("order_number", None, counting(4000000000000000, 37))
        .add("tracking_number", None, lambda rng, row: values.digits(rng, 12))
        .add("sequence_id", None, counting(100000001))
        .add("customer_id", None, lambda rng, row: values.digits(rng, 9))
        .add("created_ms", None, lambda rng, row: 1700000000000 + row * 86399 * 7)
        .add("created_s", None, lambda rng, row: 1700000000 + row * 977)
        .add("price", None, lambda rng, row: f"{rng.uniform(0.5, 500):.2f}")
        .add("quantity", None, lambda rng, row: rng.randint(1, 40))
        .add("address_type_id", None, lambda rng, row: rng.randint(1, 5))
        .add("email_sent_count", None, lambda rng, row: rng.randint(0, 9))
        .add("phone_model", None, one_of("iPhone 12|Galaxy S21|Pixel 7|Moto G 5"))
        .add("shipped_on", None, day())
        .add("is_gift", None, one_of("yes|no"))
        .add("email_verified", None, one_of("true|false"))
        .add("ip_address_type", None, one_of("v4|v6"))
        .add("ship_date", None, day("%d/%m/%Y"))
        .add("weight", None, lambda rng, row: f"{rng.uniform(0.1, 30):.3f}")
    )
    yield (
        Table("products", "tuned")
        .add("sku", None, lambda rng, row: f"{rng.choice('ABCDEF')}{values.digits(rng, 6)}")
        .add(
            "name",
            None,
            lambda rng, row: f"{rng.choice(['Steel', 'Oak', 'Linen', 'Ultra', 'Eco'])} "
            f"{rng.choice(['Lamp', 'Chair', 'Shelf', 'Kettle', 'Drill'])} {rng.randint(1, 900)}",
        )
        .add("brand", None, one_of("Northwind|Contoso|Fabrikam|Globex|Initech"))
        .add("ean", None, only(values.ean13))
        .add("isbn", None, only(values.isbn10))
        .add("imei", None, only(values.imei))
        .add("version", None, lambda rng, row: ".".join(str(rng.randint(0, 20)) for _ in range(4)))
        .add(
            "firmware",
            None,
            lambda rng, row: f"{rng.randint(1, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 99)}",
        )
        .add("release", None, lambda rng, row: f"{rng.randint(0, 30)}.{rng.randint(0, 20)}.{rng.randint(0, 40)}")
        .add("colour", None, one_of("red|green|blue|black"))
        .add("dimensions", None, lambda rng, row: f"{rng.randint(1, 99)}x{rng.randint(1, 99)}x{rng.randint(1, 99)}")
        .add("image", None, lambda rng, row: f"/var/data/images/{rng.randint(1, 999)}/icon@2x.png")
        .add("url", None, lambda rng, row: f"https://shop.example.com/p/{row}?ref={values.digits(rng, 9)}")
        .add("supplier_name", None, lambda rng, row: f"{rng.choice(people.LOCALES['de']['family'].split())} GmbH")
        .add("latitude", None, lambda rng, row: f"{rng.uniform(-90, 90):.6f}")
        .add("longitude", None, lambda rng, row: f"{rng.uniform(-180, 180):.6f}")
        .add("siren", None, only(values.siren))
        .add("description", None, lambda rng, row: words(rng, 25))
    )
    yield (
        Table("jobs", "tuned")
        .add("job_id", None, lambda rng, row: str(uuid.UUID(bytes=rng.randbytes(16), version=4)))
        .add("commit", None, hexes(20))
        .add("digest", None, hexes(32))
        .add("short_hash", None, hexes(4))
        .add("md5", None, hexes(16))
        .add("state", None, one_of("running|done|failed"))
        .add("status", None, one_of("ok|error"))
        .add("host_name", None, lambda rng, row: f"node-{rng.randint(1, 90)}.cluster.local")
        .add("file_name", None, lambda rng, row: f"report_{rng.randint(1, 9999)}.pdf")
        .add("path", None, lambda rng, row: f"/home/app/{words(rng, 1)}/{row}.log")
        .add("table_name", None, one_of("orders|customers|users|items"))
        .add("payload", None, lambda rng, row: base64.b64encode(rng.randbytes(24)).decode())
        .add(
            "started",
            None,
            lambda rng, row: (datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=row * 61)).isoformat(),
        )
        .add(
            "duration",
            None,
            lambda rng, row: f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}",
        )
        .add(
            "package",
            None,
            lambda rng, row: f"{words(rng, 1)}@{rng.randint(0, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}",
        )
        .add("repository", None, lambda rng, row: f"git@github.com:{words(rng, 1)}/{words(rng, 1)}.git")
        .add("message", None, lambda rng, row: words(rng, rng.randint(12, 30)))
        .add("estate", None, one_of("north|south"))
        .add("capital", None, one_of("Paris|Rome|Oslo|Bern"))
        .add("hash_code", None, lambda rng, row: rng.randint(-(2**31), 2**31))
        .add("progress", None, lambda rng, row: f"{rng.randint(0, 100)}%")
        .add("retry_at", None, day("%Y-%m-%d %H:%M:%S"))
    )
