/* pii_detect_contact.c - e-mail addresses and telephone numbers.
 *
 * The last label of an e-mail address must be a top-level domain: every country's, the common
 * generic ones, and internationalized ones (xn--). The list of all public suffixes is some 10,000
 * lines that change weekly; the last label alone already tells "icon@2x.png" and "pkg@1.2.3" from
 * an address.
 *
 * A telephone number speaks for itself in two forms: with + and a country's code, 9 to 15 digits;
 * and as North America writes it, (212) 736-5000. All others need the column's name.
 *
 * Tested by: test_pii_contact.c. */
#include <string.h>

#include "pii/pii_detect.h"

/* ---- e-mail ---- */

/* ISO 3166 as delegated, with the few that are not in it (ac, eu, su, uk). */
static const char country_domains[] =
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs "
    "bt "
    "bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee "
    "eg "
    "er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm "
    "hn "
    "hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc "
    "li "
    "lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc "
    "ne "
    "nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa "
    "sb "
    "sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to "
    "tr "
    "tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw ";

static const char *const generic_domains[] = {
    "academy",    "aero",      "agency",     "app",        "art",         "asia",
    "berlin",     "bio",       "biz",        "blog",       "business",    "careers",
    "cat",        "center",    "chat",       "church",     "city",        "clinic",
    "cloud",      "club",      "codes",      "com",        "community",   "company",
    "consulting", "coop",      "dental",     "design",     "dev",         "digital",
    "edu",        "education", "email",      "energy",     "engineering", "estate",
    "events",     "example",   "expert",     "family",     "farm",        "fashion",
    "finance",    "financial", "foundation", "fund",       "fyi",         "gallery",
    "games",      "global",    "gmbh",       "gov",        "group",       "guru",
    "hamburg",    "health",    "hospital",   "house",      "immo",        "inc",
    "info",       "ink",       "institute",  "insurance",  "int",         "international",
    "jobs",       "koeln",     "law",        "legal",      "life",        "live",
    "llc",        "london",    "ltd",        "management", "market",      "marketing",
    "mba",        "media",     "medical",    "mil",        "mobi",        "money",
    "museum",     "music",     "name",       "net",        "network",     "news",
    "ngo",        "nyc",       "one",        "online",     "ong",         "org",
    "page",       "paris",     "partners",   "photo",      "photography", "photos",
    "plus",       "post",      "press",      "pro",        "productions", "properties",
    "pub",        "rocks",     "run",        "sale",       "school",      "services",
    "shop",       "site",      "social",     "software",   "solutions",   "space",
    "store",      "studio",    "support",    "systems",    "team",        "tech",
    "technology", "tel",       "test",       "tips",       "today",       "tokyo",
    "tools",      "top",       "training",   "travel",     "university",  "vip",
    "wiki",       "wien",      "work",       "works",      "world",       "xyz",
    "zone"};

enum { LOCAL_MAX = 64, ADDRESS_MAX = 254, LABEL_MAX = 63 };

static bool is_top_level(Str label) {
    char lower[20];
    if (label.length < 2 || label.length >= sizeof lower)
        return label.length > 4 && str_eq_nocase(str_slice(label, 0, 4), STR("xn--"));
    for (size_t i = 0; i < label.length; i++)
        lower[i] = (char)(label.data[i] >= 'A' && label.data[i] <= 'Z' ? label.data[i] + 32
                                                                       : label.data[i]);
    if (label.length == 2) {
        lower[2] = ' ';
        lower[3] = '\0';
        const char *at = strstr(country_domains, lower);
        return at != NULL && (at - country_domains) % 3 == 0;
    }
    if (memcmp(lower, "xn--", 4) == 0)
        return true;
    for (size_t i = 0; i < sizeof generic_domains / sizeof *generic_domains; i++)
        if (str_eq_c((Str){lower, label.length}, generic_domains[i]))
            return true;
    return false;
}

static bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
           (unsigned char)c >= 0x80;
}

static bool is_local(Str local) {
    if (local.length == 0 || local.length > LOCAL_MAX || local.data[0] == '.' ||
        local.data[local.length - 1] == '.')
        return false;
    for (size_t i = 0; i < local.length; i++) {
        char c = local.data[i];
        if (!is_alphanumeric(c) && memchr("!#$%&'*+-/=?^_`{|}~.", c, 20) == NULL)
            return false;
        if (c == '.' && local.data[i - 1] == '.')
            return false;
    }
    return true;
}

static bool is_label(Str label) {
    if (label.length == 0 || label.length > LABEL_MAX || label.data[0] == '-' ||
        label.data[label.length - 1] == '-')
        return false;
    for (size_t i = 0; i < label.length; i++)
        if (!is_alphanumeric(label.data[i]) && label.data[i] != '-')
            return false;
    return true;
}

PiiMatch pii_detect_email(const PiiValue *value) {
    if ((value->marks & MARK_AT) == 0 || value->text.length > ADDRESS_MAX)
        return PII_MISS;
    Str local, label;
    Str domain = str_cut(value->text, '@', &local);
    if (!is_local(local))
        return PII_MISS;
    size_t labels = 0;
    do {
        domain = str_cut(domain, '.', &label);
        if (!is_label(label))
            return PII_MISS;
        labels++;
    } while (domain.length > 0);
    if (labels < 2 || value->text.data[value->text.length - 1] == '.')
        return PII_MISS;
    return is_top_level(label) ? PII_SOLID : PII_FAILED;
}

/* ---- telephone ---- */

/* ITU-T E.164: codes of one, two and three digits in use, and how many digits a number with it has
 * at least (a plus sign before eight digits is more often a difference than a telephone). */
static size_t calling_digits_min(const char *digits) {
    static const char two[] = "202730313233343639404143444546474849515253545556575860616263646566"
                              "8182848690919293949598";
    static const char three_prefix[] = "21222324252629353738425059676880858788969799";
    if (digits[0] == '1' || digits[0] == '7')
        return 11;
    for (size_t i = 0; i + 2 < sizeof two; i += 2)
        if (memcmp(two + i, digits, 2) == 0)
            return 10;
    for (size_t i = 0; i + 2 < sizeof three_prefix; i += 2)
        if (memcmp(three_prefix + i, digits, 2) == 0)
            return 9;
    return SIZE_MAX;
}

/* Ten digits: area and exchange begin with 2-9, neither is N11, 555-01xx is for films. */
static bool is_north_american(const char *digits) {
    bool area = digits[0] >= '2' && !(digits[1] == '1' && digits[2] == '1');
    bool exchange = digits[3] >= '2' && !(digits[4] == '1' && digits[5] == '1');
    return area && exchange && memcmp(digits + 3, "55501", 5) != 0;
}

static PiiMatch detect_international(const PiiValue *value) {
    size_t count = value->digit_count;
    if (value->text.data[0] != '+' || count < 9 || count > 15)
        return PII_MISS;
    if (count < calling_digits_min(value->digits) || pii_all_equal(value->digits, count))
        return PII_FAILED;
    if (value->digits[0] == '1')
        return count == 11 && is_north_american(value->digits + 1) ? PII_SOLID : PII_FAILED;
    return PII_SOLID;
}

/* "(212) 736-5000", "212-736-5000", "212.736.5000", "1-212-736-5000", "+1" is dealt with above. */
static PiiMatch detect_american(const PiiValue *value) {
    Str text = value->text;
    size_t skip = 0;
    if (value->digit_count == 11 && text.data[0] == '1' && text.length > 2) {
        skip = 1;
        text = str_slice(text, 2, text.length);
    }
    bool shape = pii_shape(text, "(ddd) ddd-dddd") || pii_shape(text, "(ddd)ddd-dddd") ||
                 pii_shape(text, "ddd-ddd-dddd") || pii_shape(text, "ddd.ddd.dddd") ||
                 pii_shape(text, "ddd ddd dddd") || pii_shape(text, "(ddd) ddd dddd");
    if (!shape)
        return PII_MISS;
    return is_north_american(value->digits + skip) ? PII_SOLID : PII_FAILED;
}

/* "x123", "ext. 12" behind the number */
static PiiValue without_extension(const PiiValue *value) {
    size_t at = str_find_char(value->text, 'x', 7);
    size_t ext = str_find(value->text, STR("ext"), 7);
    size_t end = ext < at ? ext : at;
    return end == SIZE_MAX ? *value : pii_value_make(str_slice(value->text, 0, end));
}

static bool is_date(Str text) {
    return pii_shape(str_slice(text, 0, 10), "dddd-dd-dd") ||
           pii_shape(str_slice(text, 0, 10), "dddd/dd/dd") ||
           pii_shape(str_slice(text, 0, 10), "dd/dd/dddd") ||
           pii_shape(str_slice(text, 0, 10), "dd.dd.dddd");
}

PiiMatch pii_detect_phone(const PiiValue *value) {
    if (value->digit_count < 7 || value->digit_count > 20 || value->wide_count > 0)
        return PII_MISS;
    PiiValue number = value->letter_count > 0 ? without_extension(value) : *value;
    unsigned allowed = MARK_SPACE | MARK_DASH | MARK_DOT | MARK_SLASH | MARK_PAREN | MARK_PLUS;
    if (number.letter_count > 0 || number.digit_count < 7 || number.digit_count > 16 ||
        number.text.length > 30 || !pii_marks_within(&number, allowed) || is_date(number.text))
        return PII_MISS;
    if ((number.marks & MARK_PLUS) != 0)
        return detect_international(&number);
    PiiMatch american = detect_american(&number);
    if (american != PII_MISS)
        return american;
    bool dialled = number.digit_count <= 15 && !pii_all_equal(number.digits, number.digit_count);
    return dialled ? PII_WEAK : PII_MISS;
}
