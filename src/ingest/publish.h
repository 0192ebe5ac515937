/* publish.h - staged files become objects of the dataset's home, then a snapshot names them. */
#ifndef INGEST_PUBLISH_H
#define INGEST_PUBLISH_H

#include "ingest/load.h"

typedef struct PublishRequest {
    Catalog *catalog;
    CommitRequest commit;   /* without `added` */
    const DataFile *stored; /* in the bucket already */
    size_t stored_count;
    const StagedFile *files;
    size_t file_count;
    /* An append's base: its last files may be merged (small_files.h), and then the commit holds
     * only on top of it. NULL: they stay as they are. */
    const Snapshot *merge_into;
} PublishRequest;

/* Moves one staged file in: an object that nothing names yet. Of `commit`, dataset, schema and
 * what is known to be personal are looked at. */
MUST_CHECK bool publish_file(const LoadContext *context, ObjectStore *store,
                             const CommitRequest *commit, const StagedFile *file, DataFile *out,
                             Err *err);
/* Removes objects that nobody has seen; what cannot be removed is an orphan that doctor finds. */
void publish_take_back(ObjectStore *store, const DataFile *files, size_t count);

/* Moves the files in and commits. After FAIL_CONFLICT what was moved in is removed again: plan
 * anew. After any other failure it stays as an orphan: the commit may have happened. */
MUST_CHECK bool publish(const LoadContext *context, const PublishRequest *request, Snapshot *out,
                        Err *err);

#endif
