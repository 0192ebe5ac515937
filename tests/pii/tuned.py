"""Tables that rules and thresholds were written with: people of twelve countries, payments, tickets, silent columns."""

import people
import values
from table import Table, counting, dob, one_of, only, person_table, sentence


def tuned_people():
    split, plain = "tuned", only
    yield person_table(
        split,
        "employees",
        "us",
        "first_name",
        "last_name",
        "street_address",
        "phone_number",
        [
            ("ssn", "US_SSN", plain(values.ssn)),
            ("date_of_birth", "DATE_OF_BIRTH", dob()),
            ("gender", "GENDER", one_of("M|F")),
            ("salary", "SALARY", lambda rng, row: rng.randint(30, 200) * 1000),
            ("city", "ADDRESS", plain(people.city, "us")),
            ("zip_code", "ADDRESS", lambda rng, row: f"{rng.randint(501, 99950):05}"),
            ("department", None, one_of("Sales|Finance|Legal|Support")),
            ("manager_id", None, lambda rng, row: rng.randint(1, 2000)),
            ("passport_no", "PASSPORT", lambda rng, row: values.digits(rng, 9)),
            ("driver_license", "DRIVER_LICENCE", lambda rng, row: rng.choice("ABCD") + values.digits(rng, 7)),
            ("job_title", None, one_of("Engineer II|Sales Lead|Accountant|Data Analyst")),
        ],
    )
    yield person_table(
        split,
        "patients",
        "uk",
        "forename",
        "surname",
        "home_address",
        "mobile",
        [
            ("nhs_number", "UK_NHS", plain(values.nhs)),
            ("ni_number", "UK_NINO", plain(values.nino)),
            ("dob", "DATE_OF_BIRTH", dob("%d/%m/%Y")),
            ("ward", None, one_of("A1|A2|B7|C3")),
            ("nationality", "NATIONALITY", one_of("British|Irish|Polish|Indian|French|Ghanaian|Dutch")),
            (
                "postcode",
                "ADDRESS",
                lambda rng, row: f"{rng.choice(['SW', 'LS', 'M', 'BS'])}{rng.randint(1, 20)} "
                f"{rng.randint(1, 9)}{rng.choice('ABDEFGH')}{rng.choice('JLNPQ')}",
            ),
        ],
    )
    yield person_table(
        split,
        "kunden",
        "de",
        "Vorname",
        "Nachname",
        "Strasse",
        "Telefon",
        [
            ("Geburtsdatum", "DATE_OF_BIRTH", dob("%d.%m.%Y")),
            ("IBAN", "IBAN", plain(values.iban, "DE", 22)),
            ("Steuer_ID", "DE_TAX_ID", plain(values.german_tax)),
            ("PLZ", "ADDRESS", lambda rng, row: f"{rng.randint(1067, 99998):05}"),
            ("Ort", "ADDRESS", plain(people.city, "de")),
            ("Umsatz", None, lambda rng, row: f"{rng.uniform(1, 999):.2f}"),
        ],
    )
    yield person_table(
        split,
        "clients_fr",
        "fr",
        "prenom",
        "nom",
        "adresse",
        "telephone",
        [
            ("num_insee", "FR_NIR", plain(values.nir)),
            ("date_naissance", "DATE_OF_BIRTH", dob("%d/%m/%Y")),
            ("iban", "IBAN", lambda rng, row: values.in_groups(values.iban(rng, "FR", 27), 4)),
        ],
    )
    yield person_table(
        split,
        "clientes",
        "es",
        "nombre",
        "apellidos",
        "direccion",
        "movil",
        [
            ("dni", "ES_DNI", plain(values.dni)),
            ("fecha_nacimiento", "DATE_OF_BIRTH", dob()),
            ("sexo", "GENDER", one_of("hombre|mujer")),
        ],
    )
    yield person_table(
        split,
        "utenti",
        "it",
        "nome",
        "cognome",
        "indirizzo",
        "cellulare",
        [
            ("codice_fiscale", "IT_FISCAL_CODE", plain(values.fiscal_code)),
            ("data_nascita", "DATE_OF_BIRTH", dob("%d-%m-%Y")),
        ],
    )
    yield person_table(
        split,
        "klanten",
        "nl",
        "voornaam",
        "achternaam",
        "adres",
        "telefoonnummer",
        [("bsn", "NL_BSN", plain(values.bsn)), ("iban_nummer", "IBAN", plain(values.iban, "NL", 18))],
    )
    yield person_table(
        split,
        "pracownicy",
        "pl",
        "imie",
        "nazwisko",
        "ulica",
        "telefon",
        [("pesel", "PL_PESEL", plain(values.pesel)), ("nr_konta", "IBAN", plain(values.iban, "PL", 28))],
    )
    yield person_table(
        split,
        "kunder",
        "se",
        "fornamn",
        "efternamn",
        "gatuadress",
        "mobilnummer",
        [("personnummer", "SE_PERSONNUMMER", plain(values.personnummer))],
    )
    yield person_table(
        split,
        "subscribers_in",
        "in",
        "given_name",
        "family_name",
        "address",
        "mobile_number",
        [
            ("aadhaar", "IN_AADHAAR", lambda rng, row: values.in_groups(values.aadhaar(rng), 4)),
            ("pan_number", "IN_PAN", plain(values.pan)),
            ("full_name", "PERSON", plain(people.full, "in")),
        ],
    )
    yield person_table(
        split,
        "usuarios",
        "br",
        "nome",
        "sobrenome",
        "endereco",
        "celular",
        [
            ("cpf", "BR_CPF", plain(values.cpf_written)),
            ("cep", "ADDRESS", lambda rng, row: f"{values.digits(rng, 5)}-{values.digits(rng, 3)}"),
        ],
    )
    yield person_table(
        split,
        "members_jp",
        "jp",
        "名前",
        "姓",
        "住所",
        "電話番号",
        [("マイナンバー", "JP_MY_NUMBER", plain(values.my_number)), ("氏名", "PERSON", plain(people.full, "jp"))],
    )


def tuned_silent():
    """What values alone must tell: the names of these columns say nothing."""
    table = Table("export_17", "tuned")
    makers = [
        ("EMAIL", only(people.email, "us")),
        ("EMAIL", only(people.email, "pl")),
        ("PHONE", only(people.phone, "us")),
        ("PHONE", only(people.phone, "uk")),
        ("PHONE", only(people.phone, "br")),
        ("PERSON", only(people.full, "us")),
        ("PERSON", only(people.full, "de")),
        ("PERSON", only(people.full, "es")),
        ("PERSON", only(people.full, "jp")),
        ("ADDRESS", only(people.street, "us")),
        ("ADDRESS", only(people.street, "de")),
        ("ADDRESS", only(people.street, "it")),
        ("ADDRESS", only(people.street, "jp")),
        ("CREDIT_CARD", only(values.card)),
        ("CREDIT_CARD", lambda rng, row: values.in_groups(values.card(rng), 4)),
        ("IBAN", only(values.iban, "GB", 22)),
        ("IBAN", lambda rng, row: values.in_groups(values.iban(rng, "ES", 24), 4)),
        ("BANK_ROUTING", only(values.routing)),
        ("CRYPTO_WALLET", only(values.wallet)),
        ("US_SSN", only(values.ssn)),
        ("US_ITIN", only(values.itin)),
        ("US_NPI", only(values.npi)),
        ("BR_CPF", only(values.cpf)),
        ("BR_CPF", only(values.cpf_written)),
        ("UK_NINO", only(values.nino)),
        ("DE_TAX_ID", only(values.german_tax)),
        ("FR_NIR", only(values.nir)),
        ("ES_DNI", only(values.dni)),
        ("IT_FISCAL_CODE", only(values.fiscal_code)),
        ("NL_BSN", only(values.bsn)),
        ("PL_PESEL", only(values.pesel)),
        ("SE_PERSONNUMMER", only(values.personnummer)),
        ("IN_AADHAAR", only(values.aadhaar)),
        ("IN_PAN", only(values.pan)),
        ("JP_MY_NUMBER", only(values.my_number)),
        ("IP_ADDRESS", only(values.ipv4)),
        ("IP_ADDRESS", only(values.ipv6)),
        ("MAC_ADDRESS", only(values.mac)),
        ("SECRET", only(values.token)),
    ]
    for number, (label, make) in enumerate(makers):
        table.add(f"field_{number}", label, make)
    table.add("half_empty", "EMAIL", only(people.email, "fr"), 0.7)
    table.add("mixed", "EMAIL", lambda rng, row: people.email(rng, "us") if rng.random() < 0.4 else f"none {row}")
    yield table


def tuned_payments():
    yield (
        Table("payments", "tuned")
        .add("payment_id", None, counting(90000001))
        .add("card_number", "CREDIT_CARD", only(values.card))
        .add("cardholder_name", "PERSON", only(people.full, "us"))
        .add("card_type", None, one_of("visa|mastercard|amex"))
        .add("card_expiry", None, one_of("01/27|05/28|11/26"))
        .add("routing_number", "BANK_ROUTING", only(values.routing))
        .add("account_number", "BANK_ACCOUNT", lambda rng, row: values.digits(rng, 10))
        .add("amount", None, lambda rng, row: f"{rng.uniform(1, 900):.2f}")
        .add("currency", None, one_of("USD|EUR|GBP"))
        .add("wallet_address", "CRYPTO_WALLET", only(values.wallet))
        .add("client_ip", "IP_ADDRESS", only(values.ipv4))
        .add("sin", "CA_SIN", only(values.sin))
        .add("npi", "US_NPI", only(values.npi))
        .add("taxpayer_id", "US_ITIN", only(values.itin))
        .add("api_key", "SECRET", only(values.token))
        .add("device_mac", None, one_of("none|unknown"))
        .add("mac_address", "MAC_ADDRESS", only(values.mac, "-"))
        .add("order_ref", None, lambda rng, row: f"ORD-{values.digits(rng, 8)}")
    )
    yield (
        Table("tickets", "tuned")
        .add("ticket", None, counting(1000))
        .add("body", "EMAIL", sentence(0.05, lambda rng: people.email(rng, "us")))
        .add("call_notes", "PHONE", sentence(0.05, lambda rng: people.phone(rng, "uk")))
        .add("comment", "US_SSN", sentence(0.03, values.ssn))
        .add("resolution", None, sentence(0, None))
        .add("bank_note", "IBAN", sentence(0.04, lambda rng: values.in_groups(values.iban(rng, "DE", 22), 4)))
        .add("card_note", "CREDIT_CARD", sentence(0.04, lambda rng: values.in_groups(values.card(rng), 4)))
        .add(
            "log_line",
            "IP_ADDRESS",
            lambda rng, row: f"GET /page/{row} 200 {rng.randint(1, 900)}ms from {values.ipv4(rng)} agent curl cached=false ok",
        )
        .add("priority", None, one_of("low|high|urgent"))
        .add("state", None, one_of("open|closed|waiting"))
    )
