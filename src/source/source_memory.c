/* source_memory.c - rows of a test, in the order that it gives or in that of the key.
 *
 *     start: indexes of the rows that the range asks for, sorted when by_key
 *     next:  those rows, cell by cell through the column's present type
 *
 * Numbers are compared as numbers, everything else by bytes, which is right for dates and
 * timestamps as canonical_text.h spells them.
 *
 * Tested by: row_source_contract.c, as every source is. */
#include "source/source_memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "source/memory_value.h"

typedef struct MemorySource {
    RowSource base;
    const MemoryTable *table;
    Progress *progress;
    size_t *type_at;  /* of each column: where it is in its chain */
    uint64_t *values; /* of each column: not NULL, since the last start */
    size_t *order;    /* rows that were asked for */
    size_t order_count, at;
} MemorySource;

static Str cell(const MemorySource *source, size_t row, size_t column) {
    const char *text = source->table->cells[row * source->table->column_count + column];
    return text == NULL ? (Str){NULL, 0} : str_c(text);
}

static int compare_cells(const MemorySource *source, size_t column, Str a, Str b) {
    return memory_value_compare(source->table->columns[column].types[0], a, b);
}

/* By key. */
static int compare_rows(const void *left, const void *right, void *context) {
    const MemorySource *source = context;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    for (size_t i = 0; i < source->base.key_count; i++) {
        size_t column = source->base.key_columns[i];
        int order = compare_cells(source, column, cell(source, a, column), cell(source, b, column));
        if (order != 0)
            return order;
    }
    return 0;
}

static bool is_behind(const MemorySource *source, size_t row, const Str *after) {
    for (size_t i = 0; i < source->base.key_count; i++) {
        size_t column = source->base.key_columns[i];
        int order = compare_cells(source, column, cell(source, row, column), after[i]);
        if (order != 0)
            return order > 0;
    }
    return false;
}

static bool find_column(const MemorySource *source, Str name, size_t *out, Err *err) {
    for (size_t i = 0; i < source->base.column_count; i++)
        if (str_eq(source->base.columns[i].name, name)) {
            *out = i;
            return true;
        }
    err_fail(err, FAIL_INVALID, "there is no column '%.*s'", STR_ARG(name));
    return err_field(err, "cursor");
}

static bool is_wanted(const MemorySource *source, const SourceRange *range, size_t cursor,
                      size_t row) {
    if (range->by_key && range->after != NULL && !is_behind(source, row, range->after))
        return false;
    if (!range->has_cursor_from)
        return true;
    Str value = cell(source, row, cursor);
    if (value.data == NULL)
        return false;
    int order = compare_cells(source, cursor, value, range->cursor_from);
    return order > 0 || (order == 0 && range->cursor_inclusive);
}

static bool memory_start(RowSource *base, const SourceRange *range, Err *err) {
    MemorySource *source = (MemorySource *)base;
    size_t cursor = 0;
    if (range->by_key && base->key_count == 0)
        return err_fail(err, FAIL_INTERNAL, "there is no key to go by");
    if (range->cursor.length > 0 && !find_column(source, range->cursor, &cursor, err))
        return false;
    if (!progress_check(source->progress, err))
        return false;
    source->at = source->order_count = 0;
    for (size_t row = 0; row < source->table->row_count; row++)
        if (is_wanted(source, range, cursor, row))
            source->order[source->order_count++] = row;
    if (range->by_key)
        qsort_r(source->order, source->order_count, sizeof *source->order, compare_rows, source);
    memset(source->values, 0, base->column_count * sizeof *source->values);
    base->misfit.found = false;
    base->coercion_count = 0;
    return true;
}

static void list_coercions(MemorySource *source) {
    RowSource *base = &source->base;
    base->coercion_count = 0;
    for (size_t i = 0; i < base->column_count; i++)
        if (source->table->columns[i].coercion != NULL && source->values[i] > 0)
            base->coercions[base->coercion_count++] =
                (SourceCoercion){base->columns[i].name, str_c(source->table->columns[i].coercion),
                                 source->values[i]};
}

typedef enum PutResult { PUT_DONE, PUT_REJECTED, PUT_FAILED } PutResult;

static PutResult reject(MemorySource *source, size_t column, Err *err) {
    RowSource *base = &source->base;
    Str name = base->columns[column].name;
    if (base->on_reject == NULL) {
        err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s' holds text that is not UTF-8",
                 STR_ARG(name));
        return PUT_FAILED;
    }
    base->on_reject(base->reject_context, source->at, name, STR("not UTF-8"));
    return PUT_REJECTED;
}

static PutResult put_row(MemorySource *source, size_t row, RowBuilder *rows, Err *err) {
    RowSource *base = &source->base;
    for (size_t i = 0; i < base->column_count; i++) {
        Str text = cell(source, row, i);
        if (text.data != NULL && !utf8_valid(text))
            return reject(source, i, err);
        if (text.data == NULL) {
            column_put_null(&rows->columns[i]);
        } else if (!memory_value_put(text, &rows->columns[i], err)) {
            if (!err_is(err, FAIL_UNPROCESSABLE))
                return PUT_FAILED;
            base->misfit.found = true;
            base->misfit.column = i;
            base->misfit.reason = STR("another type");
            return PUT_FAILED;
        }
    }
    for (size_t i = 0; i < base->column_count; i++)
        source->values[i] += cell(source, row, i).data != NULL;
    row_builder_end_row(rows);
    return PUT_DONE;
}

static bool fails_now(MemorySource *source, Err *err) {
    uint64_t *after = source->table->fails_after;
    if (after == NULL || *after == 0 || source->at < *after)
        return false;
    *after = 0;
    err_fail(err, FAIL_UPSTREAM, "the connection was lost");
    return true;
}

static bool memory_next(RowSource *base, RowBuilder *rows, Err *err) {
    MemorySource *source = (MemorySource *)base;
    const MemoryTable *table = source->table;
    size_t most = table->batch_rows > 0 ? table->batch_rows : SIZE_MAX;
    if (!progress_check(source->progress, err) ||
        (table->before_batch != NULL && !table->before_batch(table->context, source->at, err)) ||
        fails_now(source, err))
        return false;
    while (source->at < source->order_count && rows->row_count < most &&
           !row_builder_is_full(rows)) {
        PutResult result = put_row(source, source->order[source->at++], rows, err);
        if (result == PUT_FAILED)
            return false;
        if (result == PUT_REJECTED)
            row_builder_drop_row(rows);
    }
    if (rows->row_count == 0)
        list_coercions(source);
    return true;
}

/* Tells columns and shapes by where each is in its chain. */
static void describe(MemorySource *source) {
    RowSource *base = &source->base;
    for (size_t i = 0; i < base->column_count; i++) {
        const MemoryColumn *column = &source->table->columns[i];
        const char *type = column->types[source->type_at[i]];
        base->columns[i] = (SourceColumn){.name = str_c(column->name),
                                          .source_type = str_c(column->source_type),
                                          .type = str_c(type),
                                          .nullable = true};
        base->shapes[i] = memory_value_shape(str_c(column->name), str_c(type));
    }
}

static bool memory_widen(RowSource *base, size_t column, Err *err) {
    MemorySource *source = (MemorySource *)base;
    size_t next = source->type_at[column] + 1;
    if (next == MEMORY_TYPES_MAX || source->table->columns[column].types[next] == NULL)
        return err_fail(err, FAIL_UNPROCESSABLE, "there is no wider type for column '%.*s'",
                        STR_ARG(base->columns[column].name));
    source->type_at[column] = next;
    describe(source);
    return true;
}

static bool memory_cursor_end(RowSource *base, Str name, Arena *arena, Str *out_max, bool *out_any,
                              uint64_t *out_nulls, Err *err) {
    MemorySource *source = (MemorySource *)base;
    Str greatest = {NULL, 0};
    uint64_t nulls = 0;
    size_t column;
    if (!find_column(source, name, &column, err))
        return false;
    for (size_t row = 0; row < source->table->row_count; row++) {
        Str value = cell(source, row, column);
        nulls += value.data == NULL;
        bool greater = value.data != NULL && (greatest.data == NULL ||
                                              compare_cells(source, column, value, greatest) > 0);
        if (greater)
            greatest = value;
    }
    *out_any = greatest.data != NULL;
    *out_max = *out_any ? str_dup(arena, greatest) : STR_EMPTY;
    *out_nulls = nulls;
    return true;
}

static void memory_close(RowSource *base) {
    arena_destroy(base->arena);
}

static const RowSourceOps memory_ops = {.system = "memory",
                                        .start = memory_start,
                                        .next = memory_next,
                                        .widen = memory_widen,
                                        .cursor_end = memory_cursor_end,
                                        .close = memory_close};

RowSource *source_memory_open(const MemoryTable *table, Progress *progress) {
    Arena *arena = arena_create();
    MemorySource *source = ARENA_NEW(arena, MemorySource);
    size_t count = table->column_count;
    const char *relation = table->relation != NULL ? table->relation : "memory";
    source->base = (RowSource){.ops = &memory_ops,
                               .arena = arena,
                               .shown = STR("memory://test"),
                               .relation = str_c(relation),
                               .system_version = STR("1"),
                               .columns = ARENA_ARRAY(arena, SourceColumn, count),
                               .shapes = ARENA_ARRAY(arena, RowColumn, count),
                               .column_count = count,
                               .key_columns = table->key_columns,
                               .key_count = table->key_count,
                               .rows_estimated = table->rows_unknown ? 0 : table->row_count,
                               .consistent = !table->without_snapshots,
                               .coercions = ARENA_ARRAY(arena, SourceCoercion, count)};
    source->table = table;
    source->progress = progress;
    source->type_at = ARENA_ARRAY(arena, size_t, count);
    source->values = ARENA_ARRAY(arena, uint64_t, count);
    source->order = ARENA_ARRAY(arena, size_t, table->row_count);
    describe(source);
    return &source->base;
}
