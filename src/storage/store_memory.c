/* store_memory.c - the objects in a sorted array: the twin that tests compare others with.
 *
 * It keeps the promises of object_store.h and nothing else, by the plainest means: one lock, binary
 * search, a copy of every object. It refuses what a directory cannot hold (a key that is also a
 * folder), so that code which runs on it runs on a disk too.
 *
 * Tested by: tests/unit/storage/test_store_memory.c (contract suite). */
#include "storage/object_store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"

typedef struct MemoryObject {
    Str key;   /* malloc'd */
    Str bytes; /* malloc'd */
    Hash128 hash;
    int64_t modified_us;
} MemoryObject;

typedef struct MemoryStore {
    ObjectStore base;
    pthread_mutex_t lock;  /* protects everything below */
    MemoryObject *objects; /* in byte order of their keys */
    size_t count, capacity;
} MemoryStore;

static MemoryStore *self(ObjectStore *store) {
    return (MemoryStore *)store;
}

static Str copy_bytes(Str text) {
    char *data = malloc(text.length + 1);
    if (data == NULL)
        abort();
    if (text.length > 0)
        memcpy(data, text.data, text.length);
    data[text.length] = '\0';
    return (Str){data, text.length};
}

/* Index of the first object whose key is not less than `key`. */
static size_t lower_bound_locked(const MemoryStore *store, Str key) {
    size_t from = 0, to = store->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (str_compare(store->objects[middle].key, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static MemoryObject *find_locked(const MemoryStore *store, Str key) {
    size_t at = lower_bound_locked(store, key);
    bool found = at < store->count && str_eq(store->objects[at].key, key);
    return found ? &store->objects[at] : NULL;
}

static bool not_found(Str key, Err *err) {
    return err_fail(err, FAIL_NOT_FOUND, "no object '%.*s'", STR_ARG(key));
}

static ObjectInfo describe(const MemoryObject *object, Arena *arena) {
    return (ObjectInfo){.key = str_dup(arena, object->key),
                        .etag = hash128_hex(object->hash, arena),
                        .size_bytes = object->bytes.length,
                        .modified_us = object->modified_us};
}

static bool memory_get(ObjectStore *store, Str key, Arena *arena, Str *out_bytes,
                       ObjectInfo *out_info, Err *err) {
    MemoryStore *memory = self(store);
    pthread_mutex_lock(&memory->lock);
    const MemoryObject *object = find_locked(memory, key);
    bool large = object != NULL && object->bytes.length > STORE_GET_BYTES_MAX;
    if (object != NULL && !large) {
        *out_bytes = str_dup(arena, object->bytes);
        if (out_info != NULL)
            *out_info = describe(object, arena);
    }
    pthread_mutex_unlock(&memory->lock);
    if (large)
        return err_fail(err, FAIL_LIMIT, "object '%.*s' is too large to be read at once",
                        STR_ARG(key));
    return object != NULL || not_found(key, err);
}

static bool memory_get_range(ObjectStore *store, Str key, uint64_t offset, uint64_t length,
                             Arena *arena, Str *out_bytes, Err *err) {
    MemoryStore *memory = self(store);
    bool beyond = false;
    pthread_mutex_lock(&memory->lock);
    const MemoryObject *object = find_locked(memory, key);
    uint64_t size = object == NULL ? 0 : object->bytes.length;
    if (object != NULL) {
        beyond = offset > 0 && offset >= size;
        uint64_t to = length > size - offset ? size : offset + length;
        if (!beyond)
            *out_bytes = str_dup(arena, str_slice(object->bytes, offset, to));
    }
    pthread_mutex_unlock(&memory->lock);
    if (object == NULL)
        return not_found(key, err);
    if (beyond)
        return err_fail(err, FAIL_RANGE, "offset %llu is beyond the end of '%.*s'",
                        (unsigned long long)offset, STR_ARG(key));
    return true;
}

/* Is there an object below the folder `key`, or one that is a folder of `key`? */
static bool clashes_locked(const MemoryStore *store, Str key) {
    for (size_t i = 0; i < key.length; i++)
        if (key.data[i] == '/' && find_locked(store, str_slice(key, 0, i)) != NULL)
            return true;
    char folder[1025 + 1];
    memcpy(folder, key.data, key.length);
    folder[key.length] = '/';
    Str prefix = {folder, key.length + 1};
    size_t at = lower_bound_locked(store, prefix);
    return at < store->count && str_starts(store->objects[at].key, prefix);
}

static void insert_locked(MemoryStore *store, size_t at, const MemoryObject *object) {
    if (store->count == store->capacity) {
        store->capacity = store->capacity == 0 ? 16 : store->capacity * 2;
        store->objects = realloc(store->objects, store->capacity * sizeof *store->objects);
        if (store->objects == NULL)
            abort();
    }
    MemoryObject *place = &store->objects[at];
    memmove(place + 1, place, (store->count - at) * sizeof *place);
    *place = *object;
    store->count++;
}

/* May a put go ahead? `old` is the object there, or NULL. */
static bool allowed(const MemoryObject *old, const PutCondition *condition, Str key, Arena *arena,
                    Err *err) {
    switch (condition->rule) {
    case PUT_IF_ABSENT:
        if (old != NULL)
            return err_fail(err, FAIL_EXISTS, "object '%.*s' exists already", STR_ARG(key));
        return true;
    case PUT_IF_MATCH:
        if (old == NULL || !str_eq(hash128_hex(old->hash, arena), condition->seen_etag))
            return err_fail(err, FAIL_CONFLICT, "object '%.*s' has been changed meanwhile",
                            STR_ARG(key));
        return true;
    case PUT_ALWAYS:
        return true;
    }
    return true;
}

static bool put_locked(MemoryStore *store, Str key, Str bytes, const PutCondition *condition,
                       Arena *arena, Str *out_etag, Err *err) {
    MemoryObject *old = find_locked(store, key);
    if (!allowed(old, condition, key, arena, err))
        return false;
    if (old == NULL && clashes_locked(store, key))
        return err_fail(err, FAIL_CONFLICT, "key '%.*s' is both an object and a folder of others",
                        STR_ARG(key));
    MemoryObject object = {
        .bytes = copy_bytes(bytes), .hash = hash128(bytes), .modified_us = clock_now_us()};
    if (old != NULL) {
        free((void *)(uintptr_t)old->bytes.data);
        object.key = old->key;
        *old = object;
    } else {
        object.key = copy_bytes(key);
        insert_locked(store, lower_bound_locked(store, key), &object);
    }
    if (out_etag != NULL)
        *out_etag = hash128_hex(object.hash, arena);
    return true;
}

/* The whole of a local file, in malloc'd memory. */
static bool read_file(const char *path, Str *out_bytes, Err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0) {
        int saved = errno;
        if (fd >= 0)
            close(fd);
        return err_fail_errno(err, saved, "open the file to be stored");
    }
    size_t size = (size_t)info.st_size;
    char *data = malloc(size + 1);
    size_t done = 0;
    while (data != NULL && done < size) {
        ssize_t got = read(fd, data + done, size - done);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    int saved = errno;
    close(fd);
    if (data == NULL || done < size) {
        free(data);
        return err_fail_errno(err, saved, "read the file to be stored");
    }
    *out_bytes = (Str){data, size};
    return true;
}

static bool memory_put(ObjectStore *store, Str key, const PutSource *source,
                       const PutCondition *condition, Arena *arena, Str *out_etag, Err *err) {
    MemoryStore *memory = self(store);
    Str bytes = source->bytes;
    if (source->path != NULL && !read_file(source->path, &bytes, err))
        return false;
    pthread_mutex_lock(&memory->lock);
    bool ok = put_locked(memory, key, bytes, condition, arena, out_etag, err);
    pthread_mutex_unlock(&memory->lock);
    if (source->path != NULL) {
        free((void *)(uintptr_t)bytes.data);
        if (ok && unlink(source->path) != 0)
            return err_fail_errno(err, errno, "remove the file that was stored");
    }
    return ok;
}

static bool memory_head(ObjectStore *store, Str key, Arena *arena, ObjectInfo *out_info, Err *err) {
    MemoryStore *memory = self(store);
    pthread_mutex_lock(&memory->lock);
    const MemoryObject *object = find_locked(memory, key);
    if (object != NULL)
        *out_info = describe(object, arena);
    pthread_mutex_unlock(&memory->lock);
    return object != NULL || not_found(key, err);
}

/* The item under which a key is listed: itself, or its folder. */
static Str listed_name(Str key, const ListRequest *request) {
    if (!request->folders)
        return key;
    size_t slash = str_find_char(key, '/', request->prefix.length);
    return slash == SIZE_MAX ? key : str_slice(key, 0, slash + 1);
}

static bool memory_list(ObjectStore *store, const ListRequest *request, Arena *arena,
                        ObjectPage *out_page, Err *err) {
    (void)err;
    MemoryStore *memory = self(store);
    ObjectPage page = {.next_cursor = STR_EMPTY};
    page.items = ARENA_ARRAY(arena, ObjectInfo, request->limit);
    Str last = str_dup(arena, request->cursor);
    pthread_mutex_lock(&memory->lock);
    Str start = str_compare(last, request->prefix) > 0 ? last : request->prefix;
    for (size_t i = lower_bound_locked(memory, start); i < memory->count; i++) {
        const MemoryObject *object = &memory->objects[i];
        if (!str_starts(object->key, request->prefix))
            break;
        Str name = listed_name(object->key, request);
        if (str_compare(name, last) <= 0)
            continue;
        if (page.count == request->limit) {
            page.next_cursor = last;
            break;
        }
        bool folder = name.data[name.length - 1] == '/';
        page.items[page.count++] =
            folder ? (ObjectInfo){.key = str_dup(arena, name), .etag = STR_EMPTY}
                   : describe(object, arena);
        last = page.items[page.count - 1].key;
    }
    pthread_mutex_unlock(&memory->lock);
    *out_page = page;
    return true;
}

static bool memory_remove(ObjectStore *store, Str key, Err *err) {
    MemoryStore *memory = self(store);
    pthread_mutex_lock(&memory->lock);
    MemoryObject *object = find_locked(memory, key);
    if (object != NULL) {
        free((void *)(uintptr_t)object->key.data);
        free((void *)(uintptr_t)object->bytes.data);
        size_t after = memory->count - (size_t)(object - memory->objects) - 1;
        memmove(object, object + 1, after * sizeof *object);
        memory->count--;
    }
    pthread_mutex_unlock(&memory->lock);
    return object != NULL || not_found(key, err);
}

static bool memory_local_path(ObjectStore *store, Str key, Arena *arena, Str *out_path, Err *err) {
    (void)store, (void)arena, (void)out_path;
    return err_fail(err, FAIL_UNSUPPORTED, "object '%.*s' has no local file", STR_ARG(key));
}

static bool memory_healthy(ObjectStore *store, Err *err) {
    (void)store, (void)err;
    return true;
}

static void memory_destroy(ObjectStore *store) {
    MemoryStore *memory = self(store);
    for (size_t i = 0; i < memory->count; i++) {
        free((void *)(uintptr_t)memory->objects[i].key.data);
        free((void *)(uintptr_t)memory->objects[i].bytes.data);
    }
    free(memory->objects);
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static const ObjectStoreOps memory_ops = {
    .name = "memory",
    .get = memory_get,
    .get_range = memory_get_range,
    .put = memory_put,
    .head = memory_head,
    .list = memory_list,
    .remove = memory_remove,
    .local_path = memory_local_path,
    .healthy = memory_healthy,
    .destroy = memory_destroy,
};

ObjectStore *store_memory_create(void) {
    MemoryStore *memory = calloc(1, sizeof *memory);
    if (memory == NULL)
        abort();
    memory->base.ops = &memory_ops;
    pthread_mutex_init(&memory->lock, NULL);
    return &memory->base;
}
