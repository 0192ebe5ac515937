/* table_load.h - inside of ingest: the steps by which a table becomes rows of a dataset.
 *
 *     plan -> take up -> read -> commit          table_plan.c, table_resume.c, table_read.c,
 *       ^_________________|________|              table_commit.c; table_load.c goes round
 *
 * A round stands on one state of the dataset and one set of types. It ends when it is committed,
 * or when a value needs a wider type, or when another writer changed what it stands on: then all
 * that it stored is taken back and the next round begins.
 *
 * Ownership: the load's arena; a round's texts may be the source's.   Threads: one load, one
 * thread, and while it reads the ring's and DuckDB's. */
#ifndef INGEST_TABLE_LOAD_H
#define INGEST_TABLE_LOAD_H

#include "ingest/dataset_now.h"
#include "ingest/ingest_state.h"
#include "ingest/load.h"
#include "ingest/load_checkpoint.h"
#include "ingest/pii_scan_file.h"

typedef struct TableLoad {
    Ingest *ingest;
    const IngestTableRequest *request;
    RowSource *source;
    LoadContext context;
    FileStage stage;
    StrVec keys;
    Str source_id; /* host, database, table or query: what a cursor belongs to */
    Str load_id;   /* that and the request: what a checkpoint belongs to */
    uint64_t batch_rows, start_ns;
    bool cursor_known; /* the rest is of the source's snapshot: asked once */
    bool has_cursor_end;
    Str cursor_end;
    uint64_t cursor_nulls;
    StrVec notes;
} TableLoad;

typedef struct TableRound {
    TableLoad *load;
    DatasetNow now;
    ObjectStore *store; /* of the dataset's home */
    SourceRange range;
    Load rows; /* columns and rejects of all; counts of the file at hand */
    Schema planned;
    size_t *key_columns;   /* in the source; of an upsert */
    LoadCheckpoint stored; /* files so far; where a load goes on that is stopped now */
    uint64_t resumed_rows, resumed_rejects;
    Str cursor_value; /* to be committed; "" = none */
    uint64_t repeated_keys;
    PiiTagVec pii;
    bool was_committed;   /* by the load that was stopped: there is nothing left to do */
    bool outcome_unknown; /* the commit failed, or only its answer was lost */
    Snapshot committed;
} TableRound;

typedef enum RoundEnd { ROUND_DONE, ROUND_FAILED, ROUND_AGAIN } RoundEnd;

/* Fills source_id and load_id. */
void table_identify(TableLoad *load);
/* The dataset's state, the rows that are wanted, columns and schema. */
MUST_CHECK bool table_plan(TableRound *round, Err *err);
/* Columns and schema again, for the types that the source has now. */
MUST_CHECK bool table_plan_types(TableRound *round, Err *err);
/* The schema that a dataset of this state has behind a load of columns of these types. */
MUST_CHECK bool table_plan_schema(const TableLoad *load, const DatasetNow *now, const Str *types,
                                  Schema *out, Err *err);
Str table_bucket(const TableRound *round);
/* How far the dataset has come with the source; NULL: not by this cursor. */
const SourceCursor *table_cursor(const TableLoad *load, const DatasetNow *now);

/* Goes on from a checkpoint that fits, clears away one that does not. was_committed: the stopped
 * load had come to its end. */
MUST_CHECK bool table_take_up(TableRound *round, Err *err);
/* Removes the files and the checkpoint of a round that was not committed. */
void table_discard(TableRound *round);
bool table_schema_equal(const Schema *a, const Schema *b);

MUST_CHECK bool table_read(TableRound *round, Err *err);

MUST_CHECK RoundEnd table_commit(TableRound *round, Err *err);
void table_coercions(const TableRound *round, CoercionVec *out);

/* An append must not be done twice, even if nobody could be told that it was committed; what
 * replaces or merges, and what goes on from a cursor, may be done again and then is up to date. */
bool table_commits_once(const TableRound *round);

#endif
