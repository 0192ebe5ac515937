/* verify_diff.c - name the first rows that differ, in bounded memory.
 *
 *   buckets whose sums differ -> as many of them as memory allows -> read both sides again, keep
 *   the rows of those buckets as hashes -> sort by key -> pair off equal rows -> name the rest
 *
 * Two sides of ten million rows that differ in one share all but one bucket of some 150 rows. Where
 * everything differs, the buckets looked at are a sample, and the answer says so.
 *
 * Keys need not be unique: within one key equal rows are paired off first, what is left is paired
 * as "both", and rows without a partner belong to one side alone.
 *
 * Tested by: test_verify.c. */
#include "verify/verify_diff.h"

#include <stdlib.h>

enum { KEPT_BYTES_MAX = 64 << 20, KEY_TEXT_BYTES = 128 };

/* A row of a chosen bucket. */
typedef struct KeptRow {
    Hash128 key, whole;
    const uint64_t *values; /* one hash a shared column; 0 is NULL */
    Str key_text;
    int side;
} KeptRow;

typedef struct Diff {
    const VerifyDiffRequest *request;
    Arena *kept; /* ends with the comparison */
    Arena *arena;
    size_t shared_count;
    bool *chosen; /* buckets */
    KeptRow *rows;
    size_t row_count, row_capacity;
    uint64_t bytes; /* that they may take */
    StrBuf key_text;
    int side; /* being read */
    VEC(VerifyDifference) found;
} Diff;

/* ---- choosing ---- */

static bool bucket_differs(const Diff *diff, size_t bucket) {
    const VerifyDigest *digests = diff->request->digests;
    return !verify_sum_equal(&digests[VERIFY_SOURCE].buckets[bucket],
                             &digests[VERIFY_DATASET].buckets[bucket]);
}

/* False: no bucket fits. */
static bool choose_buckets(Diff *diff, bool *out_all) {
    const VerifyDigest *digests = diff->request->digests;
    size_t row_bytes = sizeof(KeptRow) + diff->shared_count * sizeof(uint64_t) +
                       diff->request->plan->key_count * KEY_TEXT_BYTES;
    uint64_t room = KEPT_BYTES_MAX / row_bytes, taken = 0;
    *out_all = true;
    for (size_t i = 0; i < VERIFY_BUCKETS; i++) {
        if (!bucket_differs(diff, i))
            continue;
        uint64_t rows =
            digests[VERIFY_SOURCE].buckets[i].count + digests[VERIFY_DATASET].buckets[i].count;
        diff->chosen[i] = rows <= room - taken;
        if (diff->chosen[i])
            taken += rows;
        else
            *out_all = false;
    }
    diff->row_capacity = (size_t)taken;
    diff->bytes = taken * row_bytes;
    return taken > 0;
}

/* ---- keeping ---- */

static bool keep_row(void *context, const VerifyRow *row, Err *err) {
    Diff *diff = context;
    const VerifyPlan *plan = diff->request->plan;
    if (!diff->chosen[verify_bucket(row->key)])
        return true;
    if (diff->row_count == diff->row_capacity)
        return err_fail(err, FAIL_CONFLICT, "the source changed while it was compared");
    uint64_t *values = ARENA_ARRAY(diff->kept, uint64_t, diff->shared_count);
    size_t at = 0;
    for (size_t i = 0; i < plan->column_count; i++)
        if (plan->columns[i].is_shared)
            values[at++] = row->is_null[i] ? 0 : row->values[i].low;
    strbuf_clear(&diff->key_text);
    verify_key_text(plan, diff->side, row, &diff->key_text);
    diff->rows[diff->row_count++] =
        (KeptRow){.key = row->key,
                  .whole = row->whole,
                  .values = values,
                  .key_text = str_dup(diff->kept, strbuf_str(&diff->key_text)),
                  .side = diff->side};
    return true;
}

static bool keep_rows(Diff *diff, Err *err) {
    for (diff->side = 0; diff->side < VERIFY_SIDES; diff->side++)
        if (!verify_walk(diff->request->plan, diff->request->sides[diff->side], diff->side,
                         diff->request->progress, keep_row, diff, err))
            return false;
    return true;
}

/* ---- comparing ---- */

static int compare_hash(Hash128 a, Hash128 b) {
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return a.low == b.low ? 0 : a.low < b.low ? -1 : 1;
}

static int compare_rows(const void *left, const void *right) {
    const KeptRow *a = left, *b = right;
    int order = compare_hash(a->key, b->key);
    if (order == 0)
        order = a->side - b->side;
    return order != 0 ? order : compare_hash(a->whole, b->whole);
}

static void add_difference(Diff *diff, const KeptRow *row, const char *side) {
    *vec_push(&diff->found, diff->arena) =
        (VerifyDifference){.key = str_dup(diff->arena, row->key_text), .side = str_c(side)};
}

static void add_changed(Diff *diff, const KeptRow *source, const KeptRow *dataset) {
    const VerifyPlan *plan = diff->request->plan;
    add_difference(diff, source, "both");
    VerifyDifference *difference = &diff->found.items[diff->found.count - 1];
    for (size_t i = 0, at = 0; i < plan->column_count; i++) {
        if (!plan->columns[i].is_shared)
            continue;
        if (source->values[at] != dataset->values[at])
            *vec_push(&difference->columns, diff->arena) = plan->columns[i].name;
        at++;
    }
}

/* Moves the rows that the other side lacks to the front of each part; both are sorted by hash. */
static void pair_off(KeptRow *a, size_t *a_count, KeptRow *b, size_t *b_count) {
    size_t i = 0, j = 0, a_left = 0, b_left = 0;
    while (i < *a_count || j < *b_count) {
        int order = i == *a_count ? 1 : j == *b_count ? -1 : compare_hash(a[i].whole, b[j].whole);
        if (order < 0)
            a[a_left++] = a[i++];
        else if (order > 0)
            b[b_left++] = b[j++];
        else
            i++, j++;
    }
    *a_count = a_left;
    *b_count = b_left;
}

/* The rows of one key: the source's, then the dataset's. */
static void compare_key(Diff *diff, KeptRow *rows, size_t count) {
    size_t source_count = 0;
    while (source_count < count && rows[source_count].side == VERIFY_SOURCE)
        source_count++;
    KeptRow *dataset = rows + source_count;
    size_t dataset_count = count - source_count, i = 0;
    pair_off(rows, &source_count, dataset, &dataset_count);
    for (; i < source_count && i < dataset_count; i++)
        add_changed(diff, &rows[i], &dataset[i]);
    for (size_t s = i; s < source_count; s++)
        add_difference(diff, &rows[s], "source");
    for (size_t d = i; d < dataset_count; d++)
        add_difference(diff, &dataset[d], "dataset");
}

static void compare_all(Diff *diff) {
    qsort(diff->rows, diff->row_count, sizeof *diff->rows, compare_rows);
    for (size_t from = 0, to; from < diff->row_count; from = to) {
        to = from + 1;
        while (to < diff->row_count && compare_hash(diff->rows[from].key, diff->rows[to].key) == 0)
            to++;
        compare_key(diff, diff->rows + from, to - from);
    }
}

/* ---- in order ---- */

static bool is_digit(Str text, size_t at) {
    return at < text.length && text.data[at] >= '0' && text.data[at] <= '9';
}

static size_t digits_at(Str text, size_t *at) {
    while (is_digit(text, *at) && text.data[*at] == '0' && is_digit(text, *at + 1))
        (*at)++;
    size_t end = *at;
    while (is_digit(text, end))
        end++;
    return end - *at;
}

/* By bytes, but runs of digits by their number: id=7 before id=10. */
static int compare_natural(Str a, Str b) {
    size_t i = 0, j = 0;
    while (i < a.length && j < b.length) {
        if (is_digit(a, i) && is_digit(b, j)) {
            size_t a_digits = digits_at(a, &i), b_digits = digits_at(b, &j);
            if (a_digits != b_digits)
                return a_digits < b_digits ? -1 : 1;
        }
        if (a.data[i] != b.data[j])
            return (unsigned char)a.data[i] < (unsigned char)b.data[j] ? -1 : 1;
        i++, j++;
    }
    return i < a.length ? 1 : j < b.length ? -1 : str_compare(a, b);
}

static int compare_differences(const void *left, const void *right) {
    const VerifyDifference *a = left, *b = right;
    int order = compare_natural(a->key, b->key);
    return order != 0 ? order : str_compare(a->side, b->side);
}

static void finish(Diff *diff, bool all, VerifyDifference **out, size_t *out_count, StrVec *notes) {
    size_t found = diff->found.count, most = diff->request->differences_max;
    if (found > 1)
        qsort(diff->found.items, found, sizeof *diff->found.items, compare_differences);
    if (!all)
        *vec_push(notes, diff->arena) = str_format(
            diff->arena, "%zu rows that differ were found in a part of the rows; there are more",
            found);
    else if (found > most)
        *vec_push(notes, diff->arena) =
            str_format(diff->arena, "%zu rows differ; the first %zu are named", found, most);
    *out = diff->found.items;
    *out_count = found < most ? found : most;
}

static bool run(Diff *diff, VerifyDifference **out, size_t *out_count, StrVec *notes, Err *err) {
    bool all;
    *out = NULL;
    *out_count = 0;
    if (!choose_buckets(diff, &all)) {
        *vec_push(notes, diff->arena) =
            STR("too many rows share a key: the rows that differ cannot be named");
        return true;
    }
    if (!budget_hold(diff->request->budget, diff->bytes, "rows that differ", diff->kept, err))
        return false;
    diff->rows = ARENA_ARRAY(diff->kept, KeptRow, diff->row_capacity);
    if (!keep_rows(diff, err))
        return false;
    compare_all(diff);
    finish(diff, all, out, out_count, notes);
    return true;
}

bool verify_diff(const VerifyDiffRequest *request, Arena *arena, VerifyDifference **out,
                 size_t *out_count, StrVec *notes, Err *err) {
    Diff diff = {.request = request, .kept = arena_create(), .arena = arena};
    Arena *texts = arena_create();
    diff.key_text = strbuf_make(texts);
    diff.chosen = ARENA_ARRAY(diff.kept, bool, VERIFY_BUCKETS);
    for (size_t i = 0; i < request->plan->column_count; i++)
        diff.shared_count += request->plan->columns[i].is_shared;
    bool ok = run(&diff, out, out_count, notes, err);
    arena_destroy(texts);
    arena_destroy(diff.kept);
    return ok;
}
