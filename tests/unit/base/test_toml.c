/* test_toml.c - our own cases, one or more for each paragraph of toml.io/en/v1.0.0, and the places
 * that errors name. Trees are compared in a short notation: strings in quotes, tables in braces. */
#include "unit.h"

#include <math.h>

#include "base/toml.h"
#include "base/vec.h"

static void show(StrBuf *out, const TomlValue *value) {
    switch (value->kind) {
    case TOML_STRING:
        strbuf_append_format(out, "\"%.*s\"", STR_ARG(value->text));
        return;
    case TOML_INTEGER:
        strbuf_append_format(out, "%lld", (long long)value->integer);
        return;
    case TOML_FLOAT:
        strbuf_append_format(out, "f%g", value->number);
        return;
    case TOML_BOOL:
        strbuf_append_c(out, value->boolean ? "true" : "false");
        return;
    case TOML_OFFSET_DATETIME:
        strbuf_append_format(out, "odt:%.*s", STR_ARG(value->text));
        return;
    case TOML_LOCAL_DATETIME:
        strbuf_append_format(out, "ldt:%.*s", STR_ARG(value->text));
        return;
    case TOML_LOCAL_DATE:
        strbuf_append_format(out, "ld:%.*s", STR_ARG(value->text));
        return;
    case TOML_LOCAL_TIME:
        strbuf_append_format(out, "lt:%.*s", STR_ARG(value->text));
        return;
    case TOML_ARRAY:
        strbuf_append_char(out, '[');
        for (size_t i = 0; i < value->count; i++) {
            strbuf_append_c(out, i > 0 ? " " : "");
            show(out, value->items[i]);
        }
        strbuf_append_char(out, ']');
        return;
    case TOML_TABLE:
        strbuf_append_char(out, '{');
        for (size_t i = 0; i < value->count; i++) {
            strbuf_append_format(out, "%s%.*s=", i > 0 ? " " : "", STR_ARG(value->entries[i].key));
            show(out, value->entries[i].value);
        }
        strbuf_append_char(out, '}');
        return;
    }
}

static const struct {
    const char *text, *tree;
} good[] = {
    /* comments, white space, line ends */
    {"", "{}"},
    {"\xEF\xBB\xBF# only a comment", "{}"},
    {" \t a = 1 # one\r\n\n# two\n\tb=2", "{a=1 b=2}"},
    /* keys */
    {"bare_key-1 = 1\n1234 = 2\n\"with space\" = 3\n'quo\"ted' = 4\n\"\" = 5",
     "{bare_key-1=1 1234=2 with space=3 quo\"ted=4 =5}"},
    {"a . b.\"c.d\" = 1\na.b.e = 2", "{a={b={c.d=1 e=2}}}"},
    {"3.14159 = 1", "{3={14159=1}}"},
    {"true = 1\ninf = 2\n1979-05-27 = 3", "{true=1 inf=2 1979-05-27=3}"},
    /* strings */
    {"s = \"\\b\\t\\n\\f\\r\\\"\\\\ \\u00e9 \\U0001F600\"",
     "{s=\"\b\t\n\f\r\"\\ \xC3\xA9 \xF0\x9F\x98\x80\"}"},
    {"s = 'C:\\no \"escapes\"'", "{s=\"C:\\no \"escapes\"\"}"},
    {"s = \"\"\"\nline 1\r\nline 2\"\"\"", "{s=\"line 1\nline 2\"}"},
    {"s = \"\"\"a \\  \n\n   b\"\"\"", "{s=\"a b\"}"},
    {"s = \"\"\"\"\"two\"\" quotes\"\"\"\"\"", "{s=\"\"\"two\"\" quotes\"\"\"}"},
    {"s = '''\nI'm ''raw'' \\n'''''", "{s=\"I'm ''raw'' \\n''\"}"},
    {"s = \"\"\nt = ''\nu = \"\"\"\"\"\"", "{s=\"\" t=\"\" u=\"\"}"},
    /* integers */
    {"a = +99\nb = -17\nc = 0\nd = -0\ne = 1_000\nf = 5_349_221",
     "{a=99 b=-17 c=0 d=0 e=1000 f=5349221}"},
    {"a = 0xDEAD_beef\nb = 0o755\nc = 0b1101", "{a=3735928559 b=493 c=13}"},
    {"a = 9223372036854775807\nb = -9223372036854775808",
     "{a=9223372036854775807 b=-9223372036854775808}"},
    /* floats */
    {"a = +1.0\nb = -0.01\nc = 5e+22\nd = 1e06\ne = 6.626e-34\nf = 224_617.5",
     "{a=f1 b=f-0.01 c=f5e+22 d=f1e+06 e=f6.626e-34 f=f224618}"},
    {"a = inf\nb = -inf\nc = +nan\nd = -0.0", "{a=finf b=f-inf c=fnan d=f-0}"},
    /* booleans, dates and times */
    {"a = true\nb = false", "{a=true b=false}"},
    {"a = 1979-05-27T07:32:00Z\nb = 1979-05-27 00:32:00.999999-07:00\nc = 1979-05-27t00:00:00z",
     "{a=odt:1979-05-27T07:32:00Z b=odt:1979-05-27T00:32:00.999999-07:00 "
     "c=odt:1979-05-27T00:00:00Z}"},
    {"a = 1979-05-27T07:32:00\nb = 1979-05-27 # day\nc = 07:32:00.5\nd = 2000-02-29",
     "{a=ldt:1979-05-27T07:32:00 b=ld:1979-05-27 c=lt:07:32:00.5 d=ld:2000-02-29}"},
    /* arrays */
    {"a = [1, 2, 3]\nb = []\nc = [[1], [\"x\", 2.5]]", "{a=[1 2 3] b=[] c=[[1] [\"x\" f2.5]]}"},
    {"a = [ # first\n  1, # second\n\n  2,\n]", "{a=[1 2]}"},
    /* tables */
    {"[a]\nx = 1\n[a.b]\ny = 2\n[c]", "{a={x=1 b={y=2}} c={}}"},
    {"[ a . \"b.c\" . d ]\nx = 1", "{a={b.c={d={x=1}}}}"},
    {"[a.b]\nx = 1\n[a]\ny = 2", "{a={b={x=1} y=2}}"},
    {"a.b = 1\n[c]\nd.e = 2\nd.f = 3\n[c.d.g]\nh = 4", "{a={b=1} c={d={e=2 f=3 g={h=4}}}}"},
    {"[a.b]\nx = 1\n[a]\nc.d = 2", "{a={b={x=1} c={d=2}}}"},
    /* inline tables */
    {"p = { x = 1, y.z = 2, y.w = 3 }\nq = {}\nr = [{a=1},{b=2}]",
     "{p={x=1 y={z=2 w=3}} q={} r=[{a=1} {b=2}]}"},
    /* arrays of tables */
    {"[[f]]\nn = 1\n[f.p]\nx = 1\n[[f.v]]\ny = 1\n[[f.v]]\n[[f]]\n[[f.v]]\ny = 2",
     "{f=[{n=1 p={x=1} v=[{y=1} {}]} {v=[{y=2}]}]}"},
};

static void reads_what_is_valid(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        Arena *arena = arena_create();
        Err err = {0};
        const TomlValue *root = toml_parse(str_c(good[i].text), arena, &err);
        if (root == NULL)
            fail_msg("%s\n%s", good[i].text, err.message);
        StrBuf tree = strbuf_make(arena);
        show(&tree, root);
        assert_str_equal(strbuf_str(&tree), good[i].tree);
        arena_destroy(arena);
    }
}

static const struct {
    const char *text, *place;
} bad[] = {
    /* lines and keys */
    {"a", "line 1, column 2:"},
    {"a = ", "line 1, column 5:"},
    {"a = 1 b = 2", "line 1, column 7:"},
    {"= 1", "line 1, column 1:"},
    {"\n\n  a.  = 1", "line 3, column 7:"},
    {"\"\"\"a\"\"\" = 1", "line 1, column 1:"},
    {"a\n= 1", "line 1, column 2:"},
    {"\xC3\xA9 = 1", "line 1, column 1:"},
    {"a = 1\r", "line 1, column 6:"},
    {"# \x01", "line 1, column 3:"},
    {"a = 1 # \x7F", "line 1, column 9:"},
    {"a = 1\nb = \"\xC3\xA9\" \"", "line 2, column 9:"},
    {"a = 'ok'\nb = '\xFF'", "line 2, column 6:"},
    /* said twice */
    {"a = 1\na = 2", "line 2, column 1:"},
    {"a.b = 1\na = 2", "line 2, column 1:"},
    {"a = 1\na.b = 2", "line 2, column 1:"},
    {"[a]\n[a]", "line 2, column 2:"},
    {"[a]\nb.c = 1\n[a.b]", "line 3, column 4:"},
    {"[a.b]\nx = 1\n[a]\nb.y = 2", "line 4, column 1:"},
    {"a = {x = 1}\na.y = 2", "line 2, column 1:"},
    {"a = {x = 1}\n[a.y]", "line 2, column 2:"},
    {"a = {x.y = 1, x = 2}", "line 1, column 15:"},
    {"a = []\n[[a]]", "line 2, column 3:"},
    {"[a]\n[[a]]", "line 2, column 3:"},
    {"[[a]]\n[a]", "line 2, column 2:"},
    {"[[a.b]]\n[a]\nb.c = 1", "line 3, column 1:"},
    /* strings */
    {"a = \"x", "line 1, column 5:"},
    {"a = \"x\ny\"", "line 1, column 7:"},
    {"a = \"\"\"x", "line 1, column 5:"},
    {"a = \"\\x41\"", "line 1, column 6:"},
    {"a = \"\\ud800\"", "line 1, column 6:"},
    {"a = \"\\U00110000\"", "line 1, column 6:"},
    {"a = \"\\u12\"", "line 1, column 6:"},
    {"a = '''x''''''", "line 1, column 14:"},
    {"a = \"\"\"x \\ y\"\"\"", "line 1, column 10:"},
    {"a = 'x\x01'", "line 1, column 7:"},
    /* numbers and words */
    {"a = 01", "line 1, column 5:"},
    {"a = 1__0", "line 1, column 5:"},
    {"a = _1", "line 1, column 5:"},
    {"a = 1_", "line 1, column 5:"},
    {"a = 9223372036854775808", "line 1, column 5:"},
    {"a = 0xG", "line 1, column 5:"},
    {"a = +0x1", "line 1, column 5:"},
    {"a = 0X1", "line 1, column 5:"},
    {"a = .5", "line 1, column 5:"},
    {"a = 5.", "line 1, column 5:"},
    {"a = 1.e5", "line 1, column 5:"},
    {"a = 1e", "line 1, column 5:"},
    {"a = True", "line 1, column 5:"},
    {"a = yes", "line 1, column 5:"},
    {"a = Inf", "line 1, column 5:"},
    /* dates and times */
    {"a = 2021-02-29", "line 1, column 5:"},
    {"a = 2021-13-01", "line 1, column 5:"},
    {"a = 2021-1-01", "line 1, column 5:"},
    {"a = 24:00:00", "line 1, column 5:"},
    {"a = 10:00", "line 1, column 5:"},
    {"a = 10:00:00.", "line 1, column 5:"},
    {"a = 2021-01-01T10:00:00+25:00", "line 1, column 5:"},
    {"a = 2021-01-01x10:00:00", "line 1, column 5:"},
    /* arrays and tables */
    {"a = [1 2]", "line 1, column 8:"},
    {"a = [1,\n\n", "line 3, column 1:"},
    {"a = [,]", "line 1, column 6:"},
    {"a = {x = 1,}", "line 1, column 12:"},
    {"a = {x = 1\n}", "line 1, column 11:"},
    {"[a", "line 1, column 3:"},
    {"[]", "line 1, column 2:"},
    {"[a]]", "line 1, column 4:"},
    {"[[a] ]", "line 1, column 5:"},
    {"[a] b = 1", "line 1, column 5:"},
};

static void refuses_and_names_the_place(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Arena *arena = arena_create();
        Err err = {0};
        if (toml_parse(str_c(bad[i].text), arena, &err) != NULL)
            fail_msg("accepted: %s", bad[i].text);
        assert_int_equal(err.kind, FAIL_INVALID);
        if (!str_starts(str_c(err.message), str_c(bad[i].place)))
            fail_msg("%s\n%s, expected %s", bad[i].text, err.message, bad[i].place);
        assert_true(utf8_valid(str_c(err.message)));
        arena_destroy(arena);
    }
}

static void says_where_it_was_first(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    assert_null(toml_parse(STR("\n[server]\n[x]\n[server]"), arena, &err));
    assert_string_equal(err.message, "line 4, column 2: 'server' is defined already (line 2)");
    arena_destroy(arena);
}

static void caps_nesting_and_size(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    StrBuf deep = strbuf_make(arena);
    strbuf_append_c(&deep, "a = ");
    for (size_t i = 0; i < 100000; i++)
        strbuf_append_char(&deep, '[');
    assert_null(toml_parse(strbuf_str(&deep), arena, &err));
    assert_non_null(strstr(err.message, "nested deeper"));
    strbuf_clear(&deep);
    for (size_t i = 0; i < 3000; i++)
        strbuf_append_c(&deep, i == 0 ? "a" : ".a");
    strbuf_append_c(&deep, " = 1");
    assert_null(toml_parse(strbuf_str(&deep), arena, &err));
    assert_non_null(strstr(err.message, "parts"));
    Str large = str_make(arena_alloc_zero(arena, (16 << 20) + 1), (16 << 20) + 1);
    assert_null(toml_parse(large, arena, &err));
    assert_int_equal(err.kind, FAIL_INVALID);
    arena_destroy(arena);
}

static void finds_by_name(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    const TomlValue *root = toml_parse(STR("top = 1\n[a.b]\n  c = \"x\""), arena, &err);
    assert_ok(root != NULL, &err);
    assert_int_equal(toml_get(root, "top")->integer, 1);
    const TomlValue *c = toml_path(root, "a.b.c");
    assert_str_equal(c->text, "x");
    assert_int_equal(c->line, 3);
    assert_int_equal(c->column, 7);
    assert_null(toml_get(root, "absent"));
    assert_null(toml_get(c, "x"));
    assert_null(toml_path(root, "a.x.c"));
    assert_null(toml_path(root, "top.x"));
    arena_destroy(arena);
}

/* Every prefix and every one-byte change of the good cases ends in a tree or a placed error. */
static void survives_damage(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        size_t length = strlen(good[i].text);
        for (size_t at = 0; at <= length; at++) {
            static const char changes[] = "\0\x01\n\"'[]{}=.,#\\_-0:T\xC3\xFF";
            for (size_t c = 0; c < sizeof changes; c++) {
                Arena *arena = arena_create();
                Err err = {0};
                char *copy = str_to_c(arena, str_c(good[i].text));
                copy[at] = changes[c];
                size_t kept = c == 0 ? at : length;
                if (toml_parse((Str){copy, kept}, arena, &err) == NULL) {
                    assert_int_equal(err.kind, FAIL_INVALID);
                    assert_true(str_starts(str_c(err.message), STR("line ")));
                }
                arena_destroy(arena);
            }
        }
    }
}

int suite_test_toml(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_valid),     cmocka_unit_test(refuses_and_names_the_place),
        cmocka_unit_test(says_where_it_was_first), cmocka_unit_test(caps_nesting_and_size),
        cmocka_unit_test(finds_by_name),           cmocka_unit_test(survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
