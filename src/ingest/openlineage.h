/* openlineage.h - tells others about loads: OpenLineage run events (openlineage.io, spec 2-0-2).
 *
 *     LineageRun run = lineage_events_start(events, &load);            START
 *     ...
 *     lineage_events_finish(&run, &outcome);                           COMPLETE, FAIL or ABORT
 *
 * Events go to a file, one a line, or to a URL by POST, in the order in which they happened. They
 * are put in a bounded queue that one thread empties, so a load never waits for a listener and
 * never fails because of one: what finds the queue full, or no listener after a few tries, is
 * dropped, counted (lakehouse_lineage_events_dropped_total) and told to `lost`.
 *
 * No secret is in an event: sources come as dsn_show prints them, statements and errors by
 * redact(). `target` and `api_key` may hold secrets and are never shown.
 *
 * Ownership: create and destroy pair up; a run borrows its load's texts until finish.
 * Threads: start and finish from any; a run by one at a time. */
#ifndef INGEST_OPENLINEAGE_H
#define INGEST_OPENLINEAGE_H

#include "catalog/catalog.h"

typedef struct LineageEvents LineageEvents;

/* Called now and then by the events' own thread: so many were dropped since the last call. */
typedef void (*LineageLostFn)(void *context, uint64_t count, const Err *why);

typedef struct LineageEventsConfig {
    Str target;          /* "http://..." or "https://...", whole; else the path of a file */
    Str namespace_name;  /* of our jobs and datasets */
    Str api_key;         /* sent as a bearer token; may be empty */
    uint32_t queue_max;  /* events; 0 = 1024 */
    uint32_t timeout_ms; /* of one POST; 0 = 5 s */
    uint32_t retry_ms;   /* before the second try, then doubled; 0 = 500 */
    uint32_t drain_ms;   /* destroy waits so long for what is queued; 0 = 3 s */
    LineageLostFn lost;  /* may be NULL */
    void *context;
} LineageEventsConfig;

/* FAIL_INVALID or FAIL_IO when the target cannot be: a URL of another kind, a file that cannot be
 * opened. Whether somebody listens at a URL is not tried. */
LineageEvents *lineage_events_create(const LineageEventsConfig *config, Err *err);
void lineage_events_destroy(LineageEvents *events); /* NULL is fine */

/* What is known when a load begins; as in its LineageEntry. */
typedef struct LineageLoad {
    Str dataset;
    Str source_system; /* "postgresql", "mysql": source is a DSN; else a file's name */
    Str source;
    Str relation, query; /* of a database; the query as it was given */
    const Str *files;    /* names, when there are several; NULL: `source` is the one */
    size_t file_count;
} LineageLoad;

typedef struct LineageOutcome {
    const Snapshot *snapshot;  /* NULL: nothing was published */
    uint64_t rows, size_bytes; /* written by this load */
    const Err *failure;        /* NULL: it went well; FAIL_CANCELLED is ABORT */
} LineageOutcome;

typedef struct LineageRun {
    LineageEvents *events;
    char id[37]; /* UUID, version 7 */
    LineageLoad load;
} LineageRun;

/* `events` may be NULL: nobody wants to know. */
LineageRun lineage_events_start(LineageEvents *events, const LineageLoad *load);
void lineage_events_finish(LineageRun *run, const LineageOutcome *outcome);

#endif
