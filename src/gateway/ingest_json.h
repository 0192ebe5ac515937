/* ingest_json.h - what every load answers with, whatever it read from.
 *
 * Ownership: the caller's arena.   Threads: pure functions. */
#ifndef GATEWAY_INGEST_JSON_H
#define GATEWAY_INGEST_JSON_H

#include "base/json.h"
#include "ingest/ingest.h"

json_t *ingest_result_to_json(const IngestResult *result, Arena *arena);

#endif
