/* file_stage.c - where a load keeps its files until they are published.
 *
 * Users' files are read through a symbolic link made here: DuckDB takes file names as patterns, so
 * "sales[1].csv" would read another file, or none, and it believes their endings. A path in which
 * nothing can be misread is used as it is: links cost more than small files.
 *
 * A crash leaves the folder behind; `doctor` finds folders named load-*.
 *
 * Tested by: test_file_stage.c. */
#include "ingest/file_stage.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"

/* mkdir -p */
static bool make_folders(char *path) {
    for (char *slash = path + 1; *slash != '\0'; slash++) {
        if (*slash != '/')
            continue;
        *slash = '\0';
        bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made)
            return false;
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

bool stage_open(FileStage *stage, Str staging_directory, Arena *arena, Err *err) {
    *stage = (FileStage){.arena = arena};
    if (!make_folders(str_to_c(arena, staging_directory)))
        return err_fail_errno(err, errno, "cannot make the staging directory");
    Str id = random_id(arena);
    Str folder = str_format(arena, "%.*s/load-%.*s", STR_ARG(staging_directory), STR_ARG(id));
    if (mkdir(folder.data, 0700) != 0)
        return err_fail_errno(err, errno, "cannot make a staging folder");
    stage->folder = folder;
    return true;
}

void stage_close(FileStage *stage) {
    if (stage->folder.length == 0)
        return;
    DIR *folder = opendir(stage->folder.data);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder != NULL)
        closedir(folder);
    rmdir(stage->folder.data);
    stage->folder = STR_EMPTY;
}

Str stage_path(FileStage *stage, const char *label) {
    return str_format(stage->arena, "%.*s/%u-%s", STR_ARG(stage->folder), stage->next++, label);
}

/* No pattern, no blank, and an ending that says nothing of compression. */
static bool is_plain(Str path) {
    static const char *const endings[] = {".csv", ".tsv", ".txt", ".json", ".ndjson", ".jsonl"};
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-";
    for (size_t i = 0; i < path.length; i++)
        if (memchr(safe, path.data[i], sizeof safe - 1) == NULL)
            return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (str_ends(path, str_c(endings[i])))
            return true;
    return false;
}

bool stage_link(FileStage *stage, Str path, Str *out_path, Err *err) {
    char *real = realpath(str_to_c(stage->arena, path), NULL);
    if (real == NULL)
        return err_fail_errno(err, errno, "cannot find the file");
    if (is_plain(str_c(real))) {
        *out_path = str_dup(stage->arena, str_c(real));
        free(real);
        return true;
    }
    Str link = stage_path(stage, "input");
    int failure = symlink(real, link.data) == 0 ? 0 : errno;
    free(real);
    if (failure != 0)
        return err_fail_errno(err, failure, "cannot stage the file");
    *out_path = link;
    return true;
}
