/* test_ingest_csv.c - delimited files from their bytes to the rows of a dataset. */
#include "ingest_case.h"

/* One file: what becomes of it. */
typedef struct FileCase {
    const char *label;
    Str bytes;
    const char *types, *rows, *rejects;
} FileCase;

#define BYTES(literal)                                                                             \
    { "" literal, sizeof(literal) - 1 }

static const FileCase files[] = {
    {"plain", BYTES("id,name,amount\n1,ann,1.5\n2,bob,2.25\n3,,-7\n"),
     "id BIGINT, name VARCHAR, amount DOUBLE", "1|ann|1.5\n2|bob|2.25\n3|NULL|-7.0\n", ""},
    {"no newline at the end", BYTES("a,b\n1,x\n2,y"), "a BIGINT, b VARCHAR", "1|x\n2|y\n", ""},
    {"CRLF", BYTES("a,b\r\n1,x\r\n2,y\r\n"), "a BIGINT, b VARCHAR", "1|x\n2|y\n", ""},
    {"mixed line ends", BYTES("a,b\r\n1,x\n2,y\r\n"), "a BIGINT, b VARCHAR", "1|x\n2|y\n", ""},
    {"CR alone", BYTES("a,b\r1,x\r2,y\r"), "a BIGINT, b VARCHAR", "1|x\n2|y\n", ""},
    {"byte order mark",
     BYTES("\xEF\xBB\xBF"
           "a,b\n1,x\n"),
     "a BIGINT, b VARCHAR", "1|x\n", ""},
    {"semicolons", BYTES("a;b\n1;x,y\n2;z\n"), "a BIGINT, b VARCHAR", "1|x,y\n2|z\n", ""},
    {"tabs", BYTES("a\tb\n1\tx y\n"), "a BIGINT, b VARCHAR", "1|x y\n", ""},
    {"bars", BYTES("a|b\n1|x\n2|\n"), "a BIGINT, b VARCHAR", "1|x\n2|NULL\n", ""},
    {"quotes", BYTES("a,b\n1,\"x, y\"\n2,\"fra\"\"nk\"\n3,\"two\nlines\"\n"), "a BIGINT, b VARCHAR",
     "1|x, y\n2|fra\"nk\n3|two\nlines\n", ""},
    {"quoted empty is a text, unquoted is NULL", BYTES("a,b\n1,\"\"\n2,\n"), "a BIGINT, b VARCHAR",
     "1|\n2|NULL\n", ""},
    {"stray quotes are characters", BYTES("a,b\n1,5\" pipe\n2,say \"hi\"\n"), "a BIGINT, b VARCHAR",
     "1|5\" pipe\n2|say \"hi\"\n", ""},
    {"blanks before quotes", BYTES("a, b\n1, \"x, y\"\n2, \"z\"\n"), "a BIGINT, b VARCHAR",
     "1|x, y\n2|z\n", ""},
    {"ragged", BYTES("a,b\n1,x\n2\n3,y,z\n4,w\n"), "a BIGINT, b VARCHAR", "1|x\n4|w\n",
     "3: : 1 field, 2 expected\n4: : 3 fields, 2 expected\n"},
    {"a delimiter at the end of each row", BYTES("a,b\n1,x,\n2,y,\n"), "a BIGINT, b VARCHAR",
     "1|x\n2|y\n", ""},
    {"text after a quote", BYTES("a,b\n1,\"x\"y\n2,z\n"), "a BIGINT, b VARCHAR", "2|z\n",
     "2: : text after a closing quote\n"},
    {"a quote never closed costs one line", BYTES("a,b\n1,\"x\n2,y\n3,z\n"), "a BIGINT, b VARCHAR",
     "2|y\n3|z\n", "2: : a quote is opened and never closed\n"},
    {"Latin-1 in a row", BYTES("a,b\n1,caf\xE9\n2,caf\xC3\xA9\n"), "a BIGINT, b VARCHAR",
     "2|caf\xC3\xA9\n", "2: b: byte 0xE9 is not UTF-8\n"},
    {"NUL in a row", BYTES("a,b\n1,x\0y\n2,z\n3,w\n"), "a BIGINT, b VARCHAR", "2|z\n3|w\n",
     "2: b: NUL character\n"},
    {"lines are counted inside quotes", BYTES("a,b\n1,\"x\n\n\n\"\n2\n"), "a BIGINT, b VARCHAR",
     "1|x\n\n\n\n", "6: : 1 field, 2 expected\n"},
    {"empty lines are none", BYTES("a,b\n\n1,x\n\n2,y\n\n"), "a BIGINT, b VARCHAR", "1|x\n2|y\n",
     ""},
    {"one column", BYTES("a\n1\n\n3\n"), "a BIGINT", "1\nNULL\n3\n", ""},
    {"one column of sentences", BYTES("text\none\ntwo, three\nfour\nfive\n"), "text VARCHAR",
     "one\ntwo, three\nfour\nfive\n", ""},
    {"only a header", BYTES("a,b\n"), "a VARCHAR, b VARCHAR", "", ""},
    {"no header", BYTES("1,x\n2,y\n"), "column1 BIGINT, column2 VARCHAR", "1|x\n2|y\n", ""},
    {"names are made unique", BYTES("a,,A,b,a\n1,2,3,x,5\n"),
     "a BIGINT, column2 BIGINT, A_2 BIGINT, b VARCHAR, a_3 BIGINT", "1|2|3|x|5\n", ""},
    {"odd names", BYTES("\"say \"\"hi\"\"\",it's,\"a,b\",a.b,\xC3\xBC;\n1,2,3,4,5\n"),
     "say \"hi\" BIGINT, it's BIGINT, a,b BIGINT, a.b BIGINT, \xC3\xBC; BIGINT", "1|2|3|4|5\n", ""},
    {"codes stay text",
     BYTES("zip,phone,version,code\n00123,+49301,1.9,12E5\n10115,+49302,1.10,13E5\n"),
     "zip VARCHAR, phone VARCHAR, version VARCHAR, code VARCHAR",
     "00123|+49301|1.9|12E5\n10115|+49302|1.10|13E5\n", ""},
    {"prices are exact", BYTES("price,big\n19.90,12345678901234567.25\n5.00,0.75\n"),
     "price DECIMAL(18,2), big DECIMAL(38,2)", "19.90|12345678901234567.25\n5.00|0.75\n", ""},
    {"64 bits and beyond",
     BYTES("a,b\n9223372036854775807,9223372036854775808\n-9223372036854775808,1\n"),
     "a BIGINT, b DECIMAL(38,0)",
     "9223372036854775807|9223372036854775808\n"
     "-9223372036854775808|1\n",
     ""},
    {"doubles come back", BYTES("x\n0.1\n0.30000000000000004\n1e-05\n-2.5\nnan\ninf\n"), "x DOUBLE",
     "0.1\n0.30000000000000004\n1e-05\n-2.5\nnan\ninf\n", ""},
    {"dates and times",
     BYTES("d,t,ts,tz\n2024-02-29,23:59:59,2024-01-01 10:00:00.5,2024-01-01T10:00:00+02:00\n"
           ",,2024-01-01T11:00,2024-01-01 10:00:00Z\n"),
     "d DATE, t TIME, ts TIMESTAMP, tz TIMESTAMP WITH TIME ZONE",
     "2024-02-29|23:59:59|2024-01-01 10:00:00.5|2024-01-01 08:00:00+00\n"
     "NULL|NULL|2024-01-01 11:00:00|2024-01-01 10:00:00+00\n",
     ""},
    {"no such dates", BYTES("d,x\n2024-02-30,1\n2024-01-01,2\n"), "d VARCHAR, x BIGINT",
     "2024-02-30|1\n2024-01-01|2\n", ""},
    {"booleans", BYTES("b,c\ntrue,yes\nFalse,no\n"), "b BOOLEAN, c VARCHAR", "true|yes\nfalse|no\n",
     ""},
    {"padded numbers", BYTES("a,b\n 1 ,x\n2  , y\n"), "a BIGINT, b VARCHAR", "1|x\n2| y\n", ""},
    {"one odd value makes a text column", BYTES("a,b\n1,x\nn/a,y\n3,z\n"), "a VARCHAR, b VARCHAR",
     "1|x\nn/a|y\n3|z\n", ""},
    {"nothing but NULLs", BYTES("a,b\n1,\n2,\n"), "a BIGINT, b VARCHAR", "1|NULL\n2|NULL\n", ""},
    {"emoji and CJK", BYTES("a,b\n1,\xF0\x9F\x98\x80\n2,\xE6\xBC\xA2\xE5\xAD\x97\n"),
     "a BIGINT, b VARCHAR", "1|\xF0\x9F\x98\x80\n2|\xE6\xBC\xA2\xE5\xAD\x97\n", ""},
};

static void test_files(void **state) {
    IngestCase *c = *state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const FileCase *file = &files[i];
        char dataset[32];
        snprintf(dataset, sizeof dataset, "case%zu", i);
        if (!ingest_case_try(c, dataset, "data.csv", file->bytes, NULL))
            fail_msg("%s: %s (%s)", file->label, c->err.message, c->err.detail);
        Str types = ingest_case_types(c, dataset);
        Str rows = ingest_case_rows(c, dataset, "FROM d");
        Str rejects = ingest_case_rejects(c);
        if (!str_eq_c(types, file->types))
            fail_msg("%s: types '%.*s'", file->label, STR_ARG(types));
        if (!str_eq_c(rows, file->rows))
            fail_msg("%s: rows '%.*s'", file->label, STR_ARG(rows));
        if (!str_eq_c(rejects, file->rejects))
            fail_msg("%s: rejects '%.*s'", file->label, STR_ARG(rejects));
        assert_int_equal(c->result.rows_read, c->result.rows_written + c->result.rows_rejected);
        Str count = ingest_case_rows(c, dataset, "SELECT count(*) FROM d");
        uint64_t rows_in;
        assert_true(str_to_u64(str_trim(count), &rows_in));
        assert_int_equal(rows_in, c->result.rows_written);
    }
}

/* Files that are refused whole. */
static void test_refusals(void **state) {
    IngestCase *c = *state;
    static const struct {
        const char *label;
        Str bytes;
        FailKind kind;
        const char *says;
    } cases[] = {
        {"empty", BYTES(""), FAIL_UNPROCESSABLE, "empty"},
        {"blank", BYTES("\n\n\n"), FAIL_UNPROCESSABLE, "empty"},
        {"messy", BYTES("a,b,c\n1;2\n3,4,5,6,7\n8|9\nx\n1,2\n"), FAIL_UNPROCESSABLE, "delimiter"},
        {"a title above", BYTES("Report of 2024\na,b\n1,2\n3,4\n5,6\n7,8\n"), FAIL_UNPROCESSABLE,
         "first line"},
        {"UTF-16",
         BYTES("\xFF\xFE"
               "a\0,\0b\0\n\0"),
         FAIL_MEDIA_TYPE, "UTF-16"},
        {"UTF-16 without a mark",
         BYTES("a\0,\0b\0\n\0"
               "1\0,\0"
               "2\0\n\0"),
         FAIL_MEDIA_TYPE, "UTF-16"},
        {"Latin-1 header", BYTES("caf\xE9,b\n1,2\n"), FAIL_UNPROCESSABLE, "not UTF-8"},
        {"nothing readable", BYTES("a,b\n1,\xE9\n2,\xE8\n"), FAIL_UNPROCESSABLE,
         "2 of 2 rows cannot be read"},
        {"zip", BYTES("PK\x03\x04....................."), FAIL_MEDIA_TYPE, "ZIP"},
        {"binary", BYTES("\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f"), FAIL_MEDIA_TYPE, "binary"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (ingest_case_try(c, "refused", "data.csv", cases[i].bytes, NULL))
            fail_msg("%s: was loaded", cases[i].label);
        if (c->err.kind != cases[i].kind || strstr(c->err.message, cases[i].says) == NULL)
            fail_msg("%s: %d %s", cases[i].label, (int)c->err.kind, c->err.message);
        DatasetInfo info;
        assert_fails(catalog_find(c->catalog, STR("refused"), c->arena, &info, &c->err), &c->err,
                     FAIL_NOT_FOUND);
    }
}

static void test_dialect_wishes(void **state) {
    IngestCase *c = *state;
    IngestFileRequest wishes = {.csv = {.delimiter = STR("#"),
                                        .quote = STR("'"),
                                        .escape = STR("\\"),
                                        .null_text = STR("NA"),
                                        .header = 0}};
    assert_ok(ingest_case_try(c, "wishes", "x.csv", STR("a#'it\\'s'\nNA#\n'NA'#c\n"), &wishes),
              &c->err);
    assert_str_equal(ingest_case_types(c, "wishes"), "column1 VARCHAR, column2 VARCHAR");
    assert_str_equal(ingest_case_rows(c, "wishes", "FROM d"), "a|it's\nNULL|\nNA|c\n");
    wishes = (IngestFileRequest){.csv = {.delimiter = STR("ab"), .header = -1}};
    assert_false(ingest_case_try(c, "wishes", "x.csv", STR("a,b\n"), &wishes));
    assert_int_equal(c->err.kind, FAIL_INVALID);
    assert_string_equal(c->err.field, "delimiter");
}

static void test_types_wished_for(void **state) {
    IngestCase *c = *state;
    const ColumnOverride types[] = {{STR("n"), STR("integer")},
                                    {STR("p"), STR("decimal(9,2)")},
                                    {STR("zip"), STR("BIGINT")},
                                    {STR("v"), STR("FLOAT[]")}};
    IngestFileRequest wishes = {.csv = {.header = -1}, .types = types, .type_count = 4};
    assert_ok(ingest_case_try(c, "wished", "x.csv",
                              STR("n,p,zip,v,rest\n"
                                  "1,1.50,007,\"[1, 2.5]\",a\n"
                                  "x,1,1,[],b\n"     /* no integer */
                                  "1.5,1,1,[],c\n"   /* would be rounded */
                                  "2,1.999,1,[],d\n" /* would be rounded */
                                  ",,,,e\n"          /* NULLs are fine */
                                  "3,2,1,oops,f\n"
                                  "99999999999,2,1,[],g\n"),
                              &wishes),
              &c->err);
    ingest_case_expect(c, 7, 2, 5);
    assert_str_equal(ingest_case_types(c, "wished"),
                     "n INTEGER, p DECIMAL(9,2), zip BIGINT, v FLOAT[], rest VARCHAR");
    assert_str_equal(ingest_case_rows(c, "wished", "FROM d"),
                     "1|1.50|7|[1.0, 2.5]|a\nNULL|NULL|NULL|NULL|e\n");
    assert_str_equal(ingest_case_rejects(c), "3: n: 'x' is not INTEGER\n"
                                             "4: n: '1.5' is not INTEGER\n"
                                             "5: p: '1.999' is not DECIMAL(9,2)\n"
                                             "7: v: 'oops' is not FLOAT[]\n"
                                             "8: n: '99999999999' is not INTEGER\n");
}

static void test_types_that_are_none(void **state) {
    IngestCase *c = *state;
    static const char *const texts[] = {
        "NUMBR", "INT); DROP TABLE x; --", "INT), read_text('/etc')", "", "(3)",
        "INT[",  "DECIMAL(99,2)"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const ColumnOverride types[] = {{STR("a"), str_c(texts[i])}};
        IngestFileRequest wishes = {.csv = {.header = -1}, .types = types, .type_count = 1};
        if (ingest_case_try(c, "none", "x.csv", STR("a,b\n1,2\n"), &wishes))
            fail_msg("'%s' was taken for a type", texts[i]);
        assert_int_equal(c->err.kind, FAIL_INVALID);
        assert_string_equal(c->err.field, "types");
    }
    const ColumnOverride types[] = {{STR("c"), STR("INT")}};
    IngestFileRequest wishes = {.csv = {.header = -1}, .types = types, .type_count = 1};
    assert_false(ingest_case_try(c, "none", "x.csv", STR("a,b\n1,2\n"), &wishes));
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
}

static void test_coercions_are_told(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "told", "x.csv", "a,,a\n1,x,\"\"\n2,y,3\n");
    assert_str_equal(ingest_case_coercions(c), "column2: empty name: 1\n"
                                               "a_2: repeated name: 1\n"
                                               "a_2: empty text to NULL: 1\n");
}

/* ---- loads one after another ---- */

static void test_append_keeps_types(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "kept", "1.csv", "zip,price,n,day\n00123,5.00,1,2024-01-01\n");
    ingest_case_load_text(c, "kept", "2.csv",
                          "zip,price,n,day\n10115,7.5,2,\n10117,8,,2024-01-02\n");
    assert_str_equal(ingest_case_types(c, "kept"),
                     "zip VARCHAR, price DECIMAL(18,2), n BIGINT, day DATE");
    assert_str_equal(ingest_case_rows(c, "kept", "FROM d ORDER BY zip"),
                     "00123|5.00|1|2024-01-01\n10115|7.50|2|NULL\n10117|8.00|NULL|2024-01-02\n");
}

static void test_append_changes_columns(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "grows", "1.csv", "a,b\n1,x\n");
    ingest_case_load_text(c, "grows", "2.csv",
                          "c,a\ntrue,2\n"); /* another order, one new, one gone */
    assert_str_equal(ingest_case_types(c, "grows"), "a BIGINT, b VARCHAR, c BOOLEAN");
    assert_str_equal(ingest_case_rows(c, "grows", "SELECT a, b, c FROM d ORDER BY a"),
                     "1|x|NULL\n2|NULL|true\n");
    assert_false(ingest_case_try(c, "grows", "3.csv", STR("a,b\n1,x\nthree,y\n"), NULL));
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
    assert_non_null(strstr(c->err.message, "'a'"));
    assert_non_null(strstr(c->err.detail, "line 3: 'three'"));
    assert_str_equal(ingest_case_rows(c, "grows", "SELECT count(*) FROM d"), "2\n");
}

static void test_replace(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "replaced", "1.csv", "a,b\n1,x\n");
    IngestFileRequest wishes = {.mode = INGEST_REPLACE, .csv = {.header = -1}};
    assert_ok(ingest_case_try(c, "replaced", "2.csv", STR("a,z\nfive,1\n"), &wishes), &c->err);
    assert_str_equal(ingest_case_types(c, "replaced"), "a VARCHAR, z BIGINT");
    assert_str_equal(ingest_case_rows(c, "replaced", "FROM d"), "five|1\n");
    Snapshot snapshot;
    assert_ok(catalog_snapshot(c->catalog, STR("replaced"), 0, c->arena, &snapshot, &c->err),
              &c->err);
    assert_str_equal(snapshot.lineage.source_system, "file");
    assert_str_equal(snapshot.lineage.source, "2.csv");
    assert_str_equal(snapshot.lineage.mode, "replace");
    assert_int_equal(snapshot.lineage.rows, 1);
}

static void test_append_of_nothing(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "nothing", "1.csv", "a,b\n1,x\n");
    ingest_case_load_text(c, "nothing", "2.csv", "a,b\n");
    ingest_case_expect(c, 0, 0, 0);
    Snapshot snapshot;
    assert_ok(catalog_snapshot(c->catalog, STR("nothing"), 0, c->arena, &snapshot, &c->err),
              &c->err);
    assert_int_equal(snapshot.file_count, 1);
    assert_str_equal(ingest_case_types(c, "nothing"), "a BIGINT, b VARCHAR");
}

static void test_another_bucket(void **state) {
    IngestCase *c = *state;
    IngestFileRequest wishes = {.bucket = STR("memory"), .csv = {.header = -1}};
    assert_ok(ingest_case_try(c, "elsewhere", "1.csv", STR("a,b\n1,x\n"), &wishes), &c->err);
    ingest_case_load_text(c, "elsewhere", "2.csv", "a,b\n2,y\n"); /* finds its home */
    assert_str_equal(ingest_case_rows(c, "elsewhere", "FROM d ORDER BY a"), "1|x\n2|y\n");
    wishes.bucket = STR("primary");
    assert_false(ingest_case_try(c, "elsewhere", "3.csv", STR("a,b\n3,z\n"), &wishes));
    assert_int_equal(c->err.kind, FAIL_CONFLICT);
}

/* ---- size ---- */

static void test_late_surprises(void **state) {
    IngestCase *c = *state;
    StrBuf text = strbuf_make(c->arena);
    strbuf_append_c(&text, "id,late,mixed\n");
    for (int i = 0; i < 50000; i++)
        strbuf_append_format(&text, "%d,%d,%s\n", i, i, i == 45000 ? "\"a \"\"word\"\"\"" : "7");
    strbuf_append_c(&text, "50000,0123,8\n50001\n");
    ingest_case_load(c, "late", "late.csv", strbuf_str(&text));
    ingest_case_expect(c, 50002, 50001, 1);
    assert_str_equal(ingest_case_types(c, "late"), "id BIGINT, late VARCHAR, mixed VARCHAR");
    assert_str_equal(ingest_case_rows(c, "late",
                                      "SELECT sum(id)::BIGINT, count(late), count(*) FILTER (mixed "
                                      "= '7'), max(late) FILTER (id = 50000), max(mixed) FROM d"),
                     "1250025000|50001|49999|0123|a \"word\"\n");
    assert_str_equal(ingest_case_rejects(c), "50003: : 1 field, 3 expected\n");
}

static void test_many_columns(void **state) {
    IngestCase *c = *state;
    enum { COLUMNS = 2000 };
    StrBuf text = strbuf_make(c->arena);
    for (int row = 0; row < 4; row++)
        for (int i = 0; i < COLUMNS; i++)
            strbuf_append_format(&text, row == 0 ? "name%d%s" : "%d%s", i + (row > 0 ? row : 0),
                                 i + 1 < COLUMNS ? "," : "\n");
    ingest_case_load(c, "wide", "wide.csv", strbuf_str(&text));
    ingest_case_expect(c, 3, 3, 0);
    assert_str_equal(ingest_case_rows(c, "wide", "SELECT sum(name0), sum(name1999) FROM d"),
                     "6|6003\n");
}

static void test_huge_fields(void **state) {
    IngestCase *c = *state;
    StrBuf text = strbuf_make(c->arena);
    strbuf_append_c(&text, "id,text\n1,\"");
    for (int i = 0; i < 1000000; i++)
        strbuf_append_c(&text, "0123456789");
    strbuf_append_c(&text, "\"\n2,small\n");
    ingest_case_load(c, "huge", "huge.csv", strbuf_str(&text));
    assert_str_equal(ingest_case_rows(c, "huge", "SELECT id, length(text) FROM d ORDER BY id"),
                     "1|10000000\n2|5\n");
    strbuf_clear(&text);
    strbuf_append_c(&text, "id,text\n1,");
    for (int i = 0; i < 3600000; i++)
        strbuf_append_c(&text, "0123456789"); /* longer than the longest allowed */
    strbuf_append_c(&text, "\n2,small\n");
    ingest_case_load(c, "huger", "huger.csv", strbuf_str(&text));
    ingest_case_expect(c, 2, 1, 1);
    assert_str_equal(ingest_case_rejects(c), "2: : a record longer than the largest allowed\n");
}

/* ---- compression, names, requests ---- */

static void test_odd_file_names(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "odd", "a[1]*?'.csv", "a,b\n1,x\n");
    assert_str_equal(ingest_case_rows(c, "odd", "FROM d"), "1|x\n");
}

static void test_requests_refused(void **state) {
    IngestCase *c = *state;
    assert_false(ingest_case_try(c, "no/such", "1.csv", STR("a,b\n1,x\n"), NULL));
    assert_int_equal(c->err.kind, FAIL_INVALID);
    IngestFileRequest wishes = {.key = STR("a"), .csv = {.header = -1}};
    assert_false(ingest_case_try(c, "k", "1.csv", STR("a,b\n1,x\n"), &wishes));
    assert_string_equal(c->err.field, "key");
    wishes = (IngestFileRequest){.format = FILE_PARQUET, .csv = {.header = -1}};
    assert_false(ingest_case_try(c, "k", "1.csv", STR("a,b\n1,x\n"), &wishes));
    assert_string_equal(c->err.field, "format");
    IngestFileRequest missing = {.dataset = STR("k"),
                                 .path = STR("/nowhere/x.csv"),
                                 .source_name = STR("x.csv"),
                                 .csv = {.header = -1}};
    assert_fails(ingest_file(c->ingest, &missing, NULL, c->arena, &c->result, &c->err), &c->err,
                 FAIL_IO);
    assert_null(strstr(c->err.message, "/nowhere"));
}

static void test_cancelled(void **state) {
    IngestCase *c = *state;
    Progress progress = {.cancel = true};
    IngestFileRequest request = {.dataset = STR("stopped"),
                                 .path = ingest_case_file(c, "s.csv", STR("a,b\n1,x\n")),
                                 .source_name = STR("s.csv"),
                                 .csv = {.header = -1}};
    assert_fails(ingest_file(c->ingest, &request, &progress, c->arena, &c->result, &c->err),
                 &c->err, FAIL_CANCELLED);
}

static void test_modes_by_name(void **state) {
    (void)state;
    IngestMode mode;
    assert_true(ingest_mode_parse(STR("upsert"), &mode) && mode == INGEST_UPSERT);
    assert_false(ingest_mode_parse(STR(""), &mode));
}

int suite_test_ingest_csv(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_dialect_wishes),
        cmocka_unit_test(test_types_wished_for),
        cmocka_unit_test(test_types_that_are_none),
        cmocka_unit_test(test_coercions_are_told),
        cmocka_unit_test(test_append_keeps_types),
        cmocka_unit_test(test_append_changes_columns),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_append_of_nothing),
        cmocka_unit_test(test_another_bucket),
        cmocka_unit_test(test_late_surprises),
        cmocka_unit_test(test_many_columns),
        cmocka_unit_test(test_huge_fields),
        cmocka_unit_test(test_odd_file_names),
        cmocka_unit_test(test_requests_refused),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_modes_by_name),
    };
    return cmocka_run_group_tests(tests, ingest_case_set_up, ingest_case_tear_down);
}
