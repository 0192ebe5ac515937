/* postgres_rows.c - a table or query of PostgreSQL as a RowSource.
 *
 *     BEGIN REPEATABLE READ READ ONLY        one snapshot from open to close
 *     find the table | parse the query       by the server, names and types come from it
 *     SELECT * FROM it LIMIT 0               checks rights, locks it against TRUNCATE and ALTER
 *     types, size of numerics, key           postgres_catalog.c
 *     SAVEPOINT                              what open took is kept whatever happens next
 *       start: ROLLBACK TO, COPY (SELECT ...) TO STDOUT (FORMAT binary)
 *       next:  pieces -> PgDecoder -> RowBuilder
 *       a misfit, a failed statement, a stop half-way: the next start rolls back to the savepoint
 *
 * Rolling back to a savepoint keeps the snapshot and the locks that were taken before it, which is
 * what makes a second start show the same rows.
 *
 * A numeric column without a declared size costs one scan more, at open.
 *
 * Tested by: test_postgres_rows.c (scripted server), the contract suite and e2e (real servers). */
#include "source/postgres_rows.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "source/postgres_catalog.h"
#include "source/postgres_decode.h"
#include "source/postgres_sql.h"

enum {
    CHECK_BYTES = 65536,  /* read between two looks at how full the builder is */
    BATCH_SECONDS = 1,    /* rows that trickle in are handed over, so that progress is seen */
    PIECES_A_LOOK = 16,   /* between two looks at the clock */
    HELD_BYTES = 2 << 20, /* what a connection and a cut row usually take */
    TWO_RULES = 2         /* coercions a column may have */
};

typedef struct PostgresRows {
    RowSource base;
    PgClient *client;
    Progress *progress;
    PgRelation relation;
    PgPlan *plans;
    PgDecoder *decoder;
    uint64_t *values; /* not NULL, a column, since start */
    bool started, ended;
} PostgresRows;

static PostgresRows *rows_of(RowSource *source) {
    return (PostgresRows *)source;
}

/* ---- open ---- */

static void show_column(PostgresRows *self, size_t i) {
    const PgPlan *plan = &self->plans[i];
    self->base.columns[i] = (SourceColumn){.name = self->relation.fields[i].name,
                                           .source_type = self->relation.types[i].name,
                                           .type = plan->stored,
                                           .nullable = self->relation.nullable[i]};
    self->base.shapes[i] = (RowColumn){.name = self->relation.fields[i].name,
                                       .type = plan->type,
                                       .width = plan->width,
                                       .scale = plan->scale};
}

static void show_columns(PostgresRows *self) {
    Arena *arena = self->base.arena;
    size_t count = self->relation.column_count;
    self->base.column_count = count;
    self->base.columns = ARENA_ARRAY(arena, SourceColumn, count);
    self->base.shapes = ARENA_ARRAY(arena, RowColumn, count);
    self->base.coercions = ARENA_ARRAY(arena, SourceCoercion, count * TWO_RULES);
    self->values = ARENA_ARRAY(arena, uint64_t, count);
    for (size_t i = 0; i < count; i++)
        show_column(self, i);
    self->decoder = pg_decoder_create(arena, self->plans, count);
}

static bool describe(PostgresRows *self, const SourceSpec *spec, Err *err) {
    Arena *arena = self->base.arena;
    PgRelation *relation = &self->relation;
    if (!pg_relation_open(self->client, spec->table, spec->query, arena, relation, err))
        return false;
    self->plans = ARENA_ARRAY(arena, PgPlan, relation->column_count);
    for (size_t i = 0; i < relation->column_count; i++)
        self->plans[i] = pg_plan_type(&relation->types[i], spec->types, arena);
    if (spec->types == SOURCE_EXACT &&
        !pg_relation_digits(self->client, relation, self->plans, arena, err))
        return false;
    if (!pg_relation_key(self->client, relation, self->plans, arena, &self->base.key_columns,
                         &self->base.key_count, err))
        return false;
    if (!pg_relation_estimate(self->client, relation, &self->base.rows_estimated, err))
        return false;
    show_columns(self);
    self->base.relation = relation->shown;
    self->base.consistent = !relation->is_foreign;
    return self->client->ops->run(self->client, "SAVEPOINT lakehouse_start", err);
}

/* ---- start, next ---- */

static bool find_column(const RowSource *source, Str name, size_t *out, Err *err) {
    for (size_t i = 0; i < source->column_count; i++) {
        if (str_eq(source->columns[i].name, name)) {
            *out = i;
            return true;
        }
    }
    err_fail(err, FAIL_UNPROCESSABLE, "no column '%.*s' for the cursor", STR_ARG(name));
    return err_field(err, "cursor");
}

/* Out of whatever the last statement left: a COPY under way, a failed transaction. */
static bool return_to_savepoint(PostgresRows *self, Err *err) {
    self->client->ops->copy_stop(self->client);
    self->started = false;
    return self->client->ops->run(self->client, "ROLLBACK TO SAVEPOINT lakehouse_start", err);
}

static bool rows_start(RowSource *source, const SourceRange *range, Err *err) {
    PostgresRows *self = rows_of(source);
    PgSelect select = {.from = self->relation.from,
                       .plans = self->plans,
                       .casts = self->relation.casts,
                       .column_count = source->column_count,
                       .cursor_column = SIZE_MAX,
                       .cursor_from = range->cursor_from,
                       .has_cursor_from = range->has_cursor_from,
                       .cursor_inclusive = range->cursor_inclusive};
    if (range->by_key) {
        if (source->key_count == 0)
            return err_fail(err, FAIL_INVALID, "the source has no key to order by");
        select.key_columns = source->key_columns;
        select.key_count = source->key_count;
        select.after = range->after;
    }
    if (range->cursor.length > 0 && !find_column(source, range->cursor, &select.cursor_column, err))
        return false;
    if (!return_to_savepoint(self, err))
        return err_wrap(err, "start reading");
    Arena *scratch = arena_create();
    Str sql = pg_sql_copy(&select, scratch);
    bool ok = self->client->ops->copy_begin(self->client, sql.data, err);
    arena_destroy(scratch);
    if (!ok)
        return err_wrap(err, "start reading");
    pg_decoder_restart(self->decoder, self->plans);
    memset(self->values, 0, source->column_count * sizeof *self->values);
    source->coercion_count = 0;
    source->misfit.found = false;
    self->started = true;
    self->ended = false;
    return true;
}

static bool report_misfit(RowSource *source, Err *err) {
    PgDecoder *decoder = rows_of(source)->decoder;
    size_t column = pg_decoder_column(decoder);
    source->misfit.found = true;
    source->misfit.column = column;
    source->misfit.reason = str_c(pg_decoder_reason(decoder));
    return err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s' holds %s, which %.*s cannot",
                    STR_ARG(source->columns[column].name), pg_decoder_reason(decoder),
                    STR_ARG(source->columns[column].type));
}

static bool reject_row(RowSource *source, Err *err) {
    PgDecoder *decoder = rows_of(source)->decoder;
    const SourceColumn *column = &source->columns[pg_decoder_column(decoder)];
    uint64_t row = pg_decoder_rows(decoder);
    Str reason = str_c(pg_decoder_reason(decoder));
    if (source->on_reject != NULL &&
        source->on_reject(source->reject_context, row, column->name, reason))
        return true;
    return err_fail(err, FAIL_UNPROCESSABLE, "row %llu, column '%.*s': %.*s",
                    (unsigned long long)row, STR_ARG(column->name), STR_ARG(reason));
}

static void add_coercion(RowSource *source, size_t column, Str rule, uint64_t count) {
    if (rule.length > 0 && count > 0)
        source->coercions[source->coercion_count++] =
            (SourceCoercion){source->columns[column].name, rule, count};
}

static void count_coercions(PostgresRows *self) {
    RowSource *source = &self->base;
    source->coercion_count = 0;
    for (size_t i = 0; i < source->column_count; i++) {
        add_coercion(source, i, self->plans[i].coercion, self->values[i]);
        add_coercion(source, i, self->plans[i].special, pg_decoder_special(self->decoder, i));
    }
}

/* The next piece of the COPY; *out_bytes 0 at its end. */
static bool read_piece(PostgresRows *self, size_t *out_bytes, Err *err) {
    Str piece = STR_EMPTY;
    if (!self->client->ops->copy_read(self->client, &piece, err))
        return err_wrap(err, "read rows");
    *out_bytes = piece.length;
    if (piece.length > 0)
        return pg_decoder_feed(self->decoder, piece, err);
    self->ended = true;
    return pg_decoder_finish(self->decoder, err);
}

/* Has a batch that fills slowly waited long enough to be handed over? */
static bool is_late(uint64_t pieces, uint64_t started_ns) {
    return pieces % PIECES_A_LOOK == 0 && clock_seconds_since(started_ns) > BATCH_SECONDS;
}

static bool fill(PostgresRows *self, RowBuilder *rows, Err *err) {
    uint64_t started_ns = clock_monotonic_ns();
    uint64_t pieces = 0;
    size_t unchecked_bytes = 0;
    while (!self->ended && rows->row_count < rows->row_capacity) {
        size_t bytes = 0;
        switch (pg_decoder_step(self->decoder, rows, err)) {
        case PG_STEP_ROW:
        case PG_STEP_END:
            break;
        case PG_STEP_MORE:
            /* Everything that came is in the builder now, which may be full of one large row. */
            if (unchecked_bytes >= CHECK_BYTES) {
                if (row_builder_is_full(rows))
                    return true;
                unchecked_bytes = 0;
            }
            if (rows->row_count > 0 && is_late(++pieces, started_ns))
                return true;
            if (!progress_check(self->progress, err) || !read_piece(self, &bytes, err))
                return false;
            unchecked_bytes += bytes;
            break;
        case PG_STEP_MISFIT:
            return report_misfit(&self->base, err);
        case PG_STEP_BAD_TEXT:
            if (!reject_row(&self->base, err))
                return false;
            break;
        case PG_STEP_FAILED:
            return false;
        }
    }
    return true;
}

static bool rows_next(RowSource *source, RowBuilder *rows, Err *err) {
    PostgresRows *self = rows_of(source);
    if (!self->started)
        return err_fail(err, FAIL_INTERNAL, "rows of a source that was not started");
    if (!progress_check(self->progress, err))
        return false;
    if (!fill(self, rows, err)) {
        self->started = false;
        return false;
    }
    for (size_t i = 0; i < source->column_count; i++)
        self->values[i] += rows->columns[i].count - rows->columns[i].null_count;
    if (self->ended)
        count_coercions(self);
    return true;
}

static bool rows_widen(RowSource *source, size_t column, Err *err) {
    PostgresRows *self = rows_of(source);
    assert(column < source->column_count);
    if (!pg_plan_widen(&self->relation.types[column], &self->plans[column], source->arena))
        return err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s': no type is wider than VARCHAR",
                        STR_ARG(source->columns[column].name));
    self->started = false;
    show_column(self, column);
    return true;
}

static bool rows_cursor_end(RowSource *source, Str column, Arena *arena, Str *out_max,
                            bool *out_any, uint64_t *out_nulls, Err *err) {
    PostgresRows *self = rows_of(source);
    size_t index = 0;
    if (!find_column(source, column, &index, err) || !return_to_savepoint(self, err))
        return false;
    Arena *scratch = arena_create();
    Str sql =
        pg_sql_cursor_end(self->relation.from, index, source->columns[index].nullable, scratch);
    PgTable answer = {0};
    bool ok = self->client->ops->query(self->client, sql.data, NULL, 0, scratch, &answer, err);
    uint64_t nulls = 0;
    if (ok && (answer.row_count != 1 || answer.column_count != 2 ||
               !str_to_u64(pg_table_cell(&answer, 0, 1), &nulls)))
        ok = err_fail(err, FAIL_UPSTREAM, "PostgreSQL gave no answer about the cursor");
    if (ok) {
        Str max = pg_table_cell(&answer, 0, 0);
        *out_any = max.data != NULL;
        *out_max = *out_any ? str_dup(arena, max) : STR_EMPTY;
        *out_nulls = nulls;
    }
    arena_destroy(scratch);
    if (ok)
        return true;
    if (err_is(err, FAIL_UNPROCESSABLE)) /* a type without an order */
        err_field(err, "cursor");
    return err_wrap(err, "find the end of cursor '%.*s'", STR_ARG(column));
}

static void rows_close(RowSource *source) {
    PostgresRows *self = rows_of(source);
    self->client->ops->close(self->client);
    pg_decoder_close(self->decoder);
    arena_destroy(source->arena);
}

static const RowSourceOps postgres_ops = {.system = "postgresql",
                                          .start = rows_start,
                                          .next = rows_next,
                                          .widen = rows_widen,
                                          .cursor_end = rows_cursor_end,
                                          .close = rows_close};

bool postgres_rows_open(PgClient *client, const SourceSpec *spec, Str shown, RowSource **out,
                        Err *err) {
    Arena *arena = arena_create();
    PostgresRows *self = ARENA_NEW(arena, PostgresRows);
    self->base = (RowSource){.ops = &postgres_ops,
                             .arena = arena,
                             .shown = str_dup(arena, shown),
                             .relation = STR_EMPTY,
                             .system_version = str_dup(arena, client->version_text)};
    self->client = client;
    self->progress = spec->progress;
    if (!budget_hold(spec->budget, HELD_BYTES, "a connection to PostgreSQL", arena, err) ||
        !describe(self, spec, err)) {
        rows_close(&self->base);
        return false;
    }
    *out = &self->base;
    return true;
}
