/* pii_name.c - column names as words, and words as hints.
 *
 * Whole words decide, never parts of words: "estate" holds no state and "capital" no capita. What a
 * rule uses up cannot cancel it ("passport id"), everything else of the name can ("email id",
 * "phone model", "ip address type"). An address of a machine is no address of a person: "email",
 * "ip", "mac" and the like cancel that kind alone.
 *
 * Tested by: test_pii_name.c. */
#include "pii/pii_name.h"

#include <string.h>

#include "base/unicode.h"

typedef enum When { ANY, WHOLE, PERSONAL } When;

typedef struct NameRule {
    const char *words;
    PiiKind kind;
    When when;
} NameRule;

static const NameRule name_rules[] = {
#define X(kind, words, when) {words, PII_KIND_##kind, when},
#include "pii/pii_name_rules.def"
#undef X
};

/* Beside a rule's words, any of these says that the column is about the thing, not the thing. */
static const char *const cancelling[] = {
    "id",        "ids",        "uuid",         "guid",         "key",       "type",
    "types",     "kind",       "count",        "counts",       "cnt",       "flag",
    "flags",     "is",         "has",          "was",          "can",       "status",
    "hash",      "hashed",     "sha",          "at",           "ts",        "time",
    "timestamp", "date",       "template",     "templates",    "domain",    "length",
    "len",       "size",       "verified",     "confirmed",    "valid",     "invalid",
    "enabled",   "disabled",   "active",       "allowed",      "required",  "sent",
    "received",  "opened",     "clicked",      "bounced",      "bounce",    "opt",
    "optin",     "subscribed", "subscription", "unsubscribed", "consent",   "model",
    "models",    "brand",      "make",         "vendor",       "format",    "category",
    "class",     "level",      "score",        "rate",         "index",     "version",
    "source",    "channel",    "provider",     "campaign",     "subject",   "body",
    "queue",     "server",     "port",         "prefix",       "suffix",    "mask",
    "pattern",   "regex",      "label",        "total",        "avg",       "min",
    "max",       "updated",    "created",      "modified",     "changed",   "expires",
    "expiry",    "expiration", "expired",      "price",        "cost",      "amount",
    "fee",       "color",      "colour",       "error",        "errors",    "reason",
    "url",       "link",       "plan",         "carrier",      "os",        "app",
    "case",      "country",    "code",         "policy",       "quota",     "limit",
    "rank",      "preference", "preferences",  "setting",      "settings",  "ratio",
    "percent",   "pct",        "fk",           "ref",          "schema",    "file",
    "path",      "used",       "failed",       "attempts",     "reset",     "strength",
    "quality",   "build",      "number_of",    "language",     "lang",      "weight",
    "rating",    "stage",      "place",        "coupon",       "campaigns", "reminder",
    "invoice"};

static const char *const other_addresses[] = {
    "email",  "e",       "mail", "ip",       "ipv",      "mac",   "web",     "url",
    "memory", "wallet",  "bus",  "contract", "eth",      "btc",   "bitcoin", "crypto",
    "remote", "network", "host", "server",   "register", "token", "view",    "sesame"};

static const char *const people_words[] = {
    "user",        "users",        "customer",    "customers", "person",     "persons",
    "people",      "employee",     "employees",   "patient",   "patients",   "contact",
    "contacts",    "member",       "members",     "student",   "students",   "client",
    "clients",     "subscriber",   "subscribers", "passenger", "passengers", "guest",
    "guests",      "applicant",    "applicants",  "candidate", "candidates", "staff",
    "teacher",     "teachers",     "doctor",      "doctors",   "driver",     "drivers",
    "tenant",      "tenants",      "author",      "authors",   "resume",     "resumes",
    "participant", "participants", "voter",       "voters",    "donor",      "donors",
    "citizen",     "citizens",     "resident",    "residents", "attendee",   "attendees",
    "lead",        "leads",        "hr",          "crm",       "payroll",    "personnel",
    "kunde",       "kunden",       "mitarbeiter", "personen",  "patienten",  "cliente",
    "clientes",    "empleado",     "empleados",   "personas",  "usuarios",   "usuario",
    "utenti",      "clienti",      "dipendenti",  "persone",   "pazienti",   "klant",
    "klanten",     "medewerkers",  "personen",    "klienci",   "osoby",      "pracownicy",
    "pessoas",     "funcionarios", "kunder",      "anstallda", "personer",   "utilisateurs",
    "salaries",    "personnes",    "profiles",    "profile"};

/* ---- words ---- */

typedef enum CharClass { CHAR_MARK, CHAR_LOWER, CHAR_UPPER, CHAR_DIGIT } CharClass;

static CharClass class_of(uint32_t point) {
    if (point >= '0' && point <= '9')
        return CHAR_DIGIT;
    if (unicode_class(point) == UNICODE_LETTER)
        return unicode_is_upper(point) ? CHAR_UPPER : CHAR_LOWER;
    return point >= 0x80 && unicode_class(point) == UNICODE_MARK ? CHAR_LOWER : CHAR_MARK;
}

/* Does a new word begin at a character of class `now`, after one of class `before`? `next` is the
 * class of the one behind it: in "SSNNumber" the second N begins a word. */
static bool begins_word(CharClass before, CharClass now, CharClass next) {
    if (before == CHAR_MARK || (before == CHAR_DIGIT) != (now == CHAR_DIGIT))
        return true;
    return now == CHAR_UPPER && (before == CHAR_LOWER || next == CHAR_LOWER);
}

/* Appends in lower case without accents; what does not fit is dropped with its word. */
static void put_letter(char *word, uint32_t point) {
    uint32_t parts[8] = {point};
    if (point >= 0xc0 && point < 0x250 && unicode_decompose(point, parts) == 0)
        parts[0] = point;
    uint32_t base = unicode_lower(parts[0]);
    size_t length = strlen(word);
    if (length + 5 > PII_WORD_BYTES)
        return;
    if (base == 0xdf) {
        word[length++] = 's';
        base = 's';
    }
    length += utf8_encode(base == 0x142 ? 'l' : base == 0xf8 ? 'o' : base, word + length);
    word[length] = '\0';
}

PiiWords pii_words(Str name) {
    PiiWords words = {.count = 0};
    CharClass before = CHAR_MARK;
    for (size_t at = 0; at < name.length;) {
        size_t step, next_step;
        uint32_t point = utf8_decode(name, at, &step);
        at += step;
        CharClass now = class_of(point);
        CharClass next = at < name.length ? class_of(utf8_decode(name, at, &next_step)) : CHAR_MARK;
        if (now != CHAR_MARK) {
            if (begins_word(before, now, next)) {
                if (words.count == PII_WORDS_MAX)
                    break;
                words.count++;
            }
            put_letter(words.items[words.count - 1], point);
        }
        before = now;
    }
    return words;
}

/* ---- hints ---- */

static bool is_digits(const char *word) {
    return word[0] >= '0' && word[0] <= '9';
}

static bool is_in(const char *word, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}

#define IS_IN(word, list) is_in((word), (list), sizeof(list) / sizeof *(list))

/* How many words the rule takes from word `at` on; 0: it does not stand there. */
static size_t rule_at(const char *rule, const PiiWords *words, size_t at) {
    size_t taken = 0;
    for (Str rest = str_c(rule), word; rest.length > 0; taken++) {
        rest = str_cut(rest, ' ', &word);
        if (at + taken >= words->count || !str_eq_c(word, words->items[at + taken]))
            return 0;
    }
    return taken;
}

static bool is_cancelled(const NameRule *rule, const PiiWords *words, size_t at, size_t taken) {
    for (size_t i = 0; i < words->count; i++) {
        if (i >= at && i < at + taken)
            continue;
        const char *word = words->items[i];
        if (IS_IN(word, cancelling))
            return true;
        if (rule->kind == PII_KIND_ADDRESS && IS_IN(word, other_addresses))
            return true;
    }
    return false;
}

/* Words beside digits: "address_1", "phone2". */
static size_t word_count(const PiiWords *words) {
    size_t count = 0;
    for (size_t i = 0; i < words->count; i++)
        count += !is_digits(words->items[i]);
    return count;
}

static PiiHint apply(const NameRule *rule, const PiiWords *words, size_t *out_taken) {
    for (size_t at = 0; at < words->count; at++) {
        size_t taken = rule_at(rule->words, words, at);
        if (taken == 0 || is_cancelled(rule, words, at, taken))
            continue;
        *out_taken = taken;
        bool whole = taken == word_count(words);
        if (rule->when == ANY || (rule->when == WHOLE && whole))
            return PII_HINT_SURE;
        if (rule->when == PERSONAL && whole)
            return PII_HINT_PERSONAL;
    }
    return PII_HINT_NONE;
}

void pii_name_hints(Str column, PiiHint out[PII_KIND_COUNT], bool *out_bare) {
    PiiWords words = pii_words(column);
    *out_bare = false;
    for (size_t i = 0; i < PII_KIND_COUNT; i++)
        out[i] = PII_HINT_NONE;
    for (size_t i = 0; i < sizeof name_rules / sizeof *name_rules; i++) {
        size_t taken = 0;
        PiiHint hint = apply(&name_rules[i], &words, &taken);
        if (hint > out[name_rules[i].kind])
            out[name_rules[i].kind] = hint;
        if (hint == PII_HINT_SURE && taken == word_count(&words))
            *out_bare = true;
    }
}

bool pii_is_about_people(Str dataset) {
    PiiWords words = pii_words(dataset);
    for (size_t i = 0; i < words.count; i++)
        if (IS_IN(words.items[i], people_words))
            return true;
    return false;
}
