/* value_facts.h - of what type is a column of texts? Every value votes, over the whole file.
 *
 * A type is chosen only if it gives each value back: "00123", "+49 30 1234", "1.10" beside "1.9"
 * and "12E5" are texts, since as numbers they would come back as something else. In order:
 *     BOOLEAN        true, false in any case
 *     BIGINT         integers as printed: no leading zero, no plus sign
 *     DECIMAL(38,0)  the same beyond 64 bits, up to 38 digits
 *     DOUBLE         decimal fractions that a double holds exactly as written, exponents, nan, inf
 *     DECIMAL(p,s)   fixed-point numbers: all with s decimals ("5.00"), or too long for a double
 *     DATE TIME TIMESTAMP TIMESTAMPTZ   ISO 8601, to the microsecond; with zone in all or in none
 *     VARCHAR        everything else, and columns without any value
 * JSON numbers are numbers, whatever zeros they carry; JSON strings may be dates, never numbers.
 *
 * A load into a column that exists asks instead whether all values fit its type (value_fits).
 *
 * Threads: values; one thread at a time. */
#ifndef FILES_VALUE_FACTS_H
#define FILES_VALUE_FACTS_H

#include "base/arena.h"
#include "base/str.h"

typedef enum JsonKind {
    JSON_KIND_NUMBER = 1,
    JSON_KIND_STRING = 2,
    JSON_KIND_BOOL = 4,
    JSON_KIND_LIST = 8,
    JSON_KIND_OBJECT = 16
} JsonKind;

typedef struct ValueFacts {
    uint64_t values, nulls;
    uint64_t empties;    /* "": a value of a text, a NULL of any other type */
    uint32_t kinds;      /* bits of value_facts.c: what every value so far can be */
    uint32_t json_kinds; /* JsonKind bits seen; 0 = not JSON */
    bool padded;         /* a value that is no text has blanks around it */
    int64_t int_min, int_max;
    uint32_t whole_digits_max;
    uint32_t scale_min, scale_max; /* decimals as written */
    uint32_t scale_needed_max;     /* without trailing zeros */
    uint64_t text_line;            /* where a value turned a typed column into text; 0 = nowhere */
    char text_sample[48];          /* that value, clipped */
} ValueFacts;

void value_facts_init(ValueFacts *facts);
void value_facts_add_null(ValueFacts *facts);
void value_facts_add(ValueFacts *facts, Str text, uint64_t line);
/* A JSON scalar (the text of a number, the characters of a string), or the text of something
 * nested. */
void value_facts_add_json(ValueFacts *facts, JsonKind kind, Str text, uint64_t line);

Str value_type(const ValueFacts *facts, Arena *arena);
/* All values survive as `type`, a stored type ("BIGINT", "DECIMAL(18,2)"). */
bool value_fits(const ValueFacts *facts, Str type);
/* Values of a column of this type that are NULL in it. */
uint64_t value_null_count(const ValueFacts *facts, Str type);
/* Is this one text something other than plain text: a number, a date? For header detection. */
bool value_is_typed(Str text);

#endif
