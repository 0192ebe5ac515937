"""500 real and awkward texts, the same on every run: what the parity tests feed to both sides."""
import importlib
import inspect
import random

SEED = 20250607
COUNT = 500

AWKWARD = [
    "", " ", "\n", "\t \r\n  ", "\x00", "\x00\x01\x02\x7f", "a\x00b\x08c", "\ufeffbyte order mark", "zero\u200bwidth\u200djoin",
    "soft\u00adhyphen", "no\u00a0break", "ideographic\u3000space", "line\u2028separator\u2029here", "\ufffd replaced \ufffd",
    "\ue000private\uf8ff", "bell\x07 escape\x1b[31m red", "next\u0085line",
    "a", "!", "...", "?!?!", "$100 + 50% = <150> ^ ~ `tick` | pipe", "C:\\path\\to\\file", "--flag=value -x", "under_score",
    "[CLS]", "[SEP] in [MASK] the [PAD] middle [UNK]", "[cls] small", "[[SEP]]", "[SEP", "##ing ##s", "word##piece",
    "x" * 99, "x" * 100, "x" * 101, "é" * 100, "é" * 101, "ab" * 500, "supercalifragilisticexpialidocious " * 3,
    "don't can't it's o'clock rock'n'roll", "“curly” ‘quotes’ — dashes – and … dots", "e.g. i.e. U.S.A. Dr. Who vs. Mr. T.",
    "https://example.com/a/b?c=d&e=f#g", "user.name+tag@example.co.uk", "192.168.0.1:8080 and fe80::1%eth0", "3.14159 1e-7 0x1F 1,000,000",
    "İstanbul IŞIK ığdır", "ὈΔΥΣΣΕΎΣ ΟΔΥΣΣΕΥΣ ς σ", "Straße GROẞ ﬁne ﬂy ﬀ", "ﷺ ﷽", "Å Å Å ﬃ Ⅷ ① ½ ㎏", "naïve café résumé coöperate façade",
    "Ǆ ǅ ǆ Ǳ ǲ ǳ", "x\u0301\u0302\u0303\u0304y", "a\u0327\u0301 a\u0301\u0327", "क्षि हिन्दी देवनागरी", "ไทยภาษาไทยไม่มีช่องว่าง", "ພາສາລາວ",
    "한국어 문장은 이렇게 씁니다.", "각각 각", "日本語のテキストです。カタカナとひらがな。", "中文句子没有空格。第二句！第三句？", "𠮷野家 𪚥 𠀀", "豈更車賈", "ｆｕｌｌ　ｗｉｄｔｈ",
    "Привет, мир! Съешь же ещё этих мягких булок", "Ελληνικά κείμενο με τόνους", "שלום עולם בְּרֵאשִׁית", "مرحبا بالعالم ـــ كتاب", "فارسی می‌نویسم", "Việt Nam đất nước",
    "ქართული ᲥᲐᲠᲗᲣᲚᲘ", "Հայերեն", "አማርኛ", "ᏣᎳᎩ ꮳꮃꭹ", "বাংলা ভাষা", "தமிழ் மொழி", "ខ្មែរ", "မြန်မာ", "བོད་སྐད", "ⴰⵎⴰⵣⵉⵖ",
    "😀", "😀😃😄 smile", "👩‍👩‍👧‍👦 family", "👍🏽 thumbs 👍", "🇩🇪🇫🇷 flags", "❤️ heart ❤", "1️⃣ keycap", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 tag flag", "text🎉party🎊no🎈space",
    "∀x∈ℝ: x² ≥ 0 ⇒ √x² = |x|", "α β γ → ∞ ≠ ≤ ±", "¥ € £ ¢ ₿ ₹", "© ® ™ § ¶ † ‡", "½ ¼ ¾ ⅓", "٠١٢٣ ०१२३ 〇一二三",
    "\U0001d400\U0001d401 math bold", "\U0001f1e6", "\U000e0041 tag", "\U0010fffd last private", "𐍈𐌰𐌹 gothic", "𓀀𓁐 hieroglyphs",
    "def f(x):\n    return {k: v for k, v in x.items() if k != '__doc__'}\n", "SELECT * FROM \"table\" WHERE a='b';", "<html><b>bold</b></html>", "{\"json\": [1, 2.5, null]}",
    "A" * 50 + " " + "b" * 50, "the " * 253, "the " * 254, "the " * 255, "the " * 300, "中" * 253, "中" * 254, "中" * 600, "😀 " * 300,
]

TOPICS = [
    "how do I recover deleted files from a disk", "draw diagrams from a text description", "the quick brown fox jumps over the lazy dog",
    "What is the capital of France?", "An arena ends all of its memory at once.", "Interest rates rose by 0.25 percent on Tuesday, the bank said.",
]

MODULES = [
    "argparse", "ast", "asyncio", "base64", "bisect", "calendar", "codecs", "collections", "configparser", "contextlib", "copy", "csv", "ctypes", "datetime",
    "decimal", "difflib", "email.message", "enum", "fractions", "ftplib", "functools", "gzip", "hashlib", "heapq", "html", "http.client", "imaplib", "inspect", "io",
    "ipaddress", "itertools", "json", "locale", "logging", "mailbox", "mimetypes", "multiprocessing", "operator", "os", "pathlib", "pickle", "platform", "pprint",
    "queue", "random", "re", "sched", "shelve", "shutil", "smtplib", "socket", "sqlite3", "ssl", "statistics", "string", "struct", "subprocess", "tarfile", "tempfile",
    "textwrap", "threading", "timeit", "tokenize", "traceback", "unittest", "unittest.mock", "urllib.request", "uuid", "warnings", "weakref", "xml.dom.minidom", "zipfile",
]


def prose():
    """The standard library's own documentation: real English of every length, on every machine."""
    found = []
    for name in MODULES:
        module = importlib.import_module(name)
        for _, member in [("", module)] + sorted(inspect.getmembers(module), key=lambda pair: pair[0]):
            text = inspect.getdoc(member) if inspect.ismodule(member) or inspect.isclass(member) or inspect.isroutine(member) else None
            if text and len(text) > 40:
                found.append(text)
    return sorted(set(found))


def texts():
    random_source = random.Random(SEED)
    out = AWKWARD + TOPICS
    real = prose()
    random_source.shuffle(real)
    noise = []
    for _ in range(30):  # anything at all, surrogates excepted
        length = random_source.randrange(1, 60)
        noise.append("".join(chr(random_source.choice([random_source.randrange(0x20, 0x250), random_source.randrange(0x250, 0xD800),
                                                       random_source.randrange(0xE000, 0x20000)])) for _ in range(length)))
    out = out + noise
    return out + real[:COUNT - len(out)]
