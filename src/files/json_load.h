/* json_load.h - JSON or NDJSON becomes a checked table of texts.
 *
 * NDJSON: one object a line; a line that is none is rejected with its number. JSON: an array of
 * objects, or objects one after another; there a fault of syntax refuses the file, since what
 * follows it cannot be told. A record that holds a key twice or bytes that are not UTF-8 is
 * rejected in both.
 *
 * Columns are the keys of all records, in order of appearance. A missing key and null are NULL. */
#ifndef FILES_JSON_LOAD_H
#define FILES_JSON_LOAD_H

#include "files/json_records.h"
#include "files/text_table.h"

MUST_CHECK bool json_load(const TextFile *file, JsonLayout layout, RejectList *rejects,
                          Arena *arena, TextTable **out, Err *err);

#endif
