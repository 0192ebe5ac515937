/* json_scan.h - our own strict reader of JSON objects: checks every byte (RFC 8259) and cuts the
 * outermost members out, as texts.
 *
 * Numbers stay as they are written, so no digit is lost to a double on the way. Refused beyond the
 * grammar: a key twice in one object (one of the values would be lost), nesting deeper than 200,
 * lone surrogates and \u0000 in strings.
 *
 * Ownership: members point into the bytes given.   Threads: one at a time per scanner. */
#ifndef FILES_JSON_SCAN_H
#define FILES_JSON_SCAN_H

#include "base/vec.h"
#include "files/value_facts.h"

enum { JSON_DEPTH_MAX = 200, JSON_MEMBERS_MAX = 10000 };

typedef struct JsonMember {
    Str key;       /* between the quotes */
    Str text;      /* a string: between the quotes; else the whole text of the value */
    JsonKind kind; /* 0: null */
    bool key_escaped, text_escaped;
} JsonMember;

typedef enum JsonStep {
    JSON_STEP_OBJECT, /* one object was read */
    JSON_STEP_MORE,   /* it does not end in these bytes */
    JSON_STEP_BROKEN  /* scanner->fault says why, at scanner->at */
} JsonStep;

typedef struct JsonScanner {
    Str bytes;
    size_t at;
    bool at_end; /* nothing follows the bytes */
    const char *fault;
    JsonMember *members;
    size_t member_count, member_capacity;
} JsonScanner;

void json_scanner_init(JsonScanner *scanner);
void json_scanner_deinit(JsonScanner *scanner);

/* Reads the object that begins at bytes[at]; afterwards `at` is behind it. */
JsonStep json_scan_object(JsonScanner *scanner);
/* Skips white space; false at the end of the bytes. */
bool json_skip_space(JsonScanner *scanner);

/* The elements of a list that json_scan_object has checked: call with *at = 0 until false. */
bool json_next_element(Str list, size_t *at, JsonMember *out);
/* The characters of a checked string. */
Str json_unescape(Str raw, bool escaped, Arena *arena);

#endif
