/* watch_scan.h - which files of a watched folder are meant, and what they look like now.
 *
 * Left out: hidden names and those of unfinished files (.*, *~, *.tmp, *.part, *.crdownload,
 * *.swp), names that are not UTF-8, everything that is not a regular file. Symbolic links are never
 * followed, so no name leads out of the folder. With done markers, "<name>.done" is a marker, not
 * a file.
 *
 * Paths are relative to the folder: "a.csv", "2024/a.csv".
 *
 * Ownership: paths given to visitors are valid until they return.   Threads: any. */
#ifndef WATCH_WATCH_SCAN_H
#define WATCH_WATCH_SCAN_H

#include "base/err.h"
#include "base/progress.h"
#include "base/str.h"

typedef struct WatchPattern {
    Str folder; /* absolute */
    Str glob;   /* of the file's name; of its path when it holds a '/' */
    bool recursive;
    bool done_marker;
} WatchPattern;

/* Two equal stamps: nobody has touched the file in between. */
typedef struct FileStamp {
    uint64_t device, inode, size_bytes;
    int64_t modified_ns, changed_ns;
} FileStamp;

bool file_stamp_eq(const FileStamp *a, const FileStamp *b);
/* False when there is no regular file of this path (a symbolic link is none). */
bool watch_stamp(const WatchPattern *pattern, Str path, FileStamp *out);

bool watch_path_wanted(const WatchPattern *pattern, Str path);
bool watch_folder_wanted(Str path); /* no part of it is hidden */
bool watch_has_marker(const WatchPattern *pattern, Str path);
/* The file that a path is the marker of, or "". */
Str watch_marked_path(const WatchPattern *pattern, Str path);

/* Has somebody the file open for writing? WRITER_UNKNOWN where the system does not tell. */
typedef enum FileWriter { WRITER_NONE, WRITER_SOME, WRITER_UNKNOWN } FileWriter;
FileWriter watch_writer(const WatchPattern *pattern, Str path);

typedef struct ScanVisitor {
    void *context;
    /* Called for each folder ("" is the watched one) before its entries are read. */
    void (*folder)(void *context, Str path);
    void (*file)(void *context, Str path, const FileStamp *stamp);
} ScanVisitor;

/* Walks over `below` ("" = all). A folder that vanishes on the way is no error, but the watched
 * one. */
MUST_CHECK bool watch_scan(const WatchPattern *pattern, Str below, const ScanVisitor *visitor,
                           const Progress *progress, Err *err);

#endif
