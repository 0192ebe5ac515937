/* test_file_detect.c - what a file is. */
#include "unit.h"

#include "files/file_detect.h"

#define BYTES(literal)                                                                             \
    { "" literal, sizeof(literal) - 1 }

static void test_formats(void **state) {
    (void)state;
    static const struct {
        Str bytes;
        const char *name;
        FileFormat format;
    } cases[] = {
        {BYTES("a,b\n1,2\n"), "x.csv", FILE_CSV},
        {BYTES("a,b\n1,2\n"), "x.json", FILE_CSV},
        {BYTES(""), "x", FILE_CSV},
        {BYTES("PAR1xxxx"), "x.csv", FILE_PARQUET},
        {BYTES("[{\"a\":1}]"), "x", FILE_JSON},
        {BYTES("  \n [1]"), "x", FILE_JSON},
        {BYTES("{\"a\":1}\n{\"a\":2}\n"), "x.json", FILE_NDJSON},
        {BYTES("{\"a\":1}"), "x", FILE_NDJSON},
        {BYTES("{\n\"a\":1\n}\n{\n\"a\":2\n}"), "x", FILE_JSON},
        {BYTES("{\"a\":1\n{\"a\":2}\n"), "x", FILE_NDJSON},
        {BYTES("{\"a\": [1,"), "x", FILE_JSON},
        {BYTES("[1],b\n2,3\n"), "x.csv", FILE_CSV},
        {BYTES("\xEF\xBB\xBF[]"), "x", FILE_JSON},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err = {0};
        FileFormat found;
        assert_ok(file_detect(cases[i].bytes, str_c(cases[i].name), FILE_AUTO, &found, &err), &err);
        if (found != cases[i].format)
            fail_msg("'%.*s': %s", STR_ARG(cases[i].bytes), file_format_name(found));
    }
}

static void test_strangers(void **state) {
    (void)state;
    static const struct {
        Str bytes;
        const char *says;
    } cases[] = {
        {BYTES("PK\x03\x04xx"), "ZIP"},
        {BYTES("%PDF-1.4"), "PDF"},
        {BYTES("BZh91AY"), "bzip2"},
        {BYTES("\x89PNG\r\n"), "PNG"},
        {BYTES("<?xml version"), "XML"},
        {BYTES("<!DOCTYPE html>"), "HTML"},
        {BYTES("SQLite format 3\0"), "SQLite"},
        {BYTES("\0\0\0\0\0\0\0\0"), "binary"},
        {BYTES("\xFF\xFE"
               "a\0"),
         "UTF-16"},
        {BYTES("\xFE\xFF\0a"), "UTF-16"},
        {BYTES("\xFF\xFE\0\0"), "UTF-32"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Err err = {0};
        FileFormat found;
        assert_fails(file_detect(cases[i].bytes, STR("x"), FILE_AUTO, &found, &err), &err,
                     FAIL_MEDIA_TYPE);
        if (strstr(err.message, cases[i].says) == NULL || err.hint[0] == '\0')
            fail_msg("%s: %s (%s)", cases[i].says, err.message, err.hint);
    }
}

static void test_wishes(void **state) {
    (void)state;
    Err err = {0};
    FileFormat found;
    assert_ok(file_detect(STR("[1],b\n"), STR("x"), FILE_CSV, &found, &err), &err);
    assert_int_equal(found, FILE_CSV);
    assert_fails(file_detect(STR("a,b\n"), STR("x"), FILE_PARQUET, &found, &err), &err,
                 FAIL_UNPROCESSABLE);
    assert_fails(file_detect(STR("PAR1"), STR("x"), FILE_CSV, &found, &err), &err,
                 FAIL_UNPROCESSABLE);
}

static void test_names(void **state) {
    (void)state;
    FileFormat format;
    assert_true(file_format_parse(STR("ndjson"), &format) && format == FILE_NDJSON);
    assert_true(file_format_parse(STR("auto"), &format) && format == FILE_AUTO);
    assert_false(file_format_parse(STR("xlsx"), &format));
    assert_int_equal(file_compression(STR("\x1F\x8B\x08")), FILE_GZIP);
    assert_int_equal(file_compression(STR("\x28\xB5\x2F\xFD")), FILE_ZSTD);
    assert_int_equal(file_compression(STR("\x1F")), FILE_PLAIN);
}

int suite_test_file_detect(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_strangers),
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
