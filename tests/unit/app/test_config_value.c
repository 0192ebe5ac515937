/* test_config_value.c - sizes, parts and bounds, and what the machine says it has. */
#include "unit.h"

#include "app/config_value.h"
#include "app/machine.h"
#include "base/vec.h"

static void reads_sizes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"4096", 4096},
        {"4096B", 4096},
        {"512MiB", UINT64_C(512) << 20},
        {"512 mib", UINT64_C(512) << 20},
        {"1.5GiB", UINT64_C(3) << 29},
        {"10MB", 10000000},
        {"2TiB", UINT64_C(2) << 40},
        {"18446744073709551615", UINT64_MAX},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        uint64_t bytes = 0;
        assert_true(config_size_parse(str_c(good[i].text), &bytes));
        assert_int_equal(bytes, good[i].bytes);
    }
    static const char *const bad[] = {"",        "MiB",           "1.5", "-1",  "1XB", "1MiBx",
                                      "1..5MiB", "9999999999TiB", "1e9", "50%", "1.5B"};
    uint64_t bytes = 7;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (config_size_parse(str_c(bad[i]), &bytes))
            fail_msg("accepted '%s'", bad[i]);
}

static void prints_sizes(void **state) {
    (void)state;
    Arena *arena = arena_create();
    assert_str_equal(config_size_print(UINT64_C(3) << 29, arena), "1536MiB");
    assert_str_equal(config_size_print(UINT64_C(16) << 40, arena), "16TiB");
    assert_str_equal(config_size_print(1000, arena), "1000");
    assert_str_equal(config_size_print(0, arena), "0");
    arena_destroy(arena);
}

static void takes_parts_of_a_whole(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    ConfigValue value;
    ConfigWhole whole = {.memory_bytes = 1000, .budget_bytes = 500};
    ConfigRow memory = {.key = "budget", .type = CONFIG_MEMORY, .least = 10, .most = 1000};
    ConfigRow share = {.key = "memory", .type = CONFIG_SHARE, .least = 10, .most = 1000};
    Str name = STR("memory.budget");
    assert_ok(config_value_from_text(&memory, name, STR("60%"), whole, arena, &value, &err), &err);
    assert_int_equal(value.number, 600);
    assert_ok(config_value_from_text(&share, name, STR("12.5 %"), whole, arena, &value, &err),
              &err);
    assert_int_equal(value.number, 62);
    static const char *const bad[] = {"0%", "101%", "%", "x%", "-5%", "1%"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_fails(
            config_value_from_text(&share, name, str_c(bad[i]), whole, arena, &value, &err), &err,
            FAIL_INVALID);
    assert_string_equal(err.message, "memory.budget must be from 10 to 1000, it is 5");
    arena_destroy(arena);
}

static void knows_the_machine(void **state) {
    (void)state;
    uint64_t bytes = machine_memory_bytes();
    assert_true(bytes >= UINT64_C(64) << 20);
    assert_true(bytes < UINT64_C(1) << 50);
}

int suite_test_config_value(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_sizes),
        cmocka_unit_test(prints_sizes),
        cmocka_unit_test(takes_parts_of_a_whole),
        cmocka_unit_test(knows_the_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
