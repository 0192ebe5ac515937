/* dsn_input.h - a database's address as a person gives it to a verb, its password kept off the
 * command line.
 *
 * Whatever stands on a command line can be read by every user of the machine while it runs. So the
 * DSN itself may come from standard input ("-"), and the password from an environment variable or
 * a file:
 *     --password-env NAME, --password-file FILE        (DSN_PASSWORD_OPTIONS in a verb's table)
 *
 * Errors: FAIL_INVALID, without any part of the DSN.
 * Ownership: the client's arena.   Threads: one. */
#ifndef CLI_DSN_INPUT_H
#define CLI_DSN_INPUT_H

#include "base/dsn.h"
#include "cli/cli.h"

#define DSN_PASSWORD_OPTIONS                                                                       \
    {"password-env", CLI_TEXT, CLI_ONCE, "NAME",                                                   \
     "database: the environment variable with the password"},                                      \
    {                                                                                              \
        "password-file", CLI_TEXT, CLI_ONCE, "FILE", "database: the file with the password"        \
    }

typedef struct DsnInput {
    Str text; /* with the password in it: to be sent, never to be shown */
    DsnKind kind;
} DsnInput;

/* `argument`: the DSN, or "-". */
MUST_CHECK bool dsn_input_read(const Cli *cli, const CliArgs *args, Str argument, DsnInput *out,
                               Err *err);

#endif
