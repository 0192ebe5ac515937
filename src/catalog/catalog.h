/* catalog.h - datasets: what each is made of, now and before.
 *
 * A dataset is a chain of immutable snapshots; a head names the newest:
 *     catalog/<dataset>/head.json              {"dataset","snapshot_id",...}
 *     catalog/<dataset>/snapshots/<id>.json    schema, data files with statistics, lineage entry
 *     data/<dataset>/<uuid>.parquet            written by ingest before the commit
 * catalog_commit is the only writer: it writes the snapshot object, then swaps the head by
 * compare-and-swap, again with the new head when another writer won (bounded), then tells the
 * subscribers. A crash leaves orphans, never half a truth.
 *
 * A dataset lives wholly in its home bucket: the field `bucket` of its head, primary when absent.
 * Names (1 to 63 of a-z A-Z 0-9 _ -, beginning with a letter or digit) are unique over all buckets,
 * compared without regard to case.
 *
 * Snapshot ids are milliseconds since 1970, raised so as to be greater than the parent's: they
 * grow, fit a JSON number, and are not used again when a dataset is dropped and made anew.
 *
 * Errors: FAIL_NOT_FOUND names the dataset, FAIL_CONFLICT, FAIL_CORRUPT names the object.
 * Ownership: results live in the caller's arena.   Threads: any. */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include "catalog/schema.h"
#include "storage/bucket_registry.h"

typedef struct Catalog Catalog;

typedef struct ColumnStats {
    uint32_t field_id;
    uint64_t null_count;
    uint64_t size_bytes; /* compressed */
    bool has_bounds;
    Str min_text, max_text; /* as DuckDB prints them; long ones may be cut */
} ColumnStats;

typedef struct DataFile {
    Str key;
    uint64_t rows;
    uint64_t size_bytes;
    Str etag;
    ColumnStats *stats;
    size_t stats_count;
} DataFile;

typedef struct Coercion {
    Str column, rule; /* "amount", "UBIGINT to DECIMAL(20,0)" */
    uint64_t count;
} Coercion;

typedef struct LineageEntry {
    uint64_t snapshot_id;
    Str source_system;  /* "file", "postgresql", "mysql", "watch", "sql" */
    Str source;         /* file name, or a DSN without its secrets */
    Str relation;       /* of a database: "public.orders"; empty for a query */
    Str query;          /* redacted (base/redact.h) */
    Str query_sha256;   /* of the query as it was given: tells whether another one is the same */
    Str content_sha256; /* of a watched file: it is loaded once */
    Str types;          /* "exact" or "reference"; empty for files */
    Str mode;           /* "append", "replace", "upsert", "delete" */
    Str key;            /* of an upsert */
    uint64_t rows, rejected;
    uint64_t resumed_rows; /* kept from a load that was stopped: read in an earlier snapshot */
    Coercion *coercions;
    size_t coercion_count;
    uint64_t duration_ms;
    uint64_t predecessor_id; /* snapshot that this one was made from; 0 = none */
    int64_t at_us;
} LineageEntry;

/* What a column was found to hold. Stored with the snapshot; a person's word (DatasetInfo.pii_tags)
 * goes before it. */
typedef struct PiiTag {
    Str column, kind; /* kind empty, in a person's tag: nothing of the sort */
    double score;
    Str basis; /* "value", "name", "both"; "person" */
} PiiTag;

/* How far an incremental load of one source has come; kept from snapshot to snapshot. */
typedef struct SourceCursor {
    Str source_id; /* hash of host, database, table or query */
    Str column;
    Str value; /* as the source prints it */
} SourceCursor;

typedef struct Snapshot {
    Str dataset;
    Str bucket;
    uint64_t id;
    uint64_t parent_id; /* 0 = the first */
    Schema schema;
    DataFile *files;
    size_t file_count;
    uint64_t rows, size_bytes; /* sums over the files */
    LineageEntry lineage;      /* of the commit that made it */
    PiiTag *pii;               /* found in the data; of columns that the schema has */
    size_t pii_count;
    SourceCursor *cursors;
    size_t cursor_count;
    int64_t created_at_us;
} Snapshot;

typedef struct DatasetInfo {
    Str name, bucket, description;
    uint64_t snapshot_id;
    int64_t created_at_us, updated_at_us; /* updated: by the last commit */
    PiiTag *pii_tags;                     /* by a person: they stick over re-scans */
    size_t pii_tag_count;
    Str damage; /* in a list: why its head cannot be read (then snapshot_id is 0), else empty */
} DatasetInfo;

typedef enum CommitMode {
    COMMIT_APPEND,  /* added files join the current ones */
    COMMIT_REPLACE, /* added files are all there is */
    COMMIT_REWRITE  /* removed_keys leave, added files come; only on top of base_snapshot_id */
} CommitMode;

typedef struct CommitRequest {
    Str dataset;
    Str bucket; /* home of a new dataset; "" = primary; of an old one: "" or the same */
    CommitMode mode;
    Schema schema; /* as planned by schema_plan: the field ids that the files were written with */
    uint64_t base_snapshot_id; /* that the plan was made on; 0 = the dataset did not exist */
    const DataFile *added;
    size_t added_count;
    const Str *removed_keys; /* COMMIT_REWRITE */
    size_t removed_count;
    LineageEntry lineage; /* snapshot_id, predecessor_id and at_us are filled in */
    /* Findings of this load. Replace: they are all there is; else they join the old ones, the
     * higher score of a column and kind staying. */
    const PiiTag *pii;
    size_t pii_count;
    const SourceCursor *cursor; /* NULL: none to set; a replacement without one forgets all */
} CommitRequest;

Catalog *catalog_open(BucketRegistry *buckets, Err *err);
void catalog_close(Catalog *catalog);

MUST_CHECK bool catalog_name_check(Str dataset, Err *err); /* FAIL_INVALID, field "dataset" */
/* In order of names. Fails, naming the bucket, when one cannot be read: no list is shorter than the
 * truth in silence. */
MUST_CHECK bool catalog_list(Catalog *catalog, Arena *arena, DatasetInfo **out_infos,
                             size_t *out_count, Err *err);
/* Datasets that are not seen because an earlier bucket (in the order of bucket_names) has one of
 * the same name: somebody registered a copy. */
MUST_CHECK bool catalog_hidden(Catalog *catalog, Arena *arena, DatasetInfo **out_infos,
                               size_t *out_count, Err *err);
MUST_CHECK bool catalog_find(Catalog *catalog, Str dataset, Arena *arena, DatasetInfo *out_info,
                             Err *err);
/* snapshot_id 0 = the newest. */
MUST_CHECK bool catalog_snapshot(Catalog *catalog, Str dataset, uint64_t snapshot_id, Arena *arena,
                                 Snapshot *out_snapshot, Err *err);
/* Newest first, at most `limit`, by walking parents. */
MUST_CHECK bool catalog_history(Catalog *catalog, Str dataset, size_t limit, Arena *arena,
                                Snapshot **out_snapshots, size_t *out_count, Err *err);

/* An append (or a replacement) whose plan is out of date but whose schema still fits the new head
 * is redone on top of it; FAIL_CONFLICT otherwise: plan again. The data files must be in the bucket
 * already, with the sizes and etags (if given) that the request states. After FAIL_IO or
 * FAIL_UPSTREAM the snapshot may have been published: leave the data files, doctor finds orphans.
 */
MUST_CHECK bool catalog_commit(Catalog *catalog, const CommitRequest *request, Arena *arena,
                               Snapshot *out_snapshot, Err *err);
MUST_CHECK bool catalog_describe(Catalog *catalog, Str dataset, Str description, Err *err);
/* A person's tags, by column: an empty kind says "nothing personal"; `forget` removes the person's
 * word for that column. FAIL_UNPROCESSABLE for a column that the dataset lacks. */
typedef struct PiiDecision {
    Str column, kind;
    bool forget;
} PiiDecision;
MUST_CHECK bool catalog_tag_pii(Catalog *catalog, Str dataset, const PiiDecision *decisions,
                                size_t count, Err *err);
/* What is to be shown for the snapshot: the person's tags, and what was found in all other columns.
 */
void catalog_pii_shown(const DatasetInfo *info, const Snapshot *snapshot, Arena *arena,
                       PiiTag **out, size_t *out_count);
/* Unregisters (head first), then removes its objects as far as possible. */
MUST_CHECK bool catalog_drop(Catalog *catalog, Str dataset, Err *err);

/* Where a new data file of this dataset goes: "data/<dataset>/<32 hex digits>.parquet". */
Str catalog_new_file_key(Str dataset, Arena *arena);

/* "dataset changed": called after every commit and drop (snapshot_id 0), on the writer's thread,
 * outside all locks. Must not block. */
typedef void (*DatasetChangedFn)(void *context, Str dataset, uint64_t snapshot_id);
void catalog_subscribe(Catalog *catalog, DatasetChangedFn fn, void *context);

#endif
