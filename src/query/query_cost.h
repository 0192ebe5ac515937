/* query_cost.h - will binding and optimizing this statement end? A look at its parse tree.
 *
 * DuckDB's binder and optimizer can be kept busy for hours by a short text, do not look for
 * interrupts, and count their memory to nobody. So what makes them explode is bounded here, with
 * limits well above what people and programs write.
 *
 * Threads: pure function. */
#ifndef QUERY_QUERY_COST_H
#define QUERY_QUERY_COST_H

#include "base/json.h"

/* `statement` is one of json_serialize_sql's. FAIL_INVALID names what there is too much of. */
MUST_CHECK bool query_cost_check(const json_t *statement, Arena *arena, Err *err);

#endif
