/* source_memory.h - the twin of every source: rows that a test gives, as texts.
 *
 * A cell is a text in the form of canonical_text.h, or NULL. Each column has a chain of types: a
 * cell that is no value of the first is a misfit, and widen goes on to the next. A text that is not
 * UTF-8 is a rejected row. What else a source may do to a load is asked for: failures after so many
 * rows, a call before each batch (to cancel, to wait), no snapshots, no key.
 *
 * Ownership: the table is borrowed until the source is closed.   Threads: as every source. */
#ifndef SOURCE_SOURCE_MEMORY_H
#define SOURCE_SOURCE_MEMORY_H

#include "source/row_source.h"

enum { MEMORY_TYPES_MAX = 4 };

typedef struct MemoryColumn {
    const char *name, *source_type;
    /* BOOLEAN INTEGER BIGINT DECIMAL(p,s) DOUBLE DATE TIMESTAMP VARCHAR; narrow ones first */
    const char *types[MEMORY_TYPES_MAX];
    const char *coercion; /* the rule that all its values come under, or NULL */
} MemoryColumn;

typedef struct MemoryTable {
    const MemoryColumn *columns;
    size_t column_count;
    const char *const *cells; /* row by row; NULL is NULL */
    size_t row_count;
    const size_t *key_columns;
    size_t key_count;
    size_t batch_rows;     /* at most so many a batch; 0 = what the builder takes */
    uint64_t *fails_after; /* FAIL_UPSTREAM after so many rows, once: then it is set to 0;
                              NULL or 0 = never */
    const char *relation;  /* NULL = "memory"; "" = of a query */
    bool without_snapshots;
    bool rows_unknown; /* no estimate of their number */
    bool (*before_batch)(void *context, uint64_t rows_so_far, Err *err);
    void *context;
} MemoryTable;

RowSource *source_memory_open(const MemoryTable *table, Progress *progress);

#endif
