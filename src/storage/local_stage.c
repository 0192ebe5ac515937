/* local_stage.c - staged writes, the locks of writers, and sweeping up after a crash.
 *
 * A file that the caller hands over by path is hard-linked into the staging folder: no byte is
 * copied, and if the put fails the caller still has it. Only across file systems is it copied.
 *
 * Locks are a mutex among the threads of one store, then an open-file-description lock among
 * stores: those belong to the descriptor, not to the process, and so also keep two stores of one
 * process apart. Who gets byte 64 exclusively when opening is alone, and what lies here is debris.
 *
 * Tested by: tests/unit/storage/test_store_local.c, test_store_processes.c. */
#include "storage/local_stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"

enum { USERS_BYTE = STAGE_STRIPES, COPY_BYTES = 1 << 16 };

static int lock_byte(int fd, int command, short type, off_t byte) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    int result;
    do
        result = fcntl(fd, command, &lock);
    while (result != 0 && errno == EINTR);
    return result;
}

/* Removes what a crash left; the caller is the only user. */
static void sweep(int folder_fd) {
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        if (fd >= 0)
            close(fd);
        return; /* debris only costs space: the next open tries again */
    }
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lock") != 0)
            unlinkat(folder_fd, entry->d_name, 0);
    closedir(folder);
}

static bool become_user(LocalStage *stage, Err *err) {
    if (lock_byte(stage->lock_fd, F_OFD_SETLK, F_WRLCK, USERS_BYTE) == 0)
        sweep(stage->folder_fd);
    if (lock_byte(stage->lock_fd, F_OFD_SETLKW, F_RDLCK, USERS_BYTE) != 0)
        return err_fail_errno(err, errno, "lock the bucket's staging folder");
    return true;
}

/* The folder and the lock file, made if missing; 0 or an errno. */
static int open_files(LocalStage *stage) {
    if (mkdirat(stage->root_fd, ".staging", 0777) != 0 && errno != EEXIST)
        return errno;
    stage->folder_fd =
        openat(stage->root_fd, ".staging", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (stage->folder_fd < 0)
        return errno;
    stage->lock_fd =
        openat(stage->folder_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (stage->lock_fd >= 0)
        return 0;
    int error = errno;
    close(stage->folder_fd);
    stage->folder_fd = -1;
    return error;
}

bool local_stage_open(LocalStage *stage, int root_fd, Err *err) {
    *stage = (LocalStage){.root_fd = root_fd, .folder_fd = -1, .lock_fd = -1};
    int error = open_files(stage);
    bool read_only = error == EACCES || error == EROFS || error == EPERM;
    if (error != 0 && !read_only)
        return err_fail_errno(err, error, "open the bucket's staging folder");
    if (error == 0 && !become_user(stage, err)) {
        close(stage->lock_fd);
        close(stage->folder_fd);
        return false;
    }
    for (size_t i = 0; i < STAGE_STRIPES; i++)
        pthread_mutex_init(&stage->stripes[i], NULL);
    return true;
}

void local_stage_close(LocalStage *stage) {
    for (size_t i = 0; i < STAGE_STRIPES; i++)
        pthread_mutex_destroy(&stage->stripes[i]);
    if (stage->folder_fd < 0)
        return;
    close(stage->lock_fd); /* gives its locks back */
    close(stage->folder_fd);
}

static bool check_writable(const LocalStage *stage, Err *err) {
    if (stage->folder_fd >= 0)
        return true;
    err_fail(err, FAIL_IO, "the bucket cannot be written");
    return err_hint(err, "it was read-only when it was opened");
}

static bool write_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        data += written;
        size -= (size_t)written;
    }
    return true;
}

/* Reads a file from its start, hashing it and copying it to `copy_fd` if that is not -1. */
static bool read_through(int fd, int copy_fd, Hash128 *out_hash, uint64_t *out_size) {
    HashStream *stream = hash_stream_create();
    char buffer[COPY_BYTES];
    uint64_t size = 0;
    ssize_t got;
    while ((got = pread(fd, buffer, sizeof buffer, (off_t)size)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || (copy_fd >= 0 && !write_all(copy_fd, buffer, (size_t)got)))
            break;
        hash_stream_add(stream, str_make(buffer, (size_t)got));
        size += (uint64_t)got;
    }
    int error = errno;
    *out_hash = hash_stream_value(stream);
    *out_size = size;
    hash_stream_destroy(stream);
    errno = error;
    return got == 0;
}

bool local_hash_file(int fd, Hash128 *out_hash, Err *err) {
    uint64_t size;
    if (!read_through(fd, -1, out_hash, &size))
        return err_fail_errno(err, errno, "read an object");
    return true;
}

static void name_file(StagedFile *file) {
    uint64_t id[2];
    random_bytes(id, sizeof id);
    snprintf(file->name, sizeof file->name, "%016llx%016llx", (unsigned long long)id[0],
             (unsigned long long)id[1]);
}

static int create_file(const LocalStage *stage, const char *name) {
    return openat(stage->folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  0666);
}

/* Closes and removes what failed to be staged, and says why. */
static bool stage_failed(LocalStage *stage, StagedFile *file, int error, Err *err) {
    close(file->fd);
    unlinkat(stage->folder_fd, file->name, 0); /* failing, it is debris for the next sweep */
    return err_fail_errno(err, error, "stage an object");
}

static bool stage_bytes(LocalStage *stage, Str bytes, StagedFile *file, Err *err) {
    file->fd = create_file(stage, file->name);
    if (file->fd < 0)
        return err_fail_errno(err, errno, "stage an object");
    if (!write_all(file->fd, bytes.data, bytes.length) || fsync(file->fd) != 0)
        return stage_failed(stage, file, errno, err);
    file->hash = hash128(bytes);
    file->size_bytes = bytes.length;
    return true;
}

static bool stage_copy(LocalStage *stage, int source_fd, StagedFile *file, Err *err) {
    file->fd = create_file(stage, file->name);
    if (file->fd < 0)
        return err_fail_errno(err, errno, "stage an object");
    bool ok = read_through(source_fd, file->fd, &file->hash, &file->size_bytes);
    if (!ok || fsync(file->fd) != 0)
        return stage_failed(stage, file, errno, err);
    return true;
}

/* The hard link has been made already; `file` keeps the descriptor. */
static bool stage_linked(LocalStage *stage, int source_fd, StagedFile *file, Err *err) {
    file->fd = fcntl(source_fd, F_DUPFD_CLOEXEC, 3);
    if (file->fd < 0 || fsync(source_fd) != 0 ||
        !read_through(source_fd, -1, &file->hash, &file->size_bytes))
        return stage_failed(stage, file, errno, err);
    return true;
}

static bool stage_path(LocalStage *stage, const char *path, StagedFile *file, Err *err) {
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return err_fail_errno(err, errno, "open the file to be stored");
    struct stat info;
    bool ok;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        ok = err_fail(err, FAIL_INVALID, "what is to be stored is not a regular file");
    else if (linkat(AT_FDCWD, path, stage->folder_fd, file->name, 0) == 0)
        ok = stage_linked(stage, fd, file, err);
    else /* another file system, or one without links */
        ok = stage_copy(stage, fd, file, err);
    close(fd);
    return ok;
}

bool local_stage_write(LocalStage *stage, const PutSource *source, StagedFile *out_file, Err *err) {
    if (!check_writable(stage, err))
        return false;
    name_file(out_file);
    return source->path == NULL ? stage_bytes(stage, source->bytes, out_file, err)
                                : stage_path(stage, source->path, out_file, err);
}

void local_stage_finish(LocalStage *stage, const StagedFile *file, struct stat *out_info) {
    unlinkat(stage->folder_fd, file->name, 0);
    if (fstat(file->fd, out_info) != 0)
        *out_info = (struct stat){0};
    close(file->fd);
}

bool local_stage_lock(LocalStage *stage, Str key, size_t *out_stripe, Err *err) {
    if (!check_writable(stage, err))
        return false;
    size_t stripe = hash64(key) % STAGE_STRIPES;
    pthread_mutex_lock(&stage->stripes[stripe]);
    if (lock_byte(stage->lock_fd, F_OFD_SETLKW, F_WRLCK, (off_t)stripe) != 0) {
        int error = errno;
        pthread_mutex_unlock(&stage->stripes[stripe]);
        return err_fail_errno(err, error, "lock '%.*s'", STR_ARG(key));
    }
    *out_stripe = stripe;
    return true;
}

void local_stage_unlock(LocalStage *stage, size_t stripe) {
    lock_byte(stage->lock_fd, F_OFD_SETLK, F_UNLCK, (off_t)stripe);
    pthread_mutex_unlock(&stage->stripes[stripe]);
}

bool local_stage_probe(LocalStage *stage, Err *err) {
    if (!check_writable(stage, err))
        return false;
    static const char block[4096]; /* a full disk refuses a block, not always a byte */
    StagedFile file = {.fd = -1};
    name_file(&file);
    int fd = create_file(stage, file.name);
    if (fd < 0)
        return err_fail_errno(err, errno, "the bucket cannot be written");
    bool written = write_all(fd, block, sizeof block);
    int error = errno;
    close(fd);
    unlinkat(stage->folder_fd, file.name, 0);
    if (!written)
        return err_fail_errno(err, error, "the bucket cannot be written");
    return true;
}
