/* A marker planted in random odd passwords, in every spelling of a DSN, is never said: not by
 * dsn_show, not by dsn_parse's refusals, not by any kind of redact(). And whatever is accepted from
 * an encoded DSN is what was put in. */
#include "unit.h"

#include "base/dsn.h"
#include "base/percent.h"
#include "base/redact.h"
#include "base/rng.h"
#include "base/vec.h"

enum { ROUNDS = 20000 };

static const char marker[] = "Zq7Kw";

typedef struct Plan {
    Str user, password, host, database;
} Plan;

/* Pieces that people and parsers stumble over; names and options among them. */
static const char *const pieces[] = {
    "@",   "#",  ":",   "/",   "?",  "%", "[", "]",    " ", "&",   "=",  "'",   "\"",   "\\",
    "\\'", "''", "%40", "%2F", "%",  "a", "1", "5432", "h", "x=1", "@h", "://", "?a=b", "&b",
    "$$",  "$",  "--",  "/*",  "*/", "`", ";", ",",    "+", "(",   ")",  ".",   "..",   "\xc3\xa9",
};

static Str random_password(Rng *rng, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    size_t before = (size_t)rng_below(rng, 5);
    size_t after = (size_t)rng_below(rng, 5);
    for (size_t i = 0; i < before; i++)
        strbuf_append_c(&out, pieces[rng_below(rng, ARRAY_LEN(pieces))]);
    strbuf_append_c(&out, marker);
    for (size_t i = 0; i < after; i++)
        strbuf_append_c(&out, pieces[rng_below(rng, ARRAY_LEN(pieces))]);
    return strbuf_str(&out);
}

static Plan random_plan(Rng *rng, Arena *arena) {
    static const char *const users[] = {"bob", "bob@corp", "b.o-b", "b b", "b\xc3\xb6"};
    static const char *const hosts[] = {"h", "db.example", "127.0.0.1", "::1"};
    static const char *const databases[] = {"", "shop", "my-shop", "a.b"};
    return (Plan){
        .user = str_c(users[rng_below(rng, ARRAY_LEN(users))]),
        .password = random_password(rng, arena),
        .host = str_c(hosts[rng_below(rng, ARRAY_LEN(hosts))]),
        .database = str_c(databases[rng_below(rng, ARRAY_LEN(databases))]),
    };
}

static Str host_in_url(const Plan *plan, Arena *arena) {
    return str_find_char(plan->host, ':', 0) == SIZE_MAX
               ? plan->host
               : str_format(arena, "[%.*s]", STR_ARG(plan->host));
}

static Str encode(Str text, Arena *arena) {
    return percent_encode(text, PERCENT_KEEP_UNRESERVED, arena);
}

static Str quote(Str text, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\'' || text.data[i] == '\\')
            strbuf_append_char(&out, '\\');
        strbuf_append_char(&out, text.data[i]);
    }
    return strbuf_str(&out);
}

static Str spelled_well(const Plan *plan, uint64_t form, Arena *arena) {
    Str host = host_in_url(plan, arena);
    Str user = encode(plan->user, arena);
    Str password = encode(plan->password, arena);
    Str database = encode(plan->database, arena);
    switch (form) {
    case 0:
        return str_format(arena, "postgresql://%.*s:%.*s@%.*s/%.*s", STR_ARG(user),
                          STR_ARG(password), STR_ARG(host), STR_ARG(database));
    case 1:
        return str_format(arena, "mysql://%.*s@%.*s:3306/%.*s?password=%.*s", STR_ARG(user),
                          STR_ARG(host), STR_ARG(database), STR_ARG(password));
    default:
        return str_format(arena, "host=%.*s user='%.*s' password='%.*s' dbname='%.*s'",
                          STR_ARG(plan->host), STR_ARG(plan->user),
                          STR_ARG(quote(plan->password, arena)), STR_ARG(plan->database));
    }
}

static Str spelled_raw(const Plan *plan, uint64_t form, Arena *arena) {
    static const char *const formats[] = {
        "postgresql://%.*s:%.*s@%.*s/%.*s",
        "mysql://%.*s:%.*s@%.*s:3306/%.*s?sslmode=require",
        "%.*s:%.*s@%.*s/%.*s",
        "jdbc:mysql://%.*s:%.*s@%.*s/%.*s",
        "https://%.*s:%.*s@%.*s/%.*s",
    };
    Str host = host_in_url(plan, arena);
    if (form < ARRAY_LEN(formats)) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        return str_format(arena, formats[form], STR_ARG(plan->user), STR_ARG(plan->password),
                          STR_ARG(host), STR_ARG(plan->database));
#pragma GCC diagnostic pop
    }
    if (form == ARRAY_LEN(formats))
        return str_format(arena, "postgresql://%.*s@%.*s/%.*s?sslmode=require&password=%.*s",
                          STR_ARG(plan->user), STR_ARG(host), STR_ARG(plan->database),
                          STR_ARG(plan->password));
    return str_format(arena, "host=%.*s user=bob password=%.*s", STR_ARG(plan->host),
                      STR_ARG(plan->password));
}

static void assert_unsaid(Str said, Str text) {
    if (str_find(said, str_c(marker), 0) != SIZE_MAX)
        fail_msg("%.*s says %.*s", STR_ARG(text), STR_ARG(said));
}

static void assert_nothing_says_it(Str text, Arena *arena) {
    Dsn dsn;
    Err err = {0};
    if (dsn_parse(text, arena, &dsn, &err)) {
        assert_unsaid(dsn_show(&dsn, arena), text);
    } else {
        assert_unsaid(str_c(err.message), text);
        assert_unsaid(str_c(err.detail), text);
        assert_unsaid(str_c(err.hint), text);
    }
    if (!dsn_looks_like(text))
        fail_msg("%.*s would be taken for a file", STR_ARG(text));
    Str message = str_format(arena, "no connection with %.*s at all", STR_ARG(text));
    assert_unsaid(redact(REDACT_DSN, text, arena), text);
    assert_unsaid(redact(REDACT_URL, text, arena), text);
    assert_unsaid(redact(REDACT_SERVER, message, arena), text);
}

static void what_is_well_spelled_comes_back(void **state) {
    (void)state;
    Rng rng = rng_seeded(8);
    for (int i = 0; i < ROUNDS; i++) {
        Arena *arena = arena_create();
        Plan plan = random_plan(&rng, arena);
        Str text = spelled_well(&plan, rng_below(&rng, 3), arena);
        Dsn dsn;
        Err err = {0};
        if (!dsn_parse(text, arena, &dsn, &err))
            fail_msg("%.*s: %s", STR_ARG(text), err.message);
        assert_true(str_eq(dsn.user, plan.user));
        assert_true(str_eq(dsn.password, plan.password));
        assert_true(str_eq(dsn.host, plan.host));
        assert_true(str_eq(dsn.database, plan.database));
        assert_nothing_says_it(text, arena);
        arena_destroy(arena);
    }
}

static void what_is_badly_spelled_does_not_leak(void **state) {
    (void)state;
    Rng rng = rng_seeded(9);
    for (int i = 0; i < ROUNDS; i++) {
        Arena *arena = arena_create();
        Plan plan = random_plan(&rng, arena);
        assert_nothing_says_it(spelled_raw(&plan, rng_below(&rng, 7), arena), arena);
        arena_destroy(arena);
    }
}

/* Literals of one dialect, properly ended, with anything inside. */
static Str random_literal(Rng *rng, Arena *arena) {
    Str inner = random_password(rng, arena);
    StrBuf doubled = strbuf_make(arena);
    for (size_t i = 0; i < inner.length; i++) {
        char c = inner.data[i];
        if (c == '\'')
            strbuf_append_char(&doubled, c);
        strbuf_append_char(&doubled, c == '\\' ? 'x' : c);
    }
    Str text = strbuf_str(&doubled);
    switch (rng_below(rng, 3)) {
    case 0:
        return str_format(arena, "'%.*s'", STR_ARG(text));
    case 1:
        return str_format(arena, "E'%.*s'", STR_ARG(quote(inner, arena)));
    default:
        return str_format(arena, "$tag$%.*s$tag$", STR_ARG(inner));
    }
}

static void literals_of_statements_are_never_shown(void **state) {
    (void)state;
    static const char *const code[] = {
        "SELECT a FROM t WHERE b = ",
        " AND c IN (",
        ") OR \"d\" LIKE ",
        " , ",
        " || ",
        " -- x\n",
        " /* y */ ",
        " UNION SELECT `e` FROM \"F\" WHERE g <> ",
        "",
    };
    Rng rng = rng_seeded(10);
    for (int i = 0; i < ROUNDS; i++) {
        Arena *arena = arena_create();
        StrBuf statement = strbuf_make(arena);
        for (uint64_t n = 1 + rng_below(&rng, 6); n > 0; n--) {
            strbuf_append_c(&statement, code[rng_below(&rng, ARRAY_LEN(code))]);
            strbuf_append_char(&statement, ' ');
            strbuf_append(&statement, random_literal(&rng, arena));
        }
        Str text = strbuf_str(&statement);
        Str shown = redact(REDACT_SQL, text, arena);
        assert_unsaid(shown, text);
        assert_true(str_eq(redact(REDACT_SQL, shown, arena), shown));
        arena_destroy(arena);
    }
}

int suite_test_dsn_property(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_well_spelled_comes_back),
        cmocka_unit_test(what_is_badly_spelled_does_not_leak),
        cmocka_unit_test(literals_of_statements_are_never_shown),
    };
    return cmocka_run_group_tests_name("dsn_property", tests, NULL, NULL);
}
