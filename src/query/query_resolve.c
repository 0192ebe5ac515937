/* query_resolve.c - write the views that a statement's names stand for.
 *
 * read_parquet's `schema` argument (field id -> name, type, default) does what union_by_name
 * cannot: it matches columns by field id, gives the declared types and does not open every file
 * when the view is bound. hive_partitioning is off, since a bucket's path may well hold "a=b". A
 * snapshot without files is an empty relation of the same columns; read_parquet([]) would be an
 * error.
 *
 * Considered and left: a replacement scan. Its callback does not know which query asks, so two
 * queries on different snapshots of one dataset would need a thread-local "current query"; and
 * built-in file scans come before it.
 *
 * Tested by: test_query_engine.c. */
#include "query/query_resolve.h"

#include <inttypes.h>

#include "query/sql_text.h"

const char resolve_lake_at_macro[] = "CREATE MACRO lake_at(dataset, snapshot) AS TABLE "
                                     "FROM query_table('lake_at$' || dataset || '$' || snapshot)";

Str resolve_pin_name(Str dataset, uint64_t snapshot_id, Arena *arena) {
    return str_format(arena, "lake_at$%.*s$%" PRIu64, STR_ARG(dataset), snapshot_id);
}

/* ---- one view ---- */

static void append_select_list(StrBuf *sql, const Schema *schema) {
    for (size_t i = 0; i < schema->count; i++) {
        strbuf_append_c(sql, i > 0 ? ", " : "SELECT ");
        sql_append_identifier(sql, schema->columns[i].name);
    }
}

static void append_files(StrBuf *sql, const Schema *schema, const StrVec *paths) {
    append_select_list(sql, schema);
    strbuf_append_c(sql, " FROM read_parquet([");
    for (size_t i = 0; i < paths->count; i++) {
        strbuf_append_c(sql, i > 0 ? ", " : "");
        sql_append_literal(sql, paths->items[i]);
    }
    strbuf_append_c(sql, "], hive_partitioning = false, schema = MAP {");
    for (size_t i = 0; i < schema->count; i++) {
        const SchemaColumn *column = &schema->columns[i];
        strbuf_append_format(sql, "%s%" PRIu32 ": {name: ", i > 0 ? ", " : "", column->field_id);
        sql_append_literal(sql, column->name);
        strbuf_append_c(sql, ", type: ");
        sql_append_literal(sql, column->type);
        strbuf_append_c(sql, ", default_value: NULL}");
    }
    strbuf_append_c(sql, "})");
}

static void append_nothing(StrBuf *sql, const Schema *schema) {
    for (size_t i = 0; i < schema->count; i++) {
        strbuf_append_c(sql, i > 0 ? ", " : "SELECT ");
        strbuf_append_format(sql, "CAST(NULL AS %.*s) AS ", STR_ARG(schema->columns[i].type));
        sql_append_identifier(sql, schema->columns[i].name);
    }
    strbuf_append_c(sql, " WHERE false");
}

Str resolve_view_sql(Str name, const Schema *schema, const StrVec *paths, Arena *arena) {
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, "CREATE TEMP VIEW ");
    sql_append_identifier(&sql, name);
    strbuf_append_c(&sql, " AS ");
    if (paths->count > 0)
        append_files(&sql, schema, paths);
    else
        append_nothing(&sql, schema);
    return strbuf_str(&sql);
}

/* ---- snapshots ---- */

/* A type goes into the statement as it stands when there is no file: it must look like one. */
static bool check_type(const SchemaColumn *column, Err *err) {
    for (size_t i = 0; i < column->type.length; i++) {
        char c = column->type.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || strchr("_ (),[]\"", c) == NULL))
            return err_fail(err, FAIL_CORRUPT, "column '%.*s' has a type that is none",
                            STR_ARG(column->name));
    }
    return true;
}

static bool local_paths(const ResolveLake *lake, const Snapshot *snapshot, Arena *arena,
                        StrVec *out, Err *err) {
    ObjectStore *store;
    if (!bucket_find(lake->buckets, snapshot->bucket, arena, &store, err))
        return false;
    for (size_t i = 0; i < snapshot->file_count; i++) {
        Str path;
        if (!object_cache_path(lake->cache, snapshot->bucket, store, snapshot->files[i].key, arena,
                               &path, err))
            return err_wrap(err, "dataset '%.*s'", STR_ARG(snapshot->dataset));
        *vec_push(out, arena) = path;
    }
    return true;
}

static bool add_view(const ResolveLake *lake, Str name, const Snapshot *snapshot, Arena *arena,
                     StrVec *out, Err *err) {
    StrVec paths = {0};
    for (size_t i = 0; i < snapshot->schema.count; i++)
        if (!check_type(&snapshot->schema.columns[i], err))
            return false;
    if (!local_paths(lake, snapshot, arena, &paths, err))
        return false;
    *vec_push(out, arena) = resolve_view_sql(name, &snapshot->schema, &paths, arena);
    return true;
}

static bool add_dataset(const ResolveLake *lake, Str name, Arena *arena, StrVec *out, Err *err) {
    Snapshot snapshot;
    if (!catalog_snapshot(lake->catalog, name, 0, arena, &snapshot, err)) {
        if (err_is(err, FAIL_NOT_FOUND))
            err_hint(err, "lake_datasets() lists what there is");
        return false;
    }
    return add_view(lake, name, &snapshot, arena, out, err);
}

static bool add_pin(const ResolveLake *lake, const GatePin *pin, Arena *arena, StrVec *out,
                    Err *err) {
    Snapshot snapshot;
    if (!catalog_snapshot(lake->catalog, pin->dataset, pin->snapshot_id, arena, &snapshot, err))
        return false;
    Str name = resolve_pin_name(pin->dataset, pin->snapshot_id, arena);
    return add_view(lake, name, &snapshot, arena, out, err);
}

static bool is_dataset(const GateNames *names, Str name) {
    for (size_t i = 0; i < names->datasets.count; i++)
        if (str_eq(names->datasets.items[i], name))
            return true;
    return false;
}

/* The WITH query itself hides this view wherever it can be reached. */
static void add_closed_door(Str name, Arena *arena, StrVec *out) {
    StrBuf sql = strbuf_make(arena);
    strbuf_append_c(&sql, "CREATE TEMP VIEW ");
    sql_append_identifier(&sql, name);
    strbuf_append_c(&sql,
                    " AS SELECT error('this WITH query is not in reach here') AS unreachable");
    *vec_push(out, arena) = strbuf_str(&sql);
}

bool query_resolve(const ResolveLake *lake, const GateNames *names, Arena *arena,
                   StrVec *out_statements, Err *err) {
    StrVec statements = {0};
    for (size_t i = 0; i < names->datasets.count; i++)
        if (!add_dataset(lake, names->datasets.items[i], arena, &statements, err))
            return false;
    for (size_t i = 0; i < names->pins.count; i++)
        if (!add_pin(lake, &names->pins.items[i], arena, &statements, err))
            return false;
    for (size_t i = 0; i < names->with_names.count; i++)
        if (!is_dataset(names, names->with_names.items[i]))
            add_closed_door(names->with_names.items[i], arena, &statements);
    *out_statements = statements;
    return true;
}
