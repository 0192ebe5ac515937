/* cli_options.h - a verb's options, as rows of a table: what is parsed is what --help shows.
 *
 *     static const CliOption options[] = {
 *         {"mode", CLI_CHOICE, CLI_ONCE, "append|replace|upsert", "what happens to rows that are
 * there"},
 *         {"top-k", CLI_COUNT, CLI_ONCE, "N", "hits wanted"},
 *     };
 *     Str mode = cli_text(args, "mode");       "" when not given
 *
 * Options may stand anywhere; "--name value" and "--name=value" are the same; "--" ends options;
 * "-" alone is an argument (standard input). A few (global) options belong to every verb.
 *
 * Errors: FAIL_INVALID, in words for the person who typed, with the nearest known name as hint.
 *
 * Ownership: texts are borrowed from argv.   Threads: values. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

typedef enum CliOptionKind { CLI_FLAG, CLI_TEXT, CLI_COUNT, CLI_CHOICE } CliOptionKind;
typedef enum CliNeed { CLI_ONCE, CLI_REQUIRED, CLI_REPEATS } CliNeed; /* the first: may be absent */

typedef struct CliOption {
    const char *name; /* without its dashes */
    CliOptionKind kind;
    CliNeed need;
    const char *value; /* as help shows it: "FILE"; the choices: "csv|json"; NULL for a flag */
    const char *help;
} CliOption;

typedef struct CliGiven {
    const CliOption *option;
    Str value; /* empty for a flag */
    uint64_t number;
} CliGiven;

typedef struct CliArgs {
    VEC(CliGiven) given;
    StrVec rest; /* what is no option, in order */
} CliArgs;

/* Options of this verb first, then those of every verb. */
typedef struct CliOptionTables {
    const CliOption *own;
    size_t own_count;
    const CliOption *global;
    size_t global_count;
} CliOptionTables;

/* Fills *out with what `words` say. Required options are checked by cli_require. */
MUST_CHECK bool cli_parse(const CliOptionTables *tables, const Str *words, size_t count,
                          Arena *arena, CliArgs *out, Err *err);
MUST_CHECK bool cli_require(const CliOption *options, size_t count, const CliArgs *args, Err *err);

bool cli_has(const CliArgs *args, const char *name);
Str cli_text(const CliArgs *args, const char *name); /* of the last one given, or "" */
bool cli_count(const CliArgs *args, const char *name, uint64_t *out); /* false: not given */
Str cli_rest(const CliArgs *args, size_t at);                         /* "" beyond the end */
/* The arguments from `at` on, with spaces between: a text need not be quoted. */
Str cli_rest_joined(const CliArgs *args, size_t at, Arena *arena);

/* The name of `names` that `word` was most likely meant to be, or NULL. */
const char *cli_nearest(Str word, const char *const *names, size_t count);

/* "  --mode append|replace|upsert   what happens ...", one line an option. */
void cli_options_help(const CliOption *options, size_t count, StrBuf *out);

#endif
