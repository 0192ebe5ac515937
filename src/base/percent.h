/* percent.h - percent-encoding of RFC 3986, for whoever makes or reads URLs.
 *
 * Ownership: results live in the caller's arena.   Threads: pure functions. */
#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include "base/str.h"

typedef enum PercentKeep {
    PERCENT_KEEP_UNRESERVED, /* only A-Z a-z 0-9 - . _ ~ stay: one segment, one query value */
    PERCENT_KEEP_SLASHES     /* '/' stays too: a whole path */
} PercentKeep;

typedef enum PercentPlus {
    PERCENT_PLUS_IS_PLUS, /* paths */
    PERCENT_PLUS_IS_SPACE /* queries and forms */
} PercentPlus;

Str percent_encode(Str bytes, PercentKeep keep, Arena *arena); /* upper-case digits */
/* False for a '%' that two hexadecimal digits do not follow. The result may hold any byte. */
bool percent_decode(Str text, PercentPlus plus, Arena *arena, Str *out_bytes);

#endif
