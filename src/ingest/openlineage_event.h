/* openlineage_event.h - one run event as JSON.
 *
 * Ownership: the caller's arena.   Threads: pure but for the clock. */
#ifndef INGEST_OPENLINEAGE_EVENT_H
#define INGEST_OPENLINEAGE_EVENT_H

#include "ingest/openlineage.h"

/* outcome NULL: START. One line, without its end. */
Str openlineage_event(Str namespace_name, const LineageRun *run, const LineageOutcome *outcome,
                      Arena *arena);

void openlineage_run_id(char out[37]); /* UUID version 7 (RFC 9562) */

#endif
