/* sql_text.h - quoting for the SQL that we write ourselves: 'it''s', "odd ""name""".
 *
 * Threads: pure functions. */
#ifndef QUERY_SQL_TEXT_H
#define QUERY_SQL_TEXT_H

#include "base/str.h"

void sql_append_literal(StrBuf *out, Str text);
void sql_append_identifier(StrBuf *out, Str name);

#endif
