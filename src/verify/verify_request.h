/* verify_request.h - inside of verify: with what is the dataset to be compared?
 *
 * Ownership: the caller's arena.   Threads: any. */
#ifndef VERIFY_VERIFY_REQUEST_H
#define VERIFY_VERIFY_REQUEST_H

#include "ingest/ingest_state.h"
#include "verify/verify.h"

/* Opens the source that the request names, filling in from the lineage what it leaves out. */
MUST_CHECK bool verify_request_open(Ingest *ingest, const VerifyRequest *request,
                                    const Snapshot *snapshot, Progress *progress, Arena *arena,
                                    RowSource **out, StrVec *notes, Err *err);
/* The newest entry of the dataset's lineage that came from such a source; *out_found. */
MUST_CHECK bool verify_lineage(Ingest *ingest, const Snapshot *snapshot, Str system, Arena *arena,
                               LineageEntry *out, bool *out_found, Err *err);

#endif
