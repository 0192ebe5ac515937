/* redact_rules.h - the rules behind redact(), one file each.
 *
 * Ownership: the arena of `out`.   Threads: pure functions. */
#ifndef BASE_REDACT_RULES_H
#define BASE_REDACT_RULES_H

#include "base/str.h"

void redact_url(Str url, StrBuf *out);
void redact_sql(Str statement, StrBuf *out);
void redact_server(Str message, StrBuf *out);
void redact_message(Str message, StrBuf *out);

bool redact_has_lone_at(Str text);   /* an '@' that is not in MySQL's 'user'@'host' */
bool redact_is_plain_name(Str text); /* [A-Za-z0-9_.$ -]{1,128} */

#endif
