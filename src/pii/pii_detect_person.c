/* pii_detect_person.c - names of people, street addresses, gender.
 *
 * No pattern tells a name from two other words. A value counts when it has a name's shape (one to
 * four words of letters, each with a capital; no digit ever) and one of its words is among the
 * given names that are commonest in a dozen countries, or begins with one of Japan's commonest
 * family names. With two words or more that is solid; a single word needs the column's name. The
 * list knows perhaps half of all people: thresholds are low, and a column's name does the rest.
 *
 * An address has a word for a street in one of eight languages, and a house number at the front or
 * behind that word; in Japanese the signs for prefecture and district. A postcode of bare digits
 * needs the column's name.
 *
 * Tested by: test_pii_person.c. */
#include <string.h>

#include "base/hash.h"
#include "pii/pii_detect.h"
#include "pii/pii_words.h"

enum { NAME_WORDS_MAX = 5, ADDRESS_WORDS_MAX = 14, WORD_MAX = 24 };

typedef struct Words {
    Str items[ADDRESS_WORDS_MAX];
    size_t count;
    bool complete; /* there were no more */
} Words;

static bool is_separator(char c) {
    return c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r' || c == ';';
}

static Words split(Str text) {
    Words words = {.complete = true};
    for (size_t i = 0; i < text.length;) {
        while (i < text.length && is_separator(text.data[i]))
            i++;
        size_t from = i;
        while (i < text.length && !is_separator(text.data[i]))
            i++;
        if (i == from)
            break;
        if (words.count == ADDRESS_WORDS_MAX) {
            words.complete = false;
            break;
        }
        words.items[words.count++] = str_slice(text, from, i);
    }
    return words;
}

/* ---- people ---- */

static bool is_name_word(Str word) {
    char first = word.data[0];
    bool capital = (first >= 'A' && first <= 'Z') || (unsigned char)first >= 0x80;
    bool particle = word.length <= 3; /* de, van, von, la, ... */
    return (capital || particle) && word.length <= 40;
}

static PiiMatch detect_japanese(Str text) {
    if (text.length < 6 || text.length > 24 || !pii_is_family_name_start(text))
        return PII_MISS;
    size_t signs = 0;
    for (size_t i = 0; i < text.length; i++)
        signs += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return signs >= 3 && signs <= 7 ? PII_SOLID : PII_MISS;
}

PiiMatch pii_detect_person(const PiiValue *value) {
    unsigned allowed = MARK_SPACE | MARK_DASH | MARK_DOT | MARK_COMMA | MARK_OTHER;
    if (!value->is_short || value->text.length < 2 || value->text.length > 60 ||
        value->digit_count > 0 || !pii_marks_within(value, allowed))
        return PII_MISS;
    if (value->letter_count == 0)
        return detect_japanese(value->text);
    if ((value->marks & MARK_OTHER) != 0 && str_find_char(value->text, '\'', 0) == SIZE_MAX)
        return PII_MISS;
    Words words = split(value->text);
    bool known = false;
    if (words.count > NAME_WORDS_MAX)
        return PII_MISS;
    for (size_t i = 0; i < words.count; i++) {
        if (!is_name_word(words.items[i]) || pii_is_company_word(words.items[i]))
            return PII_MISS;
        known |= pii_is_given_name(words.items[i]);
    }
    return !known ? PII_MISS : words.count >= 2 ? PII_SOLID : PII_WEAK;
}

uint64_t pii_person_given_name(const PiiValue *value) {
    enum { TWO_SIGNS = 6 }; /* of a Japanese family name, which stands for it here */
    if (value->letter_count == 0)
        return hash64(str_slice(value->text, 0, TWO_SIGNS)) | 1;
    Words words = split(value->text);
    for (size_t i = 0; i < words.count; i++)
        if (pii_is_given_name(words.items[i]))
            return hash64(words.items[i]) | 1;
    return 0;
}

/* ---- addresses ---- */

/* "#198", "No:35", "nr.7" */
static Str without_number_sign(Str word) {
    size_t from = 0;
    while (from < word.length && (word.data[from] < '0' || word.data[from] > '9'))
        from++;
    return from <= 4 ? str_slice(word, from, word.length) : word;
}

static bool is_house_number(Str marked) {
    Str word = without_number_sign(marked);
    size_t digits = 0;
    while (digits < word.length && word.data[digits] >= '0' && word.data[digits] <= '9')
        digits++;
    size_t rest = word.length - digits;
    return digits >= 1 && digits <= 5 && rest <= 2;
}

static bool is_japanese_address(Str text) {
    static const char *const wide[] = {"都", "道", "府", "県"};
    static const char *const narrow[] = {"市", "区", "町", "村"};
    bool prefecture = false, district = false;
    for (size_t i = 0; i < 4; i++) {
        prefecture |= str_find(text, str_c(wide[i]), 0) != SIZE_MAX;
        district |= str_find(text, str_c(narrow[i]), 0) != SIZE_MAX;
    }
    return prefecture && district;
}

static bool is_bare_postcode(const PiiValue *value) {
    return value->text.length == value->digit_count && value->digit_count >= 4 &&
           value->digit_count <= 6;
}

PiiMatch pii_detect_address(const PiiValue *value) {
    if (!value->is_short || value->digit_count == 0 || value->text.length > 160 ||
        (value->marks & (MARK_AT | MARK_STAR)) != 0)
        return PII_MISS;
    if (is_bare_postcode(value))
        return PII_WEAK;
    if (value->wide_count > 12 && is_japanese_address(value->text))
        return PII_SOLID;
    Words words = split(value->text);
    if (words.count < 2 || !words.complete)
        return PII_MISS;
    bool front = is_house_number(words.items[0]), behind = false, street = false;
    for (size_t i = 0; i < words.count; i++) {
        behind |= street && is_house_number(words.items[i]);
        street |= pii_is_street_word(words.items[i]);
    }
    return street && (front || behind) ? PII_SOLID : PII_MISS;
}

/* ---- gender ---- */

PiiMatch pii_detect_gender(const PiiValue *value) {
    static const char *const words[] = {
        "m",       "f",       "w",         "x",          "d",         "male",     "female",
        "man",     "woman",   "nonbinary", "non-binary", "other",     "divers",   "weiblich",
        "homme",   "femme",   "hombre",    "mujer",      "masculino", "femenino", "feminino",
        "maschio", "femmina", "vrouw",     "kvinna",     "kobieta",   "unknown",  "diverse"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_nocase(value->text, str_c(words[i])))
            return PII_WEAK;
    return str_eq_c(value->text, "männlich") ? PII_WEAK : PII_MISS;
}
