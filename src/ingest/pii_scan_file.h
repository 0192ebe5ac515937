/* pii_scan_file.h - looks for personal data in what a load brings.
 *
 * File loads scan the Parquet file that they wrote; loads that see their rows go by hand them to a
 * scanner of their own and ask for its tags. A scan reads, it never changes what is loaded, and
 * what it finds are kinds and shares, not values.
 *
 * Ownership: tags in the caller's arena.   Threads: one load, one thread. */
#ifndef INGEST_PII_SCAN_FILE_H
#define INGEST_PII_SCAN_FILE_H

#include "ingest/load.h"
#include "pii/pii.h"

typedef VEC(PiiTag) PiiTagVec;

/* For rows with these columns, in this order. */
PiiScanner *pii_scanner_of_schema(Str dataset, const Schema *schema, Arena *arena);
/* The scanner's findings as tags: of each column the best kinds. */
void pii_scanner_tags(PiiScanner *scanner, Arena *arena, PiiTagVec *out);

/* A staged file with the columns of `planned`, row_bytes long each on average: all of it when it is
 * small, else blocks of rows spread evenly over it. */
MUST_CHECK bool pii_scan_file(const LoadContext *context, const Schema *planned,
                              const StagedFile *file, uint64_t row_bytes, PiiTagVec *out, Err *err);

#endif
