/* data_dir.h - the folders of a server's data directory, and the lock that makes them one server's.
 *
 *     primary/ rescue/   buckets          cache/rows cache/objects   rebuildable
 *     tmp/               emptied at start: uploads, staged files, spill files
 *     lock               an flock held while a process uses the directory
 *
 * Ownership: paths live in the arena given; data_dir_close lets go of the lock.
 * Threads: one. */
#ifndef APP_DATA_DIR_H
#define APP_DATA_DIR_H

#include "base/err.h"
#include "base/str.h"

typedef struct DataDir {
    Str root; /* absolute, as are the others */
    Str primary, rescue;
    Str row_cache, object_cache;
    Str staging, uploads, spill;
    Str profiles;
    int lock_fd;
} DataDir;

/* Makes what is missing and takes the lock; FAIL_CONFLICT when another process has it. */
MUST_CHECK bool data_dir_open(Str path, Str profile_root, Arena *arena, DataDir *out, Err *err);
void data_dir_close(DataDir *dir);

#endif
