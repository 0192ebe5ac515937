/* cli_commands.h - the verbs; one file each. */
#ifndef CLI_CLI_COMMANDS_H
#define CLI_CLI_COMMANDS_H

#include "cli/cli.h"

extern const CliCommand command_serve;
extern const CliCommand command_ingest;
extern const CliCommand command_verify;
extern const CliCommand command_watch;
extern const CliCommand command_datasets;
extern const CliCommand command_sql;
extern const CliCommand command_refresh;
extern const CliCommand command_search;
extern const CliCommand command_indexes;
extern const CliCommand command_buckets;
extern const CliCommand command_jobs;
extern const CliCommand command_doctor;
extern const CliCommand command_version;
extern const CliCommand command_help;

#endif
