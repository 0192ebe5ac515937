/* test_schema.c - plans: new, extended, replaced, refused; rebasing a plan that is out of date; the
 * rule that a field id is never used again, over long random histories. */
#include "unit.h"

#include <stdlib.h>

#include "base/rng.h"
#include "base/vec.h"
#include "catalog/schema.h"

typedef struct Case {
    Arena *arena;
    Err err;
} Case;

static int set_up(void **state) {
    Case *c = calloc(1, sizeof *c);
    c->arena = arena_create();
    *state = c;
    return 0;
}

static int tear_down(void **state) {
    Case *c = *state;
    arena_destroy(c->arena);
    free(c);
    return 0;
}

/* "id BIGINT; name VARCHAR?" (a question mark: nullable) -> columns without ids. */
static Schema columns(Case *c, const char *text) {
    VEC(SchemaColumn) list = {0};
    for (Str rest = str_c(text); rest.length > 0;) {
        Str item, name;
        rest = str_trim(str_cut(rest, ';', &item));
        Str type = str_cut(str_trim(item), ' ', &name);
        bool nullable = str_ends(type, STR("?"));
        type = str_slice(type, 0, type.length - (nullable ? 1 : 0));
        *vec_push(&list, c->arena) = (SchemaColumn){0, name, type, nullable};
    }
    return (Schema){list.items, list.count, 0};
}

/* "1 id BIGINT; 2 name VARCHAR? /7": what a schema is, last id behind the slash. */
static Str describe(Case *c, const Schema *schema) {
    StrBuf out = strbuf_make(c->arena);
    for (size_t i = 0; i < schema->count; i++) {
        const SchemaColumn *column = &schema->columns[i];
        strbuf_append_format(&out, "%s%u %.*s %.*s%s", i == 0 ? "" : "; ", column->field_id,
                             STR_ARG(column->name), STR_ARG(column->type),
                             column->nullable ? "?" : "");
    }
    strbuf_append_format(&out, " /%u", schema->last_field_id);
    return strbuf_str(&out);
}

static Schema plan(Case *c, const Schema *current, SchemaChange change, const char *text) {
    Schema incoming = columns(c, text), out;
    assert_ok(schema_plan(current, &incoming, change, c->arena, &out, &c->err), &c->err);
    return out;
}

static void refuse(Case *c, const Schema *current, const char *text, const char *named) {
    Schema incoming = columns(c, text), out;
    assert_fails(schema_plan(current, &incoming, SCHEMA_EXTEND, c->arena, &out, &c->err), &c->err,
                 FAIL_UNPROCESSABLE);
    if (strstr(c->err.message, named) == NULL)
        fail_msg("'%s' does not name %s", c->err.message, named);
}

static void a_new_dataset(void **state) {
    Case *c = *state;
    Schema schema = plan(c, NULL, SCHEMA_EXTEND, "id UBIGINT; tags VARCHAR[]; n \"NULL\"?");
    assert_str_equal(describe(c, &schema), "1 id DECIMAL(20,0); 2 tags VARCHAR[]; 4 n VARCHAR? /4");
    assert_str_equal(schema_field_ids(&schema, c->arena),
                     "{\"id\": 1, \"tags\": {__duckdb_field_id: 2, element: 3}, \"n\": 4}");
}

static void an_extension_matches_by_name(void **state) {
    Case *c = *state;
    Schema first = plan(c, NULL, SCHEMA_EXTEND, "a INTEGER; b FLOAT; c VARCHAR");
    Schema second = plan(c, &first, SCHEMA_EXTEND, "d DATE; c VARCHAR; a BIGINT");
    assert_str_equal(describe(c, &second), "1 a BIGINT; 2 b FLOAT?; 3 c VARCHAR; 4 d DATE? /4");
    Schema third = plan(c, &second, SCHEMA_EXTEND, "a SMALLINT; b DOUBLE; d \"NULL\"; c VARCHAR?");
    assert_str_equal(describe(c, &third), "1 a BIGINT; 2 b DOUBLE?; 3 c VARCHAR?; 4 d DATE? /4");
}

static void what_does_not_fit_is_refused_by_name(void **state) {
    Case *c = *state;
    Schema schema = plan(c, NULL, SCHEMA_EXTEND, "id BIGINT; price DECIMAL(10,2); name VARCHAR");
    refuse(c, &schema, "id VARCHAR; name VARCHAR", "'id'");
    assert_non_null(strstr(c->err.message, "BIGINT"));
    assert_non_null(strstr(c->err.message, "VARCHAR"));
    refuse(c, &schema, "price DECIMAL(10,3)", "'price'");
    refuse(c, &schema, "price DOUBLE", "'price'");
    refuse(c, &schema, "Name VARCHAR", "'Name'");
    refuse(c, &schema, "x INTEGER; X INTEGER", "'X'");
    refuse(c, &schema, "x INTEGER; x INTEGER", "'x'");
    refuse(c, &schema, "x POINTER", "'x'");
    Schema nothing = {0}, out;
    assert_fails(schema_plan(&schema, &nothing, SCHEMA_EXTEND, c->arena, &out, &c->err), &c->err,
                 FAIL_UNPROCESSABLE);
    SchemaColumn nameless = {0, STR_EMPTY, STR("BIGINT"), false};
    Schema bad = {&nameless, 1, 0};
    assert_fails(schema_plan(NULL, &bad, SCHEMA_EXTEND, c->arena, &out, &c->err), &c->err,
                 FAIL_UNPROCESSABLE);
}

static void a_replacement_may_change_everything(void **state) {
    Case *c = *state;
    Schema first = plan(c, NULL, SCHEMA_EXTEND, "id INTEGER; name VARCHAR; v FLOAT[]; gone DATE");
    Schema second =
        plan(c, &first, SCHEMA_REPLACE, "Name VARCHAR; id BIGINT; v VARCHAR; extra DATE");
    assert_str_equal(describe(c, &second),
                     "6 Name VARCHAR; 1 id BIGINT; 7 v VARCHAR; 8 extra DATE /8");
    Schema third = plan(c, &second, SCHEMA_REPLACE, "id INTEGER; gone DATE; v \"NULL\"");
    assert_str_equal(describe(c, &third), "9 id INTEGER; 10 gone DATE; 7 v VARCHAR /10");
}

static bool rebase(Case *c, const Schema *head, const Schema *planned, SchemaChange change,
                   Str *out) {
    Schema merged;
    err_clear(&c->err);
    if (!schema_rebase(head, planned, change, c->arena, &merged, &c->err)) {
        assert_int_equal(c->err.kind, FAIL_CONFLICT);
        return false;
    }
    *out = describe(c, &merged);
    return true;
}

static void a_plan_fits_its_own_base(void **state) {
    Case *c = *state;
    Str out;
    Schema nothing = {0};
    Schema base = plan(c, NULL, SCHEMA_EXTEND, "a INTEGER; b VARCHAR");
    assert_true(rebase(c, &nothing, &base, SCHEMA_EXTEND, &out));
    assert_str_equal(out, "1 a INTEGER; 2 b VARCHAR /2");
    Schema next = plan(c, &base, SCHEMA_EXTEND, "a BIGINT; c DATE");
    assert_true(rebase(c, &base, &next, SCHEMA_EXTEND, &out));
    assert_str_equal(out, "1 a BIGINT; 2 b VARCHAR?; 3 c DATE? /3");
    next = plan(c, &base, SCHEMA_REPLACE, "b DATE; a BIGINT");
    assert_true(rebase(c, &base, &next, SCHEMA_REPLACE, &out));
    assert_str_equal(out, "3 b DATE; 1 a BIGINT /3");
}

static void an_old_plan_fits_while_ids_mean_the_same(void **state) {
    Case *c = *state;
    Str out;
    Schema base = plan(c, NULL, SCHEMA_EXTEND, "a INTEGER; b VARCHAR");
    Schema same = plan(c, &base, SCHEMA_EXTEND, "a INTEGER; b VARCHAR");
    Schema added = plan(c, &base, SCHEMA_EXTEND, "a INTEGER; c DATE");
    Schema other = plan(c, &base, SCHEMA_EXTEND, "a INTEGER; d DATE");
    Schema wider = plan(c, &base, SCHEMA_EXTEND, "a BIGINT; b VARCHAR");
    Schema replaced = plan(c, &base, SCHEMA_REPLACE, "b VARCHAR");
    assert_true(rebase(c, &added, &same, SCHEMA_EXTEND, &out)); /* somebody added a column */
    assert_str_equal(out, "1 a INTEGER; 2 b VARCHAR?; 3 c DATE? /3");
    assert_true(rebase(c, &wider, &same, SCHEMA_EXTEND, &out)); /* somebody widened one */
    assert_str_equal(out, "1 a BIGINT; 2 b VARCHAR /2");
    assert_true(rebase(c, &same, &wider, SCHEMA_EXTEND, &out)); /* we widen one */
    assert_str_equal(out, "1 a BIGINT; 2 b VARCHAR /2");
    assert_false(rebase(c, &added, &other, SCHEMA_EXTEND, &out)); /* both took id 3 */
    assert_non_null(strstr(c->err.message, "'d'"));
    assert_false(rebase(c, &replaced, &same, SCHEMA_EXTEND, &out)); /* our column was dropped */
    assert_non_null(strstr(c->err.message, "'a'"));
    assert_true(rebase(c, &added, &replaced, SCHEMA_REPLACE, &out)); /* replacing what has grown */
    assert_str_equal(out, "2 b VARCHAR /3");
    Schema retyped = plan(c, &base, SCHEMA_REPLACE, "a VARCHAR; b VARCHAR");
    assert_false(rebase(c, &retyped, &same, SCHEMA_EXTEND, &out));
    assert_false(rebase(c, &added, &retyped, SCHEMA_REPLACE, &out)); /* both took id 3 */
}

static void json_keeps_everything(void **state) {
    Case *c = *state;
    Schema schema = plan(c, NULL, SCHEMA_EXTEND,
                         "id BIGINT; \xc3\xa9\"q VARCHAR?; v FLOAT[]; s STRUCT(a DATE, b TIME)");
    schema.last_field_id = 99;
    Schema back;
    json_t *value = json_keep(c->arena, schema_to_json(&schema));
    assert_ok(schema_from_json(value, c->arena, &back, &c->err), &c->err);
    assert_true(str_eq(describe(c, &back), describe(c, &schema)));
    assert_ptr_equal(schema_find(&back, STR("v")), &back.columns[2]);
    assert_null(schema_find(&back, STR("V")));
}

static void bad_json_is_refused(void **state) {
    Case *c = *state;
    static const char *const texts[] = {
        "{}",
        "{\"last_field_id\":1}",
        "{\"last_field_id\":1,\"columns\":[{}]}",
        "{\"last_field_id\":1,\"columns\":[1]}",
        "{\"last_field_id\":-1,\"columns\":[]}",
        "{\"last_field_id\":4294967296,\"columns\":[]}",
        ("{\"last_field_id\":1,\"columns\":[{\"field_id\":0,\"name\":\"a\",\"type\":\"DATE\","
         "\"nullable\":true}]}"),
        ("{\"last_field_id\":1,\"columns\":[{\"field_id\":2,\"name\":\"a\",\"type\":\"DATE\","
         "\"nullable\":true}]}"),
        ("{\"last_field_id\":1,\"columns\":[{\"field_id\":1,\"name\":\"a\",\"type\":\"DATE(\","
         "\"nullable\":true}]}"),
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        Schema out;
        json_t *value = json_parse(str_c(texts[i]), c->arena, &c->err);
        assert_non_null(value);
        assert_fails(schema_from_json(value, c->arena, &out, &c->err), &c->err, FAIL_INVALID);
    }
}

/* --- field ids over a random history ----------------------------------------------------- */

typedef struct IdMeaning {
    Str name;
    Str type; /* when the id was first given out */
} IdMeaning;

static Schema random_load(Case *c, Rng *rng) {
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    static const char *const types[] = {"INTEGER", "BIGINT", "VARCHAR", "FLOAT[]", "DOUBLE[]"};
    VEC(SchemaColumn) list = {0};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (rng_below(rng, 2) == 0 || list.count == 0)
            *vec_push(&list, c->arena) =
                (SchemaColumn){0, str_c(names[i]), str_c(types[rng_below(rng, ARRAY_LEN(types))]),
                               rng_below(rng, 2) == 0};
    return (Schema){list.items, list.count, 0};
}

static void an_id_never_changes_its_meaning(void **state) {
    Case *c = *state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        Rng rng = rng_seeded(seed);
        IdMeaning meanings[4096] = {{{0}, {0}}};
        Schema current = {0};
        for (int load = 0; load < 60; load++) {
            Schema incoming = random_load(c, &rng), next, merged;
            SchemaChange change = rng_below(&rng, 3) == 0 ? SCHEMA_REPLACE : SCHEMA_EXTEND;
            bool planned = schema_plan(&current, &incoming, change, c->arena, &next, &c->err);
            if (!planned) {
                assert_int_equal(change, SCHEMA_EXTEND);
                continue;
            }
            assert_ok(schema_rebase(&current, &next, change, c->arena, &merged, &c->err), &c->err);
            assert_true(str_eq(describe(c, &merged), describe(c, &next)));
            assert_true(next.last_field_id >= current.last_field_id);
            for (size_t i = 0; i < next.count; i++) {
                const SchemaColumn *column = &next.columns[i];
                assert_in_range(column->field_id, 1, next.last_field_id);
                IdMeaning *meaning = &meanings[column->field_id];
                if (meaning->name.length == 0)
                    *meaning = (IdMeaning){column->name, column->type};
                assert_true(str_eq(meaning->name, column->name));
                Str stored = column->type;
                bool narrow =
                    str_eq_c(meaning->type, "INTEGER") || str_eq_c(meaning->type, "FLOAT[]");
                assert_true(str_eq(meaning->type, stored) || narrow);
            }
            current = next;
        }
    }
}

int suite_test_schema(void);
int suite_test_schema(void) {
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(a_new_dataset),
        CASE(an_extension_matches_by_name),
        CASE(what_does_not_fit_is_refused_by_name),
        CASE(a_replacement_may_change_everything),
        CASE(a_plan_fits_its_own_base),
        CASE(an_old_plan_fits_while_ids_mean_the_same),
        CASE(json_keeps_everything),
        CASE(bad_json_is_refused),
        CASE(an_id_never_changes_its_meaning),
#undef CASE
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
