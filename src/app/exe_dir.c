/* exe_dir.c - the folder of /proc/self/exe.
 *
 * Tested by: tests/e2e/test_serve.py (a server started elsewhere finds its model). */
#include "app/exe_dir.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

Str exe_dir(Arena *arena) {
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    if (length <= 0)
        return STR_EMPTY;
    const char *slash = memrchr(path, '/', (size_t)length);
    return slash == NULL ? STR_EMPTY : str_dup(arena, str_make(path, (size_t)(slash - path)));
}
