/* test_store_property.c - long random sequences of calls, each answer compared with a naive twin: a
 * plain array of keys and texts that is searched from end to end.
 *
 * The seed is printed; LAKEHOUSE_TEST_SEED=n runs the same sequence again. */
#include "unit.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/vec.h"
#include "storage/object_store.h"
#include "temp_folder.h"

enum { OPERATIONS = 3000, OBJECTS_MAX = 4096, KEY_MAX = 64 };

typedef struct TwinObject {
    char key[KEY_MAX];
    Str text; /* in the twin's arena */
    Str etag;
} TwinObject;

typedef struct Twin {
    Arena *arena;
    TwinObject objects[OBJECTS_MAX];
    size_t count;
} Twin;

typedef struct Play {
    ObjectStore *store;
    Twin *twin;
    Rng rng;
    Arena *scratch;
    Err err;
    int operation;
} Play;

static uint64_t seed(void) {
    const char *text = getenv("LAKEHOUSE_TEST_SEED");
    uint64_t value;
    if (text == NULL || !str_to_u64(str_c(text), &value))
        random_bytes(&value, sizeof value);
    print_message("seed %llu\n", (unsigned long long)value);
    return value;
}

static TwinObject *twin_find(Twin *twin, Str key) {
    for (size_t i = 0; i < twin->count; i++)
        if (str_eq_c(key, twin->objects[i].key))
            return &twin->objects[i];
    return NULL;
}

/* Is one of the two keys a folder of the other? */
static bool is_above(Str folder, Str key) {
    return key.length > folder.length && str_starts(key, folder) && key.data[folder.length] == '/';
}

static bool twin_clashes(Twin *twin, Str key) {
    for (size_t i = 0; i < twin->count; i++) {
        Str other = str_c(twin->objects[i].key);
        if (is_above(other, key) || is_above(key, other))
            return true;
    }
    return false;
}

static void twin_put(Twin *twin, Str key, Str text, Str etag) {
    TwinObject *object = twin_find(twin, key);
    if (object == NULL) {
        object = &twin->objects[twin->count++];
        memcpy(object->key, key.data, key.length);
        object->key[key.length] = '\0';
    }
    object->text = str_dup(twin->arena, text);
    object->etag = str_dup(twin->arena, etag);
}

/* Few names, so that keys meet: "a", "a/b-", "a/b/c", ... */
static Str random_key(Play *play) {
    static const char *const parts[] = {"a", "b", "a-", "a.b", "b0", "zz", "\xc3\xa9"};
    StrBuf key = strbuf_make(play->scratch);
    size_t count = 1 + rng_below(&play->rng, 3);
    for (size_t i = 0; i < count; i++) {
        strbuf_append_c(&key, i == 0 ? "" : "/");
        strbuf_append_c(&key, parts[rng_below(&play->rng, ARRAY_LEN(parts))]);
    }
    return strbuf_str(&key);
}

static Str random_text(Play *play) {
    uint64_t length = rng_below(&play->rng, 20) == 0 ? 70000 : rng_below(&play->rng, 40);
    char *text = arena_alloc(play->scratch, length + 1);
    for (uint64_t i = 0; i < length; i++)
        text[i] = (char)rng_below(&play->rng, 256);
    return str_make(text, length);
}

#define expect(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("operation %d: %s", play->operation, #condition);                             \
    } while (0)

static FailKind kind_of(Play *play, bool ok) {
    return ok ? FAIL_NONE : play->err.kind;
}

static void play_put(Play *play) {
    Str key = random_key(play), text = random_text(play), etag = STR_EMPTY;
    TwinObject *old = twin_find(play->twin, key);
    bool clashes = twin_clashes(play->twin, key);
    bool ok = store_put(play->store, key, text, play->scratch, &etag, &play->err);
    expect(kind_of(play, ok) == (old == NULL && clashes ? FAIL_CONFLICT : FAIL_NONE));
    if (ok)
        twin_put(play->twin, key, text, etag);
}

static void play_put_if_absent(Play *play) {
    Str key = random_key(play), text = random_text(play), etag = STR_EMPTY;
    bool there = twin_find(play->twin, key) != NULL;
    bool clashes = twin_clashes(play->twin, key);
    bool ok = store_put_if_absent(play->store, key, text, play->scratch, &etag, &play->err);
    expect(kind_of(play, ok) == (there ? FAIL_EXISTS : clashes ? FAIL_CONFLICT : FAIL_NONE));
    if (ok)
        twin_put(play->twin, key, text, etag);
}

static void play_put_if_match(Play *play) {
    Str key = random_key(play), text = random_text(play), etag = STR_EMPTY;
    TwinObject *old = twin_find(play->twin, key);
    bool right = old != NULL && rng_below(&play->rng, 3) != 0;
    Str seen = right ? old->etag : STR("00000000000000000000000000000000");
    bool ok = store_put_if_match(play->store, key, text, seen, play->scratch, &etag, &play->err);
    expect(kind_of(play, ok) == (right ? FAIL_NONE : FAIL_CONFLICT));
    if (ok)
        twin_put(play->twin, key, text, etag);
}

static void play_get(Play *play) {
    Str key = random_key(play), text;
    ObjectInfo info, head;
    const TwinObject *object = twin_find(play->twin, key);
    bool ok = store_get(play->store, key, play->scratch, &text, &info, &play->err);
    expect(kind_of(play, ok) == (object == NULL ? FAIL_NOT_FOUND : FAIL_NONE));
    ok = store_head(play->store, key, play->scratch, &head, &play->err);
    expect(ok == (object != NULL));
    if (object == NULL)
        return;
    expect(str_eq(text, object->text));
    expect(str_eq(info.etag, object->etag) && str_eq(head.etag, object->etag));
    expect(info.size_bytes == object->text.length && head.size_bytes == info.size_bytes);
}

static void play_get_range(Play *play) {
    Str key = random_key(play), piece;
    uint64_t offset = rng_below(&play->rng, 60), length = rng_below(&play->rng, 60);
    const TwinObject *object = twin_find(play->twin, key);
    bool beyond = object != NULL && offset > 0 && offset >= object->text.length;
    bool ok = store_get_range(play->store, key, offset, length, play->scratch, &piece, &play->err);
    expect(kind_of(play, ok) == (object == NULL ? FAIL_NOT_FOUND
                                 : beyond       ? FAIL_RANGE
                                                : FAIL_NONE));
    if (ok)
        expect(str_eq(piece, str_slice(object->text, offset, offset + length)));
}

static void play_remove(Play *play) {
    Str key = random_key(play);
    TwinObject *object = twin_find(play->twin, key);
    bool ok = store_remove(play->store, key, &play->err);
    expect(kind_of(play, ok) == (object == NULL ? FAIL_NOT_FOUND : FAIL_NONE));
    if (object != NULL)
        *object = play->twin->objects[--play->twin->count];
}

static int by_bytes(const void *left, const void *right) {
    return str_compare(*(const Str *)left, *(const Str *)right);
}

/* What a listing must give: sorted, each item once. */
static size_t twin_list(Play *play, const ListRequest *request, Str *out) {
    size_t count = 0;
    for (size_t i = 0; i < play->twin->count; i++) {
        Str key = str_c(play->twin->objects[i].key);
        if (!str_starts(key, request->prefix))
            continue;
        size_t slash =
            request->folders ? str_find_char(key, '/', request->prefix.length) : SIZE_MAX;
        Str item = slash == SIZE_MAX ? key : str_slice(key, 0, slash + 1);
        bool known = str_compare(item, request->cursor) <= 0;
        for (size_t j = 0; j < count && !known; j++)
            known = str_eq(out[j], item);
        if (!known)
            out[count++] = item;
    }
    qsort(out, count, sizeof *out, by_bytes);
    return count;
}

static void play_list(Play *play) {
    ListRequest request = {.prefix = STR_EMPTY,
                           .cursor = STR_EMPTY,
                           .limit = 1 + rng_below(&play->rng, 12),
                           .folders = rng_below(&play->rng, 2) == 0};
    if (rng_below(&play->rng, 2) == 0) {
        Str key = random_key(play);
        request.prefix = str_slice(key, 0, rng_below(&play->rng, key.length + 1));
    }
    if (rng_below(&play->rng, 3) == 0)
        request.cursor = random_key(play);
    Str *expected = ARENA_ARRAY(play->scratch, Str, OBJECTS_MAX);
    size_t count = twin_list(play, &request, expected);
    size_t seen = 0;
    do {
        ObjectPage page;
        expect(store_list(play->store, &request, play->scratch, &page, &play->err));
        expect(page.count <= request.limit && seen + page.count <= count);
        for (size_t i = 0; i < page.count; i++)
            expect(str_eq(page.items[i].key, expected[seen + i]));
        seen += page.count;
        request.cursor = page.next_cursor;
        expect(request.cursor.length == 0 || seen < count);
    } while (request.cursor.length > 0);
    expect(seen == count);
}

static void run(ObjectStore *store, uint64_t start) {
    static void (*const operations[])(Play *) = {play_put,    play_put,       play_put_if_absent,
                                                 play_get,    play_get_range, play_put_if_match,
                                                 play_remove, play_list};
    Twin *twin = calloc(1, sizeof *twin);
    twin->arena = arena_create();
    Play play = {.store = store, .twin = twin, .rng = rng_seeded(start)};
    play.scratch = arena_create();
    for (play.operation = 0; play.operation < OPERATIONS; play.operation++) {
        operations[rng_below(&play.rng, ARRAY_LEN(operations))](&play);
        arena_reset(play.scratch);
    }
    arena_destroy(play.scratch);
    arena_destroy(twin->arena);
    free(twin);
}

static void memory_is_its_twin(void **state) {
    (void)state;
    ObjectStore *store = store_memory_create();
    run(store, seed());
    store_close(store);
}

static void local_is_its_twin(void **state) {
    (void)state;
    char *root = temp_folder_create();
    Err err;
    LocalStoreConfig config = {.root = str_c(root), .create_root = true};
    ObjectStore *store = store_local_open(&config, &err);
    assert_non_null(store);
    run(store, seed());
    store_close(store);
    temp_folder_remove(root);
}

int suite_test_store_property(void);
int suite_test_store_property(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_its_twin),
        cmocka_unit_test(local_is_its_twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
