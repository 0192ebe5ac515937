/* test_app_config.c - defaults, a full file, lists, every kind of mistake, and the generated page.
 *
 * To bring docs/config.md up to date: LAKEHOUSE_UPDATE_DOCS=1 unit_app test_app_config. */
#include "unit.h"

#include <stdlib.h>

#include "app/app_config.h"

enum { GIB = 1 << 30 };

typedef struct Parsed {
    Arena *arena;
    AppConfig config;
    ConfigWarnings warnings;
    Err err;
    bool ok;
} Parsed;

static Parsed parse(const char *text) {
    Parsed parsed = {.arena = arena_create()};
    parsed.ok = app_config_parse(str_c(text), STR("lakehouse.toml"), UINT64_C(10) * GIB,
                                 parsed.arena, &parsed.config, &parsed.warnings, &parsed.err);
    return parsed;
}

static void has_defaults(void **state) {
    (void)state;
    Parsed parsed = parse("");
    assert_ok(parsed.ok, &parsed.err);
    const AppConfig *config = &parsed.config;
    assert_str_equal(config->server.listen, "127.0.0.1:3100");
    assert_str_equal(config->storage.data_dir, "./lakehouse-data");
    assert_int_equal(config->server.body_bytes_max, UINT64_C(4) * GIB);
    assert_int_equal(config->memory.budget, UINT64_C(6) * GIB);
    assert_int_equal(config->query.memory, UINT64_C(3) * GIB);
    assert_int_equal(config->index.chunk_size, 500);
    assert_int_equal(config->index.overlap, 50);
    assert_false(config->auth.enabled);
    assert_int_equal(config->storage.buckets.count, 0);
    assert_int_equal(parsed.warnings.count, 0);
    assert_ok(app_config_check(config, false, &parsed.err), &parsed.err);
    arena_destroy(parsed.arena);
}

static void reads_a_file(void **state) {
    (void)state;
    Parsed parsed = parse("[server]\n"
                          "listen = \"[::1]:0\"\n"
                          "idle_timeout_s = 7\n"
                          "body_bytes_max = \"1.5GiB\"\n"
                          "json_body_bytes_max = 65536\n"
                          "[query]\n"
                          "memory = \"25%\" # before the budget in the file, after it in meaning\n"
                          "[memory]\n"
                          "budget = \"4GiB\"\n"
                          "[[storage.buckets]]\n"
                          "name = \"archive\"\n"
                          "root = \"/mnt/archive\"\n"
                          "[[storage.buckets]]\n"
                          "name = \"scratch\"\n"
                          "root = \"/mnt/scratch\"\n"
                          "[embed]\n"
                          "default_model = \"fake-8\"\n"
                          "models = [{name = \"fake-8\", kind = \"fake\", dimensions = 8}]\n"
                          "[[auth.keys]]\n"
                          "name = \"ci\"\n"
                          "sha256 = "
                          "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF\"\n"
                          "scope = \"write\"\n");
    assert_ok(parsed.ok, &parsed.err);
    const AppConfig *config = &parsed.config;
    assert_str_equal(config->server.listen, "[::1]:0");
    assert_int_equal(config->server.idle_timeout_s, 7);
    assert_int_equal(config->server.body_bytes_max, UINT64_C(3) * GIB / 2);
    assert_int_equal(config->server.json_body_bytes_max, 65536);
    assert_int_equal(config->memory.budget, UINT64_C(4) * GIB);
    assert_int_equal(config->query.memory, 1 * GIB);
    assert_int_equal(config->storage.buckets.count, 2);
    assert_str_equal(config->storage.buckets.items[1].name, "scratch");
    assert_str_equal(config->storage.buckets.items[0].root, "/mnt/archive");
    assert_int_equal(config->embed.models.count, 1);
    assert_str_equal(config->embed.models.items[0].kind, "fake");
    assert_str_equal(config->embed.models.items[0].folder, "");
    assert_int_equal(config->embed.models.items[0].dimensions, 8);
    assert_str_equal(config->auth.keys.items[0].scope, "write");
    assert_int_equal(parsed.warnings.count, 1); /* keys that nobody is asked for */
    assert_str_equal(parsed.warnings.items[0].text,
                     "lakehouse.toml:19: setting 'auth.keys' has no effect: auth.enabled is false");
    assert_ok(app_config_check(config, false, &parsed.err), &parsed.err);
    arena_destroy(parsed.arena);
}

static void warns_of_unknown_keys(void **state) {
    (void)state;
    Parsed parsed = parse("listen = \"x\"\n"
                          "[server]\n"
                          "lisen = \"x\"\n"
                          "quite_new = 1\n"
                          "[sever]\n"
                          "listen = \"x\"\n"
                          "[[storage.buckets]]\n"
                          "name = \"a\"\n"
                          "root = \"b\"\n"
                          "rood = \"c\"\n");
    assert_ok(parsed.ok, &parsed.err);
    static const char *const expected[] = {
        "lakehouse.toml:1: unknown setting 'listen' is ignored",
        "lakehouse.toml:3: unknown setting 'server.lisen' is ignored; did you mean "
        "'server.listen'?",
        "lakehouse.toml:4: unknown setting 'server.quite_new' is ignored",
        "lakehouse.toml:5: unknown setting 'sever' is ignored; did you mean 'server'?",
        "lakehouse.toml:10: unknown setting 'storage.buckets.rood' is ignored; did you mean "
        "'storage.buckets.root'?",
    };
    assert_int_equal(parsed.warnings.count, ARRAY_LEN(expected));
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        assert_str_equal(parsed.warnings.items[i].text, expected[i]);
    assert_int_equal(parsed.warnings.items[1].line, 3);
    arena_destroy(parsed.arena);
}

static void names_the_place_of_a_mistake(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"[server]\nidle_timeout_s = 0",
         "lakehouse.toml:2:18: server.idle_timeout_s must be from 1 to 3600, it is 0"},
        {"[server]\n  idle_timeout_s = -5",
         "lakehouse.toml:2:20: server.idle_timeout_s must be from 1 to 3600, it is -5"},
        {"[server]\nidle_timeout_s = \"7\"",
         "lakehouse.toml:2:18: server.idle_timeout_s must be a whole number of seconds"},
        {"[server]\nidle_timeout_s = 7.5",
         "lakehouse.toml:2:18: server.idle_timeout_s must be a whole number of seconds"},
        {"[server]\nlisten = 3100", "lakehouse.toml:2:10: server.listen must be text in quotes"},
        {"[server]\nlisten = \"\"", "lakehouse.toml:2:10: server.listen must not be empty"},
        {"[auth]\nenabled = 1", "lakehouse.toml:2:11: auth.enabled must be true or false"},
        {"[memory]\nbudget = \"lots\"",
         "lakehouse.toml:2:10: memory.budget must be a size such as \"512MiB\", or a part of the "
         "memory such as \"60%\""},
        {"[memory]\nbudget = \"1MiB\"",
         "lakehouse.toml:2:10: memory.budget must be from 64MiB to 64TiB, it is 1MiB"},
        {"server = 1", "lakehouse.toml:1:10: 'server' must be a section, written [server]"},
        {"[storage.buckets]\nname = \"a\"",
         "lakehouse.toml:1:10: 'storage.buckets' must be a list of tables, written "
         "[[storage.buckets]]"},
        {"storage.buckets = [1]", "lakehouse.toml:1:20: 'storage.buckets' must be a list of "
                                  "tables, written [[storage.buckets]]"},
        {"[[storage.buckets]]\nname = \"a\"",
         "lakehouse.toml:1:11: storage.buckets[1].root is missing"},
        {"[[embed.models]]\nname = \"a\"\n[[embed.models]]\nname = \"b\"\ndimensions = 0",
         "lakehouse.toml:5:14: embed.models[2].dimensions must be from 1 to 4096, it is 0"},
        {"[server]\nlisten = ",
         "lakehouse.toml: line 2, column 10: the file ends, expected a value"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Parsed parsed = parse(bad[i].text);
        assert_false(parsed.ok);
        assert_int_equal(parsed.err.kind, FAIL_INVALID);
        assert_string_equal(parsed.err.message, bad[i].message);
        arena_destroy(parsed.arena);
    }
}

static void bounds_lists(void **state) {
    (void)state;
    Arena *arena = arena_create();
    StrBuf text = strbuf_make(arena);
    for (size_t i = 0; i < 65; i++)
        strbuf_append_c(&text, "[[storage.buckets]]\nname = \"a\"\nroot = \"b\"\n");
    Parsed parsed = parse(strbuf_str(&text).data);
    assert_false(parsed.ok);
    assert_non_null(strstr(parsed.err.message, "storage.buckets may have 64 entries, it has 65"));
    arena_destroy(parsed.arena);
    arena_destroy(arena);
}

static void takes_options(void **state) {
    (void)state;
    Parsed parsed = parse("");
    AppConfig *config = &parsed.config;
    Err *err = &parsed.err;
    assert_ok(app_config_set(config, STR("server.listen"), STR("0.0.0.0:80"), parsed.arena, err),
              err);
    assert_str_equal(config->server.listen, "0.0.0.0:80");
    assert_ok(app_config_set(config, STR("query.memory"), STR("50%"), parsed.arena, err), err);
    assert_int_equal(config->query.memory, config->memory.budget / 2);
    assert_ok(app_config_set(config, STR("auth.enabled"), STR("true"), parsed.arena, err), err);
    assert_true(config->auth.enabled);
    assert_fails(app_config_set(config, STR("jobs.workers"), STR("0"), parsed.arena, err), err,
                 FAIL_INVALID);
    assert_fails(app_config_set(config, STR("jobs.worker"), STR("1"), parsed.arena, err), err,
                 FAIL_NOT_FOUND);
    assert_fails(app_config_set(config, STR("jobs"), STR("1"), parsed.arena, err), err,
                 FAIL_NOT_FOUND);
    assert_int_equal(config->jobs.workers, 2);
    arena_destroy(parsed.arena);
}

static void loads_files(void **state) {
    (void)state;
    char path[] = "/tmp/test_app_config.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("[jobs]\nworkers = 5\n", file);
    fclose(file);
    Parsed parsed = {.arena = arena_create()};
    ConfigSource source = {.path = str_c(path), .memory_bytes = GIB};
    assert_ok(app_config_load(&source, parsed.arena, &parsed.config, &parsed.warnings, &parsed.err),
              &parsed.err);
    assert_int_equal(parsed.config.jobs.workers, 5);
    remove(path);
    assert_fails(
        app_config_load(&source, parsed.arena, &parsed.config, &parsed.warnings, &parsed.err),
        &parsed.err, FAIL_NOT_FOUND);
    source.may_be_missing = true;
    assert_ok(app_config_load(&source, parsed.arena, &parsed.config, &parsed.warnings, &parsed.err),
              &parsed.err);
    assert_int_equal(parsed.config.jobs.workers, 2);
    source.path = STR("/tmp");
    assert_fails(
        app_config_load(&source, parsed.arena, &parsed.config, &parsed.warnings, &parsed.err),
        &parsed.err, FAIL_IO);
    arena_destroy(parsed.arena);
}

static Str read_file(const char *path, Arena *arena) {
    StrBuf text = strbuf_make(arena);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return STR_EMPTY;
    size_t got;
    do {
        got = fread(strbuf_reserve(&text, 4096), 1, 4096, file);
        text.length += got;
    } while (got > 0);
    fclose(file);
    return strbuf_str(&text);
}

static void the_page_is_current(void **state) {
    (void)state;
    Arena *arena = arena_create();
    StrBuf page = strbuf_make(arena);
    app_config_write_docs(&page);
    const char *source = getenv("LAKEHOUSE_SOURCE");
    assert_non_null(source);
    const char *path = str_format(arena, "%s/docs/config.md", source).data;
    if (getenv("LAKEHOUSE_UPDATE_DOCS") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(page.data, 1, page.length, file), page.length);
        assert_int_equal(fclose(file), 0);
    }
    if (!str_eq(read_file(path, arena), strbuf_str(&page)))
        fail_msg("docs/config.md lags behind src/app/app_config.def: run this test with "
                 "LAKEHOUSE_UPDATE_DOCS=1");
    arena_destroy(arena);
}

int suite_test_app_config(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_defaults),          cmocka_unit_test(reads_a_file),
        cmocka_unit_test(warns_of_unknown_keys), cmocka_unit_test(names_the_place_of_a_mistake),
        cmocka_unit_test(bounds_lists),          cmocka_unit_test(takes_options),
        cmocka_unit_test(loads_files),           cmocka_unit_test(the_page_is_current),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
