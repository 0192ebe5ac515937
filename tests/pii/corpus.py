"""The labelled corpus: tables of 2,000 rows, each column with the kind of personal data that it holds, or none.

    python3 tests/pii/corpus.py OUT_FOLDER [SEED]     writes every table as CSV, and labels.json

`tuned` tables are what rules and thresholds were written with. `held_out` ones are other locales, formats, names of
columns and hard negatives, written afterwards; some rules were mended when they had been measured on once. `unseen`
ones were written after that, and nothing was changed for them. A seed gives the same corpus everywhere; only the standard library is used.
"""
import csv
import datetime
import io
import json
import pathlib
import random
import string
import sys
import uuid

import people
import values

ROWS = 2000


class Table:
    """Columns by name: (label or None, values). A None among the values is an empty field."""

    def __init__(self, name, split):
        self.name, self.split, self.columns = name, split, {}

    def add(self, column, label, make, nulls=0.0):
        rng = random.Random(f"{self.split}/{self.name}/{column}/{SEED}")
        self.columns[column] = (label, [None if nulls and rng.random() < nulls else make(rng, row)
                                        for row in range(ROWS)])
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


SEED = 1


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
    return " ".join(rng.choice(
        "order late arrived box small large green blue return please thank again issue refund price page account "
        "screen slow fast update install error button window printer cable screw shelf table lamp colour delivery "
        "night week month stock store agent reply system team report light water".split()) for _ in range(count))


def sentence(share, make):
    """Free text; that share of the rows holds what `make` gives."""
    def cell(rng, row):
        text = words(rng, rng.randint(14, 30)).capitalize() + "."
        return f"{text} Contact: {make(rng)}. {words(rng, 6).capitalize()}." if rng.random() < share else text
    return cell


# --- people, country by country -------------------------------------------------------------------


def person_table(split, name, locale, first, last, address, phone, extra):
    table = Table(name, split).add("id", None, counting())
    table.add(first, "PERSON", only(people.given, locale)).add(last, "PERSON", only(people.family, locale))
    table.add("email" if locale in ("us", "uk", "de", "in") else "e_mail", "EMAIL", only(people.email, locale), 0.05)
    table.add(phone, "PHONE", only(people.phone, locale), 0.1).add(address, "ADDRESS", only(people.street, locale))
    table.add("created_at", None, day("%Y-%m-%d 10:%M:00")).add("is_active", None, one_of("true|false"))
    for column, label, make in extra:
        table.add(column, label, make)
    return table


def tuned_people():
    split, plain = "tuned", only
    yield person_table(split, "employees", "us", "first_name", "last_name", "street_address", "phone_number", [
        ("ssn", "US_SSN", plain(values.ssn)), ("date_of_birth", "DATE_OF_BIRTH", dob()),
        ("gender", "GENDER", one_of("M|F")), ("salary", "SALARY", lambda rng, row: rng.randint(30, 200) * 1000),
        ("city", "ADDRESS", plain(people.city, "us")), ("zip_code", "ADDRESS", lambda rng, row: f"{rng.randint(501, 99950):05}"),
        ("department", None, one_of("Sales|Finance|Legal|Support")), ("manager_id", None, lambda rng, row: rng.randint(1, 2000)),
        ("passport_no", "PASSPORT", lambda rng, row: values.digits(rng, 9)),
        ("driver_license", "DRIVER_LICENCE", lambda rng, row: rng.choice("ABCD") + values.digits(rng, 7)),
        ("job_title", None, one_of("Engineer II|Sales Lead|Accountant|Data Analyst"))])
    yield person_table(split, "patients", "uk", "forename", "surname", "home_address", "mobile", [
        ("nhs_number", "UK_NHS", plain(values.nhs)), ("ni_number", "UK_NINO", plain(values.nino)),
        ("dob", "DATE_OF_BIRTH", dob("%d/%m/%Y")), ("ward", None, one_of("A1|A2|B7|C3")),
        ("nationality", "NATIONALITY", one_of("British|Irish|Polish|Indian|French|Ghanaian|Dutch")),
        ("postcode", "ADDRESS", lambda rng, row: f"{rng.choice(['SW', 'LS', 'M', 'BS'])}{rng.randint(1, 20)} "
                                                 f"{rng.randint(1, 9)}{rng.choice('ABDEFGH')}{rng.choice('JLNPQ')}")])
    yield person_table(split, "kunden", "de", "Vorname", "Nachname", "Strasse", "Telefon", [
        ("Geburtsdatum", "DATE_OF_BIRTH", dob("%d.%m.%Y")), ("IBAN", "IBAN", plain(values.iban, "DE", 22)),
        ("Steuer_ID", "DE_TAX_ID", plain(values.german_tax)), ("PLZ", "ADDRESS", lambda rng, row: f"{rng.randint(1067, 99998):05}"),
        ("Ort", "ADDRESS", plain(people.city, "de")), ("Umsatz", None, lambda rng, row: f"{rng.uniform(1, 999):.2f}")])
    yield person_table(split, "clients_fr", "fr", "prenom", "nom", "adresse", "telephone", [
        ("num_insee", "FR_NIR", plain(values.nir)), ("date_naissance", "DATE_OF_BIRTH", dob("%d/%m/%Y")),
        ("iban", "IBAN", lambda rng, row: values.in_groups(values.iban(rng, "FR", 27), 4))])
    yield person_table(split, "clientes", "es", "nombre", "apellidos", "direccion", "movil", [
        ("dni", "ES_DNI", plain(values.dni)), ("fecha_nacimiento", "DATE_OF_BIRTH", dob()),
        ("sexo", "GENDER", one_of("hombre|mujer"))])
    yield person_table(split, "utenti", "it", "nome", "cognome", "indirizzo", "cellulare", [
        ("codice_fiscale", "IT_FISCAL_CODE", plain(values.fiscal_code)), ("data_nascita", "DATE_OF_BIRTH", dob("%d-%m-%Y"))])
    yield person_table(split, "klanten", "nl", "voornaam", "achternaam", "adres", "telefoonnummer", [
        ("bsn", "NL_BSN", plain(values.bsn)), ("iban_nummer", "IBAN", plain(values.iban, "NL", 18))])
    yield person_table(split, "pracownicy", "pl", "imie", "nazwisko", "ulica", "telefon", [
        ("pesel", "PL_PESEL", plain(values.pesel)), ("nr_konta", "IBAN", plain(values.iban, "PL", 28))])
    yield person_table(split, "kunder", "se", "fornamn", "efternamn", "gatuadress", "mobilnummer", [
        ("personnummer", "SE_PERSONNUMMER", plain(values.personnummer))])
    yield person_table(split, "subscribers_in", "in", "given_name", "family_name", "address", "mobile_number", [
        ("aadhaar", "IN_AADHAAR", lambda rng, row: values.in_groups(values.aadhaar(rng), 4)),
        ("pan_number", "IN_PAN", plain(values.pan)), ("full_name", "PERSON", plain(people.full, "in"))])
    yield person_table(split, "usuarios", "br", "nome", "sobrenome", "endereco", "celular", [
        ("cpf", "BR_CPF", plain(values.cpf_written)), ("cep", "ADDRESS", lambda rng, row: f"{values.digits(rng, 5)}-{values.digits(rng, 3)}")])
    yield person_table(split, "members_jp", "jp", "名前", "姓", "住所", "電話番号", [
        ("マイナンバー", "JP_MY_NUMBER", plain(values.my_number)), ("氏名", "PERSON", plain(people.full, "jp"))])


def tuned_silent():
    """What values alone must tell: the names of these columns say nothing."""
    table = Table("export_17", "tuned")
    makers = [("EMAIL", only(people.email, "us")), ("EMAIL", only(people.email, "pl")), ("PHONE", only(people.phone, "us")),
              ("PHONE", only(people.phone, "uk")), ("PHONE", only(people.phone, "br")), ("PERSON", only(people.full, "us")),
              ("PERSON", only(people.full, "de")), ("PERSON", only(people.full, "es")), ("PERSON", only(people.full, "jp")),
              ("ADDRESS", only(people.street, "us")), ("ADDRESS", only(people.street, "de")),
              ("ADDRESS", only(people.street, "it")), ("ADDRESS", only(people.street, "jp")), ("CREDIT_CARD", only(values.card)),
              ("CREDIT_CARD", lambda rng, row: values.in_groups(values.card(rng), 4)),
              ("IBAN", only(values.iban, "GB", 22)), ("IBAN", lambda rng, row: values.in_groups(values.iban(rng, "ES", 24), 4)),
              ("BANK_ROUTING", only(values.routing)), ("CRYPTO_WALLET", only(values.wallet)), ("US_SSN", only(values.ssn)),
              ("US_ITIN", only(values.itin)), ("US_NPI", only(values.npi)), ("BR_CPF", only(values.cpf)),
              ("BR_CPF", only(values.cpf_written)), ("UK_NINO", only(values.nino)), ("DE_TAX_ID", only(values.german_tax)),
              ("FR_NIR", only(values.nir)), ("ES_DNI", only(values.dni)), ("IT_FISCAL_CODE", only(values.fiscal_code)),
              ("NL_BSN", only(values.bsn)), ("PL_PESEL", only(values.pesel)), ("SE_PERSONNUMMER", only(values.personnummer)),
              ("IN_AADHAAR", only(values.aadhaar)), ("IN_PAN", only(values.pan)), ("JP_MY_NUMBER", only(values.my_number)),
              ("IP_ADDRESS", only(values.ipv4)), ("IP_ADDRESS", only(values.ipv6)), ("MAC_ADDRESS", only(values.mac)),
              ("SECRET", only(values.token))]
    for number, (label, make) in enumerate(makers):
        table.add(f"field_{number}", label, make)
    table.add("half_empty", "EMAIL", only(people.email, "fr"), 0.7)
    table.add("mixed", "EMAIL", lambda rng, row: people.email(rng, "us") if rng.random() < 0.4 else f"none {row}")
    yield table


def tuned_payments():
    yield (Table("payments", "tuned").add("payment_id", None, counting(90000001))
           .add("card_number", "CREDIT_CARD", only(values.card)).add("cardholder_name", "PERSON", only(people.full, "us"))
           .add("card_type", None, one_of("visa|mastercard|amex")).add("card_expiry", None, one_of("01/27|05/28|11/26"))
           .add("routing_number", "BANK_ROUTING", only(values.routing))
           .add("account_number", "BANK_ACCOUNT", lambda rng, row: values.digits(rng, 10))
           .add("amount", None, lambda rng, row: f"{rng.uniform(1, 900):.2f}").add("currency", None, one_of("USD|EUR|GBP"))
           .add("wallet_address", "CRYPTO_WALLET", only(values.wallet)).add("client_ip", "IP_ADDRESS", only(values.ipv4))
           .add("sin", "CA_SIN", only(values.sin)).add("npi", "US_NPI", only(values.npi)).add("taxpayer_id", "US_ITIN", only(values.itin))
           .add("api_key", "SECRET", only(values.token)).add("device_mac", None, one_of("none|unknown"))
           .add("mac_address", "MAC_ADDRESS", only(values.mac, "-")).add("order_ref", None, lambda rng, row: f"ORD-{values.digits(rng, 8)}"))
    yield (Table("tickets", "tuned").add("ticket", None, counting(1000))
           .add("body", "EMAIL", sentence(0.05, lambda rng: people.email(rng, "us")))
           .add("call_notes", "PHONE", sentence(0.05, lambda rng: people.phone(rng, "uk")))
           .add("comment", "US_SSN", sentence(0.03, values.ssn)).add("resolution", None, sentence(0, None))
           .add("bank_note", "IBAN", sentence(0.04, lambda rng: values.in_groups(values.iban(rng, "DE", 22), 4)))
           .add("card_note", "CREDIT_CARD", sentence(0.04, lambda rng: values.in_groups(values.card(rng), 4)))
           .add("log_line", "IP_ADDRESS", lambda rng, row: f"GET /page/{row} 200 {rng.randint(1, 900)}ms from {values.ipv4(rng)} agent curl cached=false ok")
           .add("priority", None, one_of("low|high|urgent")).add("state", None, one_of("open|closed|waiting")))


# --- hard negatives -------------------------------------------------------------------------------


def tuned_negatives():
    hexes = lambda size: lambda rng, row: rng.randbytes(size).hex()
    yield (Table("orders", "tuned").add("order_id", None, lambda rng, row: f"4{values.digits(rng, 15, string.digits)}")
           .add("order_number", None, counting(4000000000000000, 37)).add("tracking_number", None, lambda rng, row: values.digits(rng, 12))
           .add("sequence_id", None, counting(100000001)).add("customer_id", None, lambda rng, row: values.digits(rng, 9))
           .add("created_ms", None, lambda rng, row: 1700000000000 + row * 86399 * 7).add("created_s", None, lambda rng, row: 1700000000 + row * 977)
           .add("price", None, lambda rng, row: f"{rng.uniform(0.5, 500):.2f}").add("quantity", None, lambda rng, row: rng.randint(1, 40))
           .add("address_type_id", None, lambda rng, row: rng.randint(1, 5)).add("email_sent_count", None, lambda rng, row: rng.randint(0, 9))
           .add("phone_model", None, one_of("iPhone 12|Galaxy S21|Pixel 7|Moto G 5")).add("shipped_on", None, day())
           .add("is_gift", None, one_of("yes|no")).add("email_verified", None, one_of("true|false"))
           .add("ip_address_type", None, one_of("v4|v6")).add("ship_date", None, day("%d/%m/%Y")).add("weight", None, lambda rng, row: f"{rng.uniform(0.1, 30):.3f}"))
    yield (Table("products", "tuned").add("sku", None, lambda rng, row: f"{rng.choice('ABCDEF')}{values.digits(rng, 6)}")
           .add("name", None, lambda rng, row: f"{rng.choice(['Steel', 'Oak', 'Linen', 'Ultra', 'Eco'])} "
                                               f"{rng.choice(['Lamp', 'Chair', 'Shelf', 'Kettle', 'Drill'])} {rng.randint(1, 900)}")
           .add("brand", None, one_of("Northwind|Contoso|Fabrikam|Globex|Initech")).add("ean", None, only(values.ean13))
           .add("isbn", None, only(values.isbn10)).add("imei", None, only(values.imei)).add("version", None, lambda rng, row: ".".join(str(rng.randint(0, 20)) for _ in range(4)))
           .add("firmware", None, lambda rng, row: f"{rng.randint(1, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 99)}")
           .add("release", None, lambda rng, row: f"{rng.randint(0, 30)}.{rng.randint(0, 20)}.{rng.randint(0, 40)}")
           .add("colour", None, one_of("red|green|blue|black")).add("dimensions", None, lambda rng, row: f"{rng.randint(1, 99)}x{rng.randint(1, 99)}x{rng.randint(1, 99)}")
           .add("image", None, lambda rng, row: f"/var/data/images/{rng.randint(1, 999)}/icon@2x.png").add("url", None, lambda rng, row: f"https://shop.example.com/p/{row}?ref={values.digits(rng, 9)}")
           .add("supplier_name", None, lambda rng, row: f"{rng.choice(people.LOCALES['de']['family'].split())} GmbH").add("latitude", None, lambda rng, row: f"{rng.uniform(-90, 90):.6f}")
           .add("longitude", None, lambda rng, row: f"{rng.uniform(-180, 180):.6f}").add("siren", None, only(values.siren)).add("description", None, lambda rng, row: words(rng, 25)))
    yield (Table("jobs", "tuned").add("job_id", None, lambda rng, row: str(uuid.UUID(bytes=rng.randbytes(16), version=4)))
           .add("commit", None, hexes(20)).add("digest", None, hexes(32)).add("short_hash", None, hexes(4)).add("md5", None, hexes(16))
           .add("state", None, one_of("running|done|failed")).add("status", None, one_of("ok|error")).add("host_name", None, lambda rng, row: f"node-{rng.randint(1, 90)}.cluster.local")
           .add("file_name", None, lambda rng, row: f"report_{rng.randint(1, 9999)}.pdf").add("path", None, lambda rng, row: f"/home/app/{words(rng, 1)}/{row}.log")
           .add("table_name", None, one_of("orders|customers|users|items")).add("payload", None, lambda rng, row: __import__("base64").b64encode(rng.randbytes(24)).decode())
           .add("started", None, lambda rng, row: (datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=row * 61)).isoformat())
           .add("duration", None, lambda rng, row: f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}")
           .add("package", None, lambda rng, row: f"{words(rng, 1)}@{rng.randint(0, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}")
           .add("repository", None, lambda rng, row: f"git@github.com:{words(rng, 1)}/{words(rng, 1)}.git").add("message", None, lambda rng, row: words(rng, rng.randint(12, 30)))
           .add("estate", None, one_of("north|south")).add("capital", None, one_of("Paris|Rome|Oslo|Bern")).add("hash_code", None, lambda rng, row: rng.randint(-2**31, 2**31))
           .add("progress", None, lambda rng, row: f"{rng.randint(0, 100)}%").add("retry_at", None, day("%Y-%m-%d %H:%M:%S")))


# --- held out -------------------------------------------------------------------------------------


def held_out():
    split = "held_out"
    yield (Table("persons", split).add("pk", None, counting()).add("FirstName", "PERSON", only(people.given, "dk")).add("LastName", "PERSON", only(people.family, "dk"))
           .add("EmailAddress", "EMAIL", only(people.email, "dk"), 0.3).add("PhoneNumber", "PHONE", only(people.phone, "dk"))
           .add("StreetAddress", "ADDRESS", only(people.street, "dk")).add("BirthDate", "DATE_OF_BIRTH", dob("%Y-%m-%d 00:00:00"))
           .add("LastLoginAt", None, day("%Y-%m-%dT%H:%M:%SZ")).add("Newsletter", None, one_of("Y|N")).add("Town", "ADDRESS", only(people.city, "dk")))
    yield (Table("contacts_cz", split).add("customerName", "PERSON", only(people.full, "cz")).add("mail", "EMAIL", only(people.email, "cz"))
           .add("tel", "PHONE", only(people.phone, "cz")).add("address_line_1", "ADDRESS", only(people.street, "cz"))
           .add("born", "DATE_OF_BIRTH", dob("%d %b %Y")).add("iban", "IBAN", only(values.iban, "CZ", 24)).add("rating", None, lambda rng, row: rng.randint(1, 5)))
    yield (Table("crm_au", split).add("full_name", "PERSON", only(people.full, "au")).add("contact_phone", "PHONE", only(people.phone, "au"))
           .add("billing_address", "ADDRESS", only(people.street, "au")).add("login_ip", "IP_ADDRESS", only(values.ipv6)).add("sex", "GENDER", one_of("male|female|other"))
           .add("annual_salary", "SALARY", lambda rng, row: f"{rng.randint(30, 200) * 1000}.00").add("credit_card", "CREDIT_CARD", lambda rng, row: values.in_groups(values.card(rng), 4, "-"))
           .add("passport", "PASSPORT", lambda rng, row: rng.choice("NP") + rng.choice("AB") + values.digits(rng, 7)).add("password", "SECRET", lambda rng, row: words(rng, 1) + values.digits(rng, 3) + "!")
           .add("license_plate", None, lambda rng, row: f"{rng.choice('ABC')}{rng.choice('XYZ')}{rng.choice('KLM')}{values.digits(rng, 3)}").add("region", None, one_of("NSW|VIC|QLD|WA")))
    yield (Table("t_dump", split).add("c1", "PERSON", only(people.full, "mx")).add("c2", "PERSON", only(people.full, "ie")).add("c3", "PERSON", only(people.full, "tr"))
           .add("c4", "EMAIL", lambda rng, row: f"{people.full(rng, 'us')} <{people.email(rng, 'us')}>").add("c5", "PHONE", only(people.phone, "tr")).add("c6", "PHONE", lambda rng, row: people.phone(rng, "us").replace("(", "").replace(") ", "."))
           .add("c7", "ADDRESS", only(people.street, "mx")).add("c8", "ADDRESS", only(people.street, "ie")).add("c9", "ADDRESS", only(people.street, "tr")).add("c10", "US_SSN", lambda rng, row: values.ssn(rng).replace("-", " "))
           .add("c11", "IBAN", only(values.iban, "IE", 22)).add("c12", "IBAN", lambda rng, row: values.iban(rng, "TR", 26).lower()).add("c13", "CREDIT_CARD", lambda rng, row: values.card(rng) if rng.random() < 0.7 else f"n/a {row}")
           .add("c14", "UK_NHS", lambda rng, row: (lambda n: f"{n[:3]} {n[3:6]} {n[6:]}")(values.nhs(rng))).add("c15", "UK_NINO", lambda rng, row: values.in_groups(values.nino(rng), 2)).add("c16", "SE_PERSONNUMMER", lambda rng, row: "19" + values.personnummer(rng))
           .add("c17", "ES_DNI", lambda rng, row: (lambda n: f"{n[:-1]}-{n[-1]}")(values.dni(rng))).add("c18", "IT_FISCAL_CODE", lambda rng, row: values.fiscal_code(rng).lower()).add("c19", "MAC_ADDRESS", lambda rng, row: values.in_groups(rng.randbytes(6).hex(), 4, "."))
           .add("c20", "IP_ADDRESS", lambda rng, row: f"{values.ipv4(rng)}/{rng.choice([24, 16, 32])}").add("c21", "CA_SIN", lambda rng, row: values.in_groups(values.sin(rng), 3, "-")).add("c22", "SECRET", lambda rng, row: values.web_token(rng))
           .add("c23", "FR_NIR", lambda rng, row: (lambda n: f"{n[0]} {n[1:3]} {n[3:5]} {n[5:7]} {n[7:10]} {n[10:13]} {n[13:]}")(values.nir(rng))).add("c24", "IN_AADHAAR", lambda rng, row: values.in_groups(values.aadhaar(rng), 4, "-"))
           .add("c25", "PHONE", lambda rng, row: "+1-" + people.phone(rng, "us").replace("(", "").replace(") ", "-")).add("c26", "BR_CPF", only(values.cpf_written)).add("c27", "CRYPTO_WALLET", only(values.wallet)).add("c28", "PL_PESEL", only(values.pesel)))
    yield (Table("numbers", split).add("phone", "PHONE", lambda rng, row: f"2{values.digits(rng, 9)}").add("ssn", "US_SSN", lambda rng, row: values.ssn(rng).replace("-", ""))
           .add("cc", "CREDIT_CARD", only(values.card)).add("bank_account_no", "BANK_ACCOUNT", lambda rng, row: values.digits(rng, 8)).add("aba", "BANK_ROUTING", only(values.routing))
           .add("dateOfBirth", "DATE_OF_BIRTH", dob("%Y%m%d")).add("cpf_cliente", "BR_CPF", only(values.cpf)).add("aadhar_number", "IN_AADHAAR", only(values.aadhaar)).add("driving_licence_no", "DRIVER_LICENCE", lambda rng, row: rng.choice("SMJT") + "XXXX" + values.digits(rng, 6) + "AB1CD")
           .add("bsn_nummer", "NL_BSN", only(values.bsn)).add("npi_number", "US_NPI", only(values.npi)).add("national_id", "NATIONAL_ID", lambda rng, row: values.digits(rng, 8)))
    yield (Table("chat", split).add("text", "PHONE", lambda rng, row: words(rng, 14) + (f" call {people.phone(rng, 'us')} after six" if row % 20 == 0 else " and nothing else was said"))
           .add("feedback", "EMAIL", lambda rng, row: words(rng, 14) + (f" (mail me: {people.email(rng, 'uk')})" if row % 30 == 0 else " and nothing else was said"))
           .add("trace", None, lambda rng, row: f"error in module {words(rng, 2)} version 1.{rng.randint(0, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 99)} build {values.digits(rng, 16)} node {values.digits(rng, 9)}")
           .add("article", None, lambda rng, row: words(rng, 60)).add("json", "EMAIL", lambda rng, row: json.dumps({"user": people.email(rng, "us"), "n": row}))
           .add("html", None, lambda rng, row: f'<a href="https://example.com/item/{row}?session={values.digits(rng, 16)}">item {row}</a> <b>sold</b> for {rng.randint(1, 99)}.00'))
    yield (Table("shop_items", split).add("name", None, lambda rng, row: f"{rng.choice(['Victoria', 'Charlotte', 'Oslo', 'Aria', 'Nova'])} {rng.choice(['Sofa', 'Rug', 'Desk', 'Bowl'])} {rng.choice(['XL', 'Set', 'Mini'])}")
           .add("title", None, lambda rng, row: words(rng, 4).title()).add("category_name", None, one_of("Garden|Kitchen|Office")).add("company_name", None, lambda rng, row: f"{rng.choice(people.LOCALES['us']['family'].split())} Holdings Inc")
           .add("gtin", None, lambda rng, row: values.ean13(rng, "50")).add("upc", None, lambda rng, row: values.digits(rng, 12)).add("serial", None, lambda rng, row: f"{values.digits(rng, 3)}-{values.digits(rng, 4)}-{values.digits(rng, 2)}")
           .add("gene", None, lambda rng, row: f"{rng.choice('ABC')}{rng.choice('RST')}{rng.choice('KLM')}{rng.randint(1, 9)}").add("part_no", None, lambda rng, row: f"{rng.choice('ABCD')}{rng.choice('KLM')}{values.digits(rng, 6)}{rng.choice('EFGH')}")
           .add("phone_case_color", None, one_of("black|clear|pink")).add("mail_template_id", None, lambda rng, row: rng.randint(1, 30)).add("ip_rating", None, one_of("IP65|IP67|IP68"))
           .add("birth_rate", None, lambda rng, row: f"{rng.uniform(5, 40):.1f}").add("card_color", None, one_of("gold|black")).add("street_view_url", None, lambda rng, row: f"https://maps.example.com/@{rng.uniform(0, 60):.5f},{rng.uniform(0, 60):.5f}"))
    yield (Table("telemetry", split).add("device_uuid", None, lambda rng, row: uuid.UUID(bytes=rng.randbytes(16)).hex).add("ts", None, lambda rng, row: 1690000000123 + row * 1013).add("ts_us", None, lambda rng, row: 1690000000123456 + row * 1000003)
           .add("ts_ns", None, lambda rng, row: 1690000000123456789 + row * 1000003).add("value", None, lambda rng, row: f"{rng.gauss(0, 10):.5f}").add("agent_version", None, lambda rng, row: f"{rng.randint(1, 9)}.{rng.randint(0, 30)}.{rng.randint(1000, 9999)}.{rng.randint(0, 99)}")
           .add("build", None, lambda rng, row: f"10.0.{rng.choice([19041, 19045, 22621])}.{rng.randint(1, 4000)}").add("checksum", None, lambda rng, row: f"{rng.randrange(2**32):08x}").add("session", None, lambda rng, row: "".join(rng.choices(string.ascii_letters + string.digits, k=28)))
           .add("snowflake", None, lambda rng, row: 1100000000000000000 + rng.randrange(10**17)).add("route", None, lambda rng, row: f"/api/v{rng.randint(1, 3)}/users/{rng.randint(1, 10**6)}").add("grid", None, lambda rng, row: f"{rng.uniform(-90, 90):.4f}, {rng.uniform(-180, 180):.4f}")
           .add("span", None, lambda rng, row: f"{values.digits(rng, 4)}-{values.digits(rng, 4)}").add("ratio", None, lambda rng, row: f"+{rng.randint(10000000, 99999999)}").add("year_month", None, day("%Y-%m")).add("hex_color", None, lambda rng, row: f"#{rng.randrange(2**24):06x}")
           .add("currency_pair", None, one_of("EUR/USD|GBP/USD|USD/JPY")).add("zip_file", None, lambda rng, row: f"backup-{row}.zip").add("is_email", None, one_of("0|1")).add("license_key", None, lambda rng, row: "-".join("".join(rng.choices(string.ascii_uppercase + string.digits, k=5)) for _ in range(5))))


# --- unseen ---------------------------------------------------------------------------------------


def unseen():
    split = "unseen"
    yield (Table("Account", split).add("Id", None, lambda rng, row: "001" + "".join(rng.choices(string.ascii_letters + string.digits, k=15)))
           .add("OwnerId", None, lambda rng, row: "005" + "".join(rng.choices(string.ascii_letters + string.digits, k=15))).add("BillingStreet", "ADDRESS", only(people.street, "za"))
           .add("MailingPostalCode", "ADDRESS", lambda rng, row: values.digits(rng, 4)).add("MobilePhone", "PHONE", only(people.phone, "za")).add("PersonEmail", "EMAIL", only(people.email, "za"))
           .add("Salutation", None, one_of("Mr|Ms|Dr")).add("Birthdate", "DATE_OF_BIRTH", dob()).add("AnnualRevenue", None, lambda rng, row: rng.randint(10**4, 10**9))
           .add("NumberOfEmployees", None, lambda rng, row: rng.randint(1, 5000)).add("Industry", None, one_of("Energy|Media|Retail")).add("LastModifiedDate", None, day("%Y-%m-%dT%H:%M:%S.000Z")))
    yield (Table("web_log", split).add("remote_addr", "IP_ADDRESS", only(values.ipv4)).add("request", None, lambda rng, row: f"GET /users/{rng.randint(1, 10**8)}/orders HTTP/1.1")
           .add("status", None, one_of("200|404|500")).add("bytes_sent", None, lambda rng, row: rng.randint(100, 10**7)).add("referer", None, lambda rng, row: f"https://search.example.com/?q={words(rng, 1)}+{row}")
           .add("user_agent", None, lambda rng, row: f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{rng.randint(90, 130)}.0.{rng.randint(1000, 6999)}.{rng.randint(1, 200)} Safari/537.36")
           .add("request_id", None, lambda rng, row: rng.randbytes(16).hex()).add("upstream_time", None, lambda rng, row: f"{rng.random():.3f}").add("auth_token", "SECRET", only(values.web_token)))
    yield (Table("staff_fi", split).add("emp_fname", "PERSON", only(people.given, "fi")).add("emp_lname", "PERSON", only(people.family, "fi")).add("work_email", "EMAIL", only(people.email, "fi"))
           .add("cell_phone", "PHONE", only(people.phone, "fi")).add("street_1", "ADDRESS", only(people.street, "fi")).add("postal", None, one_of("letter|parcel")).add("dept_name", None, one_of("Sales|IT|HR"))
           .add("wage", "SALARY", lambda rng, row: rng.randint(20, 90) * 1000).add("emergency_contact_name", "PERSON", only(people.full, "fi")).add("shift", None, one_of("early|late|night")))
    yield (Table("bookings", split).add("booking_ref", None, lambda rng, row: "".join(rng.choices(string.ascii_uppercase + string.digits, k=6))).add("passenger_name", "PERSON", only(people.full, "vn"))
           .add("guest_email", "EMAIL", only(people.email, "uk")).add("passport_number", "PASSPORT", lambda rng, row: rng.choice("BCN") + values.digits(rng, 7)).add("seat", None, lambda rng, row: f"{rng.randint(1, 40)}{rng.choice('ABCDEF')}")
           .add("flight_no", None, lambda rng, row: f"{rng.choice(['LH', 'BA', 'AF'])}{rng.randint(100, 9999)}").add("departure_city", None, only(people.city, "fi")).add("fare", None, lambda rng, row: f"{rng.uniform(30, 900):.2f}")
           .add("card_last4", None, lambda rng, row: f"{rng.randint(0, 9999):04}").add("special_requests", "PHONE", sentence(0.04, lambda rng: people.phone(rng, "hu"))).add("pnr_created", None, day("%d%b%y")))
    yield (Table("x_import", split).add("a", "PERSON", only(people.full, "fi")).add("b", "PERSON", only(people.full, "hu")).add("c", "PERSON", only(people.full, "za"))
           .add("d", "ADDRESS", only(people.street, "hu")).add("e", "ADDRESS", only(people.street, "za")).add("f", "ADDRESS", only(people.street, "vn")).add("g", "PHONE", only(people.phone, "vn"))
           .add("h", "PHONE", lambda rng, row: people.phone(rng, "hu").replace(" ", "")).add("i", "IBAN", only(values.iban, "FI", 18)).add("j", "IBAN", lambda rng, row: values.in_groups(values.iban(rng, "HU", 28), 4))
           .add("k", "CREDIT_CARD", lambda rng, row: values.in_groups(values.card(rng), 4) if row % 4 else "cash").add("l", "EMAIL", lambda rng, row: people.email(rng, "hu").upper()).add("m", "IP_ADDRESS", lambda rng, row: f"10.0.{rng.randint(0, 3)}.{rng.randint(1, 254)}")
           .add("n", "NL_BSN", lambda rng, row: (lambda n: f"{n[:4]}.{n[4:6]}.{n[6:]}")(values.bsn(rng))).add("o", "US_SSN", lambda rng, row: values.ssn(rng) if row % 3 else "").add("p", "SECRET", lambda rng, row: "-----BEGIN RSA PRIVATE KEY----- " + values.digits(rng, 30))
           .add("q", "EMAIL", lambda rng, row: f"mailto:{people.email(rng, 'fi')}").add("r", "DE_TAX_ID", lambda rng, row: (lambda n: f"{n[:2]} {n[2:5]} {n[5:8]} {n[8:]}")(values.german_tax(rng))))
    yield (Table("catalogue", split).add("artist_name", None, lambda rng, row: f"The {words(rng, 2).title()}").add("album", None, lambda rng, row: words(rng, 3).title()).add("track_no", None, lambda rng, row: rng.randint(1, 20))
           .add("isrc", None, lambda rng, row: f"US{rng.choice('SR')}{rng.choice('KZ')}{rng.choice('QW')}{values.digits(rng, 7)}").add("barcode", None, only(values.ean13, "73")).add("label", None, one_of("Harbor|Vertex|Sunset"))
           .add("genre", None, one_of("rock|jazz|folk")).add("bpm", None, lambda rng, row: rng.randint(60, 180)).add("mood", None, one_of("calm|happy|sad")).add("release_date", None, day("%Y-%m-%d", 1960, 2024)))
    yield (Table("machines", split).add("hostname", None, lambda rng, row: f"ip-10-0-{rng.randint(0, 255)}-{rng.randint(0, 255)}.ec2.internal").add("image_tag", None, lambda rng, row: f"v{rng.randint(1, 9)}.{rng.randint(0, 30)}.{rng.randint(0, 30)}")
           .add("kernel", None, lambda rng, row: f"{rng.randint(4, 6)}.{rng.randint(0, 19)}.0-{rng.randint(1, 120)}").add("oid", None, lambda rng, row: f"1.3.6.1.{rng.randint(1, 40)}.{rng.randint(1, 40)}.{rng.randint(1, 99)}")
           .add("chassis", None, lambda rng, row: f"{values.digits(rng, 2)}-{values.digits(rng, 7)}").add("uptime", None, lambda rng, row: f"{rng.randint(0, 400)} days").add("pid", None, lambda rng, row: rng.randint(1, 65535))
           .add("driver_version", None, lambda rng, row: f"{rng.randint(20, 32)}.{rng.randint(0, 40)}.{rng.randint(1, 20)}.{rng.randint(1, 99)}").add("rack", None, lambda rng, row: f"{rng.choice('ABC')}{rng.randint(1, 40)}").add("zip_ratio", None, lambda rng, row: f"{rng.random():.4f}")
           .add("cert_serial", None, lambda rng, row: ":".join(f"{rng.randrange(256):02x}" for _ in range(8))).add("sql", None, lambda rng, row: f"SELECT * FROM t WHERE id = {values.digits(rng, 9)} AND code = '{values.digits(rng, 4)}'"))
    yield (Table("ledger", split).add("invoice_no", None, lambda rng, row: f"INV-2024-{row:06}").add("po_number", None, lambda rng, row: values.digits(rng, 10)).add("gl_account", None, lambda rng, row: rng.choice([4000, 4100, 5200, 6000]))
           .add("vat_id", None, lambda rng, row: f"DE{values.digits(rng, 9)}").add("iban_country", None, one_of("DE|FR|NL")).add("cost_center", None, lambda rng, row: values.digits(rng, 6)).add("fiscal_year", None, lambda rng, row: rng.randint(2015, 2024))
           .add("memo", None, lambda rng, row: f"Payment {values.digits(rng, 12)} ref {values.digits(rng, 16)}").add("swift", None, lambda rng, row: f"{''.join(rng.choices(string.ascii_uppercase, k=4))}DEFF{rng.choice(['', 'XXX'])}")
           .add("qty_delta", None, lambda rng, row: f"{rng.choice('+-')}{rng.randint(1, 500)}").add("account_type", None, one_of("asset|liability")).add("bank_name", None, one_of("First Bank|Union Trust|Sparkasse Nord")).add("week", None, lambda rng, row: f"2024-W{rng.randint(1, 52):02}"))


def corpus(seed=1):
    """All tables, one by one: tuned, held out, unseen."""
    global SEED
    SEED = seed
    for tables in (tuned_people, tuned_silent, tuned_payments, tuned_negatives, held_out, unseen):
        yield from tables()


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    labels = {}
    for one in corpus(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
        (folder / f"{one.name}.csv").write_bytes(one.csv())
        labels[f"{one.split}/{one.name}"] = one.labels()
    (folder / "labels.json").write_text(json.dumps(labels, indent=1, ensure_ascii=False))
