/* duck_render_parquet.c - an answer as one Parquet file.
 *
 * Parquet ends with its footer and DuckDB writes it by COPY, which the locked instance must not do:
 * so a private instance is opened for this one answer, with a table function that hands over the
 * chunks of the running statement (by reference, nothing is copied), and copies that into a file
 * in the temporary directory. The user's SQL is not seen by this instance; the file is sent once
 * it is complete, and is gone whatever happens.
 *
 * Values keep what they are: types that Parquet would round are cast (duck_type_file_name); a
 * HUGEINT beyond 38 digits fails rather than becoming a DOUBLE.
 *
 * Opening the instance costs some 25 ms and 30 MB; answers in Parquet are rarely small.
 *
 * Tested by: test_query_formats.c, tests/e2e/test_sql_formats.py. */
#include "query/query_render.h"

#include <duckdb.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "query/duck_error.h"
#include "query/duck_result.h"
#include "query/sql_text.h"

/* Recursion follows types or trees whose depth was bounded before they got here. */
/* NOLINTBEGIN(misc-no-recursion) */

#define FILE_BYTES_MAX   (16ull << 30)
#define MEMORY_BYTES_MAX (512ull << 20)

enum {
    PIECE_BYTES = 256 * 1024,
    GROUP_ROWS_WIDE = 8192,    /* texts and nested values: bounds the writer's memory */
    GROUP_ROWS_PLAIN = 122880, /* DuckDB's default */
};

typedef struct ParquetJob {
    const RenderJob *job;
    Arena *arena;
    Str *names;
    duckdb_logical_type *types;
    char *path;
    duckdb_database database;
    duckdb_connection connection;
    Err source_err; /* of the statement that is read from */
    bool source_failed;
} ParquetJob;

/* ---- the source: result_rows() ---- */

static void on_bind(duckdb_bind_info info) {
    ParquetJob *parquet = duckdb_bind_get_extra_info(info);
    for (size_t i = 0; i < parquet->job->column_count; i++)
        duckdb_bind_add_result_column(info, parquet->names[i].data, parquet->types[i]);
}

static void on_init(duckdb_init_info info) {
    (void)info; /* one scan, one thread: the state is the job's */
}

static bool check_file_size(const ParquetJob *parquet, Err *err) {
    struct stat about;
    if (stat(parquet->path, &about) == 0 && (uint64_t)about.st_size > FILE_BYTES_MAX)
        return err_fail(err, FAIL_LIMIT, "the answer is larger than a Parquet answer may be");
    return true;
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk out) {
    ParquetJob *parquet = duckdb_function_get_extra_info(info);
    ResultChunk *chunk = NULL;
    Err *err = &parquet->source_err;
    if (!query_reader_next(parquet->job->reader, &chunk, err) || !check_file_size(parquet, err)) {
        parquet->source_failed = true;
        duckdb_function_set_error(info, "the statement failed");
        return;
    }
    for (size_t i = 0; chunk != NULL && i < parquet->job->column_count; i++)
        duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(out, i),
                                       duckdb_data_chunk_get_vector(chunk->chunk, i));
    duckdb_data_chunk_set_size(out, chunk == NULL ? 0 : chunk->rows);
}

static bool register_source(ParquetJob *parquet, Err *err) {
    duckdb_table_function function = duckdb_create_table_function();
    duckdb_table_function_set_name(function, "result_rows");
    duckdb_table_function_set_extra_info(function, parquet, NULL);
    duckdb_table_function_set_bind(function, on_bind);
    duckdb_table_function_set_init(function, on_init);
    duckdb_table_function_set_function(function, on_rows);
    bool ok = duckdb_register_table_function(parquet->connection, function) == DuckDBSuccess;
    duckdb_destroy_table_function(&function);
    return ok ? true : err_fail(err, FAIL_INTERNAL, "cannot register the source of a file");
}

/* ---- the writer ---- */

static bool run(ParquetJob *parquet, Str sql, Err *err) {
    duckdb_result result;
    char *text = str_to_c(parquet->arena, sql);
    bool ok = duckdb_query(parquet->connection, text, &result) == DuckDBSuccess;
    if (!ok && parquet->source_failed)
        *err = parquet->source_err;
    else if (!ok)
        duck_error_result(err, &result, STR_EMPTY);
    if (!ok && !parquet->source_failed && err_is(err, FAIL_INVALID))
        err->kind =
            FAIL_UNPROCESSABLE; /* the statement that does not parse is ours: a type's name */
    duckdb_destroy_result(&result);
    return ok;
}

static Str settings_sql(const ParquetJob *parquet) {
    const RenderJob *job = parquet->job;
    uint64_t memory = job->memory_bytes < MEMORY_BYTES_MAX ? job->memory_bytes : MEMORY_BYTES_MAX;
    StrBuf sql = strbuf_make(parquet->arena);
    strbuf_append_format(&sql, "SET memory_limit='%" PRIu64 "B';SET threads=2;", memory);
    strbuf_append_c(&sql, "SET autoinstall_known_extensions=false;"
                          "SET autoload_known_extensions=false;SET temp_directory=");
    sql_append_literal(&sql, job->temp_directory);
    return strbuf_str(&sql);
}

static bool open_writer(ParquetJob *parquet, Err *err) {
    if (duckdb_open(NULL, &parquet->database) != DuckDBSuccess ||
        duckdb_connect(parquet->database, &parquet->connection) != DuckDBSuccess)
        return err_fail(err, FAIL_INTERNAL, "the writer of Parquet files does not start");
    return run(parquet, settings_sql(parquet), err) && register_source(parquet, err);
}

static bool is_wide(duckdb_logical_type type) {
    duckdb_type id = duckdb_get_type_id(type);
    return id == DUCKDB_TYPE_VARCHAR || id == DUCKDB_TYPE_BLOB || id == DUCKDB_TYPE_LIST ||
           id == DUCKDB_TYPE_ARRAY || id == DUCKDB_TYPE_MAP || id == DUCKDB_TYPE_STRUCT ||
           id == DUCKDB_TYPE_UNION;
}

/* The column as it is, or cast to a type that a file keeps exactly. */
static void append_column(const ParquetJob *parquet, size_t column, StrBuf *sql) {
    Str wanted = duck_type_file_name(parquet->types[column], parquet->arena);
    if (str_eq(wanted, parquet->job->columns[column].type)) {
        sql_append_identifier(sql, parquet->names[column]);
        return;
    }
    strbuf_append_c(sql, "CAST(");
    sql_append_identifier(sql, parquet->names[column]);
    strbuf_append_format(sql, " AS %.*s) AS ", STR_ARG(wanted));
    sql_append_identifier(sql, parquet->names[column]);
}

static Str copy_sql(const ParquetJob *parquet) {
    StrBuf sql = strbuf_make(parquet->arena);
    bool wide = false;
    strbuf_append_c(&sql, "COPY (SELECT ");
    for (size_t i = 0; i < parquet->job->column_count; i++) {
        strbuf_append_c(&sql, i > 0 ? ", " : "");
        append_column(parquet, i, &sql);
        wide = wide || is_wide(parquet->types[i]);
    }
    strbuf_append_c(&sql, " FROM result_rows()) TO ");
    sql_append_literal(&sql, str_c(parquet->path));
    strbuf_append_format(&sql,
                         " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d, "
                         "USE_TMP_FILE false)",
                         wide ? (int)GROUP_ROWS_WIDE : (int)GROUP_ROWS_PLAIN);
    return strbuf_str(&sql);
}

/* ---- the file ---- */

static bool make_path(ParquetJob *parquet, Err *err) {
    Str pattern =
        str_format(parquet->arena, "%.*s/answer-XXXXXX", STR_ARG(parquet->job->temp_directory));
    char *path = (char *)pattern.data;
    int fd = mkstemp(path);
    if (fd < 0)
        return err_fail_errno(err, errno, "cannot make a temporary file for the answer");
    close(fd);
    parquet->path = path;
    return true;
}

static bool send_file(const ParquetJob *parquet, Err *err) {
    FILE *file = fopen(parquet->path, "rb");
    if (file == NULL)
        return err_fail_errno(err, errno, "cannot read the answer's file");
    char *piece = arena_alloc(parquet->arena, PIECE_BYTES);
    bool ok = true;
    size_t length;
    while (ok && (length = fread(piece, 1, PIECE_BYTES, file)) > 0)
        ok = watch_check(parquet->job->reader->watch, err) &&
             parquet->job->sink->write(parquet->job->sink->context, str_make(piece, length), err);
    if (ok && ferror(file) != 0)
        ok = err_fail(err, FAIL_IO, "cannot read the answer's file");
    fclose(file);
    return ok;
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the type, which value_node_make has bounded */

/* row(1, 2) makes a struct whose fields all have the empty name. */
static bool check_type(const ValueNode *node, Err *err) {
    for (size_t i = 0; i < node->child_count; i++) {
        if (node->type == DUCKDB_TYPE_STRUCT && str_is_empty(node->names[i])) {
            err_fail(err, FAIL_UNPROCESSABLE, "a struct without names has no form in Parquet");
            return err_hint(err, "name its fields: {'a': 1}");
        }
        if (!check_type(&node->children[i], err))
            return false;
    }
    return true;
}

/* NOLINTEND(misc-no-recursion) */

static bool check_types(const RenderJob *job, Err *err) {
    for (size_t i = 0; i < job->column_count; i++)
        if (!check_type(duck_cursor_node(job->reader->cursor, i), err))
            return err_wrap(err, "column '%.*s'", STR_ARG(job->columns[i].name));
    return true;
}

bool render_parquet(const RenderJob *job, Err *err) {
    if (!check_types(job, err))
        return false;
    ParquetJob parquet = {.job = job, .arena = arena_create()};
    parquet.names = render_unique_names(job, parquet.arena);
    parquet.types = ARENA_ARRAY(parquet.arena, duckdb_logical_type, job->column_count);
    for (size_t i = 0; i < job->column_count; i++) {
        parquet.names[i] = str_dup(parquet.arena, parquet.names[i]);
        parquet.types[i] = duck_cursor_column_type(job->reader->cursor, i);
    }
    bool ok = make_path(&parquet, err) && open_writer(&parquet, err) &&
              run(&parquet, copy_sql(&parquet), err);
    duckdb_disconnect(&parquet.connection);
    if (parquet.database != NULL)
        duckdb_close(&parquet.database);
    ok = ok && send_file(&parquet, err);
    if (parquet.path != NULL)
        unlink(parquet.path);
    for (size_t i = 0; i < job->column_count; i++)
        duckdb_destroy_logical_type(&parquet.types[i]);
    arena_destroy(parquet.arena);
    return ok;
}

/* NOLINTEND(misc-no-recursion) */
