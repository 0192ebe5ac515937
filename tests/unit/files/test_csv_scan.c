/* test_csv_scan.c - records out of delimited text: by hand, at every window boundary, and random
 * files against a reader that takes one character at a time. */
#include "unit.h"

#include <stdlib.h>

#include "base/rng.h"
#include "base/vec.h"
#include "files/csv_scan.h"
#include "temp_folder.h"

static const CsvFormat comma = {.delimiter = ',', .quote = '"', .escape = '"'};

/* "1[a][b]" a record: its line and fields; "2!why" a broken one. */
static Str scan_all(Arena *arena, const CsvFormat *format, Str bytes, size_t window_bytes) {
    char *folder = temp_folder_create();
    Str path = str_format(arena, "%s/x", folder);
    FILE *file = fopen(path.data, "wb");
    assert_int_equal(fwrite(bytes.data, 1, bytes.length, file), bytes.length);
    fclose(file);
    Err err = {0};
    ByteWindow window;
    CsvScanner scanner;
    CsvRecord record;
    bool end = false;
    StrBuf text = strbuf_make(arena);
    assert_ok(window_open(&window, path.data, STR("x"), window_bytes, NULL, NULL, &err), &err);
    csv_scanner_init(&scanner, &window, format);
    for (;;) {
        assert_ok(csv_scan_next(&scanner, &record, &end, &err), &err);
        if (end)
            break;
        strbuf_append_format(&text, "%llu", (unsigned long long)record.line);
        if (record.broken != NULL)
            strbuf_append_format(&text, "!%s", record.broken);
        for (size_t i = 0; record.broken == NULL && i < record.field_count; i++) {
            Str field = csv_field_text(format, &record, i, arena);
            strbuf_append_format(&text, "[%.*s]", STR_ARG(field));
        }
        strbuf_append_c(&text, ";");
    }
    csv_scanner_deinit(&scanner);
    window_close(&window);
    temp_folder_remove(folder);
    return strbuf_str(&text);
}

static void test_table(void **state) {
    (void)state;
    static const struct {
        const char *bytes, *expected;
    } cases[] = {
        {"", ""},
        {"a", "1[a];"},
        {"a\n", "1[a];"},
        {"a,b\nc,d", "1[a][b];2[c][d];"},
        {"a,b\r\nc,d\r\n", "1[a][b];2[c][d];"},
        {"a,\n,b\n,\n", "1[a][];2[][b];3[][];"},
        {"\n\n", "1[];2[];"},
        {"\"a\"\n", "1[a];"},
        {"\"a,b\",c\n", "1[a,b][c];"},
        {"\"a\"\"b\"\n", "1[a\"b];"},
        {"\"\"\"\"\n", "1[\"];"},
        {"\"\",x\n", "1[][x];"},
        {"\"a\nb\",c\nd\n", "1[a\nb][c];3[d];"},
        {"\"a\r\nb\",c\r\nd\r\n", "1[a\r\nb][c];3[d];"},
        {"a\"b,c\n", "1[a\"b][c];"},
        {"a,\"b\"", "1[a][b];"},
        {"a,\"b\"\r\n", "1[a][b];"},
        {"\"a\"x,b\nc\n", "1!text after a closing quote;2[c];"},
        {"\"a\nb\nc\n", "1!a quote is opened and never closed;2[b];3[c];"},
        {"x,\"a\nb,\"c\nd\n", "1!text after a closing quote;2!a quote is opened and never "
                              "closed;3[d];"},
        {"a\rb\nc\n", "1[a\rb];2[c];"},
        {"a\r", "1[a];"},
        {"a\n\"", "1[a];2!a quote is opened and never closed;"},
    };
    Arena *arena = arena_create();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Str found = scan_all(arena, &comma, str_c(cases[i].bytes), 1 << 20);
        if (!str_eq_c(found, cases[i].expected))
            fail_msg("'%s': '%.*s'", cases[i].bytes, STR_ARG(found));
    }
    arena_destroy(arena);
}

static void test_formats(void **state) {
    (void)state;
    Arena *arena = arena_create();
    CsvFormat format = {.delimiter = ';', .quote = '\'', .escape = '\\'};
    assert_str_equal(scan_all(arena, &format, STR("'a\\'b';c\n'x\\\\';'y'\n"), 1 << 20),
                     "1[a'b][c];2[x\\][y];");
    format = comma;
    format.cr_lines = true;
    assert_str_equal(scan_all(arena, &format, STR("a,b\rc,\"d\re\"\rf\r"), 1 << 20),
                     "1[a][b];2[c][d\re];4[f];");
    format = comma;
    format.skip_spaces = true;
    assert_str_equal(scan_all(arena, &format, STR("a, \"b, c\" ,d\n"), 1 << 20), "1[a][b, c][d];");
    arena_destroy(arena);
}

static void test_record_longer_than_window(void **state) {
    (void)state;
    Arena *arena = arena_create();
    StrBuf text = strbuf_make(arena);
    strbuf_append_c(&text, "a,b\n");
    for (int i = 0; i < 5000; i++)
        strbuf_append_char(&text, 'x');
    strbuf_append_c(&text, "\nc,d\n\"");
    for (int i = 0; i < 5000; i++)
        strbuf_append_c(&text, i == 4000 ? "\n" : "y");
    strbuf_append_c(&text, "\"\ne,f\n");
    Str found = scan_all(arena, &comma, strbuf_str(&text), 4096);
    Str expected = str_format(arena, "1[a][b];2!a record longer than the largest allowed;3[c][d];"
                                     "4!a record longer than the largest allowed;");
    assert_true(str_starts(found, expected));
    assert_true(str_ends(found, STR(";6[e][f];")));
    arena_destroy(arena);
}

static void test_too_many_fields(void **state) {
    (void)state;
    Arena *arena = arena_create();
    StrBuf text = strbuf_make(arena);
    for (int i = 0; i < CSV_FIELDS_MAX + 5; i++)
        strbuf_append_c(&text, ",");
    strbuf_append_c(&text, "\na,b\n");
    assert_str_equal(scan_all(arena, &comma, strbuf_str(&text), 1 << 20),
                     "1!too many fields in one record;2[a][b];");
    arena_destroy(arena);
}

/* ---- random files ---- */

/* RFC 4180 one character at a time, for text that is well formed. */
static Str read_naively(Arena *arena, Str bytes) {
    StrBuf out = strbuf_make(arena);
    size_t at = 0, line = 1;
    while (at < bytes.length) {
        strbuf_append_format(&out, "%zu", line);
        bool more = true;
        while (more) {
            bool quoted = at < bytes.length && bytes.data[at] == '"';
            strbuf_append_c(&out, "[");
            at += quoted;
            for (; at < bytes.length; at++) {
                char c = bytes.data[at];
                if (quoted && c == '"') {
                    at++;
                    if (at >= bytes.length || bytes.data[at] != '"')
                        break;
                } else if (!quoted && (c == ',' || c == '\n')) {
                    break;
                } else if (!quoted && c == '\r' && at + 1 < bytes.length &&
                           bytes.data[at + 1] == '\n') {
                    break;
                }
                line += c == '\n';
                strbuf_append_char(&out, bytes.data[at]);
            }
            strbuf_append_c(&out, "]");
            more = at < bytes.length && bytes.data[at] == ',';
            at += more;
        }
        if (at < bytes.length && bytes.data[at] == '\r')
            at++;
        if (at < bytes.length)
            at++;
        line++;
        strbuf_append_c(&out, ";");
    }
    return strbuf_str(&out);
}

static void append_random_field(Rng *rng, StrBuf *out) {
    static const char *const pieces[] = {"a",  "bc", "1", " ", "\xC3\xA9", "\xF0\x9F\x98\x80",
                                         "x-y"};
    static const char *const quoted_only[] = {",", "\n", "\r\n", "\"\"", ";"};
    bool quoted = rng_below(rng, 3) == 0;
    strbuf_append_c(out, quoted ? "\"" : "");
    for (uint64_t i = rng_below(rng, 6); i > 0; i--) {
        if (quoted && rng_below(rng, 3) == 0)
            strbuf_append_c(out, quoted_only[rng_below(rng, 5)]);
        else
            strbuf_append_c(out, pieces[rng_below(rng, 7)]);
    }
    strbuf_append_c(out, quoted ? "\"" : "");
}

static void test_random_files(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        Rng rng = rng_seeded(seed);
        Arena *arena = arena_create();
        StrBuf text = strbuf_make(arena);
        const char *line_end = rng_below(&rng, 2) == 0 ? "\n" : "\r\n";
        for (uint64_t records = rng_below(&rng, 40); records > 0; records--) {
            for (uint64_t fields = rng_below(&rng, 5); fields > 0; fields--) {
                append_random_field(&rng, &text);
                strbuf_append_c(&text, ",");
            }
            append_random_field(&rng, &text);
            strbuf_append_c(&text, line_end);
        }
        Str bytes = strbuf_str(&text);
        Str expected = read_naively(arena, bytes);
        /* small windows put a boundary everywhere */
        size_t window = seed % 3 == 0 ? 1 << 20 : 400 + rng_below(&rng, 200);
        Str found = scan_all(arena, &comma, bytes, window);
        if (!str_eq(found, expected))
            fail_msg("seed %llu: '%.*s'\n'%.*s'\n'%.*s'", (unsigned long long)seed, STR_ARG(bytes),
                     STR_ARG(found), STR_ARG(expected));
        arena_destroy(arena);
    }
}

int suite_test_csv_scan(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_record_longer_than_window),
        cmocka_unit_test(test_too_many_fields),
        cmocka_unit_test(test_random_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
