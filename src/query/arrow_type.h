/* arrow_type.h - what a format string of the Arrow C data interface stands for.
 *
 * Threads: pure functions. */
#ifndef QUERY_ARROW_TYPE_H
#define QUERY_ARROW_TYPE_H

#include "base/err.h"
#include "query/arrow_c_data.h"
#include "query/flat_builder.h"

/* How the values of a type lie in memory. */
typedef enum ArrowLayout {
    ARROW_LAYOUT_NULL,   /* no buffers */
    ARROW_LAYOUT_BITS,   /* validity, bits */
    ARROW_LAYOUT_FIXED,  /* validity, values */
    ARROW_LAYOUT_BYTES,  /* validity, int32 offsets, bytes */
    ARROW_LAYOUT_LIST,   /* validity, int32 offsets; one child */
    ARROW_LAYOUT_STRUCT, /* validity; children (fixed-size lists too) */
    ARROW_LAYOUT_UNION   /* type ids; children */
} ArrowLayout;

typedef struct ArrowType {
    ArrowLayout layout;
    uint32_t width;               /* FIXED: bytes of a value */
    uint8_t code;                 /* of the union Type in Schema.fbs */
    int32_t first, second, third; /* what the type's table holds, see arrow_type.c */
    Str text;                     /* time zone; type ids of a union */
} ArrowType;

/* FAIL_UNSUPPORTED names a format that we do not write. */
MUST_CHECK bool arrow_type_parse(const char *format, ArrowType *out, Err *err);
/* The type's own table. */
FlatRef arrow_type_write(FlatBuilder *builder, const ArrowType *type, int64_t flags);

#endif
