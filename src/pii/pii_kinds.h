/* pii_kinds.h - the table of kinds, made from pii_kinds.def.
 *
 * Threads: constant. */
#ifndef PII_PII_KINDS_H
#define PII_PII_KINDS_H

#include "pii/pii_detect.h"

typedef enum PiiKind {
#define X(kind, detect, alone, named, solid, weak, flags) PII_KIND_##kind,
#include "pii/pii_kinds.def"
#undef X
    PII_KIND_COUNT
} PiiKind;

typedef enum PiiKindFlag {
    PII_INTEGERS = 1,
    PII_DAYS = 2,
    PII_NUMBERS = 4,
    PII_IN_TEXT = 8,
    PII_DIGITS = 16,
    PII_UNIQUE = 32
} PiiKindFlag;

#define PII_NAME_SCORE 0.4

typedef struct PiiKindRow {
    const char *name;
    PiiDetectFn detect; /* NULL: by name alone */
    double alone, named, solid, weak;
    unsigned flags;
} PiiKindRow;

extern const PiiKindRow pii_kind_rows[PII_KIND_COUNT];

#endif
