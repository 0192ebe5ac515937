/* test_store_processes.c - several processes on one local root: swaps lose nothing, and kill -9 at
 * any moment leaves whole objects and no debris. */
#include "unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/object_store.h"
#include "temp_folder.h"

static ObjectStore *open_root(const char *root) {
    Err err;
    LocalStoreConfig config = {.root = str_c(root), .create_root = true};
    return store_local_open(&config, &err);
}

/* In a child: raises the counter `times` times by compare-and-swap. */
static bool count_up(const char *root, int times) {
    ObjectStore *store = open_root(root);
    Arena *arena = arena_create();
    bool ok = store != NULL;
    for (int done = 0; ok && done < times;) {
        Err err;
        Str text;
        ObjectInfo info;
        uint64_t value;
        ok = store_get(store, STR("count"), arena, &text, &info, &err) && str_to_u64(text, &value);
        if (!ok)
            break;
        Str next = str_format(arena, "%llu", (unsigned long long)value + 1);
        if (store_put_if_match(store, STR("count"), next, info.etag, arena, NULL, &err))
            done++;
        else
            ok = err.kind == FAIL_CONFLICT;
        arena_reset(arena);
    }
    arena_destroy(arena);
    store_close(store);
    return ok;
}

static void processes_lose_no_update(void **state) {
    (void)state;
    enum { PROCESSES = 3, TIMES = 15 };
    char *root = temp_folder_create();
    ObjectStore *store = open_root(root);
    Arena *arena = arena_create();
    Err err;
    assert_ok(store_put(store, STR("count"), STR("0"), arena, NULL, &err), &err);
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(count_up(root, TIMES) ? 0 : 1);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    Str text;
    assert_ok(store_get(store, STR("count"), arena, &text, NULL, &err), &err);
    assert_str_equal(text, "45");
    store_close(store);
    arena_destroy(arena);
    temp_folder_remove(root);
}

enum { BODY_BYTES = 50000 };

/* In a child: writes for ever; every object is one character repeated. */
static void write_for_ever(const char *root, int ready_fd) {
    ObjectStore *store = open_root(root);
    static char body[BODY_BYTES];
    if (store == NULL)
        _exit(1);
    for (unsigned i = 0;; i++) {
        Arena *arena = arena_create();
        Err err;
        memset(body, 'a' + (int)(i % 26), sizeof body);
        Str key = str_format(arena, "w/%u", i % 5);
        if (!store_put(store, key, str_make(body, sizeof body), arena, NULL, &err))
            _exit(1);
        if (write(ready_fd, "x", 1) != 1)
            _exit(1);
        arena_destroy(arena);
    }
}

static bool is_whole(Str text) {
    for (size_t i = 1; i < text.length; i++)
        if (text.data[i] != text.data[0])
            return false;
    return text.length == BODY_BYTES;
}

static void check_after_kill(const char *root) {
    ObjectStore *store = open_root(root);
    assert_non_null(store);
    Arena *arena = arena_create();
    Err err;
    ListRequest all = {.prefix = STR_EMPTY, .cursor = STR_EMPTY};
    ObjectPage page;
    assert_ok(store_list(store, &all, arena, &page, &err), &err);
    for (size_t i = 0; i < page.count; i++) {
        Str text;
        assert_ok(store_get(store, page.items[i].key, arena, &text, NULL, &err), &err);
        assert_true(is_whole(text));
    }
    assert_ok(store_put(store, STR("after"), STR("x"), arena, NULL, &err), &err);
    assert_ok(store_remove(store, STR("after"), &err), &err);
    const char *command = str_format(arena, "ls -A %s/.staging | wc -l", root).data;
    FILE *pipe = popen(command, "r");
    size_t count = 0;
    assert_int_equal(fscanf(pipe, "%zu", &count), 1);
    pclose(pipe);
    assert_int_equal(count, 1); /* the lock file */
    arena_destroy(arena);
    store_close(store);
}

/* Kills the writer after some puts, with whatever is under way. */
static void killed_writers_leave_whole_objects(void **state) {
    (void)state;
    char *root = temp_folder_create();
    for (int round = 0; round < 12; round++) {
        int ready[2];
        assert_int_equal(pipe(ready), 0);
        pid_t child = fork();
        if (child == 0) {
            close(ready[0]);
            write_for_ever(root, ready[1]);
        }
        close(ready[1]);
        char byte;
        for (int put = 0; put < 1 + round % 4; put++)
            assert_int_equal(read(ready[0], &byte, 1), 1);
        uint64_t start = clock_monotonic_ns(); /* into the middle of the next put */
        while (clock_monotonic_ns() - start < (uint64_t)round * 50000)
            continue;
        assert_int_equal(kill(child, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        close(ready[0]);
        check_after_kill(root);
    }
    temp_folder_remove(root);
}

int suite_test_store_processes(void);
int suite_test_store_processes(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_lose_no_update),
        cmocka_unit_test(killed_writers_leave_whole_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
