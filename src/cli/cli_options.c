/* cli_options.c - read what was typed against a table; be of help where it does not fit.
 *
 * A value may begin with one dash ("--delimiter -") but not with two: that is nearly always a
 * forgotten value, and taking the next option for it would hide the mistake. Names are not
 * abbreviated: scripts written against a prefix break when an option is added.
 *
 * Tested by: tests/unit/cli/test_cli_options.c. */
#include "cli/cli_options.h"

#include <string.h>

enum { WORD_MAX = 48, HELP_COLUMN = 34 };

/* --- the nearest name ------------------------------------------------------------------------ */

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Edits from one to the other: a letter too many, missing, other, or two swapped. */
static size_t edits(Str a, Str b) {
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.length; j++)
        above[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            bool same = a.data[i - 1] == b.data[j - 1];
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (same ? 0 : 1));
            bool swapped =
                i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1];
            if (swapped)
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b.length];
}

const char *cli_nearest(Str word, const char *const *names, size_t count) {
    if (word.length == 0 || word.length > WORD_MAX)
        return NULL;
    const char *nearest = NULL;
    size_t fewest = word.length <= 3 ? 2 : word.length / 3 + 2; /* as many are too many */
    for (size_t i = 0; i < count; i++) {
        Str name = str_c(names[i]);
        if (name.length > WORD_MAX)
            continue;
        bool begins = word.length >= 3 && (str_starts(name, word) || str_starts(word, name));
        size_t distance = begins ? 1 : edits(word, name);
        if (distance < fewest) {
            fewest = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

/* --- parsing --------------------------------------------------------------------------------- */

static const CliOption *find_in(const CliOption *options, size_t count, Str name) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(name, options[i].name))
            return &options[i];
    return NULL;
}

static const CliOption *find_option(const CliOptionTables *tables, Str name) {
    const CliOption *own = find_in(tables->own, tables->own_count, name);
    return own != NULL ? own : find_in(tables->global, tables->global_count, name);
}

static bool unknown_option(const CliOptionTables *tables, Str word, Str name, Arena *arena,
                           Err *err) {
    VEC(const char *) names = {0};
    for (size_t i = 0; i < tables->own_count; i++)
        *vec_push(&names, arena) = tables->own[i].name;
    for (size_t i = 0; i < tables->global_count; i++)
        *vec_push(&names, arena) = tables->global[i].name;
    const char *nearest = cli_nearest(name, names.items, names.count);
    err_fail(err, FAIL_INVALID, "there is no option '%.*s' here", STR_ARG(word));
    return nearest != NULL ? err_hint(err, "did you mean --%s?", nearest) : false;
}

static bool is_choice(const char *choices, Str value) {
    for (Str rest = str_c(choices); rest.length > 0;) {
        Str choice;
        rest = str_cut(rest, '|', &choice);
        if (str_eq(choice, value))
            return true;
    }
    return false;
}

static bool read_value(const CliOption *option, Str value, CliGiven *out, Err *err) {
    *out = (CliGiven){option, value, 0};
    switch (option->kind) {
    case CLI_COUNT:
        return str_to_u64(value, &out->number) ||
               err_fail(err, FAIL_INVALID, "--%s wants a whole number, not '%.*s'", option->name,
                        STR_ARG(value));
    case CLI_CHOICE:
        return is_choice(option->value, value) ||
               err_fail(err, FAIL_INVALID, "--%s is one of %s, not '%.*s'", option->name,
                        option->value, STR_ARG(value));
    case CLI_FLAG:
    case CLI_TEXT:
        break;
    }
    return true;
}

/* Reads the option at words[*at]; moves *at on when its value is the next word. */
static bool read_option(const CliOptionTables *tables, const Str *words, size_t count, size_t *at,
                        Arena *arena, CliArgs *out, Err *err) {
    Str word = words[*at];
    Str name;
    Str value = str_cut(str_slice(word, 2, word.length), '=', &name);
    bool has_value = name.length + 2 < word.length;
    if (str_eq_c(word, "-h"))
        name = STR("help");
    const CliOption *option = find_option(tables, name);
    if (option == NULL)
        return unknown_option(tables, str_slice(word, 0, name.length + 2), name, arena, err);
    if (option->kind == CLI_FLAG && has_value)
        return err_fail(err, FAIL_INVALID, "--%s takes no value", option->name);
    if (option->kind != CLI_FLAG && !has_value) {
        if (*at + 1 >= count || str_starts(words[*at + 1], STR("--")))
            return err_fail(err, FAIL_INVALID, "--%s wants a value: %s", option->name,
                            option->value);
        value = words[++*at];
    }
    if (option->need != CLI_REPEATS && option->kind != CLI_FLAG && cli_has(out, option->name))
        return err_fail(err, FAIL_INVALID, "--%s is given twice", option->name);
    CliGiven given;
    if (!read_value(option, value, &given, err))
        return false;
    *vec_push(&out->given, arena) = given;
    return true;
}

bool cli_parse(const CliOptionTables *tables, const Str *words, size_t count, Arena *arena,
               CliArgs *out, Err *err) {
    CliArgs args = {0};
    bool ended = false;
    for (size_t i = 0; i < count; i++) {
        bool is_option = !ended && words[i].length > 1 && words[i].data[0] == '-';
        if (is_option && str_eq_c(words[i], "--"))
            ended = true;
        else if (!is_option)
            *vec_push(&args.rest, arena) = words[i];
        else if (!str_starts(words[i], STR("--")) && !str_eq_c(words[i], "-h")) {
            err_fail(err, FAIL_INVALID, "there is no option '%.*s' here", STR_ARG(words[i]));
            return err_hint(err, "options begin with two dashes; '--' before a text that begins "
                                 "with one");
        } else if (!read_option(tables, words, count, &i, arena, &args, err))
            return false;
    }
    *out = args;
    return true;
}

bool cli_require(const CliOption *options, size_t count, const CliArgs *args, Err *err) {
    for (size_t i = 0; i < count; i++)
        if (options[i].need == CLI_REQUIRED && !cli_has(args, options[i].name))
            return err_fail(err, FAIL_INVALID, "--%s %s is missing: %s", options[i].name,
                            options[i].value, options[i].help);
    return true;
}

/* --- asking ---------------------------------------------------------------------------------- */

static const CliGiven *find_given(const CliArgs *args, const char *name) {
    for (size_t i = args->given.count; i > 0; i--)
        if (strcmp(args->given.items[i - 1].option->name, name) == 0)
            return &args->given.items[i - 1];
    return NULL;
}

bool cli_has(const CliArgs *args, const char *name) {
    return find_given(args, name) != NULL;
}

Str cli_text(const CliArgs *args, const char *name) {
    const CliGiven *given = find_given(args, name);
    return given != NULL ? given->value : STR_EMPTY;
}

bool cli_count(const CliArgs *args, const char *name, uint64_t *out) {
    const CliGiven *given = find_given(args, name);
    if (given == NULL)
        return false;
    *out = given->number;
    return true;
}

Str cli_rest(const CliArgs *args, size_t at) {
    return at < args->rest.count ? args->rest.items[at] : STR_EMPTY;
}

Str cli_rest_joined(const CliArgs *args, size_t at, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    for (size_t i = at; i < args->rest.count; i++) {
        if (i > at)
            strbuf_append_char(&out, ' ');
        strbuf_append(&out, args->rest.items[i]);
    }
    return strbuf_str(&out);
}

/* --- help ------------------------------------------------------------------------------------ */

void cli_options_help(const CliOption *options, size_t count, StrBuf *out) {
    for (size_t i = 0; i < count; i++) {
        size_t began = out->length;
        strbuf_append_format(out, "  --%s", options[i].name);
        if (options[i].value != NULL)
            strbuf_append_format(out, " %s", options[i].value);
        if (out->length - began + 2 > HELP_COLUMN) {
            strbuf_append_char(out, '\n');
            began = out->length;
        }
        while (out->length - began < HELP_COLUMN)
            strbuf_append_char(out, ' ');
        strbuf_append_format(out, "%s%s\n", options[i].help,
                             options[i].need == CLI_REQUIRED ? " (required)" : "");
    }
}
