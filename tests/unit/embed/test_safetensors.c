/* test_safetensors.c - good files are read, and every way of lying in a header is named. */
#include "unit.h"

#include <math.h>
#include <unistd.h>

#include "base/vec.h"
#include "embed/safetensors.h"
#include "tiny_model.h"

static void reads_what_it_should(void **state) {
    (void)state;
    Err err = {0};
    Arena *arena = arena_create();
    static const unsigned char data[] = {
        0,    0,    0x80, 0x3F, 0,    0,    0x20, 0xC1, /* f32: 1, -10 */
        0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00, 0,    0x7C, /* f16: 1, -2, 2^-24, inf */
        0x80, 0x3F, 0x20, 0xC1,                         /* bf16: 1, -10 */
        1,    0,    0,    0,    0,    0,    0,    0,    /* i64 */
    };
    Str header = STR("{\"__metadata__\":{\"format\":\"pt\"},"
                     "\"b\":{\"dtype\":\"F16\",\"shape\":[2,2],\"data_offsets\":[8,16]},"
                     "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                     "\"empty\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[16,16]},"
                     "\"c\":{\"dtype\":\"BF16\",\"shape\":[2,1],\"data_offsets\":[16,20]},"
                     "\"d\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[20,28]}}   ");
    Str bytes = tiny_file(arena, header, str_make(data, sizeof data));
    TensorFile *file = tensor_file_parse(bytes, &err);
    assert_non_null(file);
    assert_int_equal(tensor_file_count(file), 5);
    assert_str_equal(tensor_file_at(file, 0)->name, "a");
    assert_null(tensor_file_find(file, STR("__metadata__")));

    float values[4];
    tensor_read_f32(tensor_file_find(file, STR("a")), 0, 2, values);
    assert_true(values[0] == 1.0F && values[1] == -10.0F);
    const Tensor *half = tensor_file_find(file, STR("b"));
    assert_int_equal(half->rank, 2);
    assert_int_equal(tensor_elements(half), 4);
    tensor_read_f32(half, 1, 3, values);
    assert_true(values[0] == -2.0F && values[1] == 0x1p-24F && isinf(values[2]));
    tensor_read_f32(tensor_file_find(file, STR("c")), 0, 2, values);
    assert_true(values[0] == 1.0F && values[1] == -10.0F);
    assert_int_equal(tensor_file_find(file, STR("d"))->type, TENSOR_OTHER);
    tensor_file_close(file);
    arena_destroy(arena);
}

static void refuses_hostile_headers(void **state) {
    (void)state;
    static const struct {
        const char *header;
        size_t data_bytes;
        FailKind kind;
        const char *says;
    } cases[] = {
        {"", 0, FAIL_CORRUPT, "not a JSON object"},
        {"[]", 0, FAIL_CORRUPT, "not a JSON object"},
        {"{", 0, FAIL_CORRUPT, "not valid JSON"},
        {"{}", 1, FAIL_CORRUPT, "belong to no tensor"},
        {"{\"a\":7}", 0, FAIL_CORRUPT, "not an object"},
        {"{\"a\":{}}", 0, FAIL_CORRUPT, "dtype"},
        {"{\"a\":{\"dtype\":\"F4\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, FAIL_UNSUPPORTED,
         "F4"},
        {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, FAIL_CORRUPT, "shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, FAIL_CORRUPT,
         "natural"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4, FAIL_CORRUPT,
         "natural"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
         FAIL_CORRUPT, "dimensions"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905],\"data_offsets\":[0,4]}}", 4,
         FAIL_CORRUPT, "shape does not match"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
         FAIL_CORRUPT, "shape does not match"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, FAIL_CORRUPT,
         "shape does not match"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, FAIL_CORRUPT,
         "rising"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, FAIL_CORRUPT,
         "rising"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, FAIL_CORRUPT,
         "rising"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, FAIL_CORRUPT,
         "ends at 8"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, FAIL_CORRUPT,
         "hole"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
         8, FAIL_CORRUPT, "overlaps"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4, FAIL_CORRUPT, "overlaps"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
         "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4, FAIL_CORRUPT, "not valid JSON"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 6, FAIL_CORRUPT,
         "2 bytes at the end"},
    };
    static const char zeros[16] = {0};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Arena *arena = arena_create();
        Err err = {0};
        Str bytes = tiny_file(arena, str_c(cases[i].header), (Str){zeros, cases[i].data_bytes});
        TensorFile *file = tensor_file_parse(bytes, &err);
        if (file != NULL)
            fail_msg("accepted: %s", cases[i].header);
        if (err.kind != cases[i].kind || strstr(err.message, cases[i].says) == NULL)
            fail_msg("%s: said '%s' (%s)", cases[i].header, err.message, err_kind_name(err.kind));
        arena_destroy(arena);
    }
}

static void refuses_lengths_that_lie(void **state) {
    (void)state;
    Err err = {0};
    static const char huge[16] = {1, 0, 0, 0, 0, 0, 0, 0x7F, '{', '}'};
    static const char long_one[16] = {9, 0, 0, 0, 0, 0, 0, 0, '{', '}', ' ', ' '};
    assert_null(tensor_file_parse((Str){huge, sizeof huge}, &err));
    assert_int_equal(err.kind, FAIL_CORRUPT);
    assert_null(tensor_file_parse((Str){long_one, sizeof long_one}, &err));
    assert_int_equal(err.kind, FAIL_CORRUPT);
    for (size_t length = 0; length < 10; length++)
        assert_null(tensor_file_parse((Str){long_one, length}, &err));
}

/* Whatever single byte of the header is changed: an answer, never a crash. */
static void survives_every_changed_byte(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Str good = tiny_file(arena,
                         STR("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
                             "\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[8,12]}}"),
                         STR("12345678abcd"));
    size_t accepted = 0;
    for (size_t i = 0; i < good.length - 12; i++) {
        for (int bit = 0; bit < 8; bit++) {
            Str copy = str_dup(arena, good);
            ((char *)(uintptr_t)copy.data)[i] ^= (char)(1 << bit);
            Err err = {0};
            TensorFile *file = tensor_file_parse(copy, &err);
            accepted += file != NULL;
            if (file == NULL)
                assert_int_not_equal(err.kind, FAIL_NONE);
            tensor_file_close(file);
        }
    }
    assert_true(accepted > 0); /* a changed name is still a good file */
    arena_destroy(arena);
}

static void opens_files(void **state) {
    (void)state;
    Err err = {0};
    Arena *arena = arena_create();
    const char *folder = tiny_folder(arena, 1);
    char *path = str_to_c(arena, str_format(arena, "%s/model.safetensors", folder));
    TensorFile *file = tensor_file_open(path, &err);
    assert_non_null(file);
    assert_non_null(tensor_file_find(file, STR("embeddings.LayerNorm.weight")));
    tensor_file_close(file);
    assert_null(tensor_file_open(folder, &err)); /* a folder */
    tiny_write(folder, "model.safetensors", STR_EMPTY);
    assert_null(tensor_file_open(path, &err));
    assert_int_equal(err.kind, FAIL_CORRUPT);
    assert_null(tensor_file_open("/nowhere/at/all", &err));
    assert_int_equal(err.kind, FAIL_IO);
    assert_null(strstr(err.message, "nowhere"));
    arena_destroy(arena);
}

int suite_test_safetensors(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_should),
        cmocka_unit_test(refuses_hostile_headers),
        cmocka_unit_test(refuses_lengths_that_lie),
        cmocka_unit_test(survives_every_changed_byte),
        cmocka_unit_test(opens_files),
    };
    return cmocka_run_group_tests_name("safetensors", tests, NULL, NULL);
}
