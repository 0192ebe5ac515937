/* verify_request.c - what the lineage knows of a dataset's source, and what must be given again.
 *
 * A table's name is in the lineage; secrets and files are not kept, so the DSN or the file is given
 * again. Of a query the lineage keeps a hash: the text must be given again, and must be the same,
 * since rows of another query would differ for reasons that are no news.
 *
 * Tested by: test_verify.c, tests/e2e/test_verify.py. */
#include "verify/verify_request.h"

#include "base/hash.h"
#include "ingest/source_file.h"

enum { HISTORY_MAX = 1000 };

static bool is_system(Str entry, Str wanted) {
    bool file = str_eq_c(entry, "file") || str_eq_c(entry, "watch");
    return str_eq(entry, wanted) || (file && str_eq_c(wanted, "file"));
}

bool verify_lineage(Ingest *ingest, const Snapshot *snapshot, Str system, Arena *arena,
                    LineageEntry *out, bool *out_found, Err *err) {
    Snapshot *history;
    size_t count;
    *out_found = is_system(snapshot->lineage.source_system, system);
    *out = *out_found ? snapshot->lineage : (LineageEntry){0};
    if (*out_found)
        return true;
    if (!catalog_history(ingest->catalog, snapshot->dataset, HISTORY_MAX, arena, &history, &count,
                         err))
        return false;
    for (size_t i = 0; i < count && !*out_found; i++)
        if (is_system(history[i].lineage.source_system, system)) {
            *out = history[i].lineage;
            *out_found = true;
        }
    return true;
}

/* ---- a file ---- */

static bool open_file(Ingest *ingest, const VerifyRequest *request, const Snapshot *snapshot,
                      Progress *progress, RowSource **out, Err *err) {
    FileSourceSpec spec = {.ingest = ingest,
                           .path = request->path,
                           .source_name = request->source_name,
                           .format = request->format,
                           .csv = request->csv,
                           .schema = &snapshot->schema,
                           .progress = progress};
    return source_file_open(&spec, out, err);
}

static bool nothing_given(const Snapshot *snapshot, Err *err) {
    Str system = snapshot->lineage.source_system;
    if (is_system(system, STR("file"))) {
        err_fail(err, FAIL_INVALID, "the file must be given again: '%.*s' was loaded from '%.*s'",
                 STR_ARG(snapshot->dataset), STR_ARG(snapshot->lineage.source));
        return err_hint(err, "send it as the body, with a Content-Type other than JSON");
    }
    err_fail(err, FAIL_INVALID,
             "'dsn' is missing: secrets are not stored, so the source of '%.*s' "
             "must be given again",
             STR_ARG(snapshot->dataset));
    return err_field(err, "dsn");
}

/* ---- a database ---- */

static bool check_query(const VerifyRequest *request, const LineageEntry *entry, Arena *arena,
                        Err *err) {
    if (entry->query_sha256.length == 0 ||
        str_eq(sha256_hex(request->query, arena), entry->query_sha256))
        return true;
    err_fail(err, FAIL_UNPROCESSABLE, "'%.*s' was loaded with another query",
             STR_ARG(request->dataset));
    err_hint(err, "give the text of the query as it was given to the load");
    return err_field(err, "query");
}

static bool fill_relation(const VerifyRequest *request, const LineageEntry *entry, bool found,
                          const char *system, Str *out_table, Err *err) {
    if (found && entry->relation.length > 0) {
        *out_table = entry->relation;
        return true;
    }
    if (found)
        err_fail(err, FAIL_UNPROCESSABLE, "'%.*s' was loaded by a query, which must be given again",
                 STR_ARG(request->dataset));
    else
        err_fail(err, FAIL_UNPROCESSABLE,
                 "'%.*s' was never loaded from %s: name a table or a query",
                 STR_ARG(request->dataset), system);
    return err_field(err, found ? "query" : "table");
}

static bool open_database(Ingest *ingest, const VerifyRequest *request, const Snapshot *snapshot,
                          Progress *progress, Arena *arena, RowSource **out, StrVec *notes,
                          Err *err) {
    Dsn dsn;
    LineageEntry entry;
    bool found;
    if (request->table.length > 0 && request->query.length > 0) {
        err_fail(err, FAIL_INVALID, "give a table or a query, not both");
        return err_field(err, "query");
    }
    if (!dsn_parse(request->dsn, arena, &dsn, err))
        return false;
    const char *system = dsn.kind == DSN_POSTGRES ? "postgresql" : "mysql";
    if (!verify_lineage(ingest, snapshot, str_c(system), arena, &entry, &found, err))
        return false;
    SourceSpec spec = {.dsn = request->dsn,
                       .table = request->table,
                       .query = request->query,
                       .types = SOURCE_PRINTED,
                       .budget = ingest->budget,
                       .progress = progress};
    bool named = spec.table.length > 0 || spec.query.length > 0;
    if (!named && !fill_relation(request, &entry, found, system, &spec.table, err))
        return false;
    if (spec.query.length > 0 && found && !check_query(request, &entry, arena, err))
        return false;
    if (!row_source_open(&spec, out, err))
        return false;
    if (found && named && spec.table.length > 0 && entry.relation.length > 0 &&
        !str_eq((*out)->relation, entry.relation))
        *vec_push(notes, arena) = str_format(arena, "the last load read %.*s, compared is %.*s",
                                             STR_ARG(entry.relation), STR_ARG((*out)->relation));
    return true;
}

bool verify_request_open(Ingest *ingest, const VerifyRequest *request, const Snapshot *snapshot,
                         Progress *progress, Arena *arena, RowSource **out, StrVec *notes,
                         Err *err) {
    if (request->dsn.length > 0)
        return open_database(ingest, request, snapshot, progress, arena, out, notes, err);
    if (request->path.length > 0)
        return open_file(ingest, request, snapshot, progress, out, err);
    return nothing_given(snapshot, err);
}
