"""Values of every kind of personal data, made by the published rules, and of what only looks like it.

Everything takes a random.Random, so that a seed gives the same values everywhere. No value is a real person's:
numbers are random under their checksums.
"""

import base64
import datetime
import hashlib
import string

DIGITS = string.digits


def digits(rng, count, first="123456789"):
    return rng.choice(first) + "".join(rng.choice(DIGITS) for _ in range(count - 1))


def pick(rng, text):
    return rng.choice(text.split())


# --- check digits ---------------------------------------------------------------------------------


def luhn_digit(body):
    total = 0
    for place, char in enumerate(reversed(body)):
        digit = int(char) * (2 if place % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def iban(rng, country, length):
    letters = {"GB": 4, "NL": 4, "IE": 4, "TR": 0, "MT": 4}.get(country, 0)
    body = "".join(rng.choice(string.ascii_uppercase) for _ in range(letters))
    body += "".join(rng.choice(DIGITS) for _ in range(length - 4 - letters))
    number = "".join(str(int(char, 36)) for char in body + country + "00")
    return f"{country}{98 - int(number) % 97:02}{body}"


def in_groups(text, size, separator=" "):
    return separator.join(text[i : i + size] for i in range(0, len(text), size))


D = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
]
P = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _row in range(2, 8):
    P.append([P[1][P[_row - 1][i]] for i in range(10)])


def aadhaar(rng):
    body = digits(rng, 11, "23456789")
    check = 0
    for place, char in enumerate(reversed(body)):
        check = D[check][P[(place + 1) % 8][int(char)]]
    return body + str([0, 4, 3, 2, 1, 5, 6, 7, 8, 9][check])


# --- payment --------------------------------------------------------------------------------------


def card(rng):
    prefix, length = rng.choice(
        [
            ("4", 16),
            ("4", 16),
            ("51", 16),
            ("54", 16),
            ("2221", 16),
            ("2650", 16),
            ("34", 15),
            ("37", 15),
            ("6011", 16),
            ("36", 14),
            ("3530", 16),
        ]
    )
    body = prefix + "".join(rng.choice(DIGITS) for _ in range(length - 1 - len(prefix)))
    return body + luhn_digit(body)


def routing(rng):
    while True:
        number = rng.choice(["01", "02", "06", "11", "12", "21", "26", "31"]) + "".join(
            rng.choice(DIGITS) for _ in range(7)
        )
        if sum(int(d) * w for d, w in zip(number, (3, 7, 1) * 3)) % 10 == 0:
            return number


def base58check(payload):
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    data = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = alphabet[rest] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def wallet(rng):
    if rng.random() < 0.5:
        return base58check(rng.choice([b"\0", b"\5"]) + rng.randbytes(20))
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    bits = "".join(f"{byte:08b}" for byte in rng.randbytes(20))
    data = [0] + [int(bits[i : i + 5], 2) for i in range(0, 160, 5)]

    def polymod(values):
        check = 1
        for value in values:
            top = check >> 25
            check = (check & 0x1FFFFFF) << 5 ^ value
            for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
                check ^= generator if top >> i & 1 else 0
        return check

    rest = polymod([3, 3, 0, 2, 3] + data + [0] * 6) ^ 1
    data += [rest >> 5 * (5 - i) & 31 for i in range(6)]
    return "bc1" + "".join(alphabet[value] for value in data)


# --- government -----------------------------------------------------------------------------------


def birth(rng, oldest=1935, youngest=2005):
    return datetime.date(rng.randint(oldest, youngest), 1, 1) + datetime.timedelta(rng.randrange(365))


def ssn(rng):
    area = rng.choice([rng.randint(1, 665), rng.randint(667, 899)])
    return f"{area:03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"


def itin(rng):
    return (
        f"9{rng.randint(0, 99):02}-{rng.choice([50, 55, 60, 65, 70, 78, 88, 90, 92, 94, 99])}-{rng.randint(1, 9999):04}"
    )


def npi(rng):
    body = rng.choice("12") + "".join(rng.choice(DIGITS) for _ in range(8))
    return body + luhn_digit("80840" + body)


def sin(rng):
    body = digits(rng, 8, "1234567")
    return body + luhn_digit(body)


def cpf(rng):
    body = "".join(rng.choice(DIGITS) for _ in range(9))
    for _ in range(2):
        rest = sum(int(d) * w for d, w in zip(body, range(len(body) + 1, 1, -1))) % 11
        body += str(0 if rest < 2 else 11 - rest)
    return body


def cpf_written(rng):
    number = cpf(rng)
    return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"


def nino(rng):
    while True:
        two = rng.choice("ABCEGHJKLMNOPRSTWXYZ") + rng.choice("ABCEGHJKLMNPRSTWXYZ")
        if two not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"):
            return two + "".join(rng.choice(DIGITS) for _ in range(6)) + rng.choice("ABCD")


def nhs(rng):
    while True:
        body = digits(rng, 9, "4679")
        check = 11 - sum(int(d) * w for d, w in zip(body, range(10, 1, -1))) % 11
        if check != 10:
            return body + str(0 if check == 11 else check)


def german_tax(rng):
    while True:
        order = rng.sample(DIGITS, 10)
        order[rng.randrange(10)] = rng.choice(order)
        body = "".join(order)
        counts = sorted(body.count(d) for d in set(body))
        if body[0] == "0" or counts[-1] != 2 or counts.count(2) != 1:
            continue
        product = 10
        for char in body:
            total = (int(char) + product) % 10 or 10
            product = total * 2 % 11
        return body + str((11 - product) % 10)


def nir(rng):
    body = (
        f"{rng.choice('12')}{rng.randint(0, 99):02}{rng.randint(1, 12):02}{rng.randint(1, 95):02}"
        f"{rng.randint(1, 989):03}{rng.randint(1, 999):03}"
    )
    return body + f"{97 - int(body) % 97:02}"


def dni(rng):
    number = rng.randrange(10**8)
    letter = "TRWAGMYFPDXBNJZSQVHLCKE"
    if rng.random() < 0.2:
        first = rng.randrange(3)
        number = first * 10**7 + rng.randrange(10**7)
        return f"{'XYZ'[first]}{number % 10**7:07}{letter[number % 23]}"
    return f"{number:08}{letter[number % 23]}"


def fiscal_code(rng):
    consonants = "BCDFGLMNPRSTVZ"
    odd = dict(
        zip(
            string.digits + string.ascii_uppercase,
            [1, 0, 5, 7, 9, 13, 15, 17, 19, 21]
            + [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23],
        )
    )
    even = dict(zip(string.digits + string.ascii_uppercase, list(range(10)) + list(range(26))))
    body = "".join(rng.choice(consonants) for _ in range(6)) + f"{rng.randint(40, 99)}" + rng.choice("ABCDEHLMPRST")
    body += (
        f"{rng.choice([rng.randint(1, 28), rng.randint(41, 68)]):02}"
        + rng.choice("ABCDEFGHL")
        + f"{rng.randint(1, 999):03}"
    )
    total = sum(odd[char] if place % 2 == 0 else even[char] for place, char in enumerate(body))
    return body + chr(ord("A") + total % 26)


def bsn(rng):
    while True:
        body = digits(rng, 8)
        check = sum(int(d) * w for d, w in zip(body, range(9, 1, -1))) % 11
        if check < 10:
            return body + str(check)


def pesel(rng):
    day = birth(rng)
    month = day.month + (20 if day.year >= 2000 else 0)
    body = f"{day.year % 100:02}{month:02}{day.day:02}{rng.randint(0, 9999):04}"
    return body + str(-sum(int(d) * w for d, w in zip(body, (1, 3, 7, 9) * 3)) % 10)


def personnummer(rng):
    body = birth(rng).strftime("%y%m%d") + f"{rng.randint(1, 999):03}"
    number = body + luhn_digit(body)
    return f"{number[:6]}-{number[6:]}"


def pan(rng):
    letters = string.ascii_uppercase
    return (
        "".join(rng.choice(letters) for _ in range(3))
        + "P"
        + rng.choice(letters)
        + "".join(rng.choice(DIGITS) for _ in range(4))
        + rng.choice(letters)
    )


def my_number(rng):
    body = "".join(rng.choice(DIGITS) for _ in range(11))
    rest = sum(int(d) * w for d, w in zip(body, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2))) % 11
    return body + str(0 if rest <= 1 else 11 - rest)


# --- machines -------------------------------------------------------------------------------------


def ipv4(rng):
    return rng.choice(
        [
            "{}.{}.{}.{}".format(rng.randint(11, 223), *(rng.randint(0, 255) for _ in range(3))),
            f"192.168.{rng.randint(0, 30)}.{rng.randint(1, 254)}",
            f"10.{rng.randint(0, 255)}." f"{rng.randint(0, 255)}.{rng.randint(1, 254)}",
        ]
    )


def ipv6(rng):
    return "2001:db8:" + ":".join(f"{rng.randrange(65536):x}" for _ in range(6))


def mac(rng, separator=":"):
    return separator.join(f"{rng.randrange(256):02x}" for _ in range(6))


def web_token(rng):
    def piece(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    return ".".join(
        [piece(b'{"alg":"HS256","typ":"JWT"}'), piece(b'{"sub":"%d"}' % rng.randrange(10**9)), piece(rng.randbytes(32))]
    )


def token(rng):
    letters = string.ascii_letters + DIGITS
    return rng.choice(
        [
            "ghp_" + "".join(rng.choices(letters, k=36)),
            web_token(rng),
            "AKIA" + "".join(rng.choices(string.ascii_uppercase + DIGITS, k=15)) + "7",
            "xoxb-" + "".join(rng.choices(DIGITS, k=12)) + "-" + "".join(rng.choices(letters, k=24)),
        ]
    )


# --- what only looks like it ----------------------------------------------------------------------


def isbn10(rng):
    while True:
        body = digits(rng, 9, "0123456789")
        check = -sum(int(d) * w for d, w in zip(body, range(10, 1, -1))) % 11
        if check < 10:
            return body + str(check)


def ean13(rng, prefix="40"):
    body = prefix + "".join(rng.choice(DIGITS) for _ in range(12 - len(prefix)))
    return body + str(-sum(int(d) * (1, 3)[place % 2] for place, d in enumerate(body)) % 10)


def imei(rng):
    body = "35" + "".join(rng.choice(DIGITS) for _ in range(12))
    return body + luhn_digit(body)


def siren(rng):
    body = digits(rng, 8, "3456789")
    return body + luhn_digit(body)
