/* json_records.h - the records of a JSON file, one after another, from beginning to end.
 *
 * A record that is at fault in a way that leaves the next one findable has `fault` set; anything
 * else that is not JSON ends the reading with FAIL_UNPROCESSABLE and its line.
 *
 * Ownership: a record's members (in reading->scanner) point into the window and are valid until the
 * next call.   Threads: one at a time per reading. */
#ifndef FILES_JSON_RECORDS_H
#define FILES_JSON_RECORDS_H

#include "files/byte_window.h"
#include "files/json_scan.h"

typedef enum JsonLayout { JSON_LINES, JSON_VALUES } JsonLayout;

typedef struct JsonReading {
    JsonLayout layout;
    ByteWindow window;
    JsonScanner scanner; /* the members of the record at hand */
    Arena *scratch;      /* emptied by every call */
    uint64_t line;       /* of the file, where the window begins */
    uint64_t records;    /* read so far */
    bool in_array, array_ended;
} JsonReading;

typedef struct JsonRecord {
    uint64_t number;   /* its line (JSON_LINES) or its place (JSON_VALUES), from 1 */
    const char *fault; /* NULL: it is good */
} JsonRecord;

/* Skips a byte order mark. */
MUST_CHECK bool json_reading_open(JsonReading *reading, JsonLayout layout, const char *path,
                                  Str name, Budget *budget, Progress *progress, Err *err);
void json_reading_close(JsonReading *reading);
MUST_CHECK bool json_reading_next(JsonReading *reading, JsonRecord *out, bool *out_end, Err *err);

#endif
