/* publish.h - staged files become objects of the dataset's home, then a snapshot names them. */
#ifndef INGEST_PUBLISH_H
#define INGEST_PUBLISH_H

#include "ingest/load.h"

typedef struct PublishRequest {
    Catalog *catalog;
    CommitRequest commit; /* without `added` */
    const StagedFile *files;
    size_t file_count;
} PublishRequest;

/* Moves the files in and commits. After FAIL_CONFLICT what was moved in is removed again: plan
 * anew. After any other failure it stays as an orphan: the commit may have happened. */
MUST_CHECK bool publish(const LoadContext *context, const PublishRequest *request, Snapshot *out,
                        Err *err);

#endif
