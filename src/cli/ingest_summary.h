/* ingest_summary.h - the answer of a load, of a file or of a database, in words.
 *
 * Ownership: borrows.   Threads: one. */
#ifndef CLI_INGEST_SUMMARY_H
#define CLI_INGEST_SUMMARY_H

#include "cli/cli_client.h"

/* Also asks the server for the dataset's columns. */
MUST_CHECK bool ingest_summary_print(CliClient *client, Str result_json, Err *err);

#endif
