/* index_diff.c - a hash table over the dataset's documents, compared with the index as it fills.
 *
 * The index is asked once per document, when its id is first seen; a bit per document of the index
 * remembers that it was, so that those never seen are the ones gone. Only texts' hashes are kept:
 * a second pass (index_refresh.c) reads the texts of the documents that are wanted.
 *
 * Tested by: test_index_diff.c, against a naive map. */
#include "index/index_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/unicode.h"
#include "base/vec.h"

enum { CAPACITY_FIRST = 1024, PROGRESS_EVERY = 4096 };

bool text_is_blank(Str text) {
    for (size_t at = 0; at < text.length;) {
        size_t length = 1;
        if (!unicode_is_space(utf8_decode(text, at, &length)))
            return false;
        at += length;
    }
    return true;
}

/* --- the table ---------------------------------------------------------------------------- */

static bool same_hash(Hash128 a, Hash128 b) {
    return a.low == b.low && a.high == b.high;
}

/* The slot of this id, or the free one where it would go. */
static uint64_t slot_of(const DiffTable *table, Hash128 id) {
    uint64_t at = id.low & (table->slot_count - 1);
    while (table->slots[at] != 0 && !same_hash(table->docs[table->slots[at] - 1].id, id))
        at = (at + 1) & (table->slot_count - 1);
    return at;
}

static bool table_grow(DiffTable *table, Err *err) {
    if (table->capacity > UINT32_MAX / 2)
        return err_fail(err, FAIL_LIMIT, "more than %u documents", table->capacity);
    uint32_t capacity = table->capacity == 0 ? CAPACITY_FIRST : table->capacity * 2;
    uint64_t slot_count = (uint64_t)capacity * 2;
    uint64_t bytes = capacity * sizeof(DiffDoc) + slot_count * sizeof(uint32_t);
    if (!budget_take(table->budget, bytes - table->budget_bytes, "comparing documents", err))
        return false;
    table->budget_bytes = bytes;
    table->docs = realloc(table->docs, capacity * sizeof *table->docs);
    free(table->slots);
    table->slots = calloc(slot_count, sizeof *table->slots);
    if (table->docs == NULL || table->slots == NULL)
        abort();
    table->capacity = capacity;
    table->slot_count = slot_count;
    for (uint32_t i = 0; i < table->count; i++)
        table->slots[slot_of(table, table->docs[i].id)] = i + 1;
    return true;
}

static void table_free(DiffTable *table) {
    budget_give(table->budget, table->budget_bytes);
    free(table->docs);
    free(table->slots);
    *table = (DiffTable){0};
}

const DiffDoc *index_diff_find(const IndexDiff *diff, Hash128 id) {
    if (diff->table.slot_count == 0)
        return NULL;
    uint32_t slot = diff->table.slots[slot_of(&diff->table, id)];
    return slot == 0 ? NULL : &diff->table.docs[slot - 1];
}

/* --- the pass over the dataset ------------------------------------------------------------ */

typedef struct DiffRun {
    const DiffRequest *request;
    IndexDiff *diff;
    uint64_t **seen; /* a bitmap over the documents of each segment */
    uint64_t rows;
} DiffRun;

static bool add_doc(DiffRun *run, const DatasetRow *row, Hash128 id, Hash128 content, Err *err) {
    DiffTable *table = &run->diff->table;
    if (table->count == table->capacity && !table_grow(table, err))
        return false;
    DiffDoc *doc = &table->docs[table->count];
    *doc = (DiffDoc){id, content, row->ordinal, {DOC_UNKNOWN, 0}};
    DocPlace place;
    if (run->request->view != NULL && index_view_find_doc(run->request->view, row->id, &place)) {
        doc->known = place;
        run->seen[place.segment][place.doc / 64] |= UINT64_C(1) << (place.doc % 64);
    }
    table->slots[slot_of(table, id)] = ++table->count;
    return true;
}

static bool take_row(void *context, const DatasetRow *row, Err *err) {
    DiffRun *run = context;
    SourceCounts *counts = &run->diff->counts;
    if (++run->rows % PROGRESS_EVERY == 0)
        progress_add(run->request->progress, PROGRESS_EVERY);
    if (row->id_is_null || row->text_is_null || text_is_blank(row->text)) {
        counts->null_id += row->id_is_null;
        counts->null_text += !row->id_is_null && row->text_is_null;
        counts->blank_text += !row->id_is_null && !row->text_is_null;
        return true;
    }
    Hash128 id = hash128(row->id);
    Hash128 content = hash128(row->text);
    DiffTable *table = &run->diff->table;
    uint32_t slot = table->slot_count == 0 ? 0 : table->slots[slot_of(table, id)];
    if (slot == 0)
        return add_doc(run, row, id, content, err);
    counts->duplicate_ids++;
    DiffDoc *doc = &table->docs[slot - 1];
    if (row->ordinal > doc->ordinal) {
        doc->ordinal = row->ordinal;
        doc->content = content;
    }
    return true;
}

static bool read_dataset(DiffRun *run, Err *err) {
    const DatasetRows *rows = run->request->rows;
    const Snapshot *snapshot = rows->snapshot;
    progress_start(run->request->progress, "comparing", "rows", snapshot->rows);
    for (size_t i = 0; i < snapshot->file_count; i++) {
        if (snapshot->files[i].rows == 0)
            continue;
        if (!progress_check(run->request->progress, err) ||
            !dataset_rows_scan(rows, i, 0, snapshot->files[i].rows - 1, run->request->progress,
                               take_row, run, err))
            return false;
    }
    if (run->rows != snapshot->rows)
        return err_fail(err, FAIL_CORRUPT, "dataset '%.*s' has %llu rows, its snapshot says %llu",
                        STR_ARG(snapshot->dataset), (unsigned long long)run->rows,
                        (unsigned long long)snapshot->rows);
    return true;
}

/* --- what follows from it ----------------------------------------------------------------- */

static bool is_wanted(const DiffRequest *request, const DiffDoc *doc) {
    return !diff_doc_is_known(doc) ||
           !same_hash(index_view_doc(request->view, doc->known).content_hash, doc->content);
}

static int compare_ordinals(const void *a, const void *b, void *context) {
    const DiffDoc *docs = context;
    RowOrdinal left = docs[*(const uint32_t *)a].ordinal;
    RowOrdinal right = docs[*(const uint32_t *)b].ordinal;
    return (left > right) - (left < right);
}

static bool collect_wanted(const DiffRequest *request, Arena *arena, IndexDiff *diff, Err *err) {
    const DiffTable *table = &diff->table;
    size_t count = 0;
    for (uint32_t i = 0; i < table->count; i++)
        count += is_wanted(request, &table->docs[i]);
    if (!budget_hold(request->budget, count * sizeof(uint32_t), "documents to embed", arena, err))
        return false;
    diff->wanted = ARENA_ARRAY(arena, uint32_t, count);
    for (uint32_t i = 0; i < table->count; i++)
        if (is_wanted(request, &table->docs[i]))
            diff->wanted[diff->wanted_count++] = i;
    if (count > 1)
        qsort_r(diff->wanted, count, sizeof *diff->wanted, compare_ordinals, table->docs);
    return true;
}

static void collect_gone(const DiffRun *run, Arena *arena, IndexDiff *diff) {
    const IndexView *view = run->request->view;
    for (uint32_t i = 0; view != NULL && i < view->segment_count; i++) {
        for (uint32_t doc = 0; doc < row_cache_docs(view->segments[i].rows); doc++) {
            DocPlace place = {i, doc};
            bool seen = (run->seen[i][doc / 64] >> (doc % 64) & 1) != 0;
            if (seen || !index_view_doc_is_live(view, place))
                continue;
            diff->gone_docs++;
            index_view_doc_row_ids(view, place, &diff->gone_rows, arena);
        }
    }
}

static uint64_t **seen_bitmaps(const IndexView *view, Arena *arena) {
    if (view == NULL)
        return NULL;
    uint64_t **seen = ARENA_ARRAY(arena, uint64_t *, view->segment_count);
    for (size_t i = 0; i < view->segment_count; i++)
        seen[i] = ARENA_ARRAY(arena, uint64_t, row_cache_docs(view->segments[i].rows) / 64 + 1);
    return seen;
}

bool index_diff_run(const DiffRequest *request, Arena *arena, IndexDiff *out, Err *err) {
    IndexDiff diff = {.table = {.budget = request->budget}};
    DiffRun run = {.request = request, .diff = &diff, .seen = seen_bitmaps(request->view, arena)};
    if (!read_dataset(&run, err) || !collect_wanted(request, arena, &diff, err)) {
        table_free(&diff.table);
        return false;
    }
    collect_gone(&run, arena, &diff);
    diff.counts.docs = diff.table.count;
    *out = diff;
    return true;
}

void index_diff_deinit(IndexDiff *diff) {
    table_free(&diff->table);
}
