/* file_open.c - link into the stage -> expand -> detect -> check every record.
 *
 * What is learnt here is about the file alone, whatever it is to be loaded into or compared with.
 * A Parquet file is left to DuckDB, which checks its pages as it reads them.
 *
 * Tested by: test_ingest_csv.c, test_ingest_json.c, test_ingest_parquet.c, test_file_expand.c. */
#include "ingest/file_open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/csv_load.h"
#include "files/file_detect.h"
#include "files/file_expand.h"
#include "files/json_load.h"

typedef struct Opening {
    const Ingest *ingest;
    const IngestFileRequest *request;
    FileStage *stage;
    Progress *progress;
    Arena *arena;
    OpenFile *out;
} Opening;

static bool read_head(Str path, Arena *arena, Str *out_bytes, uint64_t *out_size, Err *err) {
    struct stat info;
    int file = open(path.data, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &info) != 0) {
        int failure = errno;
        if (file >= 0)
            close(file);
        return err_fail_errno(err, failure, "cannot open the file");
    }
    size_t room = info.st_size < DETECT_BYTES ? (size_t)info.st_size : DETECT_BYTES;
    char *bytes = arena_alloc(arena, room + 1);
    ssize_t got = pread(file, bytes, room, 0);
    int failure = errno;
    close(file);
    if (got < 0)
        return err_fail_errno(err, failure, "cannot read the file");
    if (!S_ISREG(info.st_mode))
        return err_fail(err, FAIL_INVALID, "not a regular file");
    *out_bytes = str_make(bytes, (size_t)got);
    *out_size = (uint64_t)info.st_size;
    return true;
}

/* "data.csv.gz" -> "data.csv": what the name says once the file is expanded. */
static Str without_ending(Str name) {
    static const char *const endings[] = {".gz", ".zst", ".zstd"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (str_ends(name, str_c(endings[i])))
            return str_slice(name, 0, name.length - strlen(endings[i]));
    return name;
}

/* Links the file into the stage, expands it there, finds out what it is. */
static bool stage_file(Opening *opening, Err *err) {
    const IngestFileRequest *request = opening->request;
    const IngestConfig *config = &opening->ingest->config;
    Str path, head, name = request->source_name;
    uint64_t size;
    if (!stage_link(opening->stage, request->path, &path, err) ||
        !read_head(path, opening->arena, &head, &size, err))
        return false;
    FileCompression compression = file_compression(head);
    if (compression != FILE_PLAIN) {
        ExpandLimits limits = {config->expanded_bytes_max, config->expanded_ratio_max};
        Str expanded = stage_path(opening->stage, "expanded");
        if (!file_expand(path.data, expanded.data, compression, &limits, opening->ingest->budget,
                         opening->progress, err) ||
            !read_head(expanded, opening->arena, &head, &size, err))
            return false;
        path = expanded;
        name = without_ending(name);
    }
    opening->out->file = (TextFile){.path = path.data,
                                    .name = request->source_name,
                                    .size_bytes = size,
                                    .budget = opening->ingest->budget,
                                    .progress = opening->progress};
    return file_detect(head, name, request->format, &opening->out->format, err);
}

static bool check_file(Opening *opening, Err *err) {
    Arena *arena = opening->arena;
    reject_list_init(&opening->out->checked, opening->ingest->config.rejects_listed_max, arena);
    switch (opening->out->format) {
    case FILE_CSV:
        return csv_load(&opening->out->file, &opening->request->csv, &opening->out->checked, arena,
                        &opening->out->table, err);
    case FILE_JSON:
    case FILE_NDJSON:
        return json_load(&opening->out->file,
                         opening->out->format == FILE_NDJSON ? JSON_LINES : JSON_VALUES,
                         &opening->out->checked, arena, &opening->out->table, err);
    case FILE_AUTO:
    case FILE_PARQUET:
        break;
    }
    return true;
}

bool file_open(const Ingest *ingest, const IngestFileRequest *request, FileStage *stage,
               Progress *progress, Arena *arena, OpenFile *out, Err *err) {
    Opening opening = {ingest, request, stage, progress, arena, out};
    *out = (OpenFile){0};
    return stage_file(&opening, err) && check_file(&opening, err);
}
