/* test_url.c - addresses as people type them; paths and queries as servers read them. */
#include "unit.h"

#include "base/vec.h"
#include "net/url.h"

static void pieces_are_encoded(void **state) {
    (void)state;
    Arena *arena = arena_create();
    UrlBuf url = url_begin(arena, STR("http://h:1"));
    url_path(&url, "/catalog/datasets");
    url_segment(&url, STR("a/b c?é"));
    url_param(&url, "types", STR("{\"x\":\"A&B\"}"));
    url_param(&url, "n", STR("1"));
    assert_str_equal(url_str(&url), "http://h:1/catalog/datasets/a%2Fb%20c%3F%C3%A9"
                                    "?types=%7B%22x%22%3A%22A%26B%22%7D&n=1");
    arena_destroy(arena);
}

static void what_people_type_becomes_a_base(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"localhost:3100", "http://localhost:3100"},
        {"http://127.0.0.1:3100", "http://127.0.0.1:3100"},
        {"http://127.0.0.1:3100/", "http://127.0.0.1:3100"},
        {"HTTPS://lake.example", "https://lake.example"},
        {"http://[::1]:80", "http://[::1]:80"},
        {"[::1]", "http://[::1]"},
        {"http://host/under/here/", "http://host/under/here"},
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        Str base;
        Err err = {0};
        assert_ok(url_base(str_c(pairs[i][0]), arena, &base, &err), &err);
        assert_str_equal(base, pairs[i][1]);
    }
    arena_destroy(arena);
}

static void what_is_no_address_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",          "http://",         "ftp://host",    "file:///etc/passwd",
        "host:0",    "host:65536",      "host:x",        "host:",
        ":3100",     "http://u:p@host", "http://ho st",  "http://host?x=1",
        "http://[",  "http://[]:1",     "http://host#a", "http://host\r\nX: y",
        "[::1]3100",
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Str base = STR("untouched");
        Err err = {0};
        if (url_base(str_c(bad[i]), arena, &base, &err))
            fail_msg("'%s' was taken for %.*s", bad[i], STR_ARG(base));
        assert_int_equal(err.kind, FAIL_INVALID);
        assert_str_equal(base, "untouched");
    }
    arena_destroy(arena);
}

static void a_refusal_repeats_no_secret(void **state) {
    (void)state;
    static const char *const bad[] = {"ftp://bob:s3cret@h", "bob:s3cret@h", "http://bob:s3cret@h",
                                      "postgresql://bob:s3 s3cret@h/d", "h?password=s3cret"};
    Arena *arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Str base;
        Err err = {0};
        assert_fails(url_base(str_c(bad[i]), arena, &base, &err), &err, FAIL_INVALID);
        if (strstr(err.message, "s3cret") != NULL)
            fail_msg("%s: %s", bad[i], err.message);
    }
    arena_destroy(arena);
}

int suite_test_url(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_encoded),
        cmocka_unit_test(what_people_type_becomes_a_base),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(a_refusal_repeats_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
