/* redact_sql.c - a statement without what its author typed in quotes and comments.
 *
 * Where a literal ends depends on the dialect: in 'it\'s' the string is over before the s in
 * PostgreSQL and DuckDB, and not in MySQL; "x" is a name in the first and a string in the second;
 * # begins a comment in MySQL only, $a$ a string in PostgreSQL only. We need not know which one it
 * was: the statement is read once by each set of rules, each marks what it would hide, and a byte
 * is shown only if both would. A literal that never ends is hidden to the end of the text.
 *
 * A quoted name would always be a string to MySQL. It stays where MySQL could not have a string:
 * beside a dot, and after FROM (of a SELECT), JOIN, INTO, UPDATE, TABLE and AS.
 *
 * Numbers stay. Each hidden run becomes one '...' (or "..." when it begins with a name's quote),
 * which reads as a literal again: redacting twice changes nothing.
 *
 * Tested by: tests/unit/base/test_redact.c, tests/unit/base/test_dsn_property.c,
 * fuzz/fuzz_redact.c. */
#include <string.h>

#include "base/redact_rules.h"
#include "base/vec.h"

enum { ROUNDS_MAX = 8 };

typedef enum SqlDialect { SQL_POSTGRES, SQL_MYSQL } SqlDialect;

typedef struct SqlReader {
    Str text;
    SqlDialect dialect;
    size_t at;
    bool after_name_word; /* the last thing read was FROM, AS, ... or a dot */
    uint64_t selects;     /* one bit per open parenthesis, innermost lowest: a SELECT is in it */
    unsigned char *hidden;
} SqlReader;

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

static bool looking_at(const SqlReader *reader, const char *literal) {
    return str_starts(str_slice(reader->text, reader->at, reader->text.length), str_c(literal));
}

static void hide_to(SqlReader *reader, size_t end) {
    if (end > reader->text.length)
        end = reader->text.length;
    memset(reader->hidden + reader->at, 1, end - reader->at);
    reader->at = end;
    reader->after_name_word = false;
}

/* One past the closing quote, or SIZE_MAX. A doubled quote stands for itself. */
static size_t quoted_end(Str text, size_t open, bool backslash) {
    char quote = text.data[open];
    for (size_t i = open + 1; i < text.length; i++) {
        if (backslash && text.data[i] == '\\') {
            i++;
        } else if (text.data[i] == quote) {
            if (i + 1 >= text.length || text.data[i + 1] != quote)
                return i + 1;
            i++;
        }
    }
    return SIZE_MAX;
}

/* A name in quotes stays when it is a plain one. */
static void read_quoted_name(SqlReader *reader, size_t end) {
    if (end == SIZE_MAX ||
        !redact_is_plain_name(str_slice(reader->text, reader->at + 1, end - 1))) {
        hide_to(reader, end);
        return;
    }
    reader->at = end;
    reader->after_name_word = false;
}

static void read_double_quoted(SqlReader *reader) {
    bool is_mysql = reader->dialect == SQL_MYSQL;
    size_t end = quoted_end(reader->text, reader->at, is_mysql);
    bool before_dot = end < reader->text.length && reader->text.data[end] == '.';
    if (!is_mysql || reader->after_name_word || before_dot)
        read_quoted_name(reader, end);
    else
        hide_to(reader, end);
}

static void read_string(SqlReader *reader) {
    size_t at = reader->at;
    const char *text = reader->text.data;
    bool escapes = at > 0 && (text[at - 1] == 'E' || text[at - 1] == 'e') &&
                   (at == 1 || !is_word_byte(text[at - 2]));
    hide_to(reader, quoted_end(reader->text, at, escapes || reader->dialect == SQL_MYSQL));
}

static void read_line_comment(SqlReader *reader) {
    hide_to(reader, str_find_char(reader->text, '\n', reader->at));
}

static void read_block_comment(SqlReader *reader) {
    size_t depth = 0;
    for (size_t i = reader->at; i + 1 < reader->text.length; i++) {
        Str pair = str_slice(reader->text, i, i + 2);
        if (str_eq(pair, STR("/*")) && (depth == 0 || reader->dialect == SQL_POSTGRES)) {
            depth++;
            i++;
        } else if (str_eq(pair, STR("*/"))) {
            i++;
            if (--depth == 0) {
                hide_to(reader, i + 1);
                return;
            }
        }
    }
    hide_to(reader, SIZE_MAX);
}

/* $$...$$ or $tag$...$tag$; false when the '$' begins no such text. */
static bool read_dollar_quoted(SqlReader *reader) {
    size_t end = reader->at + 1;
    while (end < reader->text.length && reader->text.data[end] != '$' &&
           is_word_byte(reader->text.data[end]))
        end++;
    if (end >= reader->text.length || reader->text.data[end] != '$')
        return false;
    Str tag = str_slice(reader->text, reader->at, end + 1);
    size_t close = str_find(reader->text, tag, end + 1);
    hide_to(reader, close == SIZE_MAX ? SIZE_MAX : close + tag.length);
    return true;
}

/* In TRIM("x" FROM "y") the FROM stands in a parenthesis without a SELECT: no name follows. */
static void read_word(SqlReader *reader) {
    static const char *const name_words[] = {"join", "into", "update", "table", "as"};
    size_t from = reader->at;
    while (reader->at < reader->text.length && is_word_byte(reader->text.data[reader->at]))
        reader->at++;
    Str word = str_slice(reader->text, from, reader->at);
    if (str_eq_nocase(word, STR("select")))
        reader->selects |= 1;
    reader->after_name_word = str_eq_nocase(word, STR("from")) && (reader->selects & 1) != 0;
    for (size_t i = 0; i < ARRAY_LEN(name_words); i++)
        if (str_eq_nocase(word, str_c(name_words[i])))
            reader->after_name_word = true;
}

static bool at_comment_line(const SqlReader *reader) {
    if (reader->dialect == SQL_MYSQL && looking_at(reader, "#"))
        return true;
    if (!looking_at(reader, "--"))
        return false;
    size_t after = reader->at + 2;
    return reader->dialect == SQL_POSTGRES || after >= reader->text.length ||
           (unsigned char)reader->text.data[after] <= ' ';
}

static void read_one(SqlReader *reader) {
    char c = reader->text.data[reader->at];
    if (c == '\'')
        read_string(reader);
    else if (c == '"')
        read_double_quoted(reader);
    else if (c == '`' && reader->dialect == SQL_MYSQL)
        read_quoted_name(reader, quoted_end(reader->text, reader->at, false));
    else if (at_comment_line(reader))
        read_line_comment(reader);
    else if (looking_at(reader, "/*"))
        read_block_comment(reader);
    else if (c == '$' && reader->dialect == SQL_POSTGRES && read_dollar_quoted(reader))
        return;
    else if (is_word_byte(c))
        read_word(reader);
    else {
        if (c == '(')
            reader->selects <<= 1;
        else if (c == ')')
            reader->selects >>= 1;
        if ((unsigned char)c > ' ')
            reader->after_name_word = c == '.';
        reader->at++;
    }
}

static Str redact_once(Str statement, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    unsigned char *hidden = arena_alloc_zero(arena, statement.length + 1);
    for (int dialect = SQL_POSTGRES; dialect <= SQL_MYSQL; dialect++) {
        SqlReader reader = {
            .text = statement, .dialect = (SqlDialect)dialect, .selects = 1, .hidden = hidden};
        while (reader.at < statement.length)
            read_one(&reader);
    }
    for (size_t i = 0; i < statement.length;) {
        size_t end = i;
        while (end < statement.length && hidden[end] == hidden[i])
            end++;
        if (hidden[i])
            strbuf_append_c(&out, statement.data[i] == '"' ? "\"...\"" : "'...'");
        else
            strbuf_append(&out, str_slice(statement, i, end));
        i = end;
    }
    return strbuf_str(&out);
}

/* What one dialect hid may have held parentheses that the other counted; without them a name may
 * stand elsewhere. So until nothing changes. */
void redact_sql(Str statement, StrBuf *out) {
    Str text = statement;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        Str next = redact_once(text, out->arena);
        if (str_eq(next, text)) {
            strbuf_append(out, text);
            return;
        }
        text = next;
    }
    strbuf_append_c(out, "'...'");
}
