/* object_store.h - whole objects under names, behind one small interface.
 *
 * Objects are immutable once written, except *heads*: small JSON objects that are only ever
 * replaced by store_put_if_match (or made by store_put_if_absent). Every commit above us rests on
 * those two verbs: content first, then the head that names it.
 *
 * Keys are UTF-8 paths: 1 to 1024 bytes, parts of 1 to 255 bytes separated by '/', no "." or "..",
 * no control character or NUL, no leading or trailing '/', and a first part other than ".staging"
 * (where stores work); anything else is FAIL_INVALID (field "key"). An etag changes whenever the
 * content does. When put returns, the object is durable.
 *
 * Errors: FAIL_NOT_FOUND (no such object), FAIL_EXISTS (put_if_absent), FAIL_CONFLICT
 * (put_if_match: it is not, or no longer, the version that was seen; or a key that would be both an
 * object and a folder of others, which a directory cannot hold), FAIL_RANGE (a range that starts at
 * or beyond the end, but for 0 of an empty object), FAIL_LIMIT (a get above STORE_GET_BYTES_MAX),
 * FAIL_DENIED (local: a symbolic link on the way), FAIL_IO or FAIL_UPSTREAM for the rest. After one
 * of those two a put may have happened: its answer was lost.
 *
 * Backends: local (a directory), memory, faulty (wraps another and fails, delays or tears the nth
 * call); S3 comes later. One contract suite runs over all: tests/unit/storage/store_contract.c.
 *
 * Ownership: results live in the caller's arena.   Threads: any verb from any threads. */
#ifndef STORAGE_OBJECT_STORE_H
#define STORAGE_OBJECT_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct ObjectStore ObjectStore;

/* The most that one get or get_range brings into memory; read larger objects by ranges. */
#define STORE_GET_BYTES_MAX (UINT64_C(1) << 30)

typedef struct ObjectInfo {
    Str key;  /* of a folder (ListRequest.folders): ends in '/', and nothing else is filled */
    Str etag; /* without quotes */
    uint64_t size_bytes;
    int64_t modified_us; /* since 1970-01-01 UTC */
} ObjectInfo;

typedef struct ObjectPage {
    ObjectInfo *items; /* in byte order of their keys */
    size_t count;
    Str next_cursor; /* empty at the end; else pass it to the next call */
} ObjectPage;

typedef enum PutRule { PUT_ALWAYS, PUT_IF_ABSENT, PUT_IF_MATCH } PutRule;

/* What to store: bytes, or a local file that is moved in (and gone afterwards) when `path` is set.
 * The file is on any file system and need not be synced; when the put fails it is still there. */
typedef struct PutSource {
    Str bytes;
    const char *path;
} PutSource;

typedef struct PutCondition {
    PutRule rule;
    Str seen_etag; /* PUT_IF_MATCH */
} PutCondition;

typedef struct ListRequest {
    Str prefix;   /* of the key, by bytes; "" = all */
    Str cursor;   /* "" = from the start */
    size_t limit; /* 1 .. 10000; 0 = 1000 */
    /* Keys that have a '/' after the prefix are not listed one by one but as their folder, once:
     * with prefix "catalog/" one item "catalog/resumes/" a dataset. */
    bool folders;
    /* The caller does not look at etags: they may be left empty. A directory has to read a file to
     * know its etag. */
    bool without_etags;
} ListRequest;

typedef struct ObjectStoreOps {
    const char *name; /* "local", "memory", ...: as stored and as shown */
    bool (*get)(ObjectStore *store, Str key, Arena *arena, Str *out_bytes, ObjectInfo *out_info,
                Err *err);
    bool (*get_range)(ObjectStore *store, Str key, uint64_t offset, uint64_t length, Arena *arena,
                      Str *out_bytes, Err *err);
    bool (*put)(ObjectStore *store, Str key, const PutSource *source, const PutCondition *condition,
                Arena *arena, Str *out_etag, Err *err);
    bool (*head)(ObjectStore *store, Str key, Arena *arena, ObjectInfo *out_info, Err *err);
    bool (*list)(ObjectStore *store, const ListRequest *request, Arena *arena, ObjectPage *out_page,
                 Err *err);
    bool (*remove)(ObjectStore *store, Str key, Err *err); /* FAIL_NOT_FOUND when absent */
    /* A path at which the object can be read in place; FAIL_UNSUPPORTED without a local file. */
    bool (*local_path)(ObjectStore *store, Str key, Arena *arena, Str *out_path, Err *err);
    bool (*healthy)(ObjectStore *store, Err *err); /* can it be reached and written now */
    void (*destroy)(ObjectStore *store);
} ObjectStoreOps;

struct ObjectStore {
    const ObjectStoreOps *ops;
};

/* Wrappers: they check keys and arguments, count metrics and forward. out_info and out_etag may be
 * NULL. get_range returns fewer bytes only at the end of the object. */
MUST_CHECK bool store_get(ObjectStore *store, Str key, Arena *arena, Str *out_bytes,
                          ObjectInfo *out_info, Err *err);
MUST_CHECK bool store_get_range(ObjectStore *store, Str key, uint64_t offset, uint64_t length,
                                Arena *arena, Str *out_bytes, Err *err);
MUST_CHECK bool store_put(ObjectStore *store, Str key, Str bytes, Arena *arena, Str *out_etag,
                          Err *err);
MUST_CHECK bool store_put_if_absent(ObjectStore *store, Str key, Str bytes, Arena *arena,
                                    Str *out_etag, Err *err);
MUST_CHECK bool store_put_if_match(ObjectStore *store, Str key, Str bytes, Str seen_etag,
                                   Arena *arena, Str *out_etag, Err *err);
MUST_CHECK bool store_put_source(ObjectStore *store, Str key, const PutSource *source,
                                 const PutCondition *condition, Arena *arena, Str *out_etag,
                                 Err *err);
MUST_CHECK bool store_head(ObjectStore *store, Str key, Arena *arena, ObjectInfo *out_info,
                           Err *err);
MUST_CHECK bool store_list(ObjectStore *store, const ListRequest *request, Arena *arena,
                           ObjectPage *out_page, Err *err);
MUST_CHECK bool store_remove(ObjectStore *store, Str key, Err *err);
MUST_CHECK bool store_local_path(ObjectStore *store, Str key, Arena *arena, Str *out_path,
                                 Err *err);
MUST_CHECK bool store_healthy(ObjectStore *store, Err *err);
void store_close(ObjectStore *store); /* NULL is fine */

MUST_CHECK bool store_key_check(Str key, Err *err);

typedef struct LocalStoreConfig {
    Str root; /* made when missing */
    bool create_root;
} LocalStoreConfig;

ObjectStore *store_local_open(const LocalStoreConfig *config, Err *err);
ObjectStore *store_memory_create(void);

/* Which calls go wrong, counted over all verbs from 1. */
typedef struct FaultPlan {
    uint64_t fail_nth;   /* 0 = never; that call returns FAIL_IO and does nothing */
    uint64_t tear_nth;   /* that put stores half of the bytes under a temporary name, then fails */
    uint64_t lost_nth;   /* that call happens, but its answer is lost: FAIL_IO although done */
    uint64_t fail_after; /* 0 = never; every call from that one on fails: a crash */
} FaultPlan;

/* Wraps `inner`, which it owns from then on. */
ObjectStore *store_faulty_create(ObjectStore *inner, const FaultPlan *plan);
void store_faulty_set_plan(ObjectStore *store, const FaultPlan *plan); /* restarts the count */
uint64_t store_faulty_calls(const ObjectStore *store);

#endif
