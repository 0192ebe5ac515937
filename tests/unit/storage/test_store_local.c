/* test_store_local.c - the contract over a directory, then what only a directory can do wrong:
 * symbolic links, odd files, leftovers of a crash, files changed behind our back. */
#include "store_contract.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "temp_folder.h"

static char *root;

static ObjectStore *open_root(void) {
    Err err;
    LocalStoreConfig config = {.root = str_c(root), .create_root = true};
    ObjectStore *store = store_local_open(&config, &err);
    if (store == NULL)
        fail_msg("open: %s (%s)", err.message, err.detail);
    return store;
}

static ObjectStore *open_new(void) {
    root = temp_folder_create();
    return open_root();
}

static void clean(void) {
    temp_folder_remove(root);
    root = NULL;
}

typedef struct Case {
    ObjectStore *store;
    Arena *arena;
    Err err;
} Case;

static int set_up(void **state) {
    Case *c = calloc(1, sizeof *c);
    c->store = open_new();
    c->arena = arena_create();
    *state = c;
    return 0;
}

static int tear_down(void **state) {
    Case *c = *state;
    store_close(c->store);
    arena_destroy(c->arena);
    free(c);
    clean();
    return 0;
}

static const char *in_root(Case *c, const char *name) {
    return str_format(c->arena, "%s/%s", root, name).data;
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void links_never_lead_out(void **state) {
    Case *c = *state;
    char *outside = temp_folder_create();
    write_text(str_format(c->arena, "%s/secret", outside).data, "secret");
    assert_int_equal(mkdir(in_root(c, "d"), 0777), 0);
    assert_int_equal(symlink(outside, in_root(c, "out")), 0);
    assert_int_equal(symlink(outside, in_root(c, "d/out")), 0);
    assert_int_equal(symlink(str_format(c->arena, "%s/secret", outside).data, in_root(c, "file")),
                     0);
    assert_int_equal(symlink("/nowhere/at/all", in_root(c, "dangling")), 0);
    static const char *const keys[] = {"out/secret", "d/out/secret", "file", "dangling"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        Str key = str_c(keys[i]), text;
        ObjectInfo info;
        assert_fails(store_get(c->store, key, c->arena, &text, NULL, &c->err), &c->err,
                     FAIL_DENIED);
        assert_fails(store_head(c->store, key, c->arena, &info, &c->err), &c->err, FAIL_DENIED);
        assert_fails(store_local_path(c->store, key, c->arena, &text, &c->err), &c->err,
                     FAIL_DENIED);
        assert_fails(store_remove(c->store, key, &c->err), &c->err, FAIL_DENIED);
        assert_fails(store_put_if_match(c->store, key, STR("x"), STR("y"), c->arena, NULL, &c->err),
                     &c->err, FAIL_DENIED);
    }
    assert_fails(store_put(c->store, STR("out/new"), STR("x"), c->arena, NULL, &c->err), &c->err,
                 FAIL_DENIED);
    assert_int_not_equal(access(str_format(c->arena, "%s/new", outside).data, F_OK), 0);
    ObjectPage page;
    ListRequest all = {.prefix = STR_EMPTY, .cursor = STR_EMPTY};
    assert_ok(store_list(c->store, &all, c->arena, &page, &c->err), &c->err);
    assert_int_equal(page.count, 0);
    ListRequest through = {.prefix = STR("out/"), .cursor = STR_EMPTY};
    assert_ok(store_list(c->store, &through, c->arena, &page, &c->err), &c->err);
    assert_int_equal(page.count, 0);
    /* A plain put over a link replaces the link, and does not write through it. */
    assert_ok(store_put(c->store, STR("file"), STR("mine"), c->arena, NULL, &c->err), &c->err);
    Str text;
    assert_ok(store_get(c->store, STR("file"), c->arena, &text, NULL, &c->err), &c->err);
    assert_str_equal(text, "mine");
    struct stat info;
    assert_int_equal(stat(str_format(c->arena, "%s/secret", outside).data, &info), 0);
    assert_int_equal(info.st_size, 6);
    temp_folder_remove(outside);
}

static void odd_files_are_not_objects(void **state) {
    Case *c = *state;
    assert_int_equal(mkfifo(in_root(c, "fifo"), 0666), 0);
    write_text(in_root(c, "bad\nname"), "x");
    write_text(in_root(c, "bad\xffname"), "x");
    Str text;
    assert_fails(store_get(c->store, STR("fifo"), c->arena, &text, NULL, &c->err), &c->err,
                 FAIL_NOT_FOUND);
    assert_fails(store_remove(c->store, STR("fifo"), &c->err), &c->err, FAIL_NOT_FOUND);
    ObjectPage page;
    ListRequest all = {.prefix = STR_EMPTY, .cursor = STR_EMPTY};
    assert_ok(store_list(c->store, &all, c->arena, &page, &c->err), &c->err);
    assert_int_equal(page.count, 0);
}

static void files_of_others_are_objects(void **state) {
    Case *c = *state;
    write_text(in_root(c, "copied"), "by hand");
    Str text;
    ObjectInfo info;
    assert_ok(store_get(c->store, STR("copied"), c->arena, &text, &info, &c->err), &c->err);
    assert_str_equal(text, "by hand");
    Str etag;
    assert_ok(store_put(c->store, STR("same"), STR("by hand"), c->arena, &etag, &c->err), &c->err);
    assert_true(str_eq(etag, info.etag));
}

static void a_large_file_changed_in_place_has_a_new_etag(void **state) {
    Case *c = *state;
    size_t size = 300000;
    char *bytes = arena_alloc(c->arena, size);
    memset(bytes, 'x', size);
    Str etag;
    ObjectInfo info;
    assert_ok(store_put(c->store, STR("big"), str_make(bytes, size), c->arena, &etag, &c->err),
              &c->err);
    int fd = open(in_root(c, "big"), O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "y", 1, 1000), 1);
    struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}}; /* even with its date turned back */
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
    assert_ok(store_head(c->store, STR("big"), c->arena, &info, &c->err), &c->err);
    assert_false(str_eq(info.etag, etag));
    bytes[1000] = 'y';
    assert_ok(store_put(c->store, STR("big2"), str_make(bytes, size), c->arena, &etag, &c->err),
              &c->err);
    assert_true(str_eq(info.etag, etag));
}

static size_t count_staged(Case *c) {
    const char *command =
        str_format(c->arena, "ls -A %s/.staging | grep -v '^lock$' | wc -l", root).data;
    FILE *pipe = popen(command, "r");
    size_t count = 0;
    assert_int_equal(fscanf(pipe, "%zu", &count), 1);
    pclose(pipe);
    return count;
}

static void leftovers_are_swept_when_nobody_else_is_here(void **state) {
    Case *c = *state;
    write_text(in_root(c, ".staging/0123456789abcdef0123456789abcdef"), "half");
    ObjectStore *second = open_root(); /* the first may be staging that very file */
    assert_int_equal(count_staged(c), 1);
    store_close(second);
    store_close(c->store);
    c->store = open_root();
    assert_int_equal(count_staged(c), 0);
    Err err;
    assert_ok(store_put(c->store, STR("k"), STR("v"), c->arena, NULL, &err), &err);
    assert_fails(store_put_if_absent(c->store, STR("k"), STR("v"), c->arena, NULL, &err), &err,
                 FAIL_EXISTS);
    assert_int_equal(count_staged(c), 0);
}

static void content_survives_reopening(void **state) {
    Case *c = *state;
    Str etag, text;
    ObjectInfo info;
    assert_ok(store_put(c->store, STR("a/b"), STR("kept"), c->arena, &etag, &c->err), &c->err);
    store_close(c->store);
    c->store = open_root();
    assert_ok(store_get(c->store, STR("a/b"), c->arena, &text, &info, &c->err), &c->err);
    assert_str_equal(text, "kept");
    assert_true(str_eq(info.etag, etag));
    Str path;
    assert_ok(store_local_path(c->store, STR("a/b"), c->arena, &path, &c->err), &c->err);
    assert_str_equal(path, in_root(c, "a/b"));
}

static void empty_folders_give_way(void **state) {
    Case *c = *state;
    assert_int_equal(mkdir(in_root(c, "left"), 0777), 0);
    ListRequest all = {.prefix = STR_EMPTY, .cursor = STR_EMPTY, .folders = true};
    ObjectPage page;
    assert_ok(store_list(c->store, &all, c->arena, &page, &c->err), &c->err);
    assert_int_equal(page.count, 0);
    assert_ok(store_put(c->store, STR("left"), STR("v"), c->arena, NULL, &c->err), &c->err);
    assert_int_equal(mkdir(in_root(c, "left2"), 0777), 0);
    assert_ok(store_put_if_absent(c->store, STR("left2"), STR("v"), c->arena, NULL, &c->err),
              &c->err);
}

static void a_lost_root_is_unhealthy(void **state) {
    Case *c = *state;
    const char *moved = str_format(c->arena, "%s.moved", root).data;
    assert_int_equal(rename(root, moved), 0);
    assert_fails(store_healthy(c->store, &c->err), &c->err, FAIL_IO);
    assert_int_equal(mkdir(root, 0777), 0);
    assert_fails(store_healthy(c->store, &c->err), &c->err, FAIL_IO);
    assert_int_equal(rmdir(root), 0);
    assert_int_equal(rename(moved, root), 0);
    assert_ok(store_healthy(c->store, &c->err), &c->err);
}

static void unusable_roots_are_refused(void **state) {
    Case *c = *state;
    write_text(in_root(c, "file"), "x");
    const char *paths[] = {"", "/proc/none/x", in_root(c, "file"), in_root(c, "file/below")};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        LocalStoreConfig config = {.root = str_c(paths[i]), .create_root = true};
        err_clear(&c->err);
        assert_null(store_local_open(&config, &c->err));
        assert_int_not_equal(c->err.kind, FAIL_NONE);
    }
    LocalStoreConfig missing = {.root = str_c(in_root(c, "none")), .create_root = false};
    assert_null(store_local_open(&missing, &c->err));
    assert_int_equal(c->err.kind, FAIL_IO);
}

/* As another user, for whom the root can be read but not written. */
static void a_read_only_root_can_be_read(void **state) {
    Case *c = *state;
    if (geteuid() != 0)
        skip();
    assert_ok(store_put(c->store, STR("k"), STR("v"), c->arena, NULL, &c->err), &c->err);
    store_close(c->store);
    assert_int_equal(chmod(root, 0755), 0);
    assert_int_equal(chmod(in_root(c, ".staging"), 0755), 0);
    assert_int_equal(seteuid(65534), 0);
    ObjectStore *reader = open_root();
    Str text;
    bool read = store_get(reader, STR("k"), c->arena, &text, NULL, &c->err);
    bool wrote = store_put(reader, STR("k2"), STR("v"), c->arena, NULL, &c->err);
    FailKind kind = c->err.kind;
    bool removed = store_remove(reader, STR("k"), &c->err);
    bool healthy = store_healthy(reader, &c->err);
    store_close(reader);
    assert_int_equal(seteuid(0), 0);
    c->store = open_root();
    assert_true(read);
    assert_false(wrote || removed || healthy);
    assert_int_equal(kind, FAIL_IO);
}

static void a_listing_without_etags_has_the_rest(void **state) {
    Case *c = *state;
    ObjectPage page;
    ListRequest request = {.prefix = STR("a/"), .without_etags = true};
    assert_ok(store_put(c->store, STR("a/b"), STR("hello"), c->arena, NULL, &c->err), &c->err);
    assert_ok(store_list(c->store, &request, c->arena, &page, &c->err), &c->err);
    assert_int_equal(page.count, 1);
    assert_str_equal(page.items[0].key, "a/b");
    assert_int_equal(page.items[0].size_bytes, 5);
    assert_int_equal(page.items[0].etag.length, 0);
    assert_true(page.items[0].modified_us > 0);
}

int suite_test_store_local(void);
int suite_test_store_local(void) {
    static const StoreMaker maker = {"local", open_new, clean};
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(links_never_lead_out),
        CASE(odd_files_are_not_objects),
        CASE(files_of_others_are_objects),
        CASE(a_large_file_changed_in_place_has_a_new_etag),
        CASE(leftovers_are_swept_when_nobody_else_is_here),
        CASE(content_survives_reopening),
        CASE(empty_folders_give_way),
        CASE(a_listing_without_etags_has_the_rest),
        CASE(a_lost_root_is_unhealthy),
        CASE(unusable_roots_are_refused),
        CASE(a_read_only_root_can_be_read),
#undef CASE
    };
    return store_contract_run(&maker) + cmocka_run_group_tests(tests, NULL, NULL);
}
