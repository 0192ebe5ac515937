/* fuzz_dsn.c - no part of a password is ever said.
 *
 * The first byte chooses a spelling, the rest is "before NUL after": what stands in the password on
 * both sides of a marker. The bytes are also read as a DSN of their own: what can be read is shown
 * in a form that reads as the same again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/dsn.h"
#include "base/percent.h"
#include "base/redact.h"
#include "base/vec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const markers[] = {"Zq7Kw", "%5A%71%37%4B%77"};

static void check_unsaid(Str said, Str text) {
    for (size_t i = 0; i < ARRAY_LEN(markers); i++) {
        if (str_find(said, str_c(markers[i]), 0) == SIZE_MAX)
            continue;
        fprintf(stderr, "'%.*s' says '%.*s'\n", STR_ARG(text), STR_ARG(said));
        abort();
    }
}

static void check_err(const Err *err, Str text) {
    check_unsaid(str_c(err->message), text);
    check_unsaid(str_c(err->detail), text);
    check_unsaid(str_c(err->hint), text);
    if (err->kind != FAIL_INVALID || !str_eq_c(str_c(err->field), "dsn"))
        abort();
}

static void check_secret(Str text, Arena *arena) {
    Dsn dsn;
    Err err = {0};
    if (dsn_parse(text, arena, &dsn, &err))
        check_unsaid(dsn_show(&dsn, arena), text);
    else
        check_err(&err, text);
    check_unsaid(redact(REDACT_DSN, text, arena), text);
    check_unsaid(redact(REDACT_URL, text, arena), text);
    check_unsaid(redact(REDACT_SERVER, str_format(arena, "no way to %.*s", STR_ARG(text)), arena),
                 text);
    if (str_starts(text, STR("postgresql://")) || str_starts(text, STR("mysql://")))
        check_unsaid(
            redact(REDACT_MESSAGE, str_format(arena, "no '%.*s' here", STR_ARG(text)), arena),
            text);
}

static Str spell(unsigned form, Str secret, Arena *arena) {
    Str encoded = percent_encode(secret, PERCENT_KEEP_UNRESERVED, arena);
    switch (form % 8) {
    case 0:
        return str_format(arena, "postgresql://bob:%.*s@db.example:5432/shop", STR_ARG(secret));
    case 1:
        return str_format(arena, "mysql://bob:%.*s@[::1]?sslmode=require", STR_ARG(secret));
    case 2:
        return str_format(arena, "bob:%.*s@h/d", STR_ARG(secret));
    case 3:
        return str_format(arena, "mariadb://bob@h/d?sslmode=require&password=%.*s",
                          STR_ARG(encoded));
    case 4:
        return str_format(arena, "postgresql://bob:%.*s@%%2Ftmp/d", STR_ARG(encoded));
    case 5:
        return str_format(arena, "https://bob:%.*s@h/d", STR_ARG(encoded));
    case 6:
        return str_format(arena, "https://h/d?password=%.*s", STR_ARG(encoded));
    default:
        return str_format(arena, "host=h user=bob password=%.*s", STR_ARG(encoded));
    }
}

static void check_planted(unsigned form, Str before, Str after, Arena *arena) {
    for (size_t i = 0; i < ARRAY_LEN(markers); i++) {
        Str secret = str_format(arena, "%.*s%s%.*s", STR_ARG(before), markers[i], STR_ARG(after));
        check_secret(spell(form, secret, arena), arena);
    }
}

static void check_round_trip(Str text, Arena *arena) {
    Dsn dsn;
    Err err = {0};
    (void)dsn_looks_like(text); /* must only not crash: any text may be a file's name */
    if (!dsn_parse(text, arena, &dsn, &err))
        return;
    Str shown = dsn_show(&dsn, arena);
    Dsn again;
    if (!dsn_looks_like(text) || !dsn_parse(shown, arena, &again, &err) ||
        !str_eq(dsn_show(&again, arena), shown) || again.has_password || !utf8_valid(shown))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    Arena *arena = arena_create();
    Str rest = str_make(data + 1, size - 1);
    Str before;
    Str after = str_cut(rest, '\0', &before);
    check_planted(data[0], before, after, arena);
    check_round_trip(rest, arena);
    arena_destroy(arena);
    return 0;
}
