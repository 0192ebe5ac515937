/* mysql_reader.c - a table or query of MySQL or MariaDB as a RowSource.
 *
 * Columns are asked for by name, in the order of the table, invisible ones included: SELECT * would
 * leave those out, and a load shall lose nothing. What they are is taken from the description of a
 * prepared statement; information_schema adds what only a table knows: the declared type's text,
 * whether NULL is declared, keys, the engine, an estimate of rows.
 *
 * A snapshot exists only where the engine keeps versions of rows. Tables behind a view or a query
 * are known as far as their columns come up in the result; one that is only joined is not seen.
 *
 * Every start prepares anew: each range is a statement of its own, over the same snapshot.
 *
 * Tested by: server_mysql_hostile.c and row_source_contract.c over real servers (tests/e2e). */
#include "source/mysql_link.h"
#include "source/mysql_sql.h"
#include "source/mysql_values.h"
#include "source/source_backends.h"
#include "source/sql_name.h"

#ifdef LAKEHOUSE_MYSQL

#include <string.h>

typedef struct MysqlSource {
    RowSource base; /* first */
    MysqlLink *link;
    Dsn dsn;
    SourceTypes types;
    Budget *budget;
    const Progress *progress;
    MysqlSelect select;     /* its columns as the server has them */
    MysqlField *fields;     /* of all columns, as planned */
    MysqlColumn *columns;   /* as they are read */
    uint64_t *value_counts; /* not NULL, since start */
    size_t *coerced;        /* coercion -> column */
    uint64_t row;           /* of this start, from 1 */
    uint64_t held_bytes;    /* of the budget: the connection's buffer */
    bool reading;
} MysqlSource;

static MysqlSource *source_of(RowSource *base) {
    return (MysqlSource *)base;
}

/* ---- describing ------------------------------------------------------------------------------
 */

static void describe_column(MysqlSource *source, size_t index) {
    Arena *arena = source->base.arena;
    const MysqlColumn *column = &source->columns[index];
    source->base.columns[index].name = column->name;
    source->base.columns[index].type = mysql_stored_type(column, arena);
    source->base.shapes[index] = (RowColumn){
        .name = column->name, .type = column->type, .width = column->width, .scale = column->scale};
}

static void list_coercions(MysqlSource *source) {
    RowSource *base = &source->base;
    base->coercion_count = 0;
    for (size_t i = 0; i < base->column_count; i++) {
        if (source->columns[i].own_type)
            continue;
        Str declared = mysql_field_type(&source->fields[i], base->arena);
        source->coerced[base->coercion_count] = i;
        base->coercions[base->coercion_count++] = (SourceCoercion){
            .column = base->columns[i].name,
            .rule = str_format(base->arena, "%.*s to %.*s", STR_ARG(declared),
                               STR_ARG(base->columns[i].type)),
        };
    }
}

static void plan_columns(MysqlSource *source, MysqlField *fields, size_t count) {
    RowSource *base = &source->base;
    bool printed = source->types == SOURCE_PRINTED;
    MysqlColumn *planned = ARENA_ARRAY(base->arena, MysqlColumn, count);
    source->fields = fields;
    source->columns = ARENA_ARRAY(base->arena, MysqlColumn, count);
    source->value_counts = ARENA_ARRAY(base->arena, uint64_t, count);
    source->coerced = ARENA_ARRAY(base->arena, size_t, count);
    base->columns = ARENA_ARRAY(base->arena, SourceColumn, count);
    base->shapes = ARENA_ARRAY(base->arena, RowColumn, count);
    base->coercions = ARENA_ARRAY(base->arena, SourceCoercion, count);
    base->column_count = count;
    for (size_t i = 0; i < count; i++) {
        planned[i] = mysql_plan(&fields[i], source->types);
        source->columns[i] = printed ? mysql_plan_printed(&planned[i]) : planned[i];
        base->columns[i].source_type = mysql_field_type(&fields[i], base->arena);
        base->columns[i].nullable = true;
        describe_column(source, i);
    }
    source->select.columns = planned;
    source->select.column_count = count;
    source->select.printed = printed;
    list_coercions(source);
}

static bool find_column(const MysqlSource *source, Str name, size_t *out) {
    for (size_t i = 0; i < source->base.column_count; i++)
        if (str_eq(source->base.columns[i].name, name)) {
            *out = i;
            return true;
        }
    return false;
}

/* Rows of describe_keys from `from` on that are of one index; the columns, when all are usable. */
static size_t read_key(const MysqlSource *source, const MysqlCells *keys, size_t from,
                       size_t *columns, bool *out_usable) {
    size_t at = from;
    *out_usable = true;
    for (; at < keys->row_count && str_eq(keys->cells[at * 3], keys->cells[from * 3]); at++) {
        size_t column = 0;
        bool usable = str_eq(keys->cells[at * 3 + 2], STR("1")) &&
                      find_column(source, keys->cells[at * 3 + 1], &column) &&
                      source->select.columns[column].comparable;
        *out_usable = *out_usable && usable;
        columns[at - from] = column;
    }
    return at;
}

static bool find_key(MysqlSource *source, Err *err) {
    Arena *arena = source->base.arena;
    MysqlCells keys;
    if (!mysql_link_cells(
            source->link,
            mysql_sql_describe_keys(source->select.database, source->select.table, arena), arena,
            &keys, err))
        return false;
    size_t *columns = ARENA_ARRAY(arena, size_t, keys.row_count);
    for (size_t from = 0, next; from < keys.row_count; from = next) {
        bool usable;
        next = read_key(source, &keys, from, columns, &usable);
        if (usable) {
            source->base.key_columns = source->select.key_columns = columns;
            source->base.key_count = source->select.key_count = next - from;
            break;
        }
    }
    return true;
}

static bool keeps_versions(Str engine) {
    return engine.data == NULL /* a view: its tables are looked at on their own */ ||
           str_eq_nocase(engine, STR("InnoDB")) || str_eq_nocase(engine, STR("ROCKSDB")) ||
           str_eq_nocase(engine, STR("TokuDB"));
}

/* The tables that the result's columns come from. */
static bool check_engines(MysqlSource *source, Err *err) {
    Arena *arena = source->base.arena;
    size_t count = 0;
    MysqlField *tables = ARENA_ARRAY(arena, MysqlField, source->base.column_count + 1);
    for (size_t i = 0; i < source->base.column_count; i++) {
        const MysqlField *field = &source->fields[i];
        bool known = field->table.length == 0;
        for (size_t j = 0; j < count && !known; j++)
            known = str_eq(tables[j].table, field->table) &&
                    str_eq(tables[j].database, field->database);
        if (!known)
            tables[count++] = *field;
    }
    source->base.consistent = true;
    MysqlCells engines = {.row_count = 0};
    if (count > 0 &&
        !mysql_link_cells(source->link, mysql_sql_describe_engines(tables, count, arena), arena,
                          &engines, err))
        return false;
    for (size_t i = 0; i < engines.row_count; i++)
        if (!keeps_versions(engines.cells[i]))
            source->base.consistent = false;
    return true;
}

/* ---- opening ---------------------------------------------------------------------------------
 */

static bool name_table(MysqlSource *source, Str text, Err *err) {
    Arena *arena = source->base.arena;
    SqlName name;
    if (!sql_name_parse(text, arena, &name, err))
        return false;
    if (name.count > 2) {
        err_fail(err, FAIL_INVALID, "a table is named 'table' or 'database.table'");
        return err_field(err, "table");
    }
    source->select.table = str_dup(arena, name.parts[name.count - 1]);
    source->select.database =
        name.count == 2 ? str_dup(arena, name.parts[0]) : source->dsn.database;
    if (source->select.database.length == 0) {
        err_fail(err, FAIL_INVALID, "which database is table '%.*s' in?", STR_ARG(text));
        err_hint(err, "name it 'database.table', or put the database into the DSN");
        return err_field(err, "table");
    }
    StrBuf relation = strbuf_make(arena); /* to be read again: verify finds the table by it */
    sql_append_readable_name(&relation, '`', source->select.database);
    strbuf_append_char(&relation, '.');
    sql_append_readable_name(&relation, '`', source->select.table);
    source->base.relation = strbuf_str(&relation);
    return true;
}

static bool prepare(MysqlSource *source, Str sql, MysqlField **out_fields, size_t *out_count,
                    Err *err) {
    return mysql_link_prepare(source->link, sql, source->base.arena, out_fields, out_count, err);
}

static bool open_table(MysqlSource *source, Str text, Err *err) {
    Arena *arena = source->base.arena;
    if (!name_table(source, text, err))
        return false;
    Str database = source->select.database, table = source->select.table;
    MysqlCells declared, about;
    if (!mysql_link_cells(source->link, mysql_sql_describe_columns(database, table, arena), arena,
                          &declared, err) ||
        !mysql_link_cells(source->link, mysql_sql_describe_table(database, table, arena), arena,
                          &about, err))
        return err_wrap(err, "describe table '%.*s'", STR_ARG(source->base.relation));
    if (declared.row_count == 0 || about.row_count == 0) {
        err_fail(err, FAIL_NOT_FOUND, "there is no table '%.*s', or none that this user may read",
                 STR_ARG(source->base.relation));
        return err_field(err, "table");
    }
    Str *names = ARENA_ARRAY(arena, Str, declared.row_count);
    for (size_t i = 0; i < declared.row_count; i++)
        names[i] = declared.cells[i * 3];
    MysqlField *fields;
    size_t count;
    if (!prepare(source, mysql_sql_all(database, table, names, declared.row_count, arena), &fields,
                 &count, err))
        return err_wrap(err, "describe table '%.*s'", STR_ARG(source->base.relation));
    if (count != declared.row_count)
        return err_fail(err, FAIL_CONFLICT, "table '%.*s' was altered while it was opened",
                        STR_ARG(source->base.relation));
    plan_columns(source, fields, count);
    for (size_t i = 0; i < count; i++) {
        source->base.columns[i].source_type = declared.cells[i * 3 + 1];
        source->base.columns[i].nullable = !str_eq(declared.cells[i * 3 + 2], STR("NO"));
    }
    Str rows = about.cells[1];
    if (rows.data == NULL || !str_to_u64(rows, &source->base.rows_estimated))
        source->base.rows_estimated = 0;
    if (!find_key(source, err) || !check_engines(source, err))
        return false;
    if (!keeps_versions(about.cells[0]) || str_eq(about.cells[2], STR("SYSTEM VIEW")))
        source->base.consistent = false;
    return true;
}

static bool open_query(MysqlSource *source, Str text, Err *err) {
    Str query;
    if (!mysql_sql_query(text, &query)) {
        err_fail(err, FAIL_INVALID, "the query is no SELECT");
        return err_field(err, "query");
    }
    source->select.query = str_dup(source->base.arena, query);
    source->base.relation = STR_EMPTY;
    MysqlField *fields;
    size_t count;
    if (!prepare(source, source->select.query, &fields, &count, err))
        return err_wrap(err, "prepare the query");
    if (count == 0) {
        err_fail(err, FAIL_INVALID, "the query has no rows to read");
        return err_field(err, "query");
    }
    plan_columns(source, fields, count);
    return check_engines(source, err);
}

static Dsn copy_dsn(const Dsn *dsn, Arena *arena) {
    Dsn copy = *dsn;
    Str *const texts[] = {&copy.user,          &copy.password, &copy.database, &copy.host,
                          &copy.tls_root_cert, &copy.tls_cert, &copy.tls_key};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = texts[i]->length == 0 ? STR_EMPTY : str_dup(arena, *texts[i]);
    return copy;
}

static bool open_source(MysqlSource *source, const SourceSpec *spec, Err *err) {
    if ((spec->table.length > 0) == (spec->query.length > 0)) {
        err_fail(err, FAIL_INVALID, "either a table or a query is read");
        return err_field(err, spec->table.length > 0 ? "query" : "table");
    }
    if (!mysql_link_open(&source->dsn, spec->progress, &source->link, err) ||
        !mysql_link_snapshot(source->link, err))
        return false;
    source->base.system_version = str_dup(source->base.arena, mysql_link_version(source->link));
    return spec->table.length > 0 ? open_table(source, spec->table, err)
                                  : open_query(source, spec->query, err);
}

/* ---- the trait -------------------------------------------------------------------------------
 */

static bool mysql_start(RowSource *base, const SourceRange *range, Err *err) {
    MysqlSource *source = source_of(base);
    Str sql;
    Arena *arena = arena_create(); /* the statement, and what it describes */
    MysqlField *fields;
    size_t count = 0;
    source->reading = false;
    base->misfit.found = false;
    bool ok = mysql_sql_rows(&source->select, range, arena, &sql, err) &&
              mysql_link_prepare(source->link, sql, arena, &fields, &count, err);
    if (ok && count != base->column_count)
        ok = err_fail(err, FAIL_CONFLICT, "the table was altered while it was opened");
    for (size_t i = 0; ok && i < count; i++) {
        MysqlField text = {.wire = MYSQL_WIRE_VAR_STRING};
        if (!mysql_reads(source->select.printed ? &text : &source->fields[i], &fields[i]))
            ok = err_fail(err, FAIL_CONFLICT, "column '%.*s' was altered while it was opened",
                          STR_ARG(base->columns[i].name));
    }
    arena_destroy(arena);
    if (!ok || !mysql_link_execute(source->link, err))
        return err_wrap(err, "read rows");
    source->row = 0;
    source->reading = true;
    memset(source->value_counts, 0, base->column_count * sizeof *source->value_counts);
    return true;
}

/* The connection's buffer has grown with the longest row so far. */
static bool hold_buffer(MysqlSource *source, size_t bytes, Err *err) {
    if (bytes <= source->held_bytes)
        return true;
    if (!budget_take(source->budget, bytes - source->held_bytes, "a row of the database", err))
        return false;
    source->held_bytes = bytes;
    return true;
}

static void count_values(MysqlSource *source, const RowBuilder *rows) {
    for (size_t i = 0; i < rows->column_count; i++)
        source->value_counts[i] += rows->row_count - rows->columns[i].null_count;
}

static void finish(MysqlSource *source) {
    source->reading = false;
    for (size_t i = 0; i < source->base.coercion_count; i++)
        source->base.coercions[i].count = source->value_counts[source->coerced[i]];
}

static bool tell_misfit(MysqlSource *source, const MysqlRowTrouble *trouble, Err *err) {
    RowSource *base = &source->base;
    base->misfit.found = true;
    base->misfit.column = trouble->column;
    base->misfit.reason = str_c(trouble->reason);
    source->reading = false;
    const SourceColumn *column = &base->columns[trouble->column];
    return err_fail(err, FAIL_UNPROCESSABLE,
                    "row %llu: column '%.*s' as %.*s has no room for it: %s",
                    (unsigned long long)source->row, STR_ARG(column->name), STR_ARG(column->type),
                    trouble->reason);
}

static bool reject_row(MysqlSource *source, const MysqlRowTrouble *trouble, RowBuilder *rows,
                       Err *err) {
    RowSource *base = &source->base;
    Str column = base->columns[trouble->column].name;
    row_builder_drop_row(rows);
    if (base->on_reject != NULL &&
        base->on_reject(base->reject_context, source->row, column, str_c(trouble->reason)))
        return true;
    return err_fail(err, FAIL_UNPROCESSABLE, "row %llu: column '%.*s' is %s",
                    (unsigned long long)source->row, STR_ARG(column), trouble->reason);
}

static bool put_row(MysqlSource *source, const uint8_t *row, const uint8_t *end, RowBuilder *rows,
                    Err *err) {
    MysqlRowTrouble trouble = {0};
    source->row++;
    switch (
        mysql_row_put(source->columns, source->base.column_count, row, end, rows, &trouble, err)) {
    case MYSQL_ROW_PUT:
        return true;
    case MYSQL_ROW_MISFIT:
        return tell_misfit(source, &trouble, err);
    case MYSQL_ROW_REJECT:
        return reject_row(source, &trouble, rows, err);
    case MYSQL_ROW_BROKEN:
        return err_fail(err, FAIL_UPSTREAM, "row %llu: the server sent bytes that are no row",
                        (unsigned long long)source->row);
    case MYSQL_ROW_FAILED:
        break;
    }
    return false;
}

static bool mysql_next(RowSource *base, RowBuilder *rows, Err *err) {
    MysqlSource *source = source_of(base);
    if (!source->reading)
        return true;
    if (!progress_check(source->progress, err)) /* rows that never have to be waited for */
        return false;
    while (!row_builder_is_full(rows)) {
        const uint8_t *row, *end = NULL;
        if (!mysql_link_fetch(source->link, &row, &end, err)) {
            source->reading = false;
            return err_wrap(err, "read rows");
        }
        if (row == NULL) {
            count_values(source, rows);
            finish(source);
            return true;
        }
        if (!hold_buffer(source, (size_t)(end - row), err) || !put_row(source, row, end, rows, err))
            return false;
    }
    count_values(source, rows);
    return true;
}

static bool mysql_widen(RowSource *base, size_t column, Err *err) {
    MysqlSource *source = source_of(base);
    if (column >= base->column_count || !mysql_plan_wider(&source->columns[column]))
        return err_fail(
            err, FAIL_UNPROCESSABLE, "nothing is wider than column '%.*s' is",
            STR_ARG(column < base->column_count ? base->columns[column].name : STR_EMPTY));
    describe_column(source, column);
    list_coercions(source);
    return true;
}

static bool mysql_cursor_end(RowSource *base, Str name, Arena *arena, Str *out_max, bool *out_any,
                             uint64_t *out_nulls, Err *err) {
    MysqlSource *source = source_of(base);
    size_t column;
    Str sql;
    MysqlCells cells;
    uint64_t nulls = 0;
    if (!find_column(source, name, &column)) {
        err_fail(err, FAIL_UNPROCESSABLE, "there is no column '%.*s' to go on by", STR_ARG(name));
        return err_field(err, "cursor");
    }
    source->reading = false;
    if (!mysql_link_stop(source->link, err) ||
        !mysql_sql_cursor_end(&source->select, column, arena, &sql, err) ||
        !mysql_link_cells(source->link, sql, arena, &cells, err))
        return err_wrap(err, "find the end of column '%.*s'", STR_ARG(name));
    if (cells.row_count != 1 || !str_to_u64(cells.cells[1], &nulls))
        return err_fail(err, FAIL_UPSTREAM, "the server did not say where column '%.*s' ends",
                        STR_ARG(name));
    *out_any = cells.cells[0].data != NULL;
    *out_max = *out_any ? cells.cells[0] : STR_EMPTY;
    *out_nulls = nulls;
    return true;
}

static void mysql_source_close(RowSource *base) {
    MysqlSource *source = source_of(base);
    mysql_link_close(source->link);
    if (source->held_bytes > 0)
        budget_give(source->budget, source->held_bytes);
    if (source->dsn.password.length > 0)
        explicit_bzero((void *)(uintptr_t)source->dsn.password.data, source->dsn.password.length);
    arena_destroy(base->arena);
}

static const RowSourceOps mysql_ops = {.system = "mysql",
                                       .start = mysql_start,
                                       .next = mysql_next,
                                       .widen = mysql_widen,
                                       .cursor_end = mysql_cursor_end,
                                       .close = mysql_source_close};

bool source_mysql_open(const Dsn *dsn, const SourceSpec *spec, RowSource **out, Err *err) {
    Arena *arena = arena_create();
    MysqlSource *source = ARENA_NEW(arena, MysqlSource);
    source->base.ops = &mysql_ops;
    source->base.arena = arena;
    source->dsn = copy_dsn(dsn, arena);
    source->types = spec->types;
    source->budget = spec->budget;
    source->progress = spec->progress;
    source->base.shown = dsn_show(dsn, arena);
    if (!open_source(source, spec, err)) {
        mysql_source_close(&source->base);
        return false;
    }
    *out = &source->base;
    return true;
}

#endif
