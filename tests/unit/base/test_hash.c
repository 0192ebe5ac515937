/* test_hash.c - published vectors, and two roads to the same CRC. */
#include "unit.h"

#include "base/hash.h"
#include "base/hash_crc32c.h"
#include "base/rng.h"

static void xxh3_vectors(void **state) {
    (void)state;
    Arena *arena = arena_create();
    assert_true(hash64(STR_EMPTY) == UINT64_C(0x2D06800538D394C2));
    assert_str_equal(hash128_hex(hash128(STR_EMPTY), arena), "99aa06d3014798d86001c324468d497f");
    assert_true(hash64(STR("a")) != hash64(STR("b")));
    assert_true(hash64_seeded(STR("a"), 0) == hash64(STR("a")));
    assert_true(hash64_seeded(STR("a"), 1) != hash64(STR("a")));
    arena_destroy(arena);
}

static void stream_equals_whole(void **state) {
    (void)state;
    char bytes[5000];
    Rng rng = rng_seeded(1);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)rng_below(&rng, 256);
    Str whole = {bytes, sizeof bytes};
    HashStream *stream = hash_stream_create();
    for (size_t from = 0; from < sizeof bytes;) {
        size_t to = from + (size_t)rng_below(&rng, 700);
        hash_stream_add(stream, str_slice(whole, from, to));
        from = to;
    }
    Hash128 a = hash_stream_value(stream), b = hash128(whole);
    assert_true(a.low == b.low && a.high == b.high);
    hash_stream_destroy(stream);
    hash_stream_destroy(NULL);
}

static void sha256_vectors(void **state) {
    (void)state;
    Arena *arena = arena_create();
    assert_str_equal(sha256_hex(STR_EMPTY, arena),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_str_equal(sha256_hex(STR("abc"), arena),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    Sha256Stream *stream = sha256_stream_create();
    sha256_stream_add(stream, STR("a"));
    sha256_stream_add(stream, STR_EMPTY);
    sha256_stream_add(stream, STR("bc"));
    uint8_t pieces[32], whole[32], scanned[32];
    sha256_stream_end(stream, pieces);
    sha256(STR("abc"), whole);
    assert_memory_equal(pieces, whole, 32);
    assert_true(sha256_scan(sha256_print(whole, arena), scanned));
    assert_memory_equal(scanned, whole, 32);
    assert_false(sha256_scan(STR("ba78"), scanned));
    assert_false(sha256_scan(str_format(arena, "%064d%c", 0, 'x'), scanned));
    assert_false(sha256_scan(str_format(arena, "%063d%c", 0, 'G'), scanned));
    arena_destroy(arena);
}

/* RFC 3720, B.4. */
static void crc32c_vectors(void **state) {
    (void)state;
    char bytes[32] = {0};
    Str text = {bytes, sizeof bytes};
    assert_int_equal(crc32c(0, STR_EMPTY), 0);
    assert_int_equal(crc32c(0, STR("123456789")), 0xE3069283u);
    assert_int_equal(crc32c(0, text), 0x8A9136AAu);
    memset(bytes, 0xFF, sizeof bytes);
    assert_int_equal(crc32c(0, text), 0x62A8AB43u);
    for (size_t i = 0; i < 32; i++)
        bytes[i] = (char)i;
    assert_int_equal(crc32c(0, text), 0x46DD794Eu);
}

static void crc32c_ways_agree(void **state) {
    (void)state;
    char bytes[300];
    Rng rng = rng_seeded(2);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)rng_below(&rng, 256);
    for (size_t length = 0; length <= sizeof bytes; length++) {
        Str text = {bytes, length};
        uint32_t by_table = crc32c_by_table(0, text);
        assert_int_equal(crc32c(0, text), by_table);
        if (crc32c_instruction_present())
            assert_int_equal(crc32c_by_instruction(0, text), by_table);
        size_t middle = length / 3; /* in two pieces */
        uint32_t first = crc32c(0, str_slice(text, 0, middle));
        assert_int_equal(crc32c(first, str_slice(text, middle, length)), by_table);
    }
}

int suite_test_hash(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xxh3_vectors),      cmocka_unit_test(stream_equals_whole),
        cmocka_unit_test(sha256_vectors),    cmocka_unit_test(crc32c_vectors),
        cmocka_unit_test(crc32c_ways_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
