/* Shapes: what passes, what is refused, and which field the refusal names. */
#include "unit.h"

#include "base/vec.h"
#include "gateway/shape.h"

static const Field inner_fields[] = {
    {.name = "metric", .type = FIELD_STRING, .choices = "cosine|l2"},
    {.name = "size", .type = FIELD_INTEGER, .need = FIELD_REQUIRED},
};
static const Shape inner = {"Inner", inner_fields, ARRAY_LEN(inner_fields)};
static const Field outer_fields[] = {
    {.name = "name", .type = FIELD_STRING, .need = FIELD_REQUIRED, .summary = "what it is called"},
    {.name = "count", .type = FIELD_INTEGER},
    {.name = "ratio", .type = FIELD_NUMBER},
    {.name = "on", .type = FIELD_BOOL},
    {.name = "inner", .type = FIELD_OBJECT, .shape = &inner},
    {.name = "free", .type = FIELD_OBJECT},
    {.name = "texts", .type = FIELD_STRINGS},
    {.name = "numbers", .type = FIELD_NUMBERS},
    {.name = "inners", .type = FIELD_OBJECTS, .shape = &inner},
    {.name = "any", .type = FIELD_ANY},
};
static const Shape outer = {"Outer", outer_fields, ARRAY_LEN(outer_fields)};

static bool check(Arena *arena, const char *text, Err *err) {
    json_t *value = json_parse(str_c(text), arena, err);
    assert_non_null(value);
    return shape_check(&outer, value, err);
}

static void good_values_pass(void **state) {
    static const char *const good[] = {
        "{\"name\":\"x\"}",
        "{\"name\":\"\",\"count\":0,\"ratio\":-1,\"on\":false,\"any\":[1,{}]}",
        "{\"name\":\"x\",\"ratio\":1.5,\"free\":{\"whatever\":1},\"texts\":[],\"numbers\":[1,2.5]}",
        "{\"name\":\"x\",\"inner\":{\"size\":1,\"metric\":\"l2\"},\"inners\":[{\"size\":2}]}",
        "{\"name\":\"x\",\"count\":null,\"inner\":null,\"texts\":null}",
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        Err err = {0};
        assert_ok(check(*state, good[i], &err), &err);
    }
}

static void bad_values_name_their_field(void **state) {
    static const struct {
        const char *text, *field;
    } bad[] = {
        {"{}", "name"},
        {"{\"name\":null}", "name"},
        {"{\"name\":1}", "name"},
        {"{\"name\":\"x\",\"nmae\":1}", "nmae"},
        {"{\"name\":\"x\",\"count\":-1}", "count"},
        {"{\"name\":\"x\",\"count\":1.0}", "count"},
        {"{\"name\":\"x\",\"count\":\"1\"}", "count"},
        {"{\"name\":\"x\",\"ratio\":\"1\"}", "ratio"},
        {"{\"name\":\"x\",\"on\":1}", "on"},
        {"{\"name\":\"x\",\"inner\":[]}", "inner"},
        {"{\"name\":\"x\",\"inner\":{}}", "inner.size"},
        {"{\"name\":\"x\",\"inner\":{\"size\":1,\"metric\":\"dot\"}}", "inner.metric"},
        {"{\"name\":\"x\",\"inner\":{\"size\":1,\"extra\":null}}", "inner.extra"},
        {"{\"name\":\"x\",\"free\":3}", "free"},
        {"{\"name\":\"x\",\"texts\":\"a\"}", "texts"},
        {"{\"name\":\"x\",\"texts\":[\"a\",1]}", "texts"},
        {"{\"name\":\"x\",\"numbers\":[null]}", "numbers"},
        {"{\"name\":\"x\",\"inners\":[{\"size\":1},{\"size\":-1}]}", "inners[1].size"},
        {"{\"name\":\"x\",\"inners\":[{\"size\":1},7]}", "inners[1]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Err err = {0};
        assert_fails(check(*state, bad[i].text, &err), &err, FAIL_INVALID);
        assert_string_equal(err.field, bad[i].field);
    }
    Err err = {0};
    assert_fails(check(*state, "[]", &err), &err, FAIL_INVALID);
}

static void very_long_names_do_not_overflow(void **state) {
    Arena *arena = *state;
    StrBuf text = strbuf_make(arena);
    strbuf_append_c(&text, "{\"name\":\"x\",\"");
    for (int i = 0; i < 5000; i++)
        strbuf_append_c(&text, "é");
    strbuf_append_c(&text, "\":1}");
    strbuf_append_char(&text, '\0');
    Err err = {0};
    assert_fails(check(arena, text.data, &err), &err, FAIL_INVALID);
    assert_true(strlen(err.field) < sizeof err.field);
}

static void schemas_say_the_same(void **state) {
    Arena *arena = *state;
    const json_t *schema = shape_schema(&outer, arena);
    const json_t *properties = json_object_get(schema, "properties");
    assert_int_equal(json_object_size(properties), ARRAY_LEN(outer_fields));
    assert_str_equal(json_print(json_object_get(schema, "required"), arena), "[\"name\"]");
    assert_str_equal(json_print(json_object_get(properties, "name"), arena),
                     "{\"type\":\"string\",\"description\":\"what it is called\"}");
    assert_str_equal(json_print(json_object_get(properties, "inner"), arena),
                     "{\"$ref\":\"#/components/schemas/Inner\"}");
    assert_str_equal(json_print(json_object_get(properties, "numbers"), arena),
                     "{\"type\":\"array\",\"items\":{\"type\":\"number\"}}");
    assert_str_equal(json_print(json_object_get(properties, "any"), arena), "{}");
    assert_str_equal(
        json_print(
            json_object_get(json_object_get(shape_schema(&inner, arena), "properties"), "metric"),
            arena),
        "{\"type\":\"string\",\"enum\":[\"cosine\",\"l2\"]}");
}

static int setup(void **state) {
    *state = arena_create();
    return 0;
}

static int teardown(void **state) {
    arena_destroy(*state);
    return 0;
}

int suite_test_shape(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_values_pass),
        cmocka_unit_test(bad_values_name_their_field),
        cmocka_unit_test(very_long_names_do_not_overflow),
        cmocka_unit_test(schemas_say_the_same),
    };
    return cmocka_run_group_tests_name("shape", tests, setup, teardown);
}
