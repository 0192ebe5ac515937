/* query_lex.c - cut SQL into words, and count those that a parser turns into many nodes.
 *
 * The cutting follows PostgreSQL's lexer as far as it matters here: nested comments, '' and ""
 * doubled inside quotes, E'' with backslashes, $tag$ ... $tag$. A mistake can only miscount.
 *
 * A CASE with an operand (CASE x WHEN ...) is told by the word after CASE. Its operand reaches to
 * its first WHEN; another such CASE inside it would be copied once per WHEN of both, and so on:
 * 2^20 nodes from 20 levels. That is refused; one level costs operand times WHENs, bounded by
 * the product of the two counts.
 *
 * Tested by: test_query_lex.c, fuzz_query_gate.c. */
#include "query/query_lex.h"

#include <string.h>

enum {
    WITHS_MAX = 100,      /* 17 ms of parsing; 500 are 340 ms, 2,000 are 11 s */
    COPIES_MAX = 200000,  /* words that parsing may copy: 1.2 s and 170 MB */
    CASE_DEPTH_MAX = 128, /* deeper ones are not told apart, and counted as operands */
};

typedef struct Lexer {
    Str sql;
    size_t at;
    Str word;    /* the one just read; empty at the end */
    bool quoted; /* a string or a quoted name: no keyword */
} Lexer;

static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static char peek(const Lexer *lexer, size_t ahead) {
    size_t at = lexer->at + ahead;
    return at < lexer->sql.length ? lexer->sql.data[at] : '\0';
}

/* Past a comment of slash and star, with others inside. */
static void skip_block(Lexer *lexer) {
    size_t depth = 0;
    do {
        if (peek(lexer, 0) == '/' && peek(lexer, 1) == '*') {
            depth++;
            lexer->at += 2;
        } else if (peek(lexer, 0) == '*' && peek(lexer, 1) == '/') {
            depth--;
            lexer->at += 2;
        } else {
            lexer->at++;
        }
    } while (depth > 0 && lexer->at < lexer->sql.length);
}

static void skip_space(Lexer *lexer) {
    while (lexer->at < lexer->sql.length) {
        if (is_blank(peek(lexer, 0))) {
            lexer->at++;
        } else if (peek(lexer, 0) == '-' && peek(lexer, 1) == '-') {
            size_t end = str_find_char(lexer->sql, '\n', lexer->at);
            lexer->at = end == SIZE_MAX ? lexer->sql.length : end;
        } else if (peek(lexer, 0) == '/' && peek(lexer, 1) == '*') {
            skip_block(lexer);
        } else {
            return;
        }
    }
}

/* The lexer stands on the opening quote. */
static void skip_quoted(Lexer *lexer, char quote, bool backslashes) {
    lexer->at++;
    while (lexer->at < lexer->sql.length) {
        char c = peek(lexer, 0);
        bool pair = (c == quote && peek(lexer, 1) == quote) || (c == '\\' && backslashes);
        lexer->at += pair ? 2 : 1;
        if (c == quote && !pair)
            return;
    }
}

/* $tag$ ... $tag$; false when the dollar begins no such string ($1, $name). */
static bool skip_dollars(Lexer *lexer) {
    size_t end = lexer->at + 1;
    while (end < lexer->sql.length && is_name_char(lexer->sql.data[end]) &&
           lexer->sql.data[end] != '$')
        end++;
    if (end >= lexer->sql.length || lexer->sql.data[end] != '$')
        return false;
    Str tag = str_slice(lexer->sql, lexer->at, end + 1);
    size_t close = str_find(lexer->sql, tag, end + 1);
    lexer->at = close == SIZE_MAX ? lexer->sql.length : close + tag.length;
    return true;
}

static bool next_word(Lexer *lexer) {
    skip_space(lexer);
    size_t from = lexer->at;
    lexer->quoted = false;
    if (from >= lexer->sql.length)
        return false;
    char c = peek(lexer, 0);
    bool escapes = (c == 'e' || c == 'E') && peek(lexer, 1) == '\'';
    if (c == '\'' || c == '"' || escapes) {
        lexer->at += escapes ? 1 : 0;
        skip_quoted(lexer, peek(lexer, 0), escapes);
        lexer->quoted = true;
    } else if (c == '$' && skip_dollars(lexer)) {
        lexer->quoted = true;
    } else if (is_name_char(c)) {
        while (is_name_char(peek(lexer, 0)) && lexer->at < lexer->sql.length)
            lexer->at++;
    } else {
        lexer->at++;
    }
    lexer->word = str_slice(lexer->sql, from, lexer->at);
    return true;
}

/* ---- counting ---- */

typedef enum Before { BEFORE_OTHER, BEFORE_AS, BEFORE_CASE, BEFORE_OVER } Before;

typedef struct Counter {
    LexCounts counts;
    Before before;                   /* what the last word was */
    size_t depth;                    /* open CASEs */
    bool in_operand[CASE_DEPTH_MAX]; /* CASE x ..., its first WHEN not seen */
    bool has_operand[CASE_DEPTH_MAX];
    size_t open_operands;
} Counter;

static bool is_word(const Lexer *lexer, const char *keyword) {
    return !lexer->quoted && str_eq_nocase(lexer->word, str_c(keyword));
}

static void open_case(Counter *counter, bool has_operand) {
    if (counter->depth >= CASE_DEPTH_MAX) {
        counter->counts.nested_operand = counter->counts.nested_operand || has_operand;
        counter->depth++;
        return;
    }
    counter->has_operand[counter->depth] = has_operand;
    counter->in_operand[counter->depth] = has_operand;
    counter->depth++;
    if (has_operand && ++counter->open_operands > 1)
        counter->counts.nested_operand = true;
}

static void leave_operand(Counter *counter) {
    if (counter->depth == 0 || counter->depth > CASE_DEPTH_MAX)
        return;
    bool *in_operand = &counter->in_operand[counter->depth - 1];
    counter->open_operands -= *in_operand ? 1 : 0;
    *in_operand = false;
}

static void count_case_word(Counter *counter, const Lexer *lexer) {
    bool when = is_word(lexer, "when");
    if (counter->before == BEFORE_CASE)
        open_case(counter, !when);
    if (when) {
        leave_operand(counter);
        bool deep = counter->depth > CASE_DEPTH_MAX;
        if (deep || (counter->depth > 0 && counter->has_operand[counter->depth - 1]))
            counter->counts.case_operands++;
    } else if (is_word(lexer, "end") && counter->depth > 0) {
        leave_operand(counter);
        counter->depth--;
    }
}

static void count_word(Counter *counter, const Lexer *lexer) {
    counter->counts.words++;
    count_case_word(counter, lexer);
    if (counter->before == BEFORE_AS && str_eq(lexer->word, STR("(")))
        counter->counts.withs++;
    if (counter->before == BEFORE_OVER && !str_eq(lexer->word, STR("(")))
        counter->counts.window_uses++;
    if (is_word(lexer, "as"))
        counter->before = BEFORE_AS;
    else if (is_word(lexer, "case"))
        counter->before = BEFORE_CASE;
    else if (is_word(lexer, "over"))
        counter->before = BEFORE_OVER;
    else if (counter->before != BEFORE_AS ||
             !(is_word(lexer, "not") || is_word(lexer, "materialized")))
        counter->before = BEFORE_OTHER;
}

LexCounts query_lex_count(Str sql) {
    Lexer lexer = {.sql = sql};
    Counter counter = {.before = BEFORE_OTHER};
    while (next_word(&lexer))
        count_word(&counter, &lexer);
    return counter.counts;
}

static bool check_counts(const LexCounts *counts, Err *err) {
    if (counts->withs > WITHS_MAX)
        return err_fail(err, FAIL_INVALID, "more than %d WITH queries", (int)WITHS_MAX);
    if (counts->nested_operand)
        return err_fail(err, FAIL_INVALID, "a CASE with an operand inside the operand of another");
    if ((counts->case_operands + counts->window_uses) * counts->words > COPIES_MAX)
        return err_fail(err, FAIL_INVALID, "the statement is too long for its many WHENs or OVERs");
    return true;
}

bool query_lex_check(Str sql, Err *err) {
    LexCounts counts;
    bool ok = true;
    if (sql.length > SQL_BYTES_MAX)
        ok = err_fail(err, FAIL_LIMIT, "the statement has %zu bytes, %d are allowed", sql.length,
                      (int)SQL_BYTES_MAX);
    else if (!utf8_valid(sql) || str_find_char(sql, '\0', 0) != SIZE_MAX)
        ok = err_fail(err, FAIL_INVALID, "the statement is not valid UTF-8 text");
    if (ok) {
        counts = query_lex_count(sql);
        ok = check_counts(&counts, err);
    }
    return ok ? true : err_field(err, "sql");
}
