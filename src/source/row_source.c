/* row_source.c - which backend a DSN asks for.
 *
 * What all of them need is looked at here: a DSN that can be read, and a table or a query, not
 * both.
 *
 * Tested by: test_row_source.c, row_source_contract.c. */
#include "source/source_backends.h"

#ifndef LAKEHOUSE_POSTGRES
bool source_postgres_open(const Dsn *dsn, const SourceSpec *spec, RowSource **out, Err *err) {
    (void)dsn, (void)spec, (void)out;
    return err_fail(err, FAIL_UNSUPPORTED, "this build cannot read PostgreSQL");
}
#endif

#ifndef LAKEHOUSE_MYSQL
bool source_mysql_open(const Dsn *dsn, const SourceSpec *spec, RowSource **out, Err *err) {
    (void)dsn, (void)spec, (void)out;
    return err_fail(err, FAIL_UNSUPPORTED, "this build cannot read MySQL");
}
#endif

static bool check_spec(const SourceSpec *spec, Err *err) {
    if (str_trim(spec->table).length == 0 && str_trim(spec->query).length == 0) {
        err_fail(err, FAIL_INVALID, "name a table or give a query");
        return err_field(err, "table");
    }
    if (spec->table.length > 0 && spec->query.length > 0) {
        err_fail(err, FAIL_INVALID, "a table and a query are given: one of them decides");
        return err_field(err, "query");
    }
    return true;
}

bool row_source_open(const SourceSpec *spec, RowSource **out, Err *err) {
    if (!check_spec(spec, err))
        return false;
    Arena *scratch = arena_create();
    Dsn dsn;
    bool ok = dsn_parse(spec->dsn, scratch, &dsn, err) &&
              (dsn.kind == DSN_POSTGRES ? source_postgres_open(&dsn, spec, out, err)
                                        : source_mysql_open(&dsn, spec, out, err));
    arena_destroy(scratch);
    return ok;
}
