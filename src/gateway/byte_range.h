/* byte_range.h - Range, If-Match and If-None-Match of RFC 9110, as far as objects need them.
 *
 * Threads: pure functions. */
#ifndef GATEWAY_BYTE_RANGE_H
#define GATEWAY_BYTE_RANGE_H

#include "base/err.h"
#include "base/str.h"

typedef enum RangeKind {
    RANGE_WHOLE, /* none asked, several asked, or not understood: the whole object is the answer */
    RANGE_PART,
    RANGE_OUTSIDE /* 416 */
} RangeKind;

typedef struct ByteRange {
    uint64_t offset, length;
} ByteRange;

/* `header` is the value of Range ("" = absent); out is filled for RANGE_PART and RANGE_WHOLE. */
RangeKind byte_range_parse(Str header, uint64_t size_bytes, ByteRange *out);

/* Does a list of entity tags ("*", or "a", W/"b", ...) hold this one? Weak tags never match
 * strongly; `etag` comes without quotes. */
typedef enum EtagCompare { ETAG_STRONG, ETAG_WEAK } EtagCompare;
bool etag_list_has(Str list, Str etag, EtagCompare compare);
/* The one strong tag of a header, without its quotes; false for anything else. */
bool etag_single(Str header, Str *out_etag);

#endif
