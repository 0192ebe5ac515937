/* local_stage.h - the folder `.staging` of a local store: unfinished files, and who may publish.
 *
 * An object is written here first, synced, and only then given its key by one link or rename, so a
 * reader sees all of it or nothing. `.staging/lock` is an empty file whose bytes are locked: byte n
 * (0 .. 63) by whoever changes a key of stripe n, byte 64 shared by every open store.
 *
 * Ownership: the stage borrows the root's descriptor.   Threads: any. */
#ifndef STORAGE_LOCAL_STAGE_H
#define STORAGE_LOCAL_STAGE_H

#include <pthread.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/hash.h"
#include "storage/object_store.h"

enum { STAGE_STRIPES = 64 };

typedef struct LocalStage {
    int root_fd;
    int folder_fd; /* -1: the root cannot be written, every write fails */
    int lock_fd;
    pthread_mutex_t stripes[STAGE_STRIPES];
} LocalStage;

typedef struct StagedFile {
    int fd; /* open, so that its inode stays its own */
    char name[48];
    Hash128 hash;
    uint64_t size_bytes;
} StagedFile;

MUST_CHECK bool local_stage_open(LocalStage *stage, int root_fd, Err *err);
void local_stage_close(LocalStage *stage);

/* Brings the source's bytes into the folder, durably and hashed. */
MUST_CHECK bool local_stage_write(LocalStage *stage, const PutSource *source, StagedFile *out_file,
                                  Err *err);
/* Ends the staging, whether or not the file has moved on to its key; tells what it is now. */
void local_stage_finish(LocalStage *stage, const StagedFile *file, struct stat *out_info);

/* One writer at a time for a key, over all threads and processes. */
MUST_CHECK bool local_stage_lock(LocalStage *stage, Str key, size_t *out_stripe, Err *err);
void local_stage_unlock(LocalStage *stage, size_t stripe);

/* Can a file be written here now? */
MUST_CHECK bool local_stage_probe(LocalStage *stage, Err *err);

/* Hashes a whole open file. */
MUST_CHECK bool local_hash_file(int fd, Hash128 *out_hash, Err *err);

#endif
