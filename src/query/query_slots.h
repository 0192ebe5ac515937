/* query_slots.h - a fixed number of places for queries, and a bounded wait for one.
 *
 * Threads: any. */
#ifndef QUERY_QUERY_SLOTS_H
#define QUERY_QUERY_SLOTS_H

#include <stdint.h>

#include "base/err.h"

typedef struct QuerySlots QuerySlots;

QuerySlots *query_slots_create(uint32_t count);
void query_slots_destroy(QuerySlots *slots); /* NULL is fine */
/* FAIL_BUSY when none came free within wait_ms. */
MUST_CHECK bool query_slots_take(QuerySlots *slots, uint32_t wait_ms, Err *err);
void query_slots_give(QuerySlots *slots);

#endif
