/* test_app_config_check.c - each rule refuses what it should, and lets its neighbour through. */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_config.h"

/* Parses and checks; the caller looks at err. */
static bool check(const char *text, bool insecure, Err *err) {
    Arena *arena = arena_create();
    AppConfig config;
    ConfigWarnings warnings = {0};
    err_clear(err);
    bool ok = app_config_parse(str_c(text), STR("t.toml"), UINT64_C(8) << 30, arena, &config,
                               &warnings, err) &&
              app_config_check(&config, insecure, err);
    arena_destroy(arena);
    return ok;
}

static void refuses_what_is_not_built(void **state) {
    (void)state;
    Err err = {0};
    assert_fails(check("[auth]\nenabled = true", false, &err), &err, FAIL_UNSUPPORTED);
    assert_string_equal(err.field, "auth.enabled");
    assert_fails(check("[auth]\nenabled = true", true, &err), &err, FAIL_UNSUPPORTED);
    assert_fails(check("[agent]\nenabled = true", false, &err), &err, FAIL_UNSUPPORTED);
    assert_ok(check("[auth]\nenabled = false\n[agent]\nenabled = false", false, &err), &err);
}

static void guards_the_network(void **state) {
    (void)state;
    Err err = {0};
    static const char *const open[] = {"0.0.0.0:3100",   "[::]:3100",   "192.168.1.5:80",
                                       "example.org:80", "128.0.0.1:1", "[::2]:80"};
    for (size_t i = 0; i < ARRAY_LEN(open); i++) {
        char text[100];
        snprintf(text, sizeof text, "[server]\nlisten = \"%s\"", open[i]);
        assert_fails(check(text, false, &err), &err, FAIL_INVALID);
        assert_non_null(strstr(err.hint, "--insecure"));
        assert_ok(check(text, true, &err), &err);
    }
    static const char *const closed[] = {"127.0.0.1:0", "127.8.9.1:80", "[::1]:3100",
                                         "localhost:65535"};
    for (size_t i = 0; i < ARRAY_LEN(closed); i++) {
        char text[100];
        snprintf(text, sizeof text, "[server]\nlisten = \"%s\"", closed[i]);
        assert_ok(check(text, false, &err), &err);
    }
}

static void splits_addresses(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    Str host;
    uint16_t port;
    assert_ok(app_config_split_listen(STR("[::1]:80"), arena, &host, &port, &err), &err);
    assert_str_equal(host, "::1");
    assert_int_equal(port, 80);
    static const char *const bad[] = {
        "",       "3100",    ":3100",   "host:", "host:x",     "host:65536",
        "::1:80", "host:-1", "host:+1", "[]:80", "host:000080"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (app_config_split_listen(str_c(bad[i]), arena, &host, &port, &err))
            fail_msg("accepted '%s'", bad[i]);
    assert_string_equal(err.field, "server.listen");
    arena_destroy(arena);
}

static void checks_combinations(void **state) {
    (void)state;
    static const struct {
        const char *text, *field;
    } bad[] = {
        {"[index]\nchunk_size = 50", "index.overlap"},
        {"[query]\ntimeout_ms = 700000", "query.timeout_ms"},
        {"[memory]\nbudget = \"100MiB\"\n[query]\nmemory = \"200MiB\"", "query.memory"},
        {"[server]\nbody_bytes_max = 4096", "server.json_body_bytes_max"},
        {"[log]\nlevel = \"loud\"", "log.level"},
        {"[kernels]\nforce = \"mmx\"", "kernels.force"},
        {"[embed]\ndefault_model = \"x\"\nmodels = [{name = \"y\"}]", "embed.default_model"},
        {"[embed]\nmodels = [{name = \"all-minilm-l6-v2\", kind = \"cloud\"}]", "embed.models"},
        {"[embed]\ndefault_model = \"y\"\nmodels = [{name = \"y\"}, {name = \"y\"}]",
         "embed.models"},
        {"[storage]\nbuckets = [{name = \"a\", root = \"b\"}, {name = \"a\", root = \"c\"}]",
         "storage.buckets"},
        {"[[auth.keys]]\nname = \"k\"\nsha256 = "
         "\"g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
         "auth.keys"},
        {"[[auth.keys]]\nname = \"k\"\nscope = \"root\"\nsha256 = "
         "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
         "auth.keys"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Err err = {0};
        assert_fails(check(bad[i].text, false, &err), &err, FAIL_INVALID);
        assert_string_equal(err.field, bad[i].field);
    }
    Err err = {0};
    assert_ok(check("[log]\nlevel = \"debug\"\n[kernels]\nforce = \"scalar\"", false, &err), &err);
}

static void finds_models(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    char root[] = "/tmp/test_app_models.XXXXXX";
    assert_non_null(mkdtemp(root));
    const char *folder = str_format(arena, "%s/mini", root).data;
    assert_int_equal(mkdir(folder, 0700), 0);
    AppConfig config = {0};
    config.embed.model_path = str_format(arena, "/nonexistent::%s", root);
    ModelSetting by_name = {.name = STR("mini")};
    ModelSetting absolute = {.name = STR("x"), .folder = str_c(folder)};
    ModelSetting absent = {.name = STR("x"), .folder = STR("y")};
    Str found;
    assert_ok(app_config_model_folder(&config, &by_name, arena, &found, &err), &err);
    assert_str_equal(found, folder);
    assert_ok(app_config_model_folder(&config, &absolute, arena, &found, &err), &err);
    assert_str_equal(found, folder);
    assert_fails(app_config_model_folder(&config, &absent, arena, &found, &err), &err,
                 FAIL_NOT_FOUND);
    assert_int_equal(rmdir(folder), 0);
    assert_fails(app_config_model_folder(&config, &absolute, arena, &found, &err), &err,
                 FAIL_NOT_FOUND);
    assert_int_equal(rmdir(root), 0);
    arena_destroy(arena);
}

int suite_test_app_config_check(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_not_built),
        cmocka_unit_test(guards_the_network),
        cmocka_unit_test(splits_addresses),
        cmocka_unit_test(checks_combinations),
        cmocka_unit_test(finds_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
