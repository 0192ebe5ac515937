/* multipart.h - multipart/form-data (RFC 7578), parsed as it comes in, in bounded memory.
 *
 *     begin -> data* -> end, once for each part, in the order of the body
 *
 * Pieces may be cut anywhere. Limits: a boundary of 70 characters, 8 KiB of headers a part, 64
 * parts; more is FAIL_LIMIT. Nothing is decoded but names.
 *
 * Errors: FAIL_INVALID for a body that does not follow the format, or ends early.
 * Ownership: the parser lives in its arena; texts of a part until part_end, data until the callback
 * returns.   Threads: one at a time. */
#ifndef GATEWAY_MULTIPART_H
#define GATEWAY_MULTIPART_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct Multipart Multipart;

typedef struct MultipartPart {
    Str name;
    bool has_filename; /* it is a file, be its name empty */
    Str filename;
    Str content_type; /* "" when not given */
} MultipartPart;

typedef struct MultipartEvents {
    void *context;
    bool (*part_begin)(void *context, const MultipartPart *part, Err *err);
    bool (*part_data)(void *context, Str bytes, Err *err);
    bool (*part_end)(void *context, Err *err);
} MultipartEvents;

/* Is it a form at all? True fills the boundary; a form without a sane boundary is FAIL_INVALID. */
bool multipart_is_form(Str content_type);
MUST_CHECK bool multipart_boundary(Str content_type, Arena *arena, Str *out_boundary, Err *err);

Multipart *multipart_create(Str boundary, const MultipartEvents *events, Arena *arena);
MUST_CHECK bool multipart_feed(Multipart *parser, Str bytes, Err *err);
MUST_CHECK bool multipart_finish(Multipart *parser, Err *err); /* the closing boundary was there */

#endif
