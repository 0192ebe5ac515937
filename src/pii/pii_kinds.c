/* pii_kinds.c - the table of kinds as rows and as names.
 *
 * Tested by: test_pii_scan.c. */
#include "pii/pii_kinds.h"

#include "pii/pii.h"

#define NEVER    2.0 /* more than all values */
#define INTEGERS PII_INTEGERS
#define DAYS     PII_DAYS
#define NUMBERS  PII_NUMBERS
#define IN_TEXT  PII_IN_TEXT
#define DIGITS   PII_DIGITS
#define UNIQUE   PII_UNIQUE

const PiiKindRow pii_kind_rows[PII_KIND_COUNT] = {
#define X(kind, detect, alone, named, solid, weak, flags)                                          \
    {#kind, detect, alone, named, solid, weak, flags},
#include "pii/pii_kinds.def"
#undef X
};

const char *const *pii_kinds(void) {
    static const char *const names[PII_KIND_COUNT + 1] = {
#define X(kind, detect, alone, named, solid, weak, flags) #kind,
#include "pii/pii_kinds.def"
#undef X
        NULL};
    return names;
}

const char *pii_basis_name(PiiBasis basis) {
    switch (basis) {
    case PII_BY_VALUE:
        return "value";
    case PII_BY_NAME:
        return "name";
    case PII_BY_BOTH:
        return "both";
    }
    return "value";
}
