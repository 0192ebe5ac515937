"""Writes src/embed/wordpiece_classes.c: the character classes of the reference tokenizer.

They are observed, code point by code point, in the `tokenizers` library itself, whose tables are
those of Unicode 8. Run it again only if that library ever changes them:

    python make_wordpiece_classes.py > ../../src/embed/wordpiece_classes.c
"""
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

STORY = """\
/* wordpiece_classes.c - which characters the reference drops, strips or splits at. Generated.
 *
 * By tests/embed_parity/make_wordpiece_classes.py, from the behaviour of the `tokenizers` library.
 * Its tables are those of Unicode 8 for ever; ours for everything else are those of the installed
 * libutf8proc. Were the newer ones used here, texts in scripts added since 2015 would get other ids
 * than the models were trained with, and a system upgrade would change vectors in silence.
 *
 * Tested by: tests/unit/embed/test_tokenizer.c, tests/embed_parity/ (every code point). */"""

CODE_POINTS = [c for c in range(0x80, 0x110000) if not 0xD800 <= c <= 0xDFFF]


def ranges(members):
    out = []
    for c in members:
        if out and (c == out[-1][1] + 1 or (out[-1][1], c) == (0xD7FF, 0xE000)):
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def table(name, members):
    cells = ["{0x%X, 0x%X}," % (a, b) for a, b in ranges(members)]
    lines, line = [], "   "
    for cell in cells:
        if len(line) + 1 + len(cell) > 100:
            lines.append(line)
            line = "   "
        line += " " + cell
    return "static const CodeRange %s[] = {\n%s\n};\n" % (name, "\n".join(lines + [line]))


def main():
    clean = BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    strip = BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
    split = BertPreTokenizer()
    dropped = [c for c in CODE_POINTS if clean.normalize_str(chr(c)) == ""]
    marks = [c for c in CODE_POINTS if strip.normalize_str(chr(c)) == ""]
    alone = [c for c in CODE_POINTS if len(split.pre_tokenize_str("a" + chr(c) + "b")) == 3]
    print(STORY)
    print('#include "embed/wordpiece_classes.h"\n\n#include <stddef.h>\n')
    print("typedef struct CodeRange {\n    uint32_t first, last;\n} CodeRange;\n")
    print("/* Controls, format characters, private use and U+FFFD. */")
    print(table("dropped", dropped))
    print("/* Nonspacing marks, after canonical decomposition. */")
    print(table("accents", marks))
    print("/* Punctuation. */")
    print(table("punctuation", alone))
    print("""\
static bool contains(const CodeRange *ranges, size_t count, uint32_t c) {
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (c > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && c >= ranges[low].first;
}

bool wordpiece_is_dropped(uint32_t c) {
    if (c < 0x80)
        return (c < ' ' && c != '\\t' && c != '\\n' && c != '\\r') || c == 0x7F;
    return contains(dropped, sizeof dropped / sizeof *dropped, c);
}

bool wordpiece_is_accent(uint32_t c) {
    return c >= 0x300 && contains(accents, sizeof accents / sizeof *accents, c);
}

bool wordpiece_is_punctuation(uint32_t c) {
    if (c < 0x80)
        return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
               (c >= 123 && c <= 126);
    return contains(punctuation, sizeof punctuation / sizeof *punctuation, c);
}""")


if __name__ == "__main__":
    main()
