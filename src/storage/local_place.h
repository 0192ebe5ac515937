/* local_place.h - from a key to an open folder and a name in it, never through a symbolic link.
 *
 * Every folder on the way is opened relative to the last one and without following links, so what
 * a key reaches lies under the root even while somebody rearranges the tree.
 *
 * Errors: FAIL_NOT_FOUND (a folder is missing), FAIL_CONFLICT (PLACE_MAKE: a part of the key is an
 * object), FAIL_DENIED (a symbolic link), FAIL_IO.   Threads: any. */
#ifndef STORAGE_LOCAL_PLACE_H
#define STORAGE_LOCAL_PLACE_H

#include <sys/stat.h>

#include "base/err.h"
#include "base/str.h"

typedef enum PlaceRule { PLACE_FIND, PLACE_MAKE } PlaceRule; /* missing folders: fail, make them */

typedef struct LocalPlace {
    int folder_fd;
    const char *name; /* last part of the key, inside `path` */
    char path[1025];  /* the key's parts, each NUL-ended */
} LocalPlace;

/* `key` has passed store_key_check. */
MUST_CHECK bool local_place_open(int root_fd, Str key, PlaceRule rule, LocalPlace *out, Err *err);
void local_place_close(LocalPlace *place);
/* Opens the object for reading. Anything but a regular file is FAIL_NOT_FOUND. */
MUST_CHECK bool local_object_open(const LocalPlace *place, Str key, int *out_fd,
                                  struct stat *out_info, Err *err);
/* Opens a folder itself, for listing; "" is the root. */
MUST_CHECK bool local_folder_open(int root_fd, Str folder, int *out_fd, Err *err);

#endif
