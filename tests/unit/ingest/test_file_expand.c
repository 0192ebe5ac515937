/* test_file_expand.c - compressed files: whole, in several members, cut, damaged, and bombs. */
#include "ingest_case.h"

#include <zlib.h>
#include <zstd.h>

#include "files/file_expand.h"

static const ExpandLimits generous = {1ull << 40, 100000};

static Str gzip_of(Arena *arena, Str bytes) {
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = bytes.length + 1000;
    char *out = arena_alloc(arena, room);
    stream.next_in = (unsigned char *)(uintptr_t)bytes.data;
    stream.avail_in = (unsigned)bytes.length;
    stream.next_out = (unsigned char *)out;
    stream.avail_out = (unsigned)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t length = room - stream.avail_out;
    deflateEnd(&stream);
    return str_make(out, length);
}

static Str zstd_of(Arena *arena, Str bytes) {
    size_t room = ZSTD_compressBound(bytes.length);
    char *out = arena_alloc(arena, room);
    size_t length = ZSTD_compress(out, room, bytes.data, bytes.length, 3);
    assert_false(ZSTD_isError(length));
    return str_make(out, length);
}

static Str join(Arena *arena, Str a, Str b) {
    StrBuf both = strbuf_make(arena);
    strbuf_append(&both, a);
    strbuf_append(&both, b);
    return strbuf_str(&both);
}

static Str lines(Arena *arena, int count) {
    StrBuf text = strbuf_make(arena);
    strbuf_append_c(&text, "id,text\n");
    for (int i = 0; i < count; i++)
        strbuf_append_format(&text, "%d,line %d of the file\n", i, i * 7919);
    return strbuf_str(&text);
}

static void test_loads(void **state) {
    IngestCase *c = *state;
    Str text = lines(c->arena, 40000);
    ingest_case_load(c, "gz", "x.csv.gz", gzip_of(c->arena, text));
    ingest_case_expect(c, 40000, 40000, 0);
    ingest_case_load(c, "zst", "x.csv.zst", zstd_of(c->arena, text));
    ingest_case_expect(c, 40000, 40000, 0);
    assert_str_equal(ingest_case_rows(c, "zst", "SELECT sum(id)::BIGINT FROM d"), "799980000\n");
    Str second = STR("1,after the first member\n");
    ingest_case_load(c, "two", "x.csv.gz",
                     join(c->arena, gzip_of(c->arena, text), gzip_of(c->arena, second)));
    ingest_case_expect(c, 40001, 40001, 0);
    ingest_case_load(c, "twoz", "x.csv.zst",
                     join(c->arena, zstd_of(c->arena, text), zstd_of(c->arena, second)));
    ingest_case_expect(c, 40001, 40001, 0);
    ingest_case_load(c, "j", "x.ndjson.gz", gzip_of(c->arena, STR("{\"a\":1}\n")));
    assert_str_equal(ingest_case_types(c, "j"), "a BIGINT");
}

static void test_damage(void **state) {
    IngestCase *c = *state;
    Str text = lines(c->arena, 40000);
    Str whole[] = {gzip_of(c->arena, text), zstd_of(c->arena, text)};
    for (size_t i = 0; i < 2; i++) {
        Str cut = str_slice(whole[i], 0, whole[i].length - 10);
        assert_false(ingest_case_try(c, "bad", "x.csv.gz", cut, NULL));
        assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
        assert_non_null(strstr(c->err.message, "cut off"));
        char *copy = str_to_c(c->arena, whole[i]);
        memset(copy + whole[i].length / 2, 0x55, 64);
        assert_false(ingest_case_try(c, "bad", "x.csv.gz", str_make(copy, whole[i].length), NULL));
        assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
        assert_non_null(strstr(c->err.message, "damaged"));
        Str garbage = join(c->arena, whole[i], STR("no compressed data"));
        assert_false(ingest_case_try(c, "bad", "x.csv.gz", garbage, NULL));
    }
}

static bool expand(IngestCase *c, Str bytes, FileCompression compression,
                   const ExpandLimits *limits) {
    static int number;
    Str from = ingest_case_file(c, "from", bytes);
    Str to = str_format(c->arena, "%s/to%d", c->folder, number++);
    err_clear(&c->err);
    return file_expand(from.data, to.data, compression, limits, NULL, NULL, &c->err);
}

static void test_bombs(void **state) {
    IngestCase *c = *state;
    size_t size = 100 << 20;
    char *zeros = arena_alloc_zero(c->arena, size);
    Str bombs[] = {gzip_of(c->arena, str_make(zeros, size)),
                   zstd_of(c->arena, str_make(zeros, size))};
    FileCompression kinds[] = {FILE_GZIP, FILE_ZSTD};
    for (size_t i = 0; i < 2; i++) {
        ExpandLimits small = {10 << 20, 100000}, steep = {1ull << 40, 100};
        assert_ok(expand(c, bombs[i], kinds[i], &generous), &c->err);
        assert_false(expand(c, bombs[i], kinds[i], &small));
        assert_int_equal(c->err.kind, FAIL_LIMIT);
        assert_false(expand(c, bombs[i], kinds[i], &steep));
        assert_int_equal(c->err.kind, FAIL_LIMIT);
    }
}

static void test_empty_input(void **state) {
    IngestCase *c = *state;
    assert_false(expand(c, STR("\x1F\x8B"), FILE_GZIP, &generous));
    assert_false(expand(c, STR(""), FILE_ZSTD, &generous));
}

int suite_test_file_expand(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loads),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_empty_input),
    };
    return cmocka_run_group_tests(tests, ingest_case_set_up, ingest_case_tear_down);
}
