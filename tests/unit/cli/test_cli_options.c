/* test_cli_options.c - words in, options out, and help where they do not fit. */
#include "unit.h"

#include "cli/cli_options.h"

static const CliOption own[] = {
    {"dataset", CLI_TEXT, CLI_REQUIRED, "NAME", "where rows go"},
    {"mode", CLI_CHOICE, CLI_ONCE, "append|replace|upsert", "what happens"},
    {"top-k", CLI_COUNT, CLI_ONCE, "N", "hits wanted"},
    {"type", CLI_TEXT, CLI_REPEATS, "COLUMN=TYPE", "override"},
    {"force", CLI_FLAG, CLI_ONCE, NULL, "even so"},
};
static const CliOption global[] = {
    {"url", CLI_TEXT, CLI_ONCE, "URL", "the server"},
    {"help", CLI_FLAG, CLI_ONCE, NULL, "this"},
};
static const CliOptionTables tables = {own, ARRAY_LEN(own), global, ARRAY_LEN(global)};

typedef struct Case {
    Arena *arena;
    CliArgs args;
    Err err;
} Case;

static bool parse(Case *at, const char *const *words, size_t count) {
    at->arena = arena_create();
    StrVec list = {0};
    for (size_t i = 0; i < count; i++)
        *vec_push(&list, at->arena) = str_c(words[i]);
    err_clear(&at->err);
    return cli_parse(&tables, list.items, list.count, at->arena, &at->args, &at->err);
}
#define PARSE(at, ...)                                                                             \
    parse((at), (const char *[]){__VA_ARGS__}, ARRAY_LEN(((const char *[]){__VA_ARGS__})))

static void options_and_arguments_may_mix(void **state) {
    (void)state;
    Case at;
    assert_ok(PARSE(&at, "FILE", "--dataset", "d", "--top-k=7", "more", "--force", "--url", "u"),
              &at.err);
    assert_str_equal(cli_text(&at.args, "dataset"), "d");
    assert_str_equal(cli_text(&at.args, "url"), "u");
    assert_true(cli_has(&at.args, "force") && !cli_has(&at.args, "mode"));
    uint64_t k = 0;
    assert_true(cli_count(&at.args, "top-k", &k) && k == 7);
    assert_int_equal(at.args.rest.count, 2);
    assert_str_equal(cli_rest_joined(&at.args, 0, at.arena), "FILE more");
    assert_str_equal(cli_rest(&at.args, 2), "");
    assert_str_equal(cli_text(&at.args, "mode"), "");
    arena_destroy(at.arena);
}

static void values_may_look_odd(void **state) {
    (void)state;
    Case at;
    assert_ok(PARSE(&at, "-", "--dataset", "-", "--type", "a=B=C", "--type=x=", "--", "--force"),
              &at.err);
    assert_str_equal(cli_text(&at.args, "dataset"), "-");
    assert_int_equal(at.args.given.count, 3);
    assert_str_equal(at.args.given.items[1].value, "a=B=C");
    assert_str_equal(at.args.given.items[2].value, "x=");
    assert_false(cli_has(&at.args, "force"));
    assert_str_equal(cli_rest_joined(&at.args, 0, at.arena), "- --force");
    arena_destroy(at.arena);
}

static void short_help_is_help(void **state) {
    (void)state;
    Case at;
    assert_ok(PARSE(&at, "-h"), &at.err);
    assert_true(cli_has(&at.args, "help"));
    arena_destroy(at.arena);
}

static void assert_refused(const char *const *words, size_t count, const char *said) {
    Case at;
    if (parse(&at, words, count))
        fail_msg("'%s' was taken", words[0]);
    assert_int_equal(at.err.kind, FAIL_INVALID);
    if (strstr(at.err.message, said) == NULL && strstr(at.err.hint, said) == NULL)
        fail_msg("'%s' / '%s' lacks '%s'", at.err.message, at.err.hint, said);
    arena_destroy(at.arena);
}
#define REFUSED(said, ...)                                                                         \
    assert_refused((const char *[]){__VA_ARGS__}, ARRAY_LEN(((const char *[]){__VA_ARGS__})), said)

static void what_does_not_fit_is_said(void **state) {
    (void)state;
    REFUSED("did you mean --dataset?", "--datset", "x");
    REFUSED("there is no option '--zzzzzz'", "--zzzzzz");
    REFUSED("did you mean --mode?", "--mod=append");
    REFUSED("two dashes", "-k");
    REFUSED("wants a value: NAME", "--dataset");
    REFUSED("wants a value: NAME", "--dataset", "--force");
    REFUSED("one of append|replace|upsert, not 'replac'", "--mode", "replac");
    REFUSED("one of append", "--mode", "append|replace");
    REFUSED("one of append", "--mode", "");
    REFUSED("whole number, not '-1'", "--top-k", "-1");
    REFUSED("whole number, not '5x'", "--top-k=5x");
    REFUSED("whole number", "--top-k=99999999999999999999");
    REFUSED("takes no value", "--force=yes");
    REFUSED("given twice", "--dataset", "a", "--dataset=b");
}

static void a_required_option_is_asked_for(void **state) {
    (void)state;
    Case at;
    assert_ok(PARSE(&at, "--force"), &at.err);
    assert_fails(cli_require(own, ARRAY_LEN(own), &at.args, &at.err), &at.err, FAIL_INVALID);
    assert_non_null(strstr(at.err.message, "--dataset NAME is missing"));
    arena_destroy(at.arena);
    assert_ok(PARSE(&at, "--dataset", "d"), &at.err);
    assert_ok(cli_require(own, ARRAY_LEN(own), &at.args, &at.err), &at.err);
    arena_destroy(at.arena);
}

static void the_nearest_name_is_near(void **state) {
    (void)state;
    static const char *const names[] = {"serve", "search", "sql", "datasets", "jobs"};
    static const char *const pairs[][2] = {{"serch", "search"},     {"saerch", "search"},
                                           {"dataset", "datasets"}, {"data", "datasets"},
                                           {"sqk", "sql"},          {"server", "serve"}};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        const char *nearest = cli_nearest(str_c(pairs[i][0]), names, ARRAY_LEN(names));
        assert_non_null(nearest);
        assert_string_equal(nearest, pairs[i][1]);
    }
    assert_null(cli_nearest(STR("xyzzy"), names, ARRAY_LEN(names)));
    assert_null(cli_nearest(STR(""), names, ARRAY_LEN(names)));
    char endless[300];
    memset(endless, 's', sizeof endless);
    assert_null(cli_nearest(str_make(endless, sizeof endless), names, ARRAY_LEN(names)));
}

static void help_lists_every_option(void **state) {
    (void)state;
    Arena *arena = arena_create();
    StrBuf help = strbuf_make(arena);
    cli_options_help(own, ARRAY_LEN(own), &help);
    Str text = strbuf_str(&help);
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        assert_true(str_find(text, str_format(arena, "  --%s", own[i].name), 0) != SIZE_MAX);
    assert_true(str_find(text, STR("where rows go (required)\n"), 0) != SIZE_MAX);
    assert_true(str_find(text, STR("--mode append|replace|upsert"), 0) != SIZE_MAX);
    arena_destroy(arena);
}

int suite_test_cli_options(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_may_mix),
        cmocka_unit_test(values_may_look_odd),
        cmocka_unit_test(short_help_is_help),
        cmocka_unit_test(what_does_not_fit_is_said),
        cmocka_unit_test(a_required_option_is_asked_for),
        cmocka_unit_test(the_nearest_name_is_near),
        cmocka_unit_test(help_lists_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
