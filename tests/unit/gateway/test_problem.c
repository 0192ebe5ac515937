/* Problems: the members, the statuses, and what must never be shown. */
#include "unit.h"

#include "gateway/problem.h"

typedef struct Shown {
    Arena *arena;
    HttpRequest request;
    HttpResponse response;
    json_t *body;
} Shown;

static Shown show(const Err *err, const json_t *extra) {
    Shown shown = {.arena = arena_create()};
    shown.request = (HttpRequest){.arena = shown.arena, .id = STR("req-1")};
    problem_respond(err, &shown.request, extra, &shown.response);
    Err parse = {0};
    shown.body = json_parse(shown.response.bytes, shown.arena, &parse);
    assert_non_null(shown.body);
    return shown;
}

static const char *text(const Shown *shown, const char *name) {
    return json_string_value(json_object_get(shown->body, name));
}

static Str header(const Shown *shown, const char *name) {
    for (size_t i = 0; i < shown->response.header_count; i++)
        if (str_eq_c(shown->response.headers[i].name, name))
            return shown->response.headers[i].value;
    return STR("(absent)");
}

static void a_problem_tells_what_where_and_what_to_do(void **state) {
    (void)state;
    Err err = {0};
    err_fail(&err, FAIL_NOT_FOUND, "no dataset 'resumes'");
    err_detail(&err, "there are 3 others");
    err_hint(&err, "GET /catalog/datasets lists them");
    err_field(&err, "dataset");
    Shown shown = show(&err, NULL);
    assert_int_equal(shown.response.status, 404);
    assert_str_equal(header(&shown, "Content-Type"), "application/problem+json");
    assert_string_equal(text(&shown, "type"), "urn:lakehouse:not_found");
    assert_string_equal(text(&shown, "title"), "Not found");
    assert_int_equal(json_integer_value(json_object_get(shown.body, "status")), 404);
    assert_string_equal(text(&shown, "detail"), "no dataset 'resumes': there are 3 others");
    assert_string_equal(text(&shown, "hint"), "GET /catalog/datasets lists them");
    assert_string_equal(text(&shown, "field"), "dataset");
    assert_string_equal(text(&shown, "request_id"), "req-1");
    arena_destroy(shown.arena);
}

static void internal_failures_stay_in_the_log(void **state) {
    (void)state;
    Err err = {0};
    err_fail(&err, FAIL_INTERNAL, "SELECT secret FROM /srv/x failed");
    err_detail(&err, "password=hunter2");
    Shown shown = show(&err, NULL);
    assert_int_equal(shown.response.status, 500);
    assert_null(strstr(text(&shown, "detail"), "SELECT"));
    assert_null(strstr(text(&shown, "detail"), "hunter2"));
    arena_destroy(shown.arena);
}

static void a_secret_in_a_names_place_is_not_repeated(void **state) {
    (void)state;
    Err err = {0};
    err_fail(&err, FAIL_NOT_FOUND, "no dataset 'postgresql://bob:hunter2@h/d'");
    err_hint(&err, "did you mean 'bob:hunter2@h'?");
    Shown shown = show(&err, NULL);
    assert_string_equal(text(&shown, "detail"), "no dataset ...");
    assert_string_equal(text(&shown, "hint"), "did you mean ...");
    assert_true(str_find(shown.response.bytes, STR("hunter2"), 0) == SIZE_MAX);
    arena_destroy(shown.arena);
}

static void damage_names_keys_but_no_paths(void **state) {
    (void)state;
    Err err = {0};
    err_fail(&err, FAIL_CORRUPT, "object 'catalog/a/head.json' in '/var/lib/lake/x' is damaged");
    err_detail(&err, "read /etc/passwd: line 1");
    Shown shown = show(&err, NULL);
    assert_string_equal(text(&shown, "detail"),
                        "object 'catalog/a/head.json' in '[path]' is damaged: read [path] line 1");
    arena_destroy(shown.arena);
}

static void paths_are_told_from_what_only_looks_like_them(void **state) {
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"a/b and c/d", "a/b and c/d"},
        {"see http://127.0.0.1:3100/x", "see http://127.0.0.1:3100/x"},
        {"/opt/x", "[path]"},
        {"path=/opt/x;", "path=[path];"},
        {"1 / 2", "1 / 2"},
        {"(/tmp/a b)", "([path] b)"},
        {"", ""},
        {"/", "/"},
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_str_equal(problem_hide_paths(str_c(cases[i].text), arena), cases[i].shown);
    arena_destroy(arena);
}

static void busy_says_when_to_come_back(void **state) {
    (void)state;
    Err err = {0};
    err_fail(&err, FAIL_BUSY, "the queue is full");
    Shown shown = show(&err, NULL);
    assert_int_equal(shown.response.status, 429);
    assert_str_equal(header(&shown, "Retry-After"), "1");
    arena_destroy(shown.arena);
    err_fail(&err, FAIL_INVALID, "no");
    shown = show(&err, NULL);
    assert_str_equal(header(&shown, "Retry-After"), "(absent)");
    arena_destroy(shown.arena);
}

static void extra_members_are_added_and_replace_nothing(void **state) {
    (void)state;
    Err err = {0};
    err_fail(&err, FAIL_CONFLICT, "in use");
    json_t *extra = json_pack("{s:[s], s:s}", "references", "index a", "title", "mine");
    Shown shown = show(&err, extra);
    assert_int_equal(json_array_size(json_object_get(shown.body, "references")), 1);
    assert_string_not_equal(text(&shown, "title"), "mine");
    json_decref(extra);
    arena_destroy(shown.arena);
}

static void every_kind_has_a_title_and_a_status(void **state) {
    (void)state;
    for (int kind = FAIL_NONE + 1; kind < FAIL_KIND_COUNT; kind++) {
        Err err = {0};
        err_fail(&err, (FailKind)kind, "x");
        Shown shown = show(&err, NULL);
        assert_in_range(shown.response.status, 400, 599);
        assert_true(strlen(text(&shown, "title")) > 2);
        arena_destroy(shown.arena);
    }
}

int suite_test_problem(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_tells_what_where_and_what_to_do),
        cmocka_unit_test(internal_failures_stay_in_the_log),
        cmocka_unit_test(a_secret_in_a_names_place_is_not_repeated),
        cmocka_unit_test(damage_names_keys_but_no_paths),
        cmocka_unit_test(paths_are_told_from_what_only_looks_like_them),
        cmocka_unit_test(busy_says_when_to_come_back),
        cmocka_unit_test(extra_members_are_added_and_replace_nothing),
        cmocka_unit_test(every_kind_has_a_title_and_a_status),
    };
    return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
