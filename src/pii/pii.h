/* pii.h - does a column hold personal data, and of which kind?
 *
 *     scanner = pii_scanner_create(columns...)
 *     pii_scanner_add(scanner, batch) ...            rows in any order, any cut into batches
 *     pii_scanner_finish(scanner, arena, &findings)
 *
 * Values: of each column the PII_SAMPLE distinct values whose hash (with a fixed seed) is smallest
 * are kept while scanning: a uniform sample of the distinct values that depends neither on their
 * order nor on batches. Each is tried by hand-written detectors: a pattern, then a checksum where
 * the kind has one (Luhn, mod 97, ABA, mod 11, Verhoeff, base58check); the first 4 KiB of a value
 * count. Names: split into words at _ - . space / and camelCase; whole words decide; words like id,
 * count, type, status cancel. The dataset's name helps where a column is called just `name`. A kind
 * is reported when its share of matching values is above the kind's threshold, which is lower when
 * the name agrees; kinds of bare digits need the name. Free text (longer than 60 characters on
 * average) is reported from three distinct hits, shorter text that holds some when their share is
 * above the threshold, too. A name alone is "suspected", unless the values speak against it: score
 * 0.4, basis "name".
 *
 * Thresholds, patterns and measured precision and recall: docs/pii.md. Matched values are never
 * stored, logged or returned.
 *
 * Ownership: findings in the caller's arena.   Threads: a scanner by one at a time. */
#ifndef PII_PII_H
#define PII_PII_H

#include "base/arena.h"
#include "base/err.h"
#include "base/row_batch.h"

enum { PII_SAMPLE = 2000 };

typedef enum PiiBasis { PII_BY_VALUE = 1, PII_BY_NAME, PII_BY_BOTH } PiiBasis;

typedef struct PiiFinding {
    Str column;
    Str kind;     /* "EMAIL", "CREDIT_CARD", ... : pii_kinds() */
    double score; /* 0 .. 1 */
    PiiBasis basis;
    bool contained;            /* free text that holds some, not values that are some */
    uint64_t sampled, matched; /* distinct values */
} PiiFinding;

typedef struct PiiScanner PiiScanner;

/* Columns as the batches will have them; `types` as stored ("VARCHAR", "BIGINT", "DATE", ...).
 * Columns of other types than text, integers, decimals and dates are judged by nothing. */
PiiScanner *pii_scanner_create(Str dataset, const Str *names, const Str *types, size_t count);
void pii_scanner_destroy(PiiScanner *scanner); /* NULL is fine */
/* Are this column's values looked at? What holds nothing personal, or is judged by its name alone,
 * need not be read. */
bool pii_scanner_wants(const PiiScanner *scanner, size_t column);
/* Batches with the columns given, in order; column types as row_batch.h has them. */
void pii_scanner_add(PiiScanner *scanner, const RowBatch *batch);
/* By column, best first. */
void pii_scanner_finish(PiiScanner *scanner, Arena *arena, PiiFinding **out, size_t *out_count);

/* All kinds, for checking what a person says; NULL-terminated. */
const char *const *pii_kinds(void);
const char *pii_basis_name(PiiBasis basis); /* "value", "name", "both" */

#endif
