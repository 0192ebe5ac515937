/* store_contract.c - cases that hold for every store: verbs, conditions, races, order, paging. */
#include "store_contract.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/vec.h"
#include "temp_folder.h"

typedef struct Case {
    const StoreMaker *maker;
    ObjectStore *store;
    Arena *arena;
    Err err;
} Case;

static const StoreMaker *current_maker; /* cmocka's setup takes no argument of ours */

static int set_up(void **state) {
    Case *c = calloc(1, sizeof *c);
    c->maker = current_maker;
    c->store = c->maker->open();
    c->arena = arena_create();
    *state = c;
    return c->store == NULL;
}

static int tear_down(void **state) {
    Case *c = *state;
    store_close(c->store);
    arena_destroy(c->arena);
    c->maker->clean();
    free(c);
    return 0;
}

static void put_text(Case *c, const char *key, const char *text) {
    assert_ok(store_put(c->store, str_c(key), str_c(text), c->arena, NULL, &c->err), &c->err);
}

static void expect_text(Case *c, const char *key, const char *text) {
    Str bytes;
    assert_ok(store_get(c->store, str_c(key), c->arena, &bytes, NULL, &c->err), &c->err);
    assert_str_equal(bytes, text);
}

/* --- single verbs ------------------------------------------------------------------------ */

static void put_then_get(void **state) {
    Case *c = *state;
    int64_t before = clock_now_us();
    Str etag, bytes;
    assert_ok(store_put(c->store, STR("a/b.json"), STR("hello"), c->arena, &etag, &c->err),
              &c->err);
    ObjectInfo info, head;
    assert_ok(store_get(c->store, STR("a/b.json"), c->arena, &bytes, &info, &c->err), &c->err);
    assert_str_equal(bytes, "hello");
    assert_str_equal(info.key, "a/b.json");
    assert_true(str_eq(info.etag, etag));
    assert_true(etag.length > 0);
    assert_int_equal(info.size_bytes, 5);
    assert_true(info.modified_us > before - 2000000);
    assert_true(info.modified_us < clock_now_us() + 2000000);
    assert_ok(store_head(c->store, STR("a/b.json"), c->arena, &head, &c->err), &c->err);
    assert_true(str_eq(head.etag, etag));
    assert_int_equal(head.size_bytes, 5);
    assert_int_equal(head.modified_us, info.modified_us);
}

static void put_replaces_and_changes_the_etag(void **state) {
    Case *c = *state;
    Str first, second;
    assert_ok(store_put(c->store, STR("k"), STR("one"), c->arena, &first, &c->err), &c->err);
    assert_ok(store_put(c->store, STR("k"), STR("two"), c->arena, &second, &c->err), &c->err);
    assert_false(str_eq(first, second));
    expect_text(c, "k", "two");
}

static void empty_and_binary_objects(void **state) {
    Case *c = *state;
    Str bytes;
    put_text(c, "empty", "");
    expect_text(c, "empty", "");
    assert_ok(store_get_range(c->store, STR("empty"), 0, 10, c->arena, &bytes, &c->err), &c->err);
    assert_int_equal(bytes.length, 0);
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    Str binary = str_make(all, sizeof all);
    assert_ok(store_put(c->store, STR("binary"), binary, c->arena, NULL, &c->err), &c->err);
    assert_ok(store_get(c->store, STR("binary"), c->arena, &bytes, NULL, &c->err), &c->err);
    assert_true(str_eq(bytes, binary));
}

static void absent_objects_are_not_found(void **state) {
    Case *c = *state;
    Str bytes;
    ObjectInfo info;
    put_text(c, "folder/x", "1");
    static const char *const keys[] = {"none", "folder", "folder/none", "folder/x/below"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        Str key = str_c(keys[i]);
        assert_fails(store_get(c->store, key, c->arena, &bytes, NULL, &c->err), &c->err,
                     FAIL_NOT_FOUND);
        assert_non_null(strstr(c->err.message, keys[i]));
        assert_fails(store_get_range(c->store, key, 0, 1, c->arena, &bytes, &c->err), &c->err,
                     FAIL_NOT_FOUND);
        assert_fails(store_head(c->store, key, c->arena, &info, &c->err), &c->err, FAIL_NOT_FOUND);
        assert_fails(store_remove(c->store, key, &c->err), &c->err, FAIL_NOT_FOUND);
    }
    expect_text(c, "folder/x", "1");
}

static void ranges(void **state) {
    Case *c = *state;
    put_text(c, "k", "0123456789");
    static const struct {
        uint64_t offset, length;
        const char *expected;
    } rows[] = {{0, 10, "0123456789"}, {0, 3, "012"},        {7, 3, "789"},
                {7, 100, "789"},       {9, UINT64_MAX, "9"}, {4, 0, ""}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        Str bytes;
        assert_ok(store_get_range(c->store, STR("k"), rows[i].offset, rows[i].length, c->arena,
                                  &bytes, &c->err),
                  &c->err);
        assert_str_equal(bytes, rows[i].expected);
    }
    Str bytes;
    assert_fails(store_get_range(c->store, STR("k"), 10, 1, c->arena, &bytes, &c->err), &c->err,
                 FAIL_RANGE);
    assert_fails(store_get_range(c->store, STR("k"), UINT64_MAX, 1, c->arena, &bytes, &c->err),
                 &c->err, FAIL_RANGE);
}

static void remove_then_make_again(void **state) {
    Case *c = *state;
    put_text(c, "a/b/c", "1");
    assert_ok(store_remove(c->store, STR("a/b/c"), &c->err), &c->err);
    assert_fails(store_remove(c->store, STR("a/b/c"), &c->err), &c->err, FAIL_NOT_FOUND);
    put_text(c, "a/b", "now an object"); /* no folder stands in its way */
    expect_text(c, "a/b", "now an object");
}

/* --- conditions -------------------------------------------------------------------------- */

static void if_absent(void **state) {
    Case *c = *state;
    Str etag;
    assert_ok(store_put_if_absent(c->store, STR("h"), STR("1"), c->arena, &etag, &c->err), &c->err);
    assert_fails(store_put_if_absent(c->store, STR("h"), STR("2"), c->arena, NULL, &c->err),
                 &c->err, FAIL_EXISTS);
    expect_text(c, "h", "1");
}

static void if_match(void **state) {
    Case *c = *state;
    Str first, second;
    assert_fails(
        store_put_if_match(c->store, STR("d/h"), STR("x"), STR("0123"), c->arena, NULL, &c->err),
        &c->err, FAIL_CONFLICT);
    assert_ok(store_put(c->store, STR("d/h"), STR("1"), c->arena, &first, &c->err), &c->err);
    assert_ok(store_put_if_match(c->store, STR("d/h"), STR("2"), first, c->arena, &second, &c->err),
              &c->err);
    assert_fails(store_put_if_match(c->store, STR("d/h"), STR("3"), first, c->arena, NULL, &c->err),
                 &c->err, FAIL_CONFLICT);
    assert_fails(
        store_put_if_match(c->store, STR("d/h"), STR("3"), STR(""), c->arena, NULL, &c->err),
        &c->err, FAIL_CONFLICT);
    expect_text(c, "d/h", "2");
    assert_ok(store_remove(c->store, STR("d/h"), &c->err), &c->err);
    assert_fails(
        store_put_if_match(c->store, STR("d/h"), STR("3"), second, c->arena, NULL, &c->err),
        &c->err, FAIL_CONFLICT);
}

static void an_object_is_not_a_folder(void **state) {
    Case *c = *state;
    put_text(c, "a", "object");
    put_text(c, "b/c/d", "object");
    assert_fails(store_put(c->store, STR("a/x"), STR("1"), c->arena, NULL, &c->err), &c->err,
                 FAIL_CONFLICT);
    assert_fails(store_put(c->store, STR("a/x/y"), STR("1"), c->arena, NULL, &c->err), &c->err,
                 FAIL_CONFLICT);
    assert_fails(store_put(c->store, STR("b"), STR("1"), c->arena, NULL, &c->err), &c->err,
                 FAIL_CONFLICT);
    assert_fails(store_put_if_absent(c->store, STR("b/c"), STR("1"), c->arena, NULL, &c->err),
                 &c->err, FAIL_CONFLICT);
    expect_text(c, "a", "object");
    expect_text(c, "b/c/d", "object");
}

/* --- files ------------------------------------------------------------------------------- */

static char *write_file(const char *folder, size_t size) {
    size_t capacity = strlen(folder) + sizeof "/source";
    char *path = malloc(capacity);
    snprintf(path, capacity, "%s/source", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++)
        fputc((int)('a' + i % 26), file);
    fclose(file);
    return path;
}

static void a_file_is_moved_in(void **state) {
    Case *c = *state;
    char *folder = temp_folder_create();
    char *path = write_file(folder, 200000);
    PutSource source = {.path = path};
    PutCondition absent = {.rule = PUT_IF_ABSENT};
    Str etag;
    assert_ok(store_put_source(c->store, STR("d/big"), &source, &absent, c->arena, &etag, &c->err),
              &c->err);
    assert_int_not_equal(access(path, F_OK), 0);
    Str bytes;
    ObjectInfo info;
    assert_ok(store_get(c->store, STR("d/big"), c->arena, &bytes, &info, &c->err), &c->err);
    assert_int_equal(bytes.length, 200000);
    assert_true(str_eq(info.etag, etag));
    assert_int_equal(bytes.data[199999], 'a' + 199999 % 26);
    assert_ok(store_head(c->store, STR("d/big"), c->arena, &info, &c->err), &c->err);
    assert_true(str_eq(info.etag, etag));
    /* the same content by bytes has the same etag */
    assert_ok(store_put(c->store, STR("d/same"), bytes, c->arena, &etag, &c->err), &c->err);
    assert_true(str_eq(info.etag, etag));
    free(path);
    temp_folder_remove(folder);
}

static void a_refused_file_stays(void **state) {
    Case *c = *state;
    char *folder = temp_folder_create();
    char *path = write_file(folder, 100);
    PutSource source = {.path = path};
    PutCondition absent = {.rule = PUT_IF_ABSENT};
    put_text(c, "k", "there");
    assert_fails(store_put_source(c->store, STR("k"), &source, &absent, c->arena, NULL, &c->err),
                 &c->err, FAIL_EXISTS);
    assert_int_equal(access(path, F_OK), 0);
    expect_text(c, "k", "there");
    unlink(path);
    assert_fails(store_put_source(c->store, STR("z"), &source, &absent, c->arena, NULL, &c->err),
                 &c->err, FAIL_IO);
    free(path);
    temp_folder_remove(folder);
}

/* --- keys -------------------------------------------------------------------------------- */

static void hostile_keys_are_refused_everywhere(void **state) {
    Case *c = *state;
    static const Str keys[] = {
        {"", 0},
        {"/", 1},
        {"/etc/passwd", 11},
        {"a/", 2},
        {"a//b", 4},
        {".", 1},
        {"..", 2},
        {"a/..", 4},
        {"../a", 4},
        {"a/../../b", 9},
        {"a/./b", 5},
        {"a\0b", 3},
        {"a\nb", 3},
        {"a\x7f", 2},
        {"\xff", 1},
        {"a/\xc3", 3},
        {"\xc2\x85", 2},
        {"\xc0\xae\xc0\xae/a", 6},
        {".staging", 8},
        {".staging/lock", 13},
    };
    char longest[1026];
    memset(longest, 'x', sizeof longest);
    for (size_t i = 100; i < sizeof longest; i += 100)
        longest[i] = '/';
    Str bytes;
    ObjectInfo info;
    for (size_t i = 0; i < ARRAY_LEN(keys) + 2; i++) {
        Str key = i < ARRAY_LEN(keys)    ? keys[i]
                  : i == ARRAY_LEN(keys) ? str_make(longest, 1025)
                                         : str_format(c->arena, "a/%0256d/b", 0);
        assert_fails(store_get(c->store, key, c->arena, &bytes, NULL, &c->err), &c->err,
                     FAIL_INVALID);
        assert_string_equal(c->err.field, "key");
        assert_fails(store_put(c->store, key, STR("x"), c->arena, NULL, &c->err), &c->err,
                     FAIL_INVALID);
        assert_fails(store_head(c->store, key, c->arena, &info, &c->err), &c->err, FAIL_INVALID);
        assert_fails(store_remove(c->store, key, &c->err), &c->err, FAIL_INVALID);
        assert_fails(store_get_range(c->store, key, 0, 1, c->arena, &bytes, &c->err), &c->err,
                     FAIL_INVALID);
        assert_fails(store_local_path(c->store, key, c->arena, &bytes, &c->err), &c->err,
                     FAIL_INVALID);
    }
}

static void odd_but_good_keys(void **state) {
    Case *c = *state;
    char longest[1025] = {0};
    memset(longest, 'x', 1024);
    for (size_t i = 100; i < 1024; i += 100)
        longest[i] = '/';
    const char *keys[] = {"...",
                          "a..b",
                          ".hidden",
                          "a b/c d",
                          "per%20cent",
                          "back\\slash",
                          "na\xc3\xafve/\xe6\x97\xa5\xe6\x9c\xac",
                          "-rf",
                          "*",
                          "$(x)",
                          "a/.staging",
                          longest};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        put_text(c, keys[i], keys[i]);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        expect_text(c, keys[i], keys[i]);
    ListRequest request = {.prefix = STR_EMPTY, .cursor = STR_EMPTY};
    ObjectPage page;
    assert_ok(store_list(c->store, &request, c->arena, &page, &c->err), &c->err);
    assert_int_equal(page.count, ARRAY_LEN(keys));
}

/* --- listing ----------------------------------------------------------------------------- */

static void expect_keys(Case *c, ListRequest request, const char *const *expected, size_t count) {
    ObjectPage page;
    assert_ok(store_list(c->store, &request, c->arena, &page, &c->err), &c->err);
    assert_int_equal(page.count, count);
    for (size_t i = 0; i < count; i++)
        assert_str_equal(page.items[i].key, expected[i]);
    assert_int_equal(page.next_cursor.length, 0);
}

static void list_is_in_byte_order_of_whole_keys(void **state) {
    Case *c = *state;
    static const char *const keys[] = {"a!/x",  "a-b",  "a.c", "a/b", "a/b!",
                                       "a/c/d", "a/c0", "a0",  "b",   "\xc3\xa9"};
    for (size_t i = ARRAY_LEN(keys); i-- > 0;)
        put_text(c, keys[i], "x");
    expect_keys(c, (ListRequest){.prefix = STR_EMPTY, .cursor = STR_EMPTY}, keys, ARRAY_LEN(keys));
    static const char *const under_a[] = {"a/b", "a/b!", "a/c/d", "a/c0"};
    expect_keys(c, (ListRequest){.prefix = STR("a/"), .cursor = STR_EMPTY}, under_a, 4);
    static const char *const under_ac[] = {"a/c/d", "a/c0"};
    expect_keys(c, (ListRequest){.prefix = STR("a/c"), .cursor = STR_EMPTY}, under_ac, 2);
    expect_keys(c, (ListRequest){.prefix = STR("a/"), .cursor = STR("a/b!")}, under_ac, 2);
    static const char *const from_c[] = {"a/c0"};
    expect_keys(c, (ListRequest){.prefix = STR("a/"), .cursor = STR("a/c/d")}, from_c, 1);
    static const char *const hostile[] = {"../", "/", "a//", "./a", "zzz", "a/b/", "..", "\xff"};
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++)
        expect_keys(c, (ListRequest){.prefix = str_c(hostile[i]), .cursor = STR_EMPTY}, NULL, 0);
}

static void list_folders(void **state) {
    Case *c = *state;
    static const char *const keys[] = {"c/a/head", "c/a/s/1", "c/a/s/2", "c/b-x/head",
                                       "c/b/head", "c/note",  "d/x",     "e"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        put_text(c, keys[i], "x");
    static const char *const top[] = {"c/", "d/", "e"};
    expect_keys(c, (ListRequest){.prefix = STR_EMPTY, .cursor = STR_EMPTY, .folders = true}, top,
                3);
    static const char *const in_c[] = {"c/a/", "c/b-x/", "c/b/", "c/note"};
    expect_keys(c, (ListRequest){.prefix = STR("c/"), .cursor = STR_EMPTY, .folders = true}, in_c,
                4);
    expect_keys(c, (ListRequest){.prefix = STR("c/b"), .cursor = STR_EMPTY, .folders = true},
                in_c + 1, 2);
    expect_keys(c, (ListRequest){.prefix = STR("c/"), .cursor = STR("c/a/"), .folders = true},
                in_c + 1, 3);
    static const char *const only_c[] = {"c/"};
    expect_keys(c, (ListRequest){.prefix = STR("c"), .cursor = STR_EMPTY, .folders = true}, only_c,
                1);
    for (size_t i = 0; i < 3; i++)
        assert_ok(store_remove(c->store, str_c(keys[i]), &c->err), &c->err);
    expect_keys(c, (ListRequest){.prefix = STR("c/"), .cursor = STR_EMPTY, .folders = true},
                in_c + 1, 3);
}

static void list_pages_are_exact(void **state) {
    Case *c = *state;
    enum { COUNT = 23 };
    for (int i = 0; i < COUNT; i++) {
        Str key = str_format(c->arena, "%d/%d/%03d", i / 7, i % 2, i);
        assert_ok(store_put(c->store, key, key, c->arena, NULL, &c->err), &c->err);
    }
    for (size_t limit = 1; limit <= COUNT + 1; limit++) {
        ListRequest request = {.prefix = STR_EMPTY, .cursor = STR_EMPTY, .limit = limit};
        size_t seen = 0, pages = 0;
        Str last = STR_EMPTY;
        do {
            ObjectPage page;
            assert_ok(store_list(c->store, &request, c->arena, &page, &c->err), &c->err);
            assert_true(page.count <= limit);
            for (size_t i = 0; i < page.count; i++) {
                assert_true(str_compare(page.items[i].key, last) > 0);
                assert_true(page.items[i].size_bytes > 0 && page.items[i].etag.length > 0);
                last = page.items[i].key;
            }
            seen += page.count;
            pages++;
            request.cursor = page.next_cursor;
        } while (request.cursor.length > 0);
        assert_int_equal(seen, COUNT);
        assert_int_equal(pages, (COUNT + limit - 1) / limit);
    }
    ListRequest request = {.prefix = STR_EMPTY, .cursor = STR_EMPTY, .limit = 10001};
    ObjectPage page;
    assert_fails(store_list(c->store, &request, c->arena, &page, &c->err), &c->err, FAIL_INVALID);
}

/* --- races ------------------------------------------------------------------------------- */

enum { RACERS = 8, ROUNDS = 12 };

typedef struct Race {
    ObjectStore *store;
    pthread_barrier_t *start;
    Str seen_etag;
    int number;
    bool absent_rule;
    bool won;
    FailKind lost_with;
} Race;

static void *race(void *argument) {
    Race *racer = argument;
    Arena *arena = arena_create();
    Err err = {0};
    Str mine = str_format(arena, "racer %d", racer->number);
    pthread_barrier_wait(racer->start);
    racer->won = racer->absent_rule
                     ? store_put_if_absent(racer->store, STR("r/head"), mine, arena, NULL, &err)
                     : store_put_if_match(racer->store, STR("r/head"), mine, racer->seen_etag,
                                          arena, NULL, &err);
    racer->lost_with = err.kind;
    arena_destroy(arena);
    return NULL;
}

static void run_race(Case *c, bool absent_rule, Str seen_etag) {
    pthread_t threads[RACERS];
    Race racers[RACERS];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, RACERS);
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (Race){c->store, &start, seen_etag, i, absent_rule, false, FAIL_NONE};
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    int winner = -1;
    for (int i = 0; i < RACERS; i++) {
        if (racers[i].won) {
            assert_int_equal(winner, -1);
            winner = i;
        } else {
            assert_int_equal(racers[i].lost_with, absent_rule ? FAIL_EXISTS : FAIL_CONFLICT);
        }
    }
    pthread_barrier_destroy(&start);
    assert_int_not_equal(winner, -1);
    char expected[32];
    snprintf(expected, sizeof expected, "racer %d", winner);
    expect_text(c, "r/head", expected);
}

static void exactly_one_put_if_match_wins(void **state) {
    Case *c = *state;
    for (int round = 0; round < ROUNDS; round++) {
        Str etag;
        Str text = str_format(c->arena, "round %d", round);
        assert_ok(store_put(c->store, STR("r/head"), text, c->arena, &etag, &c->err), &c->err);
        run_race(c, false, etag);
    }
}

static void exactly_one_put_if_absent_wins(void **state) {
    Case *c = *state;
    for (int round = 0; round < ROUNDS; round++) {
        run_race(c, true, STR_EMPTY);
        assert_ok(store_remove(c->store, STR("r/head"), &c->err), &c->err);
    }
}

/* Counters raised by compare-and-swap lose no step. */
static void *count_up(void *argument) {
    Race *racer = argument;
    Arena *arena = arena_create();
    for (int done = 0; done < 10;) {
        Err err = {0};
        Str bytes;
        ObjectInfo info;
        uint64_t value;
        racer->won = store_get(racer->store, STR("count"), arena, &bytes, &info, &err) &&
                     str_to_u64(bytes, &value);
        if (!racer->won)
            break;
        Str next = str_format(arena, "%llu", (unsigned long long)value + 1);
        if (store_put_if_match(racer->store, STR("count"), next, info.etag, arena, NULL, &err))
            done++;
        else if (err.kind != FAIL_CONFLICT)
            break;
    }
    arena_destroy(arena);
    return NULL;
}

static void swaps_lose_no_update(void **state) {
    Case *c = *state;
    put_text(c, "count", "0");
    pthread_t threads[4];
    Race racers[4];
    for (int i = 0; i < 4; i++) {
        racers[i] = (Race){.store = c->store};
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, &racers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++)
        assert_true(racers[i].won);
    expect_text(c, "count", "40");
}

/* Writers and removers share folders that come and go. */
static void *churn(void *argument) {
    Race *racer = argument;
    Arena *arena = arena_create();
    racer->won = true;
    Str key = str_format(arena, "x/y/%d", racer->number);
    for (int i = 0; i < 25 && racer->won; i++) {
        Err err = {0};
        racer->won = store_put(racer->store, key, STR("v"), arena, NULL, &err) &&
                     store_remove(racer->store, key, &err);
        racer->lost_with = err.kind;
    }
    arena_destroy(arena);
    return NULL;
}

static void folders_may_come_and_go(void **state) {
    Case *c = *state;
    pthread_t threads[4];
    Race racers[4];
    for (int i = 0; i < 4; i++) {
        racers[i] = (Race){.store = c->store, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, churn, &racers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++)
        assert_true(racers[i].won);
    expect_keys(c, (ListRequest){.prefix = STR_EMPTY, .cursor = STR_EMPTY}, NULL, 0);
}

static void a_good_store_is_healthy(void **state) {
    Case *c = *state;
    assert_ok(store_healthy(c->store, &c->err), &c->err);
    expect_keys(c, (ListRequest){.prefix = STR_EMPTY, .cursor = STR_EMPTY}, NULL, 0);
}

int store_contract_run(const StoreMaker *maker) {
    current_maker = maker;
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        CASE(put_then_get),
        CASE(put_replaces_and_changes_the_etag),
        CASE(empty_and_binary_objects),
        CASE(absent_objects_are_not_found),
        CASE(ranges),
        CASE(remove_then_make_again),
        CASE(if_absent),
        CASE(if_match),
        CASE(an_object_is_not_a_folder),
        CASE(a_file_is_moved_in),
        CASE(a_refused_file_stays),
        CASE(hostile_keys_are_refused_everywhere),
        CASE(odd_but_good_keys),
        CASE(list_is_in_byte_order_of_whole_keys),
        CASE(list_folders),
        CASE(list_pages_are_exact),
        CASE(exactly_one_put_if_match_wins),
        CASE(exactly_one_put_if_absent_wins),
        CASE(swaps_lose_no_update),
        CASE(folders_may_come_and_go),
        CASE(a_good_store_is_healthy),
#undef CASE
    };
    return cmocka_run_group_tests_name(maker->name, tests, NULL, NULL);
}
