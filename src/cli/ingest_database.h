/* ingest_database.h - `lakehouse ingest DSN`: a table of a database, read by the server.
 *
 * Ownership: the client's arena.   Threads: one. */
#ifndef CLI_INGEST_DATABASE_H
#define CLI_INGEST_DATABASE_H

#include "cli/cli_client.h"

/* Is the source a DSN, or (with a table or a query) standard input that holds one? */
bool ingest_is_database(const CliArgs *args, Str source);
/* Loads, and follows the load unless it is to be left alone; *out_result is the server's JSON. */
CliExit ingest_database(CliClient *client, const CliArgs *args, Str *out_result, Err *err);

#endif
