/* query_lex.h - a look at a statement's words before DuckDB's parser sees them.
 *
 * DuckDB's parser itself can be made to eat all memory by a short text, and no memory limit of
 * DuckDB's counts what a parser allocates: it copies the map of WITH queries for each of them
 * (5,000 in 170 KB of text killed a process of 20 GB), the operand of CASE x WHEN for every WHEN,
 * and the definition of a named window for every use. So the statement is cut into words here, and
 * those that multiply are counted.
 *
 * Threads: pure function. */
#ifndef QUERY_QUERY_LEX_H
#define QUERY_QUERY_LEX_H

#include "base/err.h"
#include "base/str.h"

enum { SQL_BYTES_MAX = 256 * 1024 };

typedef struct LexCounts {
    size_t words;         /* names, numbers, strings, signs */
    size_t withs;         /* AS ( and AS [NOT] MATERIALIZED ( */
    size_t case_operands; /* WHENs of CASE x WHEN: copies of x */
    size_t window_uses;   /* OVER name */
    bool nested_operand;  /* CASE (... CASE y WHEN ...) WHEN: copies of copies */
} LexCounts;

/* Comments are skipped; what is in quotes counts as one word. Never fails: text that is no SQL is
 * for the parser to refuse. */
LexCounts query_lex_count(Str sql);

/* FAIL_LIMIT (too long), FAIL_INVALID (not UTF-8, multiplies too much); field "sql". */
MUST_CHECK bool query_lex_check(Str sql, Err *err);

#endif
