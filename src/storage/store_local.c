/* store_local.c - a bucket that is a directory: every object a plain file under its key.
 *
 * Here it is opened, listed, probed and closed; local_read.c and local_write.c hold the verbs on
 * single objects, local_place.c the safe way to a file, local_stage.c writing and locks.
 *
 * Tested by: tests/unit/storage/test_store_local.c (contract suite, links, clashes, leftovers),
 * test_store_processes.c (several processes). */
#include "storage/store_local.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/local_list.h"

/* --- listing ----------------------------------------------------------------------------- */

typedef struct PageBuilder {
    LocalStore *local;
    Arena *arena;
    size_t limit;
    bool without_etags;
    ObjectPage page;
} PageBuilder;

static bool take_any(void *context, Str key, bool *out_taken, Err *err) {
    (void)context, (void)key, (void)err;
    *out_taken = true;
    return true;
}

/* Folders are listed only if an object lies somewhere below. */
static bool take_folder(PageBuilder *builder, Str folder, bool *out_taken, Err *err) {
    ListRequest request = {.prefix = folder, .cursor = STR_EMPTY, .limit = 0};
    LocalListing listing = {builder->local->root_fd, &request, take_any, NULL};
    if (!local_list_run(&listing, out_taken, err))
        return false;
    if (*out_taken && builder->page.count < builder->limit)
        builder->page.items[builder->page.count++] =
            (ObjectInfo){.key = str_dup(builder->arena, folder), .etag = STR_EMPTY};
    return true;
}

static bool take_item(void *context, Str key, bool *out_taken, Err *err) {
    PageBuilder *builder = context;
    if (key.data[key.length - 1] == '/')
        return take_folder(builder, key, out_taken, err);
    bool beyond = builder->page.count == builder->limit;
    ObjectInfo unused = {0};
    ObjectInfo *item = beyond ? &unused : &builder->page.items[builder->page.count];
    *out_taken = builder->without_etags
                     ? local_look(&builder->local->base, key, builder->arena, item, err)
                     : local_head(&builder->local->base, key, builder->arena, item, err);
    if (*out_taken) {
        builder->page.count += beyond ? 0 : 1;
        return true;
    }
    bool gone = err_is(err, FAIL_NOT_FOUND) || err_is(err, FAIL_DENIED); /* meanwhile */
    if (gone)
        err_clear(err);
    return gone;
}

static bool local_list(ObjectStore *store, const ListRequest *request, Arena *arena,
                       ObjectPage *out_page, Err *err) {
    PageBuilder builder = {.local = local_self(store),
                           .arena = arena,
                           .limit = request->limit,
                           .without_etags = request->without_etags};
    builder.page.items = ARENA_ARRAY(arena, ObjectInfo, request->limit);
    builder.page.next_cursor = STR_EMPTY;
    LocalListing listing = {local_self(store)->root_fd, request, take_item, &builder};
    bool more;
    if (!local_list_run(&listing, &more, err))
        return false;
    if (more && builder.page.count > 0)
        builder.page.next_cursor = builder.page.items[builder.page.count - 1].key;
    *out_page = builder.page;
    return true;
}

/* --- life -------------------------------------------------------------------------------- */

/* The folder may have been replaced or unmounted since we opened it. */
static bool local_healthy(ObjectStore *store, Err *err) {
    LocalStore *local = local_self(store);
    struct stat opened, now;
    if (fstat(local->root_fd, &opened) != 0 || stat(local->root, &now) != 0)
        return err_fail_errno(err, errno, "the bucket's root cannot be reached");
    if (opened.st_dev != now.st_dev || opened.st_ino != now.st_ino)
        return err_fail(err, FAIL_IO, "the bucket's root has been replaced by another folder");
    return local_stage_probe(&local->stage, err);
}

static void local_destroy(ObjectStore *store) {
    LocalStore *local = local_self(store);
    local_stage_close(&local->stage);
    close(local->root_fd);
    etag_cache_destroy(local->etags);
    free(local->root);
    free(local);
}

static const ObjectStoreOps local_ops = {
    .name = "local",
    .get = local_get,
    .get_range = local_get_range,
    .put = local_put,
    .head = local_head,
    .list = local_list,
    .remove = local_remove,
    .local_path = local_path,
    .healthy = local_healthy,
    .destroy = local_destroy,
};

/* mkdir -p. 0 or an errno. */
static int make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        int result = mkdir(path, 0777);
        if (result != 0 && errno != EEXIST)
            return errno;
        if (slash == NULL)
            return 0;
        *slash = '/';
    }
}

static bool open_root(LocalStore *local, const LocalStoreConfig *config, Err *err) {
    if (config->root.length == 0 || config->root.length >= PATH_MAX ||
        memchr(config->root.data, '\0', config->root.length) != NULL)
        return err_fail(err, FAIL_INVALID, "the root of a bucket is a path");
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s", STR_ARG(config->root));
    int error = config->create_root ? make_folders(path) : 0;
    local->root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (local->root_fd < 0)
        return err_fail_errno(err, error != 0 ? error : errno,
                              "the bucket's root cannot be opened");
    local->root = realpath(path, NULL);
    if (local->root != NULL)
        return true;
    error = errno;
    close(local->root_fd);
    return err_fail_errno(err, error, "the bucket's root cannot be opened");
}

ObjectStore *store_local_open(const LocalStoreConfig *config, Err *err) {
    LocalStore *local = calloc(1, sizeof *local);
    if (local == NULL)
        abort();
    local->base.ops = &local_ops;
    if (!open_root(local, config, err)) {
        free(local);
        return NULL;
    }
    if (!local_stage_open(&local->stage, local->root_fd, err)) {
        close(local->root_fd);
        free(local->root);
        free(local);
        return NULL;
    }
    local->etags = etag_cache_create();
    return &local->base;
}
