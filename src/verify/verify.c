/* verify.c - read both sides, compare their sums, name what differs.
 *
 *   snapshot -> open the source -> plan (columns, key) -> digest of the source, of the dataset
 *     -> equal: done
 *     -> not: read both again, name rows (verify_diff.c), say what else was seen
 *
 * Comparing never changes anything, and holds nothing but its own snapshot of either side: the
 * dataset's files are immutable, the source's rows come from one transaction.
 *
 * A difference is a result, not an error. An error is only what kept us from comparing.
 *
 * Tested by: test_verify.c, tests/e2e/test_verify.py. */
#include "verify/verify.h"

#include "base/clock.h"
#include "ingest/upsert.h"
#include "verify/verify_diff.h"
#include "verify/verify_request.h"

enum { DIFFERENCES_DEFAULT = 10, DIFFERENCES_MAX = 1000 };

typedef struct Verify {
    Ingest *ingest;
    const VerifyRequest *request;
    RowSource *source;
    Progress *progress;
    Arena *arena;
    Snapshot snapshot;
    LineageEntry lineage; /* of the last load from such a source */
    bool has_lineage;
    VerifyPlan plan;
    VerifySide *sides[VERIFY_SIDES];
    VerifyDigest digests[VERIFY_SIDES];
    uint64_t rejected; /* records that the source cannot read */
    StrVec notes;
} Verify;

__attribute__((format(printf, 2, 3))) static void add_note(Verify *verify, const char *format,
                                                           ...) {
    va_list arguments;
    char text[400];
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    *vec_push(&verify->notes, verify->arena) = str_dup(verify->arena, str_c(text));
}

/* ---- the key ---- */

static bool is_shared(const Verify *verify, Str name) {
    for (size_t i = 0; i < verify->plan.column_count; i++)
        if (verify->plan.columns[i].is_shared && str_eq(verify->plan.columns[i].name, name))
            return true;
    return false;
}

static bool all_shared(const Verify *verify, const StrVec *names) {
    for (size_t i = 0; i < names->count; i++)
        if (!is_shared(verify, names->items[i]))
            return false;
    return names->count > 0;
}

/* The request's, else the lineage's (of an upsert), else the source's own. */
static bool choose_key(Verify *verify, Err *err) {
    StrVec names = {0};
    const RowSource *source = verify->source;
    bool asked = verify->request->key.length > 0;
    Str given = asked ? verify->request->key : verify->lineage.key;
    if (given.length > 0 && !upsert_keys(given, verify->arena, &names, err))
        return false;
    if (asked)
        return verify_plan_set_key(&verify->plan, &names, verify->arena, err);
    if (!all_shared(verify, &names)) {
        names.count = 0;
        for (size_t i = 0; i < source->key_count; i++)
            *vec_push(&names, verify->arena) = source->columns[source->key_columns[i]].name;
    }
    return !all_shared(verify, &names) ||
           verify_plan_set_key(&verify->plan, &names, verify->arena, err);
}

/* ---- both sides ---- */

static bool count_reject(void *context, uint64_t row, Str column, Str reason) {
    (void)row, (void)column, (void)reason;
    ((Verify *)context)->rejected++;
    return true;
}

/* A typed source may find a value that its column's type cannot hold; then the type is widened and
 * the side read again. Each column has few types, so that ends. */
static bool digest_source(Verify *verify, Err *err) {
    for (;;) {
        verify->rejected = 0;
        verify->source->misfit.found = false;
        if (verify_digest_make(&verify->plan, verify->sides[VERIFY_SOURCE], VERIFY_SOURCE,
                               verify->progress, verify->arena, &verify->digests[VERIFY_SOURCE],
                               err))
            return true;
        if (!err_is(err, FAIL_UNPROCESSABLE) || !verify->source->misfit.found)
            return err_wrap(err, "read the source");
        err_clear(err);
        if (!row_source_widen(verify->source, verify->source->misfit.column, err))
            return false;
    }
}

static bool digest_both(Verify *verify, Err *err) {
    uint64_t estimated = verify->source->rows_estimated;
    uint64_t expected = estimated > 0 ? estimated : verify->snapshot.rows;
    progress_start(verify->progress, "comparing", "rows", expected + verify->snapshot.rows);
    return digest_source(verify, err) &&
           verify_digest_make(&verify->plan, verify->sides[VERIFY_DATASET], VERIFY_DATASET,
                              verify->progress, verify->arena, &verify->digests[VERIFY_DATASET],
                              err);
}

/* ---- the result ---- */

static void fill_columns(const Verify *verify, VerifyResult *out) {
    const VerifyDigest *source = &verify->digests[VERIFY_SOURCE];
    const VerifyDigest *dataset = &verify->digests[VERIFY_DATASET];
    out->column_count = verify->plan.column_count;
    out->columns = ARENA_ARRAY(verify->arena, VerifyColumn, out->column_count);
    for (size_t i = 0; i < out->column_count; i++) {
        const VerifyPlanColumn *column = &verify->plan.columns[i];
        bool in_source = column->at[VERIFY_SOURCE] != SIZE_MAX;
        bool in_dataset = column->at[VERIFY_DATASET] != SIZE_MAX;
        uint64_t source_nulls = in_source ? source->rows.count - source->columns[i].count : 0;
        uint64_t dataset_nulls = in_dataset ? dataset->rows.count - dataset->columns[i].count : 0;
        out->columns[i] =
            (VerifyColumn){.name = column->name,
                           .in_source = in_source,
                           .in_dataset = in_dataset,
                           .source_nulls = source_nulls,
                           .dataset_nulls = dataset_nulls,
                           .source_checksum = hash128_hex(source->columns[i].sum, verify->arena),
                           .dataset_checksum = hash128_hex(dataset->columns[i].sum, verify->arena),
                           .equal = column->is_shared && source_nulls == dataset_nulls &&
                                    verify_sum_equal(&source->columns[i], &dataset->columns[i])};
    }
}

static bool all_equal(const Verify *verify, const VerifyResult *result) {
    bool columns = true;
    for (size_t i = 0; i < result->column_count; i++)
        columns = columns && result->columns[i].equal;
    return columns && verify_sum_equal(&verify->digests[VERIFY_SOURCE].rows,
                                       &verify->digests[VERIFY_DATASET].rows);
}

static void note_columns(Verify *verify, const VerifyResult *result) {
    bool columns_equal = true;
    for (size_t i = 0; i < result->column_count; i++) {
        const VerifyColumn *column = &result->columns[i];
        const VerifyDigest *source = &verify->digests[VERIFY_SOURCE];
        columns_equal = columns_equal && column->equal;
        if (!column->in_source || !column->in_dataset)
            add_note(verify, "column '%.*s' is in the %s only", STR_ARG(column->name),
                     column->in_source ? "source" : "dataset");
        if (source->misfits[i] > 0)
            add_note(verify, "column '%.*s': %llu values of the source are none of the stored type",
                     STR_ARG(column->name), (unsigned long long)source->misfits[i]);
        if (source->rounded[i] > 0)
            add_note(verify, "column '%.*s': %llu values were rounded by the stored type",
                     STR_ARG(column->name), (unsigned long long)source->rounded[i]);
    }
    if (columns_equal && !result->equal)
        add_note(verify, "every column holds the same values, but not in the same rows");
}

static void note_load(Verify *verify, const VerifyResult *result) {
    if (!verify->source->consistent)
        add_note(verify, "the source has no snapshots: rows may have changed while they were read");
    if (verify->rejected > 0)
        add_note(verify, "%llu records of the source cannot be read and were left out",
                 (unsigned long long)verify->rejected);
    if (str_eq_c(verify->lineage.types, "reference"))
        add_note(verify,
                 "loaded with types 'reference': what the stored types round is a difference");
    bool several =
        str_eq_c(verify->snapshot.lineage.mode, "append") && verify->snapshot.parent_id != 0;
    if (several && !result->equal)
        add_note(verify, "the dataset holds rows of several loads, all of which were compared");
}

static bool name_rows(Verify *verify, VerifyResult *out, Err *err) {
    size_t most = verify->request->differences_max;
    if (verify->plan.key_count == 0) {
        add_note(verify, "no key: rows that differ cannot be named");
        return true;
    }
    progress_start(verify->progress, "naming", "rows", out->source_rows + out->dataset_rows);
    VerifyDiffRequest request = {.plan = &verify->plan,
                                 .sides = verify->sides,
                                 .digests = verify->digests,
                                 .differences_max = most == 0 ? DIFFERENCES_DEFAULT : most,
                                 .budget = verify->ingest->budget,
                                 .progress = verify->progress};
    if (verify_sum_equal(&verify->digests[VERIFY_SOURCE].rows,
                         &verify->digests[VERIFY_DATASET].rows))
        return true; /* only columns that one side lacks */
    return verify_diff(&request, verify->arena, &out->differences, &out->difference_count,
                       &verify->notes, err);
}

/* ---- the whole ---- */

static bool check_request(const VerifyRequest *request, Err *err) {
    if (request->differences_max > DIFFERENCES_MAX) {
        err_fail(err, FAIL_INVALID, "at most %d differences can be named", DIFFERENCES_MAX);
        return err_field(err, "differences_max");
    }
    return true;
}

static bool compare(Verify *verify, VerifyResult *out, Err *err) {
    VerifyResult result = {.dataset = verify->snapshot.dataset,
                           .source_system = str_c(verify->source->ops->system),
                           .source = str_dup(verify->arena, verify->source->shown),
                           .snapshot_id = verify->snapshot.id};
    if (!digest_both(verify, err))
        return false;
    result.source_rows = verify->digests[VERIFY_SOURCE].rows.count;
    result.dataset_rows = verify->digests[VERIFY_DATASET].rows.count;
    fill_columns(verify, &result);
    result.equal = all_equal(verify, &result);
    if (!result.equal && !name_rows(verify, &result, err))
        return false;
    note_columns(verify, &result);
    note_load(verify, &result);
    result.notes = verify->notes;
    *out = result;
    return true;
}

/* With snapshot and source at hand. */
static bool run(Verify *verify, VerifyResult *out, Err *err) {
    Str system = str_c(verify->source->ops->system);
    if (!verify_lineage(verify->ingest, &verify->snapshot, system, verify->arena, &verify->lineage,
                        &verify->has_lineage, err))
        return false;
    verify->source->on_reject = count_reject;
    verify->source->reject_context = verify;
    verify->plan = verify_plan_make(&verify->snapshot.schema, verify->source, verify->arena);
    if (!choose_key(verify, err))
        return false;
    verify->sides[VERIFY_SOURCE] = verify_side_source(verify->source, verify->arena);
    verify->sides[VERIFY_DATASET] = verify_side_dataset(verify->ingest, &verify->snapshot,
                                                        verify->progress, verify->arena, err);
    bool ok = verify->sides[VERIFY_DATASET] != NULL && compare(verify, out, err);
    for (size_t i = 0; i < VERIFY_SIDES; i++)
        verify_side_close(verify->sides[i]);
    return ok;
}

static bool begin(Verify *verify, Err *err) {
    return check_request(verify->request, err) &&
           catalog_snapshot(verify->ingest->catalog, verify->request->dataset, 0, verify->arena,
                            &verify->snapshot, err);
}

bool ingest_verify_source(Ingest *ingest, const VerifyRequest *request, RowSource *source,
                          Progress *progress, Arena *arena, VerifyResult *out, Err *err) {
    uint64_t start_ns = clock_monotonic_ns();
    Verify verify = {.ingest = ingest,
                     .request = request,
                     .source = source,
                     .progress = progress,
                     .arena = arena};
    if (!begin(&verify, err) || !run(&verify, out, err))
        return false;
    out->duration_secs = clock_seconds_since(start_ns);
    return true;
}

bool ingest_verify(Ingest *ingest, const VerifyRequest *request, Progress *progress, Arena *arena,
                   VerifyResult *out, Err *err) {
    uint64_t start_ns = clock_monotonic_ns();
    Verify verify = {.ingest = ingest, .request = request, .progress = progress, .arena = arena};
    if (!begin(&verify, err) || !verify_request_open(ingest, request, &verify.snapshot, progress,
                                                     arena, &verify.source, &verify.notes, err))
        return false;
    bool ok = run(&verify, out, err);
    row_source_close(verify.source);
    if (!ok)
        return false;
    out->duration_secs = clock_seconds_since(start_ns);
    return true;
}
