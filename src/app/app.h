/* app.h - the composition root: builds every object from the configuration, in order, and hands
 * each module only what it needs. Nothing else reads the environment or the command line.
 *
 * Data directory of a server:
 *     primary/ rescue/   the two buckets that always exist, unless configured elsewhere
 *     cache/             decoded row segments and fetched objects; may be removed at any time
 *     tmp/               uploads and staged files; emptied at start
 *     lock               held while a server runs: two servers never share a data directory
 *
 * Threads: call from main, once. */
#ifndef APP_APP_H
#define APP_APP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

typedef struct AppOptions {
    Str config_path; /* "" = lakehouse.toml in the working directory, if there is one */
    Str data_dir;    /* "" = as configured */
    Str listen;      /* "host:port"; "" = as configured; port 0 picks a free one */
    Str ready_file;  /* receives "http://host:port" once requests are answered; "" = none */
    bool insecure;   /* allow a non-loopback address without auth */
} AppOptions;

/* Serves until SIGTERM or SIGINT, then drains and returns true. */
MUST_CHECK bool app_serve(const AppOptions *options, Err *err);

typedef enum DoctorGrade { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_PROBLEM } DoctorGrade;

typedef struct DoctorFinding {
    DoctorGrade grade;
    Str subject; /* "bucket primary", "dataset resumes", "index resumes_v1" */
    Str text;
} DoctorFinding;

typedef struct DoctorReport {
    DoctorFinding *findings;
    size_t count;
    size_t problems;
    uint64_t orphan_count, orphan_bytes; /* objects that nothing names */
    bool orphans_removed;
} DoctorReport;

/* Reads a data directory that no server holds: buckets, heads, snapshots, indexes with all their
 * checks; lists orphans and, when asked, removes them. */
MUST_CHECK bool app_doctor(const AppOptions *options, bool remove_orphans, Arena *arena,
                           DoctorReport *out, Err *err);

/* {"name","version","commit","libraries":{...},"kernels":...} as GET /version answers. */
json_t *app_version(Arena *arena);

/* The address a client should use: the ready file of the configured data directory, else the
 * configured address. */
MUST_CHECK bool app_client_url(const AppOptions *options, Arena *arena, Str *out_url, Err *err);

#endif
