/* json_scan.c - a table of states would be shorter, but this reads like the grammar.
 *
 * Nested values are checked without recursion: a bit per level says whether it is an object, so
 * depth costs a bit and hostile nesting cannot exhaust the stack. When the bytes end in the middle
 * of an object the whole object is read again with more of them in sight.
 *
 * UTF-8 is not checked here but by utf8_scan over the whole record, once.
 *
 * Tested by: test_json_scan.c (against jansson, too), test_ingest_json.c. */
#include "files/json_scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef enum Step { STEP_OK, STEP_MORE, STEP_BROKEN } Step;

void json_scanner_init(JsonScanner *scanner) {
    *scanner = (JsonScanner){.member_capacity = 64};
    scanner->members = malloc(scanner->member_capacity * sizeof *scanner->members);
    assert(scanner->members != NULL);
}

void json_scanner_deinit(JsonScanner *scanner) {
    free(scanner->members);
    scanner->members = NULL;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool json_skip_space(JsonScanner *scanner) {
    while (scanner->at < scanner->bytes.length && is_space(scanner->bytes.data[scanner->at]))
        scanner->at++;
    return scanner->at < scanner->bytes.length;
}

static Step broken(JsonScanner *scanner, const char *fault) {
    scanner->fault = fault;
    return STEP_BROKEN;
}

/* The bytes have ended: more may come, or the file is cut off here. */
static Step ended(JsonScanner *scanner) {
    return scanner->at_end ? broken(scanner, "ends in the middle of an object") : STEP_MORE;
}

/* ---- scalars ---- */

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits at bytes[at]; -1 when they are not. The caller knows they are in sight. */
static int32_t hex4(Str bytes, size_t at) {
    int32_t value = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_value(bytes.data[at + i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static bool in_sight(const JsonScanner *scanner, size_t count) {
    return scanner->bytes.length - scanner->at >= count;
}

/* After \u: one code unit, or two that make a pair. */
static Step scan_unicode(JsonScanner *scanner) {
    if (!in_sight(scanner, 4))
        return ended(scanner);
    int32_t unit = hex4(scanner->bytes, scanner->at);
    if (unit < 0)
        return broken(scanner, "\\u without four hex digits");
    if (unit == 0)
        return broken(scanner, "\\u0000 in a string");
    if (unit >= 0xDC00 && unit <= 0xDFFF)
        return broken(scanner, "half of a surrogate pair");
    scanner->at += 4;
    if (unit < 0xD800 || unit > 0xDBFF)
        return STEP_OK;
    if (!in_sight(scanner, 6))
        return scanner->at_end ? broken(scanner, "half of a surrogate pair") : STEP_MORE;
    int32_t low = hex4(scanner->bytes, scanner->at + 2);
    if (scanner->bytes.data[scanner->at] != '\\' || scanner->bytes.data[scanner->at + 1] != 'u' ||
        low < 0xDC00 || low > 0xDFFF)
        return broken(scanner, "half of a surrogate pair");
    scanner->at += 6;
    return STEP_OK;
}

/* From behind the opening quote to behind the closing one. */
static Step scan_string(JsonScanner *scanner, Str *out, bool *out_escaped) {
    size_t from = scanner->at;
    *out_escaped = false;
    while (scanner->at < scanner->bytes.length) {
        unsigned char c = (unsigned char)scanner->bytes.data[scanner->at];
        if (c == '"') {
            *out = str_slice(scanner->bytes, from, scanner->at);
            scanner->at++;
            return STEP_OK;
        }
        if (c < 0x20)
            return broken(scanner, "a control character in a string");
        scanner->at++;
        if (c != '\\')
            continue;
        *out_escaped = true;
        if (!in_sight(scanner, 1))
            return ended(scanner);
        char escaped = scanner->bytes.data[scanner->at++];
        if (escaped == 'u') {
            Step step = scan_unicode(scanner);
            if (step != STEP_OK)
                return step;
        } else if (str_find_char(STR("\"\\/bfnrt"), escaped, 0) == SIZE_MAX) {
            return broken(scanner, "an unknown escape in a string");
        }
    }
    return ended(scanner);
}

static bool is_number_char(char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static size_t skip_digits(Str text, size_t at) {
    while (at < text.length && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at;
}

/* -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? and nothing else. */
static bool is_number(Str text) {
    size_t at = text.length > 0 && text.data[0] == '-' ? 1 : 0;
    size_t whole = skip_digits(text, at);
    if (whole == at || (text.data[at] == '0' && whole > at + 1))
        return false;
    at = whole;
    if (at < text.length && text.data[at] == '.') {
        size_t end = skip_digits(text, at + 1);
        if (end == at + 1)
            return false;
        at = end;
    }
    if (at < text.length && (text.data[at] == 'e' || text.data[at] == 'E')) {
        at++;
        if (at < text.length && (text.data[at] == '+' || text.data[at] == '-'))
            at++;
        size_t end = skip_digits(text, at);
        if (end == at)
            return false;
        at = end;
    }
    return at == text.length;
}

static Step scan_number(JsonScanner *scanner, JsonMember *out) {
    size_t from = scanner->at;
    while (in_sight(scanner, 1) && is_number_char(scanner->bytes.data[scanner->at]))
        scanner->at++;
    if (!in_sight(scanner, 1) && !scanner->at_end)
        return STEP_MORE;
    out->text = str_slice(scanner->bytes, from, scanner->at);
    out->kind = JSON_KIND_NUMBER;
    if (is_number(out->text))
        return STEP_OK;
    scanner->at = from;
    return broken(scanner, "not a JSON number");
}

static Step scan_word(JsonScanner *scanner, JsonMember *out) {
    static const struct {
        const char *word;
        JsonKind kind;
    } words[] = {{"true", JSON_KIND_BOOL}, {"false", JSON_KIND_BOOL}, {"null", 0}};
    Str rest = str_slice(scanner->bytes, scanner->at, scanner->bytes.length);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        Str word = str_c(words[i].word);
        if (str_starts(rest, word)) {
            out->text = str_slice(rest, 0, word.length);
            out->kind = words[i].kind;
            scanner->at += word.length;
            return STEP_OK;
        }
        if (str_starts(word, rest) && !scanner->at_end)
            return STEP_MORE;
    }
    if (str_starts(rest, STR("NaN")) || str_starts(rest, STR("Infinity")))
        return broken(scanner, "NaN and Infinity are not JSON");
    return broken(scanner, "not a JSON value");
}

static Step scan_scalar(JsonScanner *scanner, JsonMember *out) {
    char c = scanner->bytes.data[scanner->at];
    out->text_escaped = false;
    if (c == '"') {
        scanner->at++;
        out->kind = JSON_KIND_STRING;
        return scan_string(scanner, &out->text, &out->text_escaped);
    }
    if (c == '-' && in_sight(scanner, 2) && scanner->bytes.data[scanner->at + 1] == 'I')
        return broken(scanner, "NaN and Infinity are not JSON");
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(scanner, out);
    return scan_word(scanner, out);
}

/* ---- nested values ---- */

typedef struct Levels {
    uint64_t is_object[(JSON_DEPTH_MAX + 63) / 64];
    size_t depth;
} Levels;

static bool push_level(Levels *levels, bool is_object) {
    if (levels->depth == JSON_DEPTH_MAX)
        return false;
    uint64_t bit = (uint64_t)1 << (levels->depth % 64);
    uint64_t *word = &levels->is_object[levels->depth / 64];
    *word = is_object ? *word | bit : *word & ~bit;
    levels->depth++;
    return true;
}

static bool in_object(const Levels *levels) {
    size_t top = levels->depth - 1;
    return (levels->is_object[top / 64] >> (top % 64) & 1) != 0;
}

/* "key" : */
static Step scan_key(JsonScanner *scanner, Str *out_key, bool *out_escaped) {
    if (!json_skip_space(scanner))
        return ended(scanner);
    if (scanner->bytes.data[scanner->at] != '"')
        return broken(scanner, "a key in quotes is expected");
    scanner->at++;
    Step step = scan_string(scanner, out_key, out_escaped);
    if (step != STEP_OK)
        return step;
    if (!json_skip_space(scanner))
        return ended(scanner);
    if (scanner->bytes.data[scanner->at] != ':')
        return broken(scanner, "':' is expected after a key");
    scanner->at++;
    return STEP_OK;
}

/* After a value inside a list or object: closes as many levels as end here. *out_done when the
 * outermost has ended; otherwise a comma was read and another value follows. */
static Step scan_separator(JsonScanner *scanner, Levels *levels, bool *out_done) {
    *out_done = false;
    while (levels->depth > 0) {
        if (!json_skip_space(scanner))
            return ended(scanner);
        char c = scanner->bytes.data[scanner->at];
        if (c == ',') {
            scanner->at++;
            return STEP_OK;
        }
        if (c != (in_object(levels) ? '}' : ']'))
            return broken(scanner,
                          in_object(levels) ? "',' or '}' is expected" : "',' or ']' is expected");
        scanner->at++;
        levels->depth--;
    }
    *out_done = true;
    return STEP_OK;
}

/* Behind an opening bracket: does it close at once? */
static Step opens_empty(JsonScanner *scanner, bool is_object, bool *out_empty) {
    if (!json_skip_space(scanner))
        return ended(scanner);
    *out_empty = scanner->bytes.data[scanner->at] == (is_object ? '}' : ']');
    return STEP_OK;
}

/* From a '[' or '{' to behind its partner. */
static Step scan_nested(JsonScanner *scanner) {
    Levels levels = {0};
    JsonMember ignored;
    Str key;
    bool escaped, done = false;
    while (!done) {
        Step step = STEP_OK;
        if (levels.depth > 0 && in_object(&levels))
            step = scan_key(scanner, &key, &escaped);
        if (step == STEP_OK && !json_skip_space(scanner))
            step = ended(scanner);
        if (step != STEP_OK)
            return step;
        char c = scanner->bytes.data[scanner->at];
        if (c == '{' || c == '[') {
            bool empty = false;
            scanner->at++;
            if (!push_level(&levels, c == '{'))
                return broken(scanner, "nested too deeply");
            step = opens_empty(scanner, c == '{', &empty);
            if (step == STEP_OK && !empty)
                continue;
        } else {
            step = scan_scalar(scanner, &ignored);
        }
        if (step == STEP_OK)
            step = scan_separator(scanner, &levels, &done);
        if (step != STEP_OK)
            return step;
    }
    return STEP_OK;
}

static Step scan_value(JsonScanner *scanner, JsonMember *out) {
    if (!json_skip_space(scanner))
        return ended(scanner);
    char c = scanner->bytes.data[scanner->at];
    if (c != '{' && c != '[')
        return scan_scalar(scanner, out);
    size_t from = scanner->at;
    Step step = scan_nested(scanner);
    out->kind = c == '{' ? JSON_KIND_OBJECT : JSON_KIND_LIST;
    out->text = str_slice(scanner->bytes, from, scanner->at);
    out->text_escaped = false;
    return step;
}

/* ---- the object ---- */

static JsonMember *next_member(JsonScanner *scanner) {
    if (scanner->member_count == scanner->member_capacity) {
        scanner->member_capacity *= 2;
        scanner->members =
            realloc(scanner->members, scanner->member_capacity * sizeof *scanner->members);
        assert(scanner->members != NULL);
    }
    return &scanner->members[scanner->member_count++];
}

static Step scan_members(JsonScanner *scanner) {
    bool empty = false;
    Step step = opens_empty(scanner, true, &empty);
    if (step != STEP_OK)
        return step;
    if (empty) {
        scanner->at++;
        return STEP_OK;
    }
    for (;;) {
        if (scanner->member_count == JSON_MEMBERS_MAX)
            return broken(scanner, "too many members in one object");
        JsonMember *member = next_member(scanner);
        step = scan_key(scanner, &member->key, &member->key_escaped);
        if (step == STEP_OK)
            step = scan_value(scanner, member);
        if (step == STEP_OK && !json_skip_space(scanner))
            step = ended(scanner);
        if (step != STEP_OK)
            return step;
        char c = scanner->bytes.data[scanner->at];
        if (c != ',' && c != '}')
            return broken(scanner, "',' or '}' is expected");
        scanner->at++;
        if (c == '}')
            return STEP_OK;
    }
}

JsonStep json_scan_object(JsonScanner *scanner) {
    scanner->member_count = 0;
    scanner->fault = NULL;
    assert(scanner->at < scanner->bytes.length);
    if (scanner->bytes.data[scanner->at] != '{') {
        scanner->fault = "not an object";
        return JSON_STEP_BROKEN;
    }
    scanner->at++;
    Step step = scan_members(scanner);
    return step == STEP_OK     ? JSON_STEP_OBJECT
           : step == STEP_MORE ? JSON_STEP_MORE
                               : JSON_STEP_BROKEN;
}

bool json_next_element(Str list, size_t *at, JsonMember *out) {
    JsonScanner scanner = {.bytes = list, .at = *at, .at_end = true};
    scanner.at += 1; /* '[' or ',' */
    if (!json_skip_space(&scanner) || list.data[scanner.at] == ']')
        return false;
    if (scan_value(&scanner, out) != STEP_OK || !json_skip_space(&scanner))
        return false;
    *at = scanner.at;
    return true;
}

Str json_unescape(Str raw, bool escaped, Arena *arena) {
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    if (!escaped)
        return raw;
    char *text = arena_alloc(arena, raw.length + 1); /* escapes only get shorter */
    size_t length = 0;
    for (size_t i = 0; i < raw.length; i++) {
        if (raw.data[i] != '\\') {
            text[length++] = raw.data[i];
            continue;
        }
        char c = raw.data[++i];
        if (c != 'u') {
            const char *found = strchr(from, c);
            text[length++] = found != NULL ? to[found - from] : c;
            continue;
        }
        uint32_t code = (uint32_t)hex4(raw, i + 1);
        i += 4;
        if (code >= 0xD800 && code <= 0xDBFF) {
            code = 0x10000 + ((code - 0xD800) << 10) + ((uint32_t)hex4(raw, i + 3) - 0xDC00);
            i += 6;
        }
        length += utf8_encode(code, text + length);
    }
    return str_make(text, length);
}
