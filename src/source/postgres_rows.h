/* postgres_rows.h - a RowSource over a PostgreSQL connection, whoever made that.
 *
 * Takes the client over: it is closed with the source, or here when this fails. `shown` is the DSN
 * without secrets.
 *
 * Errors, Ownership, Threads: as row_source.h. */
#ifndef SOURCE_POSTGRES_ROWS_H
#define SOURCE_POSTGRES_ROWS_H

#include "source/postgres_client.h"
#include "source/row_source.h"

MUST_CHECK bool postgres_rows_open(PgClient *client, const SourceSpec *spec, Str shown,
                                   RowSource **out, Err *err);

#endif
