/* postgres_catalog.c - questions to pg_catalog, and to the planner.
 *
 * Tables: ordinary, partitioned, foreign, views, materialized views. A table that others inherit
 * from shows their rows, too, which its constraints say nothing about: such a one has no key, and
 * its NOT NULLs are not believed. Nor are those of foreign tables, which nobody enforces.
 *
 * Queries are parsed by the server alone first (one statement, that returns columns), and only then
 * put in parentheses: whatever is a whole statement by itself cannot close ours.
 *
 * Tested by: test_postgres_rows.c, the contract suite and e2e (real servers). */
#include "source/postgres_catalog.h"

#include <stdlib.h>

#include "source/postgres_sql.h"

enum { KEY_COLUMNS_MAX = 32 }; /* PostgreSQL's INDEX_MAX_KEYS */

/* An error about the statement is one about the request's field. */
static bool at_field(const char *field, Err *err) {
    if (err_is(err, FAIL_INVALID) || err_is(err, FAIL_UNPROCESSABLE) ||
        err_is(err, FAIL_NOT_FOUND) || err_is(err, FAIL_DENIED))
        err_field(err, field);
    return false;
}

static bool is_true(Str cell) {
    return str_eq(cell, STR("t"));
}

/* ---- tables ---- */

static const char sql_find_table[] =
    "SELECT c.oid, c.relkind, pg_catalog.format('%I.%I', n.nspname, c.relname), "
    "c.relkind = 'r' AND c.relhassubclass "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.oid = pg_catalog.to_regclass($1)";

static const char *kind_name(char relkind) {
    switch (relkind) {
    case 'i':
    case 'I':
        return "an index";
    case 'S':
        return "a sequence";
    case 'c':
        return "a composite type";
    default:
        return "no table";
    }
}

static bool find_table(PgClient *client, Str table, Arena *arena, PgRelation *out, Err *err) {
    Str quoted;
    bool folded = false;
    if (!pg_table_name(table, arena, &quoted, &folded, err))
        return false;
    PgTable found = {0};
    if (!client->ops->query(client, sql_find_table, &quoted, 1, arena, &found, err))
        return at_field("table", err);
    if (found.row_count != 1 || found.column_count != 4) {
        err_fail(err, FAIL_NOT_FOUND, "no table %.*s", STR_ARG(quoted));
        if (folded)
            err_hint(err, "capital letters count only inside double quotes");
        return err_field(err, "table");
    }
    Str kind = pg_table_cell(&found, 0, 1);
    char relkind = kind.length == 1 ? kind.data[0] : '?';
    if (str_find_char(STR("rpvmf"), relkind, 0) == SIZE_MAX) {
        err_fail(err, FAIL_INVALID, "%.*s is %s", STR_ARG(quoted), kind_name(relkind));
        return err_field(err, "table");
    }
    out->oid = pg_table_cell(&found, 0, 0);
    out->shown = pg_table_cell(&found, 0, 2);
    out->is_foreign = relkind == 'f';
    out->has_constraints =
        relkind == 'p' || (relkind == 'r' && !is_true(pg_table_cell(&found, 0, 3)));
    return true;
}

static bool describe_table(PgClient *client, Str table, Arena *arena, PgRelation *out, Err *err) {
    if (!find_table(client, table, arena, out, err))
        return false;
    Str sql = str_format(arena, "SELECT * FROM %.*s", STR_ARG(out->shown));
    if (!client->ops->describe(client, sql.data, arena, &out->fields, &out->column_count, err))
        return at_field("table", err);
    out->from = pg_from_table(out->shown, out->column_count, arena);
    return true;
}

/* ---- queries ---- */

static bool describe_query(PgClient *client, Str query, Arena *arena, PgRelation *out, Err *err) {
    Str text = str_dup(arena, pg_query_trim(query));
    if (text.length == 0 || str_find_char(text, '\0', 0) != SIZE_MAX) {
        err_fail(err, FAIL_INVALID, "the query is empty or has a NUL character");
        return err_field(err, "query");
    }
    if (!client->ops->describe(client, text.data, arena, &out->fields, &out->column_count, err))
        return at_field("query", err);
    out->shown = STR_EMPTY;
    out->oid = STR("0");
    out->from = pg_from_query(text, out->column_count, arena);
    for (size_t i = 0; i < out->column_count; i++)
        out->fields[i].attribute = 0;
    return true;
}

/* ---- columns ---- */

static const char sql_types[] =
    "SELECT pg_catalog.format_type(u.oid, u.typmod), pg_catalog.format_type(u.oid, -1), "
    "e.oid IS NOT NULL, t.typtype = 'c' OR t.oid = 2249, coalesce(a.attnotnull, false) "
    "FROM ROWS FROM (unnest($1::oid[]), unnest($2::int4[]), unnest($3::int2[])) WITH ORDINALITY "
    "u(oid, typmod, attnum, n) "
    "JOIN pg_catalog.pg_type t ON t.oid = u.oid "
    "LEFT JOIN pg_catalog.pg_type e ON e.typarray = t.oid "
    "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = $4::oid AND a.attnum = u.attnum "
    "ORDER BY u.n";

/* {23,25}: oids, typmods and attribute numbers of all columns. */
static void column_lists(const PgRelation *relation, Arena *arena, Str out[3]) {
    StrBuf lists[3];
    for (int list = 0; list < 3; list++) {
        lists[list] = strbuf_make(arena);
        for (size_t i = 0; i < relation->column_count; i++) {
            const PgField *field = &relation->fields[i];
            long long number = list == 0   ? (long long)field->type_oid
                               : list == 1 ? (long long)field->typmod
                                           : (long long)field->attribute;
            strbuf_append_format(&lists[list], "%s%lld", i == 0 ? "{" : ",", number);
        }
        strbuf_append_c(&lists[list], "}");
        out[list] = str_dup(arena, strbuf_str(&lists[list]));
    }
}

static bool read_types(PgClient *client, Arena *arena, PgRelation *out, Err *err) {
    Str params[4];
    column_lists(out, arena, params);
    params[3] = out->oid;
    PgTable answer = {0};
    if (!client->ops->query(client, sql_types, params, 4, arena, &answer, err))
        return err_wrap(err, "read the columns' types");
    if (answer.row_count != out->column_count || answer.column_count != 5)
        return err_fail(err, FAIL_UPSTREAM, "PostgreSQL does not know the types of all columns");
    out->types = ARENA_ARRAY(arena, PgType, out->column_count);
    out->casts = ARENA_ARRAY(arena, Str, out->column_count);
    out->nullable = ARENA_ARRAY(arena, bool, out->column_count);
    for (size_t i = 0; i < out->column_count; i++) {
        out->types[i] = (PgType){.oid = out->fields[i].type_oid,
                                 .typmod = out->fields[i].typmod,
                                 .name = pg_table_cell(&answer, i, 0),
                                 .cast_name = pg_table_cell(&answer, i, 1),
                                 .is_array = is_true(pg_table_cell(&answer, i, 2)),
                                 .is_composite = is_true(pg_table_cell(&answer, i, 3))};
        out->casts[i] = out->types[i].cast_name;
        out->nullable[i] = !(out->has_constraints && is_true(pg_table_cell(&answer, i, 4)));
    }
    return true;
}

bool pg_relation_open(PgClient *client, Str table, Str query, Arena *arena, PgRelation *out,
                      Err *err) {
    bool is_table = table.length > 0;
    const char *field = is_table ? "table" : "query";
    PgRelation relation = {.shown = STR_EMPTY};
    if (!(is_table ? describe_table(client, table, arena, &relation, err)
                   : describe_query(client, query, arena, &relation, err)))
        return false;
    if (relation.column_count == 0) {
        err_fail(err, FAIL_UNPROCESSABLE, "the %s has no columns", field);
        return err_field(err, field);
    }
    /* Outside the savepoint: the locks of all partitions stay until the end. */
    Str touch = str_format(arena, "SELECT * FROM %.*s LIMIT 0", STR_ARG(relation.from));
    PgTable nothing = {0};
    if (!client->ops->query(client, touch.data, NULL, 0, arena, &nothing, err))
        return at_field(field, err);
    if (!read_types(client, arena, &relation, err))
        return false;
    *out = relation;
    return true;
}

/* ---- numerics ---- */

static bool read_digits(const PgTable *answer, size_t at, PgDigits *out) {
    uint64_t counts[4];
    for (size_t i = 0; i < 4; i++)
        if (at + i >= answer->column_count ||
            !str_to_u64(pg_table_cell(answer, 0, at + i), &counts[i]))
            return false;
    *out = (PgDigits){.not_finite = counts[0],
                      .whole = (uint32_t)counts[1],
                      .scale = (uint32_t)counts[2],
                      .scale_needed = (uint32_t)counts[3]};
    return true;
}

bool pg_relation_digits(PgClient *client, const PgRelation *relation, PgPlan *plans, Arena *arena,
                        Err *err) {
    size_t wanted = 0;
    for (size_t i = 0; i < relation->column_count; i++)
        wanted += plans[i].needs_digits;
    if (wanted == 0)
        return true;
    Str sql =
        pg_sql_digits(relation->from, plans, relation->column_count, client->server_version, arena);
    PgTable answer = {0};
    if (!client->ops->query(client, sql.data, NULL, 0, arena, &answer, err))
        return err_wrap(err, "look for the longest numerics");
    size_t at = 0;
    for (size_t i = 0; i < relation->column_count; i++) {
        PgDigits digits;
        if (!plans[i].needs_digits)
            continue;
        if (answer.row_count != 1 || !read_digits(&answer, at, &digits))
            return err_fail(err, FAIL_UPSTREAM, "PostgreSQL gave no answer about its numerics");
        plans[i] = pg_plan_digits(&relation->types[i], &digits, arena);
        at += 4;
    }
    return true;
}

/* ---- key ---- */

static Str sql_keys(int server_version, Arena *arena) {
    return str_format(
        arena,
        "SELECT i.indexrelid, k.attnum, a.attnotnull AND %s "
        "FROM pg_catalog.pg_index i "
        "CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(attnum, n) "
        "JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum "
        "LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation "
        "WHERE i.indrelid = $1::oid AND i.indisunique AND i.indisvalid AND i.indimmediate "
        "AND i.indpred IS NULL AND i.indexprs IS NULL AND k.n <= i.%s "
        "ORDER BY i.indisprimary DESC, i.indnatts, i.indexrelid, k.n",
        server_version >= 120000 ? "coalesce(l.collisdeterministic, true)" : "true",
        server_version >= 110000 ? "indnkeyatts" : "indnatts");
}

static bool find_attribute(const PgRelation *relation, Str attribute, size_t *out) {
    int64_t number = 0;
    if (!str_to_i64(attribute, &number))
        return false;
    for (size_t i = 0; i < relation->column_count; i++) {
        if (relation->fields[i].attribute == number) {
            *out = i;
            return true;
        }
    }
    return false;
}

/* Columns of the index whose rows begin at `from`; 0 when it will not do. */
static size_t read_key(const PgTable *rows, size_t from, size_t to, const PgRelation *relation,
                       const PgPlan *plans, size_t out[KEY_COLUMNS_MAX]) {
    if (to - from > KEY_COLUMNS_MAX)
        return 0;
    for (size_t row = from; row < to; row++) {
        size_t column = 0;
        if (!is_true(pg_table_cell(rows, row, 2)) ||
            !find_attribute(relation, pg_table_cell(rows, row, 1), &column) ||
            !plans[column].is_key_type)
            return 0;
        out[row - from] = column;
    }
    return to - from;
}

bool pg_relation_key(PgClient *client, const PgRelation *relation, const PgPlan *plans,
                     Arena *arena, const size_t **out_columns, size_t *out_count, Err *err) {
    *out_columns = NULL;
    *out_count = 0;
    if (!relation->has_constraints)
        return true;
    PgTable rows = {0};
    Str sql = sql_keys(client->server_version, arena);
    if (!client->ops->query(client, sql.data, &relation->oid, 1, arena, &rows, err))
        return err_wrap(err, "look for a key");
    if (rows.row_count > 0 && rows.column_count != 3)
        return err_fail(err, FAIL_UPSTREAM, "PostgreSQL gave no answer about the table's keys");
    size_t columns[KEY_COLUMNS_MAX];
    for (size_t from = 0, to = 0; from < rows.row_count; from = to) {
        while (to < rows.row_count &&
               str_eq(pg_table_cell(&rows, from, 0), pg_table_cell(&rows, to, 0)))
            to++;
        size_t count = read_key(&rows, from, to, relation, plans, columns);
        if (count == 0)
            continue;
        size_t *kept = ARENA_ARRAY(arena, size_t, count);
        for (size_t i = 0; i < count; i++)
            kept[i] = columns[i];
        *out_columns = kept;
        *out_count = count;
        return true;
    }
    return true;
}

/* ---- estimate ---- */

bool pg_relation_estimate(PgClient *client, const PgRelation *relation, uint64_t *out_rows,
                          Err *err) {
    Arena *scratch = arena_create();
    Str sql = str_format(scratch, "EXPLAIN SELECT 1 FROM %.*s", STR_ARG(relation->from));
    PgTable plan = {0};
    bool ok = client->ops->query(client, sql.data, NULL, 0, scratch, &plan, err);
    uint64_t rows = 0;
    if (ok && plan.row_count > 0 && plan.column_count == 1) {
        /* Seq Scan on orders q  (cost=0.00..155.00 rows=10000 width=4) */
        Str line = pg_table_cell(&plan, 0, 0);
        size_t at = str_find(line, STR(" rows="), 0);
        size_t end = at == SIZE_MAX ? SIZE_MAX : str_find_char(line, ' ', at + 6);
        if (end != SIZE_MAX && !str_to_u64(str_slice(line, at + 6, end), &rows))
            rows = 0;
    }
    arena_destroy(scratch);
    if (!ok)
        return err_wrap(err, "estimate the rows");
    *out_rows = rows;
    return true;
}
