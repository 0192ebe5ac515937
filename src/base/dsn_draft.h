/* dsn_draft.h - the parts of a DSN while they are being read, shared by its two spellings.
 *
 * Each spelling (dsn_url.c, dsn_keywords.c) splits and decodes the text and puts the values here;
 * dsn_draft.c knows the names of options, refuses what is given twice, and checks every value when
 * all are there. Values arrive decoded, in the draft's arena.
 *
 * No error of these functions holds a value: they name the part ("the port") or a known option.
 * Ownership: the draft's arena.   Threads: one thread at a time. */
#ifndef BASE_DSN_DRAFT_H
#define BASE_DSN_DRAFT_H

#include "base/dsn.h"

#define DSN_BYTES_MAX 8192

typedef enum DsnPart {
    DSN_PART_USER,
    DSN_PART_PASSWORD,
    DSN_PART_HOST,
    DSN_PART_PORT,
    DSN_PART_DATABASE,
    DSN_PART_TLS,
    DSN_PART_TLS_ROOT,
    DSN_PART_TLS_CERT,
    DSN_PART_TLS_KEY,
    DSN_PART_TIMEOUT,
    DSN_PART_COUNT
} DsnPart;

typedef struct DsnDraft {
    DsnKind kind;
    Arena *arena;
    Str values[DSN_PART_COUNT];
    bool given[DSN_PART_COUNT];
} DsnDraft;

MUST_CHECK bool dsn_draft_put(DsnDraft *draft, DsnPart part, Str value, Err *err);
/* By an option's name; `ordinal` (1 = first) stands in for a name that is not known. */
MUST_CHECK bool dsn_draft_option(DsnDraft *draft, Str name, size_t ordinal, Str value, Err *err);
MUST_CHECK bool dsn_draft_finish(const DsnDraft *draft, Dsn *out, Err *err);

bool dsn_option_known(Str name);      /* supported or not: is it the name of some option? */
const char *dsn_part_name(DsnPart p); /* "password", "database", ... */

/* The spellings: `rest` is what follows "scheme://"; `text` is the whole. */
MUST_CHECK bool dsn_url_read(Str rest, DsnDraft *draft, Err *err);
MUST_CHECK bool dsn_keywords_read(Str text, DsnDraft *draft, Err *err);

#endif
