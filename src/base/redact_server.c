/* redact_server.c - what a database server said, without the values it said it about.
 *
 * PostgreSQL and MySQL quote names and values alike: role "bob" does not exist; invalid input
 * syntax for type integer: "s3cret". A quoted text is taken for a name when the word before it is a
 * noun that names follow (role, table, column, ...) and it looks like one; any other becomes "...".
 * Servers do not escape quotes inside what they quote, so a hidden text ends at the last quote of
 * its kind in the message - unless what follows the nearest one is a turn of phrase that servers
 * use (' for column ').
 *
 * Outside quotes words stay. The first sign of something else (a word with '=', '@' or "//", a
 * colon inside a word, `password:`) ends what is shown: behind it may be anything. With an '@'
 * anywhere, a colon after a word ends it too: in `bob: my s3cret@h` the password follows.
 *
 * Tested by: tests/unit/base/test_redact.c, fuzz/fuzz_redact.c. */
#include <string.h>

#include "base/redact_rules.h"
#include "base/vec.h"

typedef struct MessageReader {
    Str text;
    size_t at;
    Str word;    /* the last one read, without punctuation: what a quoted text is */
    bool has_at; /* an '@' outside 'user'@'host' */
    StrBuf *out;
} MessageReader;

static const char *const nouns[] = {
    "access method", "cast",     "charset",      "collation", "column",      "constraint",
    "cursor",        "database", "domain",       "encoding",  "engine",      "event",
    "extension",     "field",    "function",     "group",     "host",        "index",
    "key",           "language", "name",         "operator",  "option",      "parameter",
    "partition",     "plugin",   "privilege",    "procedure", "publication", "relation",
    "role",          "rule",     "savepoint",    "schema",    "sequence",    "server",
    "set",           "slot",     "subscription", "table",     "tablespace",  "trigger",
    "type",          "user",     "variable",     "view",
};

/* After a hidden text: quote, phrase, quote. */
static const char *const phrases[] = {
    " for column ", " for key ", " in ", " of ", " for type ", " at row ",
};

static const char *const known_quoted[] = {
    "field list", "where clause", "order clause", "group statement", "on clause", "having clause",
};

static const char *const secret_words[] = {
    "password", "passwd", "pwd", "secret", "token", "key", "sslpassword", "credentials",
};

static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool in_list(Str word, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_nocase(word, str_c(list[i])))
            return true;
    return false;
}

static Str remaining(const MessageReader *reader, size_t from) {
    return str_slice(reader->text, from, reader->text.length);
}

/* --- quoted texts ---------------------------------------------------------------------------- */

static bool continues(Str after) {
    for (size_t i = 0; i < ARRAY_LEN(phrases); i++)
        if (str_starts(after, str_c(phrases[i])))
            return true;
    return after.length == 0;
}

static size_t last_quote(Str text, size_t open) {
    size_t last = SIZE_MAX;
    for (size_t i = open + 1; i < text.length; i++)
        if (text.data[i] == text.data[open])
            last = i;
    return last;
}

static bool is_shown_name(const MessageReader *reader, Str name) {
    if (in_list(name, known_quoted, ARRAY_LEN(known_quoted)))
        return true;
    if (str_ends(str_slice(reader->text, 0, reader->at), STR("server at ")))
        return redact_is_plain_name(name);
    return in_list(reader->word, nouns, ARRAY_LEN(nouns)) && redact_is_plain_name(name);
}

/* False when nothing after it may be shown. */
static bool read_quoted(MessageReader *reader) {
    size_t open = reader->at;
    char quote = reader->text.data[open];
    size_t close = str_find_char(reader->text, quote, open + 1);
    if (close != SIZE_MAX && is_shown_name(reader, str_slice(reader->text, open + 1, close))) {
        strbuf_append(reader->out, str_slice(reader->text, open, close + 1));
        reader->at = close + 1;
        /* 'bob'@'host' of MySQL: the host is a name too. */
        if (str_starts(remaining(reader, reader->at), STR("@'"))) {
            strbuf_append_char(reader->out, '@');
            reader->at++;
            reader->word = STR("host");
        } else {
            reader->word = STR_EMPTY;
        }
        return true;
    }
    strbuf_append_format(reader->out, "%c...%c", quote, quote);
    if (close == SIZE_MAX)
        return false;
    if (!continues(remaining(reader, close + 1)))
        close = last_quote(reader->text, open);
    reader->at = close + 1;
    reader->word = STR_EMPTY;
    return true;
}

/* --- parentheses ----------------------------------------------------------------------------- */

static bool is_shown_note(Str note) {
    static const char *const notes[] = {"using password: YES", "using password: NO"};
    bool numbers = note.length > 0 && note.length <= 45;
    for (size_t i = 0; i < note.length && numbers; i++)
        numbers = is_digit(note.data[i]) || strchr(",.: ", note.data[i]) != NULL;
    return numbers || in_list(note, notes, ARRAY_LEN(notes)) || str_eq(note, STR("..."));
}

static bool read_parenthesis(MessageReader *reader) {
    size_t close = str_find_char(reader->text, ')', reader->at);
    Str note = str_slice(reader->text, reader->at + 1, close);
    if (close != SIZE_MAX && is_shown_note(note) && !str_eq_nocase(reader->word, STR("contains"))) {
        strbuf_append(reader->out, str_slice(reader->text, reader->at, close + 1));
        reader->at = close + 1;
        reader->word = STR_EMPTY;
        return true;
    }
    strbuf_append_c(reader->out, "(...)");
    return false;
}

/* --- words ----------------------------------------------------------------------------------- */

/* Letters and digits with an inner apostrophe, dash or dot; punctuation at either end. */
static bool is_plain_word(Str word) {
    if (str_eq(word, STR("TCP/IP")))
        return true;
    bool stays = true;
    for (size_t i = 0; i < word.length && stays; i++) {
        char c = word.data[i];
        bool last = i + 1 == word.length;
        stays = is_alnum(c) || (unsigned char)c >= 0x80 || strchr("._-'`,;!<>*+", c) != NULL ||
                ((c == ':' || c == '?') && last);
        if (c == '\0')
            stays = false;
    }
    return stays;
}

static Str bare_word(Str word) {
    while (word.length > 0 && !is_alnum(word.data[word.length - 1]))
        word.length--;
    return word;
}

static bool read_word(MessageReader *reader) {
    size_t end = reader->at;
    while (end < reader->text.length) {
        char c = reader->text.data[end];
        bool inner_apostrophe = c == '\'' && end > reader->at && end + 1 < reader->text.length &&
                                is_alnum(reader->text.data[end - 1]) &&
                                is_alnum(reader->text.data[end + 1]);
        if ((unsigned char)c <= ' ' || c == '"' || c == '(' || (c == '\'' && !inner_apostrophe))
            break;
        end++;
    }
    Str word = str_slice(reader->text, reader->at, end);
    Str bare = bare_word(word);
    Str after = str_trim(remaining(reader, reader->at + bare.length));
    bool names_secret = in_list(bare, secret_words, ARRAY_LEN(secret_words)) &&
                        (str_starts(after, STR(":")) || str_starts(after, STR("=")));
    bool may_be_user = reader->has_at && str_ends(word, STR(":"));
    if (!is_plain_word(word) || names_secret || may_be_user) {
        strbuf_append_c(reader->out, "...");
        return false;
    }
    strbuf_append(reader->out, word);
    reader->at = end;
    reader->word = word.length == bare.length ? bare : STR_EMPTY;
    return true;
}

static bool read_piece(MessageReader *reader) {
    char c = reader->text.data[reader->at];
    if ((unsigned char)c <= ' ') {
        strbuf_append_char(reader->out, c);
        reader->at++;
        return true;
    }
    if (c == '"' || c == '\'')
        return read_quoted(reader);
    if (c == '(')
        return read_parenthesis(reader);
    return read_word(reader);
}

bool redact_has_lone_at(Str text) {
    for (size_t i = 0; i < text.length; i++) {
        bool between_quotes =
            i > 0 && i + 1 < text.length && text.data[i - 1] == '\'' && text.data[i + 1] == '\'';
        if (text.data[i] == '@' && !between_quotes)
            return true;
    }
    return false;
}

void redact_server(Str message, StrBuf *out) {
    MessageReader reader = {
        .text = message, .word = STR_EMPTY, .has_at = redact_has_lone_at(message), .out = out};
    while (reader.at < message.length && read_piece(&reader))
        ;
}
