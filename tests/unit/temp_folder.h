/* temp_folder.h - a folder of its own for a test, removed with all its content. */
#ifndef TESTS_UNIT_TEMP_FOLDER_H
#define TESTS_UNIT_TEMP_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* malloc'd path; give it back to temp_folder_remove. */
static inline char *temp_folder_create(void) {
    const char *base = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/lakehouse-test-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(path) == NULL)
        abort();
    return strdup(path);
}

static inline int temp_folder_remove_entry(const char *path, const struct stat *info, int type,
                                           struct FTW *walk) {
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static inline void temp_folder_remove(char *path) {
    if (path == NULL)
        return;
    nftw(path, temp_folder_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(path);
}

#endif
