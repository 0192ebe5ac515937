/* test_upsert.c - rows replace those of the same key. */
#include "ingest_case.h"

#include <pthread.h>

static bool upsert(IngestCase *c, const char *dataset, const char *key, Str bytes) {
    IngestFileRequest wishes = {.mode = INGEST_UPSERT, .key = str_c(key), .csv = {.header = -1}};
    return ingest_case_try(c, dataset, "x.csv", bytes, &wishes);
}

static size_t file_count(IngestCase *c, const char *dataset) {
    Snapshot snapshot;
    assert_ok(catalog_snapshot(c->catalog, str_c(dataset), 0, c->arena, &snapshot, &c->err),
              &c->err);
    return snapshot.file_count;
}

static void test_upsert(void **state) {
    IngestCase *c = *state;
    assert_ok(upsert(c, "d", "id", STR("id,v\n1,a\n2,b\n3,c\n")), &c->err); /* makes it */
    ingest_case_load_text(c, "d", "x.csv", "id,v\n10,j\n11,k\n");
    assert_ok(upsert(c, "d", "id", STR("id,v\n2,B\n4,D\n")), &c->err);
    ingest_case_expect(c, 2, 2, 0);
    assert_str_equal(ingest_case_rows(c, "d", "FROM d ORDER BY id"),
                     "1|a\n2|B\n3|c\n4|D\n10|j\n11|k\n");
    assert_int_equal(file_count(c, "d"), 3); /* one rewritten, one kept, one new */
    assert_ok(upsert(c, "d", "id", STR("id,v\n10,J\n11,K\n")), &c->err);
    assert_int_equal(file_count(c, "d"), 3); /* the file of 10 and 11 is gone whole */
    assert_str_equal(ingest_case_rows(c, "d", "SELECT v FROM d WHERE id >= 10 ORDER BY id"),
                     "J\nK\n");
}

static void test_repeated_keys(void **state) {
    IngestCase *c = *state;
    assert_ok(upsert(c, "r", "id", STR("id,v\n1,a\n1,b\n2,c\n1,d\n")), &c->err);
    ingest_case_expect(c, 4, 4, 0);
    assert_str_equal(ingest_case_rows(c, "r", "FROM d ORDER BY id"), "1|d\n2|c\n");
    assert_str_equal(ingest_case_coercions(c), "id: repeated key, the last row stays: 2\n");
}

static void test_no_key(void **state) {
    IngestCase *c = *state;
    assert_ok(upsert(c, "n", "id", STR("id,v\n1,a\n,b\n\"\",c\n4,d\n")), &c->err);
    ingest_case_expect(c, 4, 2, 2);
    assert_str_equal(ingest_case_rejects(c),
                     "3: id: no value for the key\n4: id: no value for the key\n");
    assert_false(upsert(c, "n", "nokey", STR("id,v\n1,a\n")));
    assert_int_equal(c->err.kind, FAIL_UNPROCESSABLE);
    assert_string_equal(c->err.field, "key");
    assert_false(upsert(c, "n", " , ", STR("id,v\n1,a\n")));
    assert_int_equal(c->err.kind, FAIL_INVALID);
    assert_false(upsert(c, "n", "id,id", STR("id,v\n1,a\n")));
    assert_int_equal(c->err.kind, FAIL_INVALID);
}

static void test_two_keys_and_new_columns(void **state) {
    IngestCase *c = *state;
    assert_ok(upsert(c, "t", "a,b", STR("a,b,v\n1,x,1\n1,y,2\n2,x,3\n")), &c->err);
    assert_ok(upsert(c, "t", "b, a", STR("a,b,v,w\n1,y,20,new\n3,z,4,new\n")), &c->err);
    assert_str_equal(ingest_case_rows(c, "t", "SELECT a, b, v, w FROM d ORDER BY a, b"),
                     "1|x|1|NULL\n1|y|20|new\n2|x|3|NULL\n3|z|4|new\n");
}

static void test_key_column_came_later(void **state) {
    IngestCase *c = *state;
    ingest_case_load_text(c, "l", "1.csv", "v,u\na,1\n");
    assert_ok(upsert(c, "l", "id", STR("id,v\n1,b\n")), &c->err);
    assert_str_equal(ingest_case_rows(c, "l", "SELECT id, v FROM d ORDER BY v"), "NULL|a\n1|b\n");
}

/* ---- many writers ---- */

typedef struct Writer {
    IngestCase *c;
    int number;
    bool ok;
    Err err;
} Writer;

enum { WRITERS = 4, ROUNDS = 3 };

static void *write_rounds(void *argument) {
    Writer *writer = argument;
    writer->ok = true;
    for (int round = 0; round < ROUNDS && writer->ok; round++) {
        Arena *arena = arena_create();
        Str path = str_format(arena, "%s/writer%d.csv", writer->c->folder, writer->number);
        FILE *file = fopen(path.data, "wb");
        fprintf(file, "id,writer\n1,%d\n%d,%d\n", writer->number, 100 + writer->number, round);
        fclose(file);
        IngestFileRequest request = {.dataset = STR("shared"),
                                     .mode = INGEST_UPSERT,
                                     .key = STR("id"),
                                     .path = path,
                                     .source_name = STR("w.csv"),
                                     .csv = {.header = -1}};
        IngestResult result;
        writer->ok = ingest_file(writer->c->ingest, &request, NULL, arena, &result, &writer->err);
        arena_destroy(arena);
    }
    return NULL;
}

static void test_writers_at_once(void **state) {
    IngestCase *c = *state;
    pthread_t threads[WRITERS];
    Writer writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (Writer){.c = c, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_rounds, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < WRITERS; i++)
        if (!writers[i].ok)
            fail_msg("writer %d: %s", i, writers[i].err.message);
    assert_str_equal(ingest_case_rows(c, "shared",
                                      "SELECT count(*), count(DISTINCT id), sum(writer) FILTER (id "
                                      ">= 100) FROM d"),
                     "5|5|8\n"); /* each writer's row says the last round, 2 */
}

int suite_test_upsert(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upsert),
        cmocka_unit_test(test_repeated_keys),
        cmocka_unit_test(test_no_key),
        cmocka_unit_test(test_two_keys_and_new_columns),
        cmocka_unit_test(test_key_column_came_later),
        cmocka_unit_test(test_writers_at_once),
    };
    return cmocka_run_group_tests(tests, ingest_case_set_up, ingest_case_tear_down);
}
