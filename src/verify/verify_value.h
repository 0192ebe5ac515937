/* verify_value.h - inside of verify: the text under which a value is compared.
 *
 * Ownership: appended to the caller's buffer.   Threads: pure functions. */
#ifndef VERIFY_VERIFY_VALUE_H
#define VERIFY_VERIFY_VALUE_H

#include "source/canonical_text.h"

/* How the values of a column are compared, whichever side they come from: by the stored type. */
typedef struct VerifyType {
    CanonicalKind kind; /* of a list: its elements' */
    bool is_list;
} VerifyType;

typedef enum VerifyFit {
    VERIFY_FITS,
    VERIFY_NO_VALUE, /* a text that is no value of the type */
    VERIFY_ROUNDED   /* more digits than the type gives back */
} VerifyFit;

VerifyType verify_type(Str stored_type);

/* The comparable text of a value that is not NULL. What does not fit gets a text that no value that
 * fits has. `exact_digits`: the value is printed from an exact number. */
VerifyFit verify_value(VerifyType type, bool exact_digits, const RowColumn *column, size_t row,
                       StrBuf *out);

#endif
