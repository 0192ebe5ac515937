/* test_json_scan.c - the strict JSON reader: cases by hand, every prefix, and random texts judged
 * by jansson too. */
#include "unit.h"

#include <jansson.h>

#include "base/rng.h"
#include "files/json_scan.h"
#include "files/utf8_scan.h"

static JsonStep scan(JsonScanner *scanner, Str bytes, bool at_end) {
    scanner->bytes = bytes;
    scanner->at = 0;
    scanner->at_end = at_end;
    return json_scan_object(scanner);
}

static void test_members(void **state) {
    (void)state;
    Arena *arena = arena_create();
    JsonScanner scanner;
    json_scanner_init(&scanner);
    Str bytes =
        STR("{ \"a\" : 1.50 , \"\\u0062\":\"x\\ny\",\"c\":[1,{\"d\":\"]}\"}],\"e\":null} tail");
    assert_int_equal(scan(&scanner, bytes, true), JSON_STEP_OBJECT);
    assert_str_equal(str_slice(bytes, scanner.at, bytes.length), " tail");
    assert_int_equal(scanner.member_count, 4);
    assert_str_equal(scanner.members[0].text, "1.50");
    assert_int_equal(scanner.members[0].kind, JSON_KIND_NUMBER);
    assert_str_equal(json_unescape(scanner.members[1].key, true, arena), "b");
    assert_str_equal(json_unescape(scanner.members[1].text, true, arena), "x\ny");
    assert_str_equal(scanner.members[2].text, "[1,{\"d\":\"]}\"}]");
    assert_int_equal(scanner.members[3].kind, 0);
    json_scanner_deinit(&scanner);
    arena_destroy(arena);
}

static void test_faults(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *fault;
    } cases[] = {
        {"x", "not an object"},
        {"{", "ends in the middle of an object"},
        {"{\"a\":1", "ends in the middle of an object"},
        {"{a:1}", "a key in quotes is expected"},
        {"{\"a\" 1}", "':' is expected after a key"},
        {"{\"a\":1,}", "a key in quotes is expected"},
        {"{\"a\":1 \"b\":2}", "',' or '}' is expected"},
        {"{\"a\":[1 2]}", "',' or ']' is expected"},
        {"{\"a\":[1,]}", "not a JSON value"},
        {"{\"a\":01}", "not a JSON number"},
        {"{\"a\":1.}", "not a JSON number"},
        {"{\"a\":-}", "not a JSON number"},
        {"{\"a\":+1}", "not a JSON value"},
        {"{\"a\":.5}", "not a JSON value"},
        {"{\"a\":NaN}", "NaN and Infinity are not JSON"},
        {"{\"a\":-Infinity}", "NaN and Infinity are not JSON"},
        {"{\"a\":nul}", "not a JSON value"},
        {"{\"a\":\"\n\"}", "a control character in a string"},
        {"{\"a\":\"\\x\"}", "an unknown escape in a string"},
        {"{\"a\":\"\\u12\"}", "\\u without four hex digits"},
        {"{\"a\":\"\\u0000\"}", "\\u0000 in a string"},
        {"{\"a\":\"\\ud800\"}", "half of a surrogate pair"},
        {"{\"a\":\"\\udc00\"}", "half of a surrogate pair"},
        {"{\"a\":\"\\ud800\\u0041\"}", "half of a surrogate pair"},
        {"{'a':1}", "a key in quotes is expected"},
    };
    JsonScanner scanner;
    json_scanner_init(&scanner);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        JsonStep step = scan(&scanner, str_c(cases[i].bytes), true);
        if (step != JSON_STEP_BROKEN || strcmp(scanner.fault, cases[i].fault) != 0)
            fail_msg("%s: %d %s", cases[i].bytes, (int)step,
                     scanner.fault != NULL ? scanner.fault : "-");
    }
    json_scanner_deinit(&scanner);
}

/* Cut anywhere, an object asks for more; nothing is read beyond the cut. */
static void test_prefixes(void **state) {
    (void)state;
    Str whole =
        STR("{\"a\":[1,-2.5e+3,{\"b\":\"\\ud83d\\ude00\\\\\"},true,null],\"c\":{},\"d\":[]}");
    JsonScanner scanner;
    json_scanner_init(&scanner);
    Arena *arena = arena_create();
    for (size_t length = 1; length < whole.length; length++) {
        Str part = str_make(memcpy(arena_alloc(arena, length), whole.data, length), length);
        if (scan(&scanner, part, false) != JSON_STEP_MORE)
            fail_msg("at %zu: %s", length, scanner.fault != NULL ? scanner.fault : "whole");
        if (scan(&scanner, part, true) != JSON_STEP_BROKEN)
            fail_msg("at %zu: taken for whole", length);
    }
    assert_int_equal(scan(&scanner, whole, false), JSON_STEP_OBJECT);
    json_scanner_deinit(&scanner);
    arena_destroy(arena);
}

static void test_elements(void **state) {
    (void)state;
    Str list = STR("[ 1 , \"a,]\" ,[2],null ]");
    size_t at = 0, count = 0;
    JsonMember element;
    static const char *const texts[] = {"1", "a,]", "[2]", "null"};
    while (json_next_element(list, &at, &element))
        assert_str_equal(element.text, texts[count++]);
    assert_int_equal(count, 4);
    at = 0;
    assert_false(json_next_element(STR("[ ]"), &at, &element));
}

static void test_random_against_jansson(void **state) {
    (void)state;
    static const char *const pieces[] = {
        "{",   "}",    "[",    "]",    ",",    ":", "\"a\"",   "\"b\"",
        "1",   "-0.5", "true", "null", "1e5 ", " ", "\"\\n\"", "\"\\ud83d\\ude00\"",
        "\"x", "0",    "."};
    JsonScanner scanner;
    json_scanner_init(&scanner);
    Arena *arena = arena_create();
    size_t accepted = 0;
    for (uint64_t seed = 1; seed <= 200000; seed++) {
        Rng rng = rng_seeded(seed);
        StrBuf text = strbuf_make(arena);
        strbuf_append_c(&text, "{\"k\":");
        for (uint64_t i = 1 + rng_below(&rng, 7); i > 0; i--)
            strbuf_append_c(&text, pieces[rng_below(&rng, sizeof pieces / sizeof *pieces)]);
        strbuf_append_c(&text, "}");
        Str bytes = strbuf_str(&text);
        bool ours = scan(&scanner, bytes, true) == JSON_STEP_OBJECT && scanner.at == bytes.length;
        json_t *theirs = json_loadb(bytes.data, bytes.length, 0, NULL);
        if (ours != (theirs != NULL))
            fail_msg("'%.*s': ours %d, jansson's %d", STR_ARG(bytes), ours, theirs != NULL);
        accepted += ours;
        json_decref(theirs);
        arena_reset(arena);
    }
    assert_true(accepted > 1000);
    json_scanner_deinit(&scanner);
    arena_destroy(arena);
}

int suite_test_json_scan(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_random_against_jansson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
