"""Tables written after the rules had been mended for what the held-out ones showed (docs/pii.md)."""

import string

import people
import values
from table import Table, day, dob, one_of, only, sentence, words


def unseen():
    split = "unseen"
    yield (
        Table("Account", split)
        .add("Id", None, lambda rng, row: "001" + "".join(rng.choices(string.ascii_letters + string.digits, k=15)))
        .add("OwnerId", None, lambda rng, row: "005" + "".join(rng.choices(string.ascii_letters + string.digits, k=15)))
        .add("BillingStreet", "ADDRESS", only(people.street, "za"))
        .add("MailingPostalCode", "ADDRESS", lambda rng, row: values.digits(rng, 4))
        .add("MobilePhone", "PHONE", only(people.phone, "za"))
        .add("PersonEmail", "EMAIL", only(people.email, "za"))
        .add("Salutation", None, one_of("Mr|Ms|Dr"))
        .add("Birthdate", "DATE_OF_BIRTH", dob())
        .add("AnnualRevenue", None, lambda rng, row: rng.randint(10**4, 10**9))
        .add("NumberOfEmployees", None, lambda rng, row: rng.randint(1, 5000))
        .add("Industry", None, one_of("Energy|Media|Retail"))
        .add("LastModifiedDate", None, day("%Y-%m-%dT%H:%M:%S.000Z"))
    )
    yield (
        Table("web_log", split)
        .add("remote_addr", "IP_ADDRESS", only(values.ipv4))
        .add("request", None, lambda rng, row: f"GET /users/{rng.randint(1, 10**8)}/orders HTTP/1.1")
        .add("status", None, one_of("200|404|500"))
        .add("bytes_sent", None, lambda rng, row: rng.randint(100, 10**7))
        .add("referer", None, lambda rng, row: f"https://search.example.com/?q={words(rng, 1)}+{row}")
        .add(
            "user_agent",
            None,
            lambda rng, row: f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{rng.randint(90, 130)}.0.{rng.randint(1000, 6999)}.{rng.randint(1, 200)} Safari/537.36",
        )
        .add("request_id", None, lambda rng, row: rng.randbytes(16).hex())
        .add("upstream_time", None, lambda rng, row: f"{rng.random():.3f}")
        .add("auth_token", "SECRET", only(values.web_token))
    )
    yield (
        Table("staff_fi", split)
        .add("emp_fname", "PERSON", only(people.given, "fi"))
        .add("emp_lname", "PERSON", only(people.family, "fi"))
        .add("work_email", "EMAIL", only(people.email, "fi"))
        .add("cell_phone", "PHONE", only(people.phone, "fi"))
        .add("street_1", "ADDRESS", only(people.street, "fi"))
        .add("postal", None, one_of("letter|parcel"))
        .add("dept_name", None, one_of("Sales|IT|HR"))
        .add("wage", "SALARY", lambda rng, row: rng.randint(20, 90) * 1000)
        .add("emergency_contact_name", "PERSON", only(people.full, "fi"))
        .add("shift", None, one_of("early|late|night"))
    )
    yield (
        Table("bookings", split)
        .add("booking_ref", None, lambda rng, row: "".join(rng.choices(string.ascii_uppercase + string.digits, k=6)))
        .add("passenger_name", "PERSON", only(people.full, "vn"))
        .add("guest_email", "EMAIL", only(people.email, "uk"))
        .add("passport_number", "PASSPORT", lambda rng, row: rng.choice("BCN") + values.digits(rng, 7))
        .add("seat", None, lambda rng, row: f"{rng.randint(1, 40)}{rng.choice('ABCDEF')}")
        .add("flight_no", None, lambda rng, row: f"{rng.choice(['LH', 'BA', 'AF'])}{rng.randint(100, 9999)}")
        .add("departure_city", None, only(people.city, "fi"))
        .add("fare", None, lambda rng, row: f"{rng.uniform(30, 900):.2f}")
        .add("card_last4", None, lambda rng, row: f"{rng.randint(0, 9999):04}")
        .add("special_requests", "PHONE", sentence(0.04, lambda rng: people.phone(rng, "hu")))
        .add("pnr_created", None, day("%d%b%y"))
    )
    yield (
        Table("x_import", split)
        .add("a", "PERSON", only(people.full, "fi"))
        .add("b", "PERSON", only(people.full, "hu"))
        .add("c", "PERSON", only(people.full, "za"))
        .add("d", "ADDRESS", only(people.street, "hu"))
        .add("e", "ADDRESS", only(people.street, "za"))
        .add("f", "ADDRESS", only(people.street, "vn"))
        .add("g", "PHONE", only(people.phone, "vn"))
        .add("h", "PHONE", lambda rng, row: people.phone(rng, "hu").replace(" ", ""))
        .add("i", "IBAN", only(values.iban, "FI", 18))
        .add("j", "IBAN", lambda rng, row: values.in_groups(values.iban(rng, "HU", 28), 4))
        .add("k", "CREDIT_CARD", lambda rng, row: values.in_groups(values.card(rng), 4) if row % 4 else "cash")
        .add("l", "EMAIL", lambda rng, row: people.email(rng, "hu").upper())
        .add("m", "IP_ADDRESS", lambda rng, row: f"10.0.{rng.randint(0, 3)}.{rng.randint(1, 254)}")
        .add("n", "NL_BSN", lambda rng, row: (lambda n: f"{n[:4]}.{n[4:6]}.{n[6:]}")(values.bsn(rng)))
        .add("o", "US_SSN", lambda rng, row: values.ssn(rng) if row % 3 else "")
        .add("p", "SECRET", lambda rng, row: "-----BEGIN RSA PRIVATE KEY----- " + values.digits(rng, 30))
        .add("q", "EMAIL", lambda rng, row: f"mailto:{people.email(rng, 'fi')}")
        .add(
            "r", "DE_TAX_ID", lambda rng, row: (lambda n: f"{n[:2]} {n[2:5]} {n[5:8]} {n[8:]}")(values.german_tax(rng))
        )
    )
    yield (
        Table("catalogue", split)
        .add("artist_name", None, lambda rng, row: f"The {words(rng, 2).title()}")
        .add("album", None, lambda rng, row: words(rng, 3).title())
        .add("track_no", None, lambda rng, row: rng.randint(1, 20))
        .add(
            "isrc",
            None,
            lambda rng, row: f"US{rng.choice('SR')}{rng.choice('KZ')}{rng.choice('QW')}{values.digits(rng, 7)}",
        )
        .add("barcode", None, only(values.ean13, "73"))
        .add("label", None, one_of("Harbor|Vertex|Sunset"))
        .add("genre", None, one_of("rock|jazz|folk"))
        .add("bpm", None, lambda rng, row: rng.randint(60, 180))
        .add("mood", None, one_of("calm|happy|sad"))
        .add("release_date", None, day("%Y-%m-%d", 1960, 2024))
    )
    yield (
        Table("machines", split)
        .add("hostname", None, lambda rng, row: f"ip-10-0-{rng.randint(0, 255)}-{rng.randint(0, 255)}.ec2.internal")
        .add("image_tag", None, lambda rng, row: f"v{rng.randint(1, 9)}.{rng.randint(0, 30)}.{rng.randint(0, 30)}")
        .add("kernel", None, lambda rng, row: f"{rng.randint(4, 6)}.{rng.randint(0, 19)}.0-{rng.randint(1, 120)}")
        .add("oid", None, lambda rng, row: f"1.3.6.1.{rng.randint(1, 40)}.{rng.randint(1, 40)}.{rng.randint(1, 99)}")
        .add("chassis", None, lambda rng, row: f"{values.digits(rng, 2)}-{values.digits(rng, 7)}")
        .add("uptime", None, lambda rng, row: f"{rng.randint(0, 400)} days")
        .add("pid", None, lambda rng, row: rng.randint(1, 65535))
        .add(
            "driver_version",
            None,
            lambda rng, row: f"{rng.randint(20, 32)}.{rng.randint(0, 40)}.{rng.randint(1, 20)}.{rng.randint(1, 99)}",
        )
        .add("rack", None, lambda rng, row: f"{rng.choice('ABC')}{rng.randint(1, 40)}")
        .add("zip_ratio", None, lambda rng, row: f"{rng.random():.4f}")
        .add("cert_serial", None, lambda rng, row: ":".join(f"{rng.randrange(256):02x}" for _ in range(8)))
        .add(
            "sql",
            None,
            lambda rng, row: f"SELECT * FROM t WHERE id = {values.digits(rng, 9)} AND code = '{values.digits(rng, 4)}'",
        )
    )
    yield (
        Table("ledger", split)
        .add("invoice_no", None, lambda rng, row: f"INV-2024-{row:06}")
        .add("po_number", None, lambda rng, row: values.digits(rng, 10))
        .add("gl_account", None, lambda rng, row: rng.choice([4000, 4100, 5200, 6000]))
        .add("vat_id", None, lambda rng, row: f"DE{values.digits(rng, 9)}")
        .add("iban_country", None, one_of("DE|FR|NL"))
        .add("cost_center", None, lambda rng, row: values.digits(rng, 6))
        .add("fiscal_year", None, lambda rng, row: rng.randint(2015, 2024))
        .add("memo", None, lambda rng, row: f"Payment {values.digits(rng, 12)} ref {values.digits(rng, 16)}")
        .add(
            "swift",
            None,
            lambda rng, row: f"{''.join(rng.choices(string.ascii_uppercase, k=4))}DEFF{rng.choice(['', 'XXX'])}",
        )
        .add("qty_delta", None, lambda rng, row: f"{rng.choice('+-')}{rng.randint(1, 500)}")
        .add("account_type", None, one_of("asset|liability"))
        .add("bank_name", None, one_of("First Bank|Union Trust|Sparkasse Nord"))
        .add("week", None, lambda rng, row: f"2024-W{rng.randint(1, 52):02}")
    )
