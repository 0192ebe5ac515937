/* source_backends.h - how each kind of source is opened; row_source_open chooses.
 *
 * A build without a client library has a stub that answers FAIL_UNSUPPORTED. */
#ifndef SOURCE_SOURCE_BACKENDS_H
#define SOURCE_SOURCE_BACKENDS_H

#include "base/dsn.h"
#include "source/row_source.h"

MUST_CHECK bool source_postgres_open(const Dsn *dsn, const SourceSpec *spec, RowSource **out,
                                     Err *err);
MUST_CHECK bool source_mysql_open(const Dsn *dsn, const SourceSpec *spec, RowSource **out,
                                  Err *err);

#endif
