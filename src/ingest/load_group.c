/* load_group.c - one plan out of many.
 *
 * Texts: the tables of the files become one table, whose columns are all columns of all files, by
 * name; its rows are streamed file after file, NULL where a file lacks a column. No value of a file
 * is typed anew: the type of each column is what the files in turn have made of the dataset's
 * schema, which every one of them fits.
 *
 * Parquet: each file is a SELECT of its own with the columns of the final schema; DuckDB keeps the
 * order of UNION ALL.
 *
 * Refuses types given by the user: which rows they reject depends on one file's own numbering.
 *
 * Tested by: test_ingest_files.c. */
#include "ingest/load_group.h"

#include "base/map.h"
#include "files/text_rows.h"

bool load_fault_is_of_file(const Err *err) {
    return err_is(err, FAIL_INVALID) || err_is(err, FAIL_UNPROCESSABLE) ||
           err_is(err, FAIL_MEDIA_TYPE) || err_is(err, FAIL_LIMIT) || err_is(err, FAIL_RANGE) ||
           err_is(err, FAIL_UNSUPPORTED);
}

/* ---- the files, one by one ---- */

static bool plan_file(const LoadContext *context, LoadFile *file, Schema *schema, bool *is_new,
                      Err *err) {
    const Schema *current = *is_new ? NULL : schema;
    Schema next;
    if (!load_file_plan(context, file, current, &file->rows, err) ||
        !load_file_schema(context, file, &file->rows, current, SCHEMA_EXTEND, &next, err))
        return false;
    *schema = next;
    *is_new = false;
    return true;
}

/* ---- texts ---- */

typedef struct JoinedMember {
    LoadFile *file;
    size_t *column_of; /* of the member's columns: which column of the joined table */
} JoinedMember;

typedef struct JoinedTable {
    TextTable base;
    JoinedMember *members;
    size_t member_count;
    Arena *arena;
} JoinedTable;

typedef struct JoinedStream {
    RowStream base;
    const JoinedTable *table;
    Arena *arena;
    Progress *progress;
    RowStream *open; /* of member `at`, or NULL */
    size_t at;
    RowColumn *columns;
    RowColumn absent;
} JoinedStream;

static void close_member(JoinedStream *stream) {
    if (stream->open != NULL)
        stream->open->close(stream->open);
    stream->open = NULL;
}

/* The member's columns under the names, and in the places, of the joined table. */
static RowBatch place_columns(JoinedStream *stream, const RowBatch *batch) {
    const JoinedMember *member = &stream->table->members[stream->at];
    size_t count = stream->table->base.column_count;
    for (size_t i = 0; i < count; i++) {
        Str name = stream->columns[i].name;
        stream->columns[i] = stream->absent;
        stream->columns[i].name = name;
    }
    for (size_t i = 0; i + 1 < batch->column_count; i++) {
        RowColumn *column = &stream->columns[member->column_of[i]];
        Str name = column->name;
        *column = batch->columns[i];
        column->name = name;
    }
    stream->columns[count] = batch->columns[batch->column_count - 1]; /* line */
    return (RowBatch){batch->row_count, count + 1, stream->columns};
}

static bool joined_next(RowStream *base, RowBatch *out, Err *err) {
    JoinedStream *stream = (JoinedStream *)base;
    RowBatch batch = {0};
    for (; stream->at < stream->table->member_count; stream->at++) {
        TextTable *table = stream->table->members[stream->at].file->opened.table;
        if (stream->open == NULL && !table->open_rows(table, stream->progress, &stream->open, err))
            return false;
        if (!stream->open->next(stream->open, &batch, err))
            return false;
        if (batch.row_count > 0) {
            *out = place_columns(stream, &batch);
            return true;
        }
        close_member(stream);
    }
    *out = stream->base.schema;
    return true;
}

static void joined_close(RowStream *base) {
    JoinedStream *stream = (JoinedStream *)base;
    close_member(stream);
    arena_destroy(stream->arena);
}

static bool joined_open(TextTable *base, Progress *progress, RowStream **out, Err *err) {
    (void)err;
    Arena *arena = arena_create();
    JoinedStream *stream = ARENA_NEW(arena, JoinedStream);
    size_t count = base->column_count;
    stream->table = (const JoinedTable *)base;
    stream->arena = arena;
    stream->progress = progress;
    stream->absent = (RowColumn){.type = COLUMN_UTF8,
                                 .validity = ARENA_ARRAY(arena, uint8_t, TEXT_ROWS_MAX / 8),
                                 .offsets = ARENA_ARRAY(arena, int32_t, TEXT_ROWS_MAX + 1),
                                 .bytes = ""};
    stream->columns = ARENA_ARRAY(arena, RowColumn, count + 1);
    RowColumn *schema = ARENA_ARRAY(arena, RowColumn, count + 1);
    for (size_t i = 0; i < count; i++) {
        stream->columns[i].name = str_format(arena, "c%zu", i);
        schema[i] = (RowColumn){.name = stream->columns[i].name, .type = COLUMN_UTF8};
    }
    schema[count] = (RowColumn){.name = STR("line"), .type = COLUMN_INT64};
    stream->base =
        (RowStream){.schema = {0, count + 1, schema}, .next = joined_next, .close = joined_close};
    *out = &stream->base;
    return true;
}

/* Joins the columns by name; of the facts, those that decide how a text is turned into a value. */
static void join_columns(JoinedTable *joined) {
    Map places = map_make(joined->arena);
    VEC(TextColumn) columns = {0};
    for (size_t m = 0; m < joined->member_count; m++) {
        JoinedMember *member = &joined->members[m];
        const TextTable *table = member->file->opened.table;
        member->column_of = ARENA_ARRAY(joined->arena, size_t, table->column_count);
        for (size_t i = 0; i < table->column_count; i++) {
            const TextColumn *from = &table->columns[i];
            size_t place = (size_t)(uintptr_t)map_get(&places, from->name);
            if (place == 0) {
                vec_push(&columns, joined->arena)->name = from->name;
                place = columns.count;
                map_put(&places, from->name, (void *)(uintptr_t)place);
            }
            ValueFacts *facts = &columns.items[place - 1].facts;
            facts->padded |= from->facts.padded;
            facts->empties += from->facts.empties;
            facts->json_kinds |= from->facts.json_kinds;
            member->column_of[i] = place - 1;
        }
        joined->base.text_bytes += table->text_bytes;
    }
    joined->base.columns = columns.items;
    joined->base.column_count = columns.count;
}

/* How many NULLs each column must have, if every file knows its own. */
static void count_nulls(const JoinedTable *joined, Load *load) {
    for (size_t i = 0; i < load->column_count; i++) {
        load->columns[i].null_count_known = true;
        load->columns[i].null_count = load->rows;
    }
    for (size_t m = 0; m < joined->member_count; m++) {
        const JoinedMember *member = &joined->members[m];
        const TextTable *table = member->file->opened.table;
        const Load *rows = &member->file->rows;
        for (size_t i = 0; i < table->column_count; i++) {
            LoadColumn *column = &load->columns[member->column_of[i]];
            column->null_count_known &= rows->columns[i].null_count_known;
            uint64_t nulls = value_null_count(&table->columns[i].facts, column->type);
            column->null_count -= rows->rows >= nulls ? rows->rows - nulls : 0;
        }
    }
}

/* Rows without a key were found file by file; the same condition leaves them out of the whole. */
static Str joined_where(const LoadContext *context, const Load *load) {
    StrBuf where = strbuf_make(context->arena);
    for (size_t k = 0; k < context->keys->count; k++)
        for (size_t i = 0; i < load->column_count; i++)
            if (str_eq(load->columns[i].name, context->keys->items[k]))
                strbuf_append_format(&where, "%s(%.*s) IS NOT NULL",
                                     where.length == 0 ? "" : " AND ",
                                     STR_ARG(load->columns[i].value));
    return strbuf_str(&where);
}

static void join_texts(const LoadContext *context, LoadFile *const *files, size_t count,
                       const Schema *planned, Load *out) {
    Arena *arena = context->arena;
    JoinedTable *joined = ARENA_NEW(arena, JoinedTable);
    *joined = (JoinedTable){.base = {.direct_from = STR_EMPTY, .open_rows = joined_open},
                            .members = ARENA_ARRAY(arena, JoinedMember, count),
                            .member_count = count,
                            .arena = arena};
    bool filtered = false;
    for (size_t m = 0; m < count; m++) {
        joined->members[m].file = files[m];
        filtered |= files[m]->rows.where.length > 0;
    }
    join_columns(joined);
    joined->base.rows = out->rows;
    out->table = &joined->base;
    out->from = STR_EMPTY;
    out->row_bytes = out->rows > 0 ? joined->base.text_bytes / out->rows : 0;
    out->column_count = joined->base.column_count;
    out->columns = ARENA_ARRAY(arena, LoadColumn, out->column_count);
    for (size_t i = 0; i < out->column_count; i++) {
        const TextColumn *column = &joined->base.columns[i];
        Str type = schema_find(planned, column->name)->type;
        out->columns[i] = (LoadColumn){
            .name = column->name, .type = type, .value = text_load_value(column, i, type, arena)};
    }
    count_nulls(joined, out);
    if (filtered)
        out->where = joined_where(context, out);
}

/* ---- Parquet ---- */

static void join_selects(const LoadContext *context, LoadFile *const *files, size_t count,
                         const Schema *planned, Load *out) {
    Arena *arena = context->arena;
    StrBuf from = strbuf_make(arena);
    uint64_t bytes = 0;
    for (size_t m = 0; m < count; m++) {
        const Load *rows = &files[m]->rows;
        strbuf_append_c(&from, m == 0 ? "(" : " UNION ALL ");
        strbuf_append(&from, load_select(rows, planned, rows->from, arena));
        bytes += rows->row_bytes * rows->rows;
    }
    strbuf_append_c(&from, ")");
    out->from = strbuf_str(&from);
    out->row_bytes = out->rows > 0 ? bytes / out->rows : 0;
    out->column_count = planned->count;
    out->columns = ARENA_ARRAY(arena, LoadColumn, planned->count);
    for (size_t i = 0; i < planned->count; i++)
        out->columns[i] = (LoadColumn){.name = planned->columns[i].name,
                                       .type = planned->columns[i].type,
                                       .value = duck_identifier(planned->columns[i].name, arena)};
}

/* ---- the whole ---- */

static void add_coercions(Load *whole, const Load *part, Arena *arena) {
    for (size_t i = 0; i < part->coercions.count; i++) {
        const Coercion *coercion = &part->coercions.items[i];
        size_t at = 0;
        while (at < whole->coercions.count &&
               !(str_eq(whole->coercions.items[at].column, coercion->column) &&
                 str_eq(whole->coercions.items[at].rule, coercion->rule)))
            at++;
        if (at == whole->coercions.count)
            *vec_push(&whole->coercions, arena) = *coercion;
        else
            whole->coercions.items[at].count += coercion->count;
    }
}

bool load_group_plan(const LoadContext *context, LoadFile *const *files, size_t count,
                     const Schema *current, Load *out, Schema *out_planned, size_t *out_fitting,
                     Err *err) {
    if (context->request->type_count > 0) {
        err_fail(err, FAIL_INVALID, "types cannot be given for several files at once");
        return err_field(err, "types");
    }
    LoadFile **fitting = ARENA_ARRAY(context->arena, LoadFile *, count);
    size_t fitting_count = 0;
    Schema schema = current != NULL ? *current : (Schema){0};
    bool is_new = current == NULL;
    Load whole = {.where = STR_EMPTY, .from = STR_EMPTY};
    reject_list_init(&whole.rejects, 0, context->arena);
    for (size_t i = 0; i < count; i++) {
        InputOutcome *outcome = files[i]->outcome;
        if (!progress_check(context->progress, err))
            return false;
        outcome->state = INPUT_TAKEN;
        if (plan_file(context, files[i], &schema, &is_new, err)) {
            fitting[fitting_count++] = files[i];
            whole.rows += files[i]->rows.rows;
            whole.rejects.count += files[i]->rows.rejects.count;
            add_coercions(&whole, &files[i]->rows, context->arena);
            continue;
        }
        if (!load_fault_is_of_file(err))
            return false;
        outcome->state = INPUT_FAILED;
        outcome->failure = *err;
        err_clear(err);
    }
    *out_fitting = fitting_count;
    if (fitting_count == 0)
        return true;
    if (fitting[0]->opened.table != NULL)
        join_texts(context, fitting, fitting_count, &schema, &whole);
    else
        join_selects(context, fitting, fitting_count, &schema, &whole);
    *out = whole;
    *out_planned = schema;
    return true;
}
