/* pii_tags.h - tags that say which personal data a column holds: stored, and joined from load to
 * load.
 *
 * Ownership: the caller's arena; texts of merged tags are borrowed from what was merged.
 * Threads: pure functions. */
#ifndef CATALOG_PII_TAGS_H
#define CATALOG_PII_TAGS_H

#include "catalog/catalog.h"

typedef struct PiiTags {
    PiiTag *items;
    size_t count;
} PiiTags;

/* {"column", "kind", "score", "basis"} each. */
json_t *pii_tags_to_json(const PiiTag *tags, size_t count);
/* Every column must be one of the schema's. */
MUST_CHECK bool pii_tags_from_json(const json_t *list, const Schema *schema, Arena *arena,
                                   PiiTags *out, Err *err);

/* What persons said, in a head: {"column", "kind"} each. */
json_t *person_tags_to_json(const PiiTag *tags, size_t count);
MUST_CHECK bool person_tags_from_json(const json_t *list, Arena *arena, PiiTags *out, Err *err);

/* Old findings and new ones, the higher score of a column and kind, of columns that are left. */
PiiTags pii_tags_merge(PiiTags old, PiiTags found, const Schema *schema, Arena *arena);

#endif
