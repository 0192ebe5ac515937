/* store_local.h - what the files of the local backend share.
 *
 * Ownership: the store owns all of it.   Threads: see object_store.h. */
#ifndef STORAGE_STORE_LOCAL_H
#define STORAGE_STORE_LOCAL_H

#include "storage/etag_cache.h"
#include "storage/local_stage.h"
#include "storage/object_store.h"

/* Smaller files are hashed whenever their etag is asked for. */
enum { ETAG_CACHE_BYTES_MIN = 1 << 16 };

typedef struct LocalStore {
    ObjectStore base;
    char *root; /* absolute, links resolved */
    int root_fd;
    LocalStage stage;
    EtagCache *etags;
} LocalStore;

static inline LocalStore *local_self(ObjectStore *store) {
    return (LocalStore *)store;
}

/* The hash of an open object. */
MUST_CHECK bool local_file_hash(LocalStore *local, int fd, const struct stat *file, Hash128 *out,
                                Err *err);

/* The verbs of ObjectStoreOps: local_read.c, local_write.c. */
bool local_get(ObjectStore *store, Str key, Arena *arena, Str *out_bytes, ObjectInfo *out_info,
               Err *err);
bool local_get_range(ObjectStore *store, Str key, uint64_t offset, uint64_t length, Arena *arena,
                     Str *out_bytes, Err *err);
bool local_head(ObjectStore *store, Str key, Arena *arena, ObjectInfo *out_info, Err *err);
/* As local_head, with an empty etag, without reading the object. */
bool local_look(ObjectStore *store, Str key, Arena *arena, ObjectInfo *out_info, Err *err);
bool local_path(ObjectStore *store, Str key, Arena *arena, Str *out_path, Err *err);
bool local_put(ObjectStore *store, Str key, const PutSource *source, const PutCondition *condition,
               Arena *arena, Str *out_etag, Err *err);
bool local_remove(ObjectStore *store, Str key, Err *err);

#endif
