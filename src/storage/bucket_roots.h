/* bucket_roots.h - where a local bucket lies, and whether two of them would share files.
 *
 * Threads: pure but for the file system and the working directory. */
#ifndef STORAGE_BUCKET_ROOTS_H
#define STORAGE_BUCKET_ROOTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* The absolute path, links resolved, that `root` has or would have once it is made.
 * FAIL_UNPROCESSABLE, field "root". */
MUST_CHECK bool bucket_root_resolve(Str root, Arena *arena, Str *out_path, Err *err);
/* Both resolved: the same folder, or one inside the other. */
bool bucket_roots_overlap(Str a, Str b);
/* When it was made, as far as the file system knows; now if it does not exist. */
int64_t bucket_root_made_us(Str path);
bool bucket_root_exists(Str path);
/* Takes back a root that was made just now, if it holds nothing but an unused staging folder. */
void bucket_root_unmake(Str path);

#endif
