/* Routes: which row a request finds, what its parameters decode to, what is refused and how. */
#include "unit.h"

#include "base/vec.h"
#include "gateway/router.h"

static const Field list_query[] = {
    {.name = "limit", .type = FIELD_INTEGER},
    {.name = "prefix", .type = FIELD_STRING},
    {.name = "force", .type = FIELD_BOOL},
    {.name = "mode", .type = FIELD_STRING, .choices = "append|replace"},
};

static const Route table[] = {
    {.method = "GET", .pattern = "/things", .query = list_query, .query_count = 4},
    {.method = "POST", .pattern = "/things"},
    {.method = "GET", .pattern = "/things/{id}"},
    {.method = "DELETE", .pattern = "/things/{id}"},
    {.method = "GET", .pattern = "/things/{id}/parts"},
    {.method = "GET", .pattern = "/files/{bucket}/objects/{key...}"},
};

static int setup(void **state) {
    *state = arena_create();
    return 0;
}

static int teardown(void **state) {
    arena_destroy(*state);
    return 0;
}

static bool match(Arena *arena, const char *method, const char *path, RouteMatch *out, Str *allow,
                  Err *err) {
    return router_match(table, ARRAY_LEN(table), str_c(method), str_c(path), arena, out, allow,
                        err);
}

static void each_path_finds_its_row(void **state) {
    static const struct {
        const char *method, *path;
        size_t row;
    } cases[] = {
        {"GET", "/things", 0},
        {"POST", "/things", 1},
        {"HEAD", "/things", 0},
        {"GET", "/things/a", 2},
        {"DELETE", "/things/a", 3},
        {"GET", "/things/parts/parts", 4},
        {"GET", "/files/b/objects/k", 5},
        {"GET", "/files/b/objects/k/l/m", 5},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        RouteMatch found;
        Str allow;
        Err err = {0};
        assert_ok(match(*state, cases[i].method, cases[i].path, &found, &allow, &err), &err);
        assert_ptr_equal(found.route, &table[cases[i].row]);
    }
}

static void no_row_is_404(void **state) {
    static const char *const paths[] = {
        "",
        "/",
        "things",
        "/thing",
        "/things/",
        "/things/a/",
        "//things",
        "/things//parts",
        "/things/a/parts/b",
        "/%74hings",
        "/files/b/objects",
        "/files/b/objects/",
        "*",
    };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        RouteMatch found;
        Str allow;
        Err err = {0};
        assert_fails(match(*state, "GET", paths[i], &found, &allow, &err), &err, FAIL_NOT_FOUND);
    }
}

static void a_wrong_method_learns_the_right_ones(void **state) {
    RouteMatch found;
    Str allow;
    Err err = {0};
    assert_fails(match(*state, "PUT", "/things", &found, &allow, &err), &err, FAIL_METHOD);
    assert_str_equal(allow, "GET, HEAD, POST");
    assert_fails(match(*state, "POST", "/things/x", &found, &allow, &err), &err, FAIL_METHOD);
    assert_str_equal(allow, "GET, HEAD, DELETE");
    assert_fails(match(*state, "HEADER", "/things/x/parts", &found, &allow, &err), &err,
                 FAIL_METHOD);
    assert_str_equal(allow, "GET, HEAD");
}

static void parameters_are_decoded_after_the_cut(void **state) {
    RouteMatch found;
    Str allow;
    Err err = {0};
    assert_ok(
        match(*state, "GET", "/files/a%2Fb/objects/x%20y/../%2e%2e/%00+", &found, &allow, &err),
        &err);
    assert_int_equal(found.param_count, 2);
    assert_str_equal(found.names[0], "bucket");
    assert_str_equal(found.values[0], "a/b");
    assert_str_equal(found.names[1], "key");
    assert_true(str_eq(found.values[1], STR("x y/../../\0+")));
}

static void bad_escapes_in_parameters_are_400(void **state) {
    static const char *const paths[] = {"/things/%", "/things/%4", "/things/%zz", "/things/%ff",
                                        "/things/%c3%28"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        RouteMatch found;
        Str allow;
        Err err = {0};
        assert_fails(match(*state, "GET", paths[i], &found, &allow, &err), &err, FAIL_INVALID);
        assert_string_equal(err.field, "id");
    }
}

static void query_values_are_checked(void **state) {
    QueryValues values;
    Err err = {0};
    assert_ok(query_parse(&table[0], STR("limit=12&prefix=a%2Fb+c&force=true&&mode=append"), *state,
                          &values, &err),
              &err);
    assert_int_equal(values.count, 4);
    assert_str_equal(values.items[1].value, "a/b c");
    assert_ok(query_parse(&table[0], STR("prefix"), *state, &values, &err), &err);
    assert_int_equal(values.count, 1);
    assert_int_equal(values.items[0].value.length, 0);
    assert_ok(query_parse(&table[0], STR(""), *state, &values, &err), &err);
    assert_int_equal(values.count, 0);
}

static void a_bad_query_names_its_parameter(void **state) {
    static const struct {
        const char *query, *field;
    } cases[] = {
        {"limi=1", "limi"},
        {"limit=x", "limit"},
        {"limit=-1", "limit"},
        {"limit=", "limit"},
        {"force=yes", "force"},
        {"mode=upsert", "mode"},
        {"prefix=%ff", "prefix"},
        {"prefix=a&prefix=b", "prefix"},
        {"limit=1&Limit=2", "Limit"},
        {"limit=99999999999999999999", "limit"},
        {"=1", ""},
        {"prefix=%4", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        QueryValues values;
        Err err = {0};
        assert_fails(query_parse(&table[0], str_c(cases[i].query), *state, &values, &err), &err,
                     FAIL_INVALID);
        assert_string_equal(err.field, cases[i].field);
    }
}

int suite_test_router(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_path_finds_its_row),
        cmocka_unit_test(no_row_is_404),
        cmocka_unit_test(a_wrong_method_learns_the_right_ones),
        cmocka_unit_test(parameters_are_decoded_after_the_cut),
        cmocka_unit_test(bad_escapes_in_parameters_are_400),
        cmocka_unit_test(query_values_are_checked),
        cmocka_unit_test(a_bad_query_names_its_parameter),
    };
    return cmocka_run_group_tests_name("router", tests, setup, teardown);
}
