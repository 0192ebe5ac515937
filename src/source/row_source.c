/* row_source.c - which backend a DSN asks for, and the position in a key.
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
