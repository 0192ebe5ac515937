/* local_list.c - a walk over folders in the byte order of whole keys.
 *
 * Names are compared with a '/' after those of folders, for that is how they stand in keys: "a-b"
 * comes before "a/b" comes before "a0". Each folder on the way down is a Level that holds the
 * smallest names after the cursor, in order; a level that could not hold all its folder's names is
 * filled again from where it stopped. So a page costs one reading of the folders it touches, and a
 * folder of a million files never stands in memory.
 *
 * What is not an object (links, devices, names that no key can have) is passed over.
 *
 * Tested by: tests/unit/storage/store_contract.c (order, paging, property against a sorted array).
 */
#include "storage/local_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/local_place.h"

enum { NAME_BYTES = 256 + 2, DEPTH_MAX = 513, KEY_BYTES_MAX = 1024 };

typedef struct Name {
    char text[NAME_BYTES]; /* a folder's ends in '/' */
} Name;

typedef struct Level {
    size_t path_length; /* of the folder's key with its '/', in Walk.path */
    Name *names;        /* while filling: a heap, largest first; then sorted */
    size_t count, capacity, limit;
    size_t next;
    bool complete; /* names holds all that is left of the folder */
    Name last;     /* the greatest name handed out so far */
} Level;

typedef struct Walk {
    const LocalListing *listing;
    char path[KEY_BYTES_MAX + NAME_BYTES + 1];
    Level *levels;
    size_t depth, room;
    size_t wanted; /* items still missing on the page, and one that shows there are more */
} Walk;

static void sift_up(Name *names, size_t at) {
    while (at > 0 && strcmp(names[at].text, names[(at - 1) / 2].text) > 0) {
        Name swapped = names[at];
        names[at] = names[(at - 1) / 2];
        names[(at - 1) / 2] = swapped;
        at = (at - 1) / 2;
    }
}

static void sift_down(Name *names, size_t count) {
    for (size_t at = 0, child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && strcmp(names[child + 1].text, names[child].text) > 0)
            child++;
        if (strcmp(names[at].text, names[child].text) >= 0)
            return;
        Name swapped = names[at];
        names[at] = names[child];
        names[child] = swapped;
    }
}

/* Keeps the `limit` smallest. */
static void offer(Level *level, const Name *name) {
    if (level->count == level->limit) {
        level->complete = false;
        if (strcmp(name->text, level->names[0].text) >= 0)
            return;
        level->names[0] = *name;
        sift_down(level->names, level->count);
        return;
    }
    if (level->count == level->capacity) {
        level->capacity = level->capacity == 0 ? 16 : level->capacity * 2;
        level->names = realloc(level->names, level->capacity * sizeof *level->names);
        if (level->names == NULL)
            abort();
    }
    level->names[level->count] = *name;
    sift_up(level->names, level->count++);
}

static int by_text(const void *left, const void *right) {
    return strcmp(((const Name *)left)->text, ((const Name *)right)->text);
}

/* Is it a file or a folder? Fills the name as it stands in keys. */
static bool read_name(int folder_fd, const struct dirent *entry, Name *out) {
    size_t length = strlen(entry->d_name);
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || length > 255)
        return false;
    unsigned char type = entry->d_type;
    if (type == DT_UNKNOWN) {
        struct stat info;
        if (fstatat(folder_fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            return false;
        type = S_ISREG(info.st_mode) ? DT_REG : S_ISDIR(info.st_mode) ? DT_DIR : DT_UNKNOWN;
    }
    if (type != DT_REG && type != DT_DIR)
        return false;
    memcpy(out->text, entry->d_name, length + 1);
    if (type == DT_DIR)
        memcpy(out->text + length, "/", 2);
    return true;
}

/* Can this name lead to keys that have the prefix and come after the cursor? */
static bool is_wanted(Walk *walk, const Level *level, const Name *name) {
    if (strcmp(name->text, level->last.text) <= 0)
        return false;
    size_t length = strlen(name->text);
    if (level->path_length + length > KEY_BYTES_MAX + 1)
        return false;
    memcpy(walk->path + level->path_length, name->text, length + 1);
    Str key = {walk->path, level->path_length + length};
    bool folder = name->text[length - 1] == '/';
    Str bare = folder ? str_slice(key, 0, key.length - 1) : key;
    Err ignored;
    if (!store_key_check(bare, &ignored))
        return false;
    const ListRequest *request = walk->listing->request;
    if (!str_starts(key, request->prefix))
        return false;
    return str_compare(key, request->cursor) > 0 ||
           (folder && !request->folders && str_starts(request->cursor, key));
}

static bool fill(Walk *walk, Level *level, Err *err) {
    level->count = level->next = 0;
    level->limit = walk->wanted;
    level->complete = true;
    int fd;
    size_t length = level->path_length == 0 ? 0 : level->path_length - 1;
    if (!local_folder_open(walk->listing->root_fd, str_make(walk->path, length), &fd, err)) {
        if (!err_is(err, FAIL_NOT_FOUND) && !err_is(err, FAIL_DENIED))
            return false;
        err_clear(err); /* gone, or made a link, meanwhile: nothing of ours is in it */
        return true;
    }
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        int error = errno;
        close(fd);
        return err_fail_errno(err, error, "a folder of the bucket cannot be read");
    }
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(folder)) != NULL) {
        Name name;
        if (read_name(fd, entry, &name) && is_wanted(walk, level, &name))
            offer(level, &name);
    }
    int error = errno;
    closedir(folder);
    if (error != 0)
        return err_fail_errno(err, error, "a folder of the bucket cannot be read");
    if (level->count > 0)
        qsort(level->names, level->count, sizeof *level->names, by_text);
    return true;
}

static bool push(Walk *walk, size_t path_length, Err *err) {
    if (walk->depth == DEPTH_MAX)
        return err_fail(err, FAIL_IO, "the bucket's folders are nested too deeply");
    if (walk->depth == walk->room) {
        walk->room = walk->room == 0 ? 4 : walk->room * 2;
        walk->levels = realloc(walk->levels, walk->room * sizeof *walk->levels);
        if (walk->levels == NULL)
            abort();
    }
    Level *level = &walk->levels[walk->depth++];
    *level = (Level){.path_length = path_length};
    return fill(walk, level, err);
}

static void pop(Walk *walk) {
    free(walk->levels[--walk->depth].names);
}

static bool step(Walk *walk, Level *level, Err *err) {
    if (level->next == level->count) {
        if (!level->complete)
            return fill(walk, level, err);
        pop(walk);
        return true;
    }
    const Name *name = &level->names[level->next++];
    level->last = *name;
    size_t length = strlen(name->text);
    memcpy(walk->path + level->path_length, name->text, length + 1);
    Str key = {walk->path, level->path_length + length};
    if (name->text[length - 1] == '/' && !walk->listing->request->folders)
        return push(walk, key.length, err);
    bool taken = false;
    if (!walk->listing->take(walk->listing->context, key, &taken, err))
        return false;
    walk->wanted -= taken ? 1 : 0;
    return true;
}

/* Length of the longest folder that the prefix names in full; SIZE_MAX when no key can have it. */
static size_t first_folder(Str prefix) {
    size_t length = prefix.length;
    while (length > 0 && prefix.data[length - 1] != '/')
        length--;
    Err ignored;
    if (length > 0 && !store_key_check(str_slice(prefix, 0, length - 1), &ignored))
        return SIZE_MAX;
    return length;
}

bool local_list_run(const LocalListing *listing, bool *out_more, Err *err) {
    *out_more = false;
    size_t start = first_folder(listing->request->prefix);
    if (start == SIZE_MAX)
        return true;
    Walk walk = {.listing = listing, .wanted = listing->request->limit + 1};
    if (start > 0) /* an empty prefix may be NULL */
        memcpy(walk.path, listing->request->prefix.data, start);
    bool ok = push(&walk, start, err);
    while (ok && walk.depth > 0 && walk.wanted > 0)
        ok = step(&walk, &walk.levels[walk.depth - 1], err);
    while (walk.depth > 0)
        pop(&walk);
    free(walk.levels);
    *out_more = walk.wanted == 0;
    return ok;
}
