"""Tables written after the rules; some rules were mended when they had been measured on these once."""

import json
import string
import uuid

import people
import values
from table import Table, counting, day, dob, one_of, only, words


def held_out():
    split = "held_out"
    yield (
        Table("persons", split)
        .add("pk", None, counting())
        .add("FirstName", "PERSON", only(people.given, "dk"))
        .add("LastName", "PERSON", only(people.family, "dk"))
        .add("EmailAddress", "EMAIL", only(people.email, "dk"), 0.3)
        .add("PhoneNumber", "PHONE", only(people.phone, "dk"))
        .add("StreetAddress", "ADDRESS", only(people.street, "dk"))
        .add("BirthDate", "DATE_OF_BIRTH", dob("%Y-%m-%d 00:00:00"))
        .add("LastLoginAt", None, day("%Y-%m-%dT%H:%M:%SZ"))
        .add("Newsletter", None, one_of("Y|N"))
        .add("Town", "ADDRESS", only(people.city, "dk"))
    )
    yield (
        Table("contacts_cz", split)
        .add("customerName", "PERSON", only(people.full, "cz"))
        .add("mail", "EMAIL", only(people.email, "cz"))
        .add("tel", "PHONE", only(people.phone, "cz"))
        .add("address_line_1", "ADDRESS", only(people.street, "cz"))
        .add("born", "DATE_OF_BIRTH", dob("%d %b %Y"))
        .add("iban", "IBAN", only(values.iban, "CZ", 24))
        .add("rating", None, lambda rng, row: rng.randint(1, 5))
    )
    yield (
        Table("crm_au", split)
        .add("full_name", "PERSON", only(people.full, "au"))
        .add("contact_phone", "PHONE", only(people.phone, "au"))
        .add("billing_address", "ADDRESS", only(people.street, "au"))
        .add("login_ip", "IP_ADDRESS", only(values.ipv6))
        .add("sex", "GENDER", one_of("male|female|other"))
        .add("annual_salary", "SALARY", lambda rng, row: f"{rng.randint(30, 200) * 1000}.00")
        .add("credit_card", "CREDIT_CARD", lambda rng, row: values.in_groups(values.card(rng), 4, "-"))
        .add("passport", "PASSPORT", lambda rng, row: rng.choice("NP") + rng.choice("AB") + values.digits(rng, 7))
        .add("password", "SECRET", lambda rng, row: words(rng, 1) + values.digits(rng, 3) + "!")
        .add(
            "license_plate",
            None,
            lambda rng, row: f"{rng.choice('ABC')}{rng.choice('XYZ')}{rng.choice('KLM')}{values.digits(rng, 3)}",
        )
        .add("region", None, one_of("NSW|VIC|QLD|WA"))
    )
    yield (
        Table("t_dump", split)
        .add("c1", "PERSON", only(people.full, "mx"))
        .add("c2", "PERSON", only(people.full, "ie"))
        .add("c3", "PERSON", only(people.full, "tr"))
        .add("c4", "EMAIL", lambda rng, row: f"{people.full(rng, 'us')} <{people.email(rng, 'us')}>")
        .add("c5", "PHONE", only(people.phone, "tr"))
        .add("c6", "PHONE", lambda rng, row: people.phone(rng, "us").replace("(", "").replace(") ", "."))
        .add("c7", "ADDRESS", only(people.street, "mx"))
        .add("c8", "ADDRESS", only(people.street, "ie"))
        .add("c9", "ADDRESS", only(people.street, "tr"))
        .add("c10", "US_SSN", lambda rng, row: values.ssn(rng).replace("-", " "))
        .add("c11", "IBAN", only(values.iban, "IE", 22))
        .add("c12", "IBAN", lambda rng, row: values.iban(rng, "TR", 26).lower())
        .add("c13", "CREDIT_CARD", lambda rng, row: values.card(rng) if rng.random() < 0.7 else f"n/a {row}")
        .add("c14", "UK_NHS", lambda rng, row: (lambda n: f"{n[:3]} {n[3:6]} {n[6:]}")(values.nhs(rng)))
        .add("c15", "UK_NINO", lambda rng, row: values.in_groups(values.nino(rng), 2))
        .add("c16", "SE_PERSONNUMMER", lambda rng, row: "19" + values.personnummer(rng))
        .add("c17", "ES_DNI", lambda rng, row: (lambda n: f"{n[:-1]}-{n[-1]}")(values.dni(rng)))
        .add("c18", "IT_FISCAL_CODE", lambda rng, row: values.fiscal_code(rng).lower())
        .add("c19", "MAC_ADDRESS", lambda rng, row: values.in_groups(rng.randbytes(6).hex(), 4, "."))
        .add("c20", "IP_ADDRESS", lambda rng, row: f"{values.ipv4(rng)}/{rng.choice([24, 16, 32])}")
        .add("c21", "CA_SIN", lambda rng, row: values.in_groups(values.sin(rng), 3, "-"))
        .add("c22", "SECRET", lambda rng, row: values.web_token(rng))
        .add(
            "c23",
            "FR_NIR",
            lambda rng, row: (lambda n: f"{n[0]} {n[1:3]} {n[3:5]} {n[5:7]} {n[7:10]} {n[10:13]} {n[13:]}")(
                values.nir(rng)
            ),
        )
        .add("c24", "IN_AADHAAR", lambda rng, row: values.in_groups(values.aadhaar(rng), 4, "-"))
        .add("c25", "PHONE", lambda rng, row: "+1-" + people.phone(rng, "us").replace("(", "").replace(") ", "-"))
        .add("c26", "BR_CPF", only(values.cpf_written))
        .add("c27", "CRYPTO_WALLET", only(values.wallet))
        .add("c28", "PL_PESEL", only(values.pesel))
    )
    yield (
        Table("numbers", split)
        .add("phone", "PHONE", lambda rng, row: f"2{values.digits(rng, 9)}")
        .add("ssn", "US_SSN", lambda rng, row: values.ssn(rng).replace("-", ""))
        .add("cc", "CREDIT_CARD", only(values.card))
        .add("bank_account_no", "BANK_ACCOUNT", lambda rng, row: values.digits(rng, 8))
        .add("aba", "BANK_ROUTING", only(values.routing))
        .add("dateOfBirth", "DATE_OF_BIRTH", dob("%Y%m%d"))
        .add("cpf_cliente", "BR_CPF", only(values.cpf))
        .add("aadhar_number", "IN_AADHAAR", only(values.aadhaar))
        .add(
            "driving_licence_no",
            "DRIVER_LICENCE",
            lambda rng, row: rng.choice("SMJT") + "XXXX" + values.digits(rng, 6) + "AB1CD",
        )
        .add("bsn_nummer", "NL_BSN", only(values.bsn))
        .add("npi_number", "US_NPI", only(values.npi))
        .add("national_id", "NATIONAL_ID", lambda rng, row: values.digits(rng, 8))
    )
    yield (
        Table("chat", split)
        .add(
            "text",
            "PHONE",
            lambda rng, row: words(rng, 14)
            + (f" call {people.phone(rng, 'us')} after six" if row % 20 == 0 else " and nothing else was said"),
        )
        .add(
            "feedback",
            "EMAIL",
            lambda rng, row: words(rng, 14)
            + (f" (mail me: {people.email(rng, 'uk')})" if row % 30 == 0 else " and nothing else was said"),
        )
        .add(
            "trace",
            None,
            lambda rng, row: f"error in module {words(rng, 2)} version 1.{rng.randint(0, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 99)} build {values.digits(rng, 16)} node {values.digits(rng, 9)}",
        )
        .add("article", None, lambda rng, row: words(rng, 60))
        .add("json", "EMAIL", lambda rng, row: json.dumps({"user": people.email(rng, "us"), "n": row}))
        .add(
            "html",
            None,
            lambda rng, row: f'<a href="https://example.com/item/{row}?session={values.digits(rng, 16)}">item {row}</a> <b>sold</b> for {rng.randint(1, 99)}.00',
        )
    )
    yield (
        Table("shop_items", split)
        .add(
            "name",
            None,
            lambda rng, row: f"{rng.choice(['Victoria', 'Charlotte', 'Oslo', 'Aria', 'Nova'])} {rng.choice(['Sofa', 'Rug', 'Desk', 'Bowl'])} {rng.choice(['XL', 'Set', 'Mini'])}",
        )
        .add("title", None, lambda rng, row: words(rng, 4).title())
        .add("category_name", None, one_of("Garden|Kitchen|Office"))
        .add(
            "company_name", None, lambda rng, row: f"{rng.choice(people.LOCALES['us']['family'].split())} Holdings Inc"
        )
        .add("gtin", None, lambda rng, row: values.ean13(rng, "50"))
        .add("upc", None, lambda rng, row: values.digits(rng, 12))
        .add(
            "serial", None, lambda rng, row: f"{values.digits(rng, 3)}-{values.digits(rng, 4)}-{values.digits(rng, 2)}"
        )
        .add(
            "gene",
            None,
            lambda rng, row: f"{rng.choice('ABC')}{rng.choice('RST')}{rng.choice('KLM')}{rng.randint(1, 9)}",
        )
        .add(
            "part_no",
            None,
            lambda rng, row: f"{rng.choice('ABCD')}{rng.choice('KLM')}{values.digits(rng, 6)}{rng.choice('EFGH')}",
        )
        .add("phone_case_color", None, one_of("black|clear|pink"))
        .add("mail_template_id", None, lambda rng, row: rng.randint(1, 30))
        .add("ip_rating", None, one_of("IP65|IP67|IP68"))
        .add("birth_rate", None, lambda rng, row: f"{rng.uniform(5, 40):.1f}")
        .add("card_color", None, one_of("gold|black"))
        .add(
            "street_view_url",
            None,
            lambda rng, row: f"https://maps.example.com/@{rng.uniform(0, 60):.5f},{rng.uniform(0, 60):.5f}",
        )
    )
    yield (
        Table("telemetry", split)
        .add("device_uuid", None, lambda rng, row: uuid.UUID(bytes=rng.randbytes(16)).hex)
        .add("ts", None, lambda rng, row: 1690000000123 + row * 1013)
        .add("ts_us", None, lambda rng, row: 1690000000123456 + row * 1000003)
        .add("ts_ns", None, lambda rng, row: 1690000000123456789 + row * 1000003)
        .add("value", None, lambda rng, row: f"{rng.gauss(0, 10):.5f}")
        .add(
            "agent_version",
            None,
            lambda rng, row: f"{rng.randint(1, 9)}.{rng.randint(0, 30)}.{rng.randint(1000, 9999)}.{rng.randint(0, 99)}",
        )
        .add("build", None, lambda rng, row: f"10.0.{rng.choice([19041, 19045, 22621])}.{rng.randint(1, 4000)}")
        .add("checksum", None, lambda rng, row: f"{rng.randrange(2**32):08x}")
        .add("session", None, lambda rng, row: "".join(rng.choices(string.ascii_letters + string.digits, k=28)))
        .add("snowflake", None, lambda rng, row: 1100000000000000000 + rng.randrange(10**17))
        .add("route", None, lambda rng, row: f"/api/v{rng.randint(1, 3)}/users/{rng.randint(1, 10**6)}")
        .add("grid", None, lambda rng, row: f"{rng.uniform(-90, 90):.4f}, {rng.uniform(-180, 180):.4f}")
        .add("span", None, lambda rng, row: f"{values.digits(rng, 4)}-{values.digits(rng, 4)}")
        .add("ratio", None, lambda rng, row: f"+{rng.randint(10000000, 99999999)}")
        .add("year_month", None, day("%Y-%m"))
        .add("hex_color", None, lambda rng, row: f"#{rng.randrange(2**24):06x}")
        .add("currency_pair", None, one_of("EUR/USD|GBP/USD|USD/JPY"))
        .add("zip_file", None, lambda rng, row: f"backup-{row}.zip")
        .add("is_email", None, one_of("0|1"))
        .add(
            "license_key",
            None,
            lambda rng, row: "-".join(
                "".join(rng.choices(string.ascii_uppercase + string.digits, k=5)) for _ in range(5)
            ),
        )
    )
