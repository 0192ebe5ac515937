/* row_source.h - rows of somebody's table, batch by batch: one trait for every place they come
 * from.
 *
 *     open (connect, take one snapshot, describe the columns)
 *       -> start -> next ... next (no rows: the end) -> [start again ...] -> close
 *
 * From open to close a source shows one consistent state of the table: what is started twice shows
 * the same rows. They come in the source's own order, or in the order of its key (`by_key`), so
 * that a load that was stopped goes on behind the last row that it kept.
 *
 * Values are never changed in silence. Each column has a type that holds every value that its
 * source type should have. A value that it cannot hold after all (NaN in numeric(10,2), 0000-00-00,
 * a 2 in tinyint(1)) is a *misfit*: next fails with FAIL_UNPROCESSABLE and `misfit` names the
 * column; row_source_widen gives it the next wider type (in the end VARCHAR, which holds every
 * printed value), and the caller starts again from the beginning. Rows that no type helps (text
 * that is not UTF-8) are left out and told one by one through `on_reject`.
 *
 * Columns whose stored type is not the source's own (uuid to VARCHAR) count their values:
 * coercions.
 *
 * Backends: postgres, mysql (their client libraries are seen by one file each), file (ingest/),
 * memory (tests' twin). One contract suite runs over all: tests/unit/source/row_source_contract.c.
 *
 * Errors: FAIL_INVALID (dsn, table, query: `field` names it), FAIL_NOT_FOUND (no such table),
 * FAIL_DENIED (the database refuses the user), FAIL_UPSTREAM (connection, server; with SQLSTATE),
 * FAIL_UNPROCESSABLE (a misfit; a statement that the server refuses), FAIL_CANCELLED, FAIL_LIMIT.
 * Whatever a server says passes redact() (base/redact.h) first.
 * Ownership: the source lives until row_source_close; texts in its arena; batches as row_builder.h.
 * Threads: one at a time (a reading thread may take over between calls). */
#ifndef SOURCE_ROW_SOURCE_H
#define SOURCE_ROW_SOURCE_H

#include "base/budget.h"
#include "base/progress.h"
#include "base/row_builder.h"

typedef struct RowSource RowSource;

typedef enum SourceTypes {
    SOURCE_EXACT,     /* nothing is lost */
    SOURCE_REFERENCE, /* int -> INTEGER, bigint -> BIGINT, decimal and float -> DOUBLE, bool and
                         tinyint(1) -> BOOLEAN, everything else -> VARCHAR as printed */
    SOURCE_PRINTED    /* every column VARCHAR, printed by the server itself: for verify */
} SourceTypes;

typedef struct SourceSpec {
    Str dsn;
    Str table; /* "orders", "sales.orders", "\"Odd name\".\"t\""; or */
    Str query; /* any one SELECT */
    SourceTypes types;
    Budget *budget;
    Progress *progress; /* cancel is looked at while waiting, too */
} SourceSpec;

typedef struct SourceColumn {
    Str name;
    Str source_type; /* as the source prints it: "numeric(10,2)", "int unsigned" */
    Str type;        /* stored: as catalog/schema.h writes types */
    bool nullable;   /* as declared; true where that is not known */
} SourceColumn;

typedef struct SourceCoercion {
    Str column, rule; /* "id", "uuid to VARCHAR" */
    uint64_t count;   /* values, of the last start */
} SourceCoercion;

/* Which rows, and in which order. Texts are values as row_source_position and _cursor_end give
 * them. */
typedef struct SourceRange {
    bool by_key;
    const Str *after; /* with by_key: rows behind this key only; key_count texts, or NULL */
    Str cursor;       /* column for increments; "" = none */
    Str cursor_from;  /* with `has_cursor_from`: rows whose cursor is greater, or equal when
                         inclusive */
    bool has_cursor_from, cursor_inclusive;
} SourceRange;

typedef bool (*SourceRejectFn)(void *context, uint64_t row, Str column, Str reason);

typedef struct RowSourceOps {
    const char *system; /* "postgresql", "mysql", "file", "memory": as lineage shows it */
    bool (*start)(RowSource *source, const SourceRange *range, Err *err);
    bool (*next)(RowSource *source, RowBuilder *rows, Err *err);
    bool (*widen)(RowSource *source, size_t column, Err *err);
    bool (*cursor_end)(RowSource *source, Str column, Arena *arena, Str *out_max, bool *out_any,
                       uint64_t *out_nulls, Err *err);
    void (*close)(RowSource *source);
} RowSourceOps;

/* The head of every backend's own struct. */
struct RowSource {
    const RowSourceOps *ops;
    Arena *arena;
    Str shown;          /* without secrets: "postgresql://bob@db.example:5432/shop" */
    Str relation;       /* "public.orders" as the source spells it; "" for a query */
    Str system_version; /* "15.14" */
    SourceColumn *columns;
    RowColumn *shapes; /* column_count of them: what next puts */
    size_t column_count;
    /* The columns of a key that the source vouches for (primary key, or unique and not null) and
     * whose values can be printed and compared again; key_count 0: none. */
    const size_t *key_columns;
    size_t key_count;
    uint64_t rows_estimated; /* 0 = not known */
    bool consistent; /* false: the table's engine has no snapshots (MyISAM); said in the answer */
    SourceCoercion *coercions; /* refreshed when next reaches the end */
    size_t coercion_count;
    struct {
        bool found;
        size_t column;
        Str reason; /* "NaN", "zero date": never the value */
    } misfit;
    SourceRejectFn on_reject; /* set by the caller before start; NULL: such a row is an error */
    void *reject_context;
};

/* By the DSN's scheme: postgres, postgresql, mysql, mariadb. FAIL_UNSUPPORTED when this build has
 * none of it. */
MUST_CHECK bool row_source_open(const SourceSpec *spec, RowSource **out, Err *err);

MUST_CHECK static inline bool row_source_start(RowSource *source, const SourceRange *range,
                                               Err *err) {
    return source->ops->start(source, range, err);
}
/* Clears `rows` and fills it; row_count 0 is the end, at which late errors of the server were seen.
 */
MUST_CHECK static inline bool row_source_next(RowSource *source, RowBuilder *rows, Err *err) {
    row_builder_clear(rows);
    return source->ops->next(source, rows, err);
}
/* After a misfit. FAIL_UNPROCESSABLE when there is nothing wider. */
MUST_CHECK static inline bool row_source_widen(RowSource *source, size_t column, Err *err) {
    return source->ops->widen(source, column, err);
}
/* Greatest value of the column in the snapshot, as a text for cursor_from, and how many are NULL.
 */
MUST_CHECK static inline bool row_source_cursor_end(RowSource *source, Str column, Arena *arena,
                                                    Str *out_max, bool *out_any,
                                                    uint64_t *out_nulls, Err *err) {
    return source->ops->cursor_end(source, column, arena, out_max, out_any, out_nulls, err);
}
static inline void row_source_close(RowSource *source) {
    if (source != NULL)
        source->ops->close(source);
}
/* The schema for a RowBuilder. */
static inline RowBatch row_source_schema(const RowSource *source) {
    return (RowBatch){0, source->column_count, source->shapes};
}
/* The key of the batch's last row, one text a key column. */
MUST_CHECK bool row_source_position(const RowSource *source, const RowBatch *batch, Arena *arena,
                                    Str *out_texts, Err *err);

#endif
