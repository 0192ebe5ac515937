/* test_file_stage.c - a folder for a load, and names in it. */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "ingest/file_stage.h"
#include "temp_folder.h"

static void test_life(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Err err = {0};
    char *folder = temp_folder_create();
    FileStage one, two;
    Str staging = str_format(arena, "%s/a/b", folder), link;
    assert_ok(stage_open(&one, staging, arena, &err), &err);
    assert_ok(stage_open(&two, staging, arena, &err), &err);
    assert_false(str_eq(one.folder, two.folder));
    Str path = stage_path(&one, "x");
    assert_false(str_eq(path, stage_path(&one, "x")));
    FILE *file = fopen(path.data, "w");
    assert_non_null(file);
    fclose(file);
    assert_ok(stage_link(&one, path, &link, &err), &err);
    assert_int_equal(access(link.data, R_OK), 0);
    assert_fails(stage_link(&one, STR("/no/such/file"), &link, &err), &err, FAIL_IO);
    stage_close(&one);
    assert_int_not_equal(access(path.data, F_OK), 0);
    stage_close(&one); /* again does no harm */
    stage_close(&two);
    assert_int_equal(rmdir(staging.data), 0); /* nothing is left */
    temp_folder_remove(folder);
    arena_destroy(arena);
}

/* Which names are used as they are, and which are hidden behind a link. */
static void test_names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool linked;
    } names[] = {{"a.csv", false},   {"a-1_b.json", false}, {"a.parquet", true},
                 {"a b.csv", true},  {"a[1].csv", true},    {"a*.csv", true},
                 {"a.csv.gz", true}, {"\xc3\xa4.csv", true}};
    Arena *arena = arena_create();
    Err err = {0};
    char *folder = temp_folder_create();
    FileStage stage;
    assert_ok(stage_open(&stage, str_format(arena, "%s/stage", folder), arena, &err), &err);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Str path = str_format(arena, "%s/%s", folder, names[i].name), link;
        FILE *file = fopen(path.data, "w");
        assert_non_null(file);
        fclose(file);
        assert_ok(stage_link(&stage, path, &link, &err), &err);
        assert_int_equal(access(link.data, R_OK), 0);
        assert_int_equal(str_starts(link, stage.folder), names[i].linked);
    }
    stage_close(&stage);
    temp_folder_remove(folder);
    arena_destroy(arena);
}

int suite_test_file_stage(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_life), cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
