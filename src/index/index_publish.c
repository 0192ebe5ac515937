/* index_publish.c - stage, swap, install, sweep.
 *
 * Tested by: test_index_crash.c, which makes every store call fail in turn and demands a readable
 * index and a refresh that completes. */
#include "index/index_publish.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/rng.h"
#include "base/vec.h"
#include "index/index_compact.h"

/* A publication under way. */
typedef struct Publication {
    IndexService *service;
    const IndexWriter *writer;
    IndexChange *change;
    Arena *arena;
    SegmentHome home;
    RowSet rows;
    bool renumbered;
    IndexView *view;
    StrVec listed; /* keys in the index's folder before the swap */
    bool has_staging;
    Str new_etag;
} Publication;

/* --- rows --------------------------------------------------------------------------------- */

static void gather_rows(Publication *publication) {
    const IndexView *base = publication->writer->base;
    IndexChange *change = publication->change;
    size_t before = base == NULL ? 0 : base->segment_count;
    RowSet *rows = &publication->rows;
    rows->segments = ARENA_ARRAY(publication->arena, Segment, before + change->added_count + 1);
    for (size_t i = 0; i < before; i++)
        rows->segments[i] =
            (Segment){base->segments[i].ref, row_cache_retain(base->segments[i].rows)};
    for (size_t i = 0; i < change->added_count; i++)
        rows->segments[before + i] = change->added[i];
    rows->segment_count = before + change->added_count;
    const RowIds none = {0};
    rows->dead = row_ids_union(base == NULL ? none : base->dead, change->dead, publication->arena);
}

static bool compact_rows(Publication *publication, Err *err) {
    RowSet *rows = &publication->rows;
    const IndexView *base = publication->writer->base;
    CompactSegment *facts = ARENA_ARRAY(publication->arena, CompactSegment, rows->segment_count);
    row_set_facts(rows, facts);
    uint64_t graph_rows = base == NULL ? 0 : base->head.graph.rows;
    CompactPlan plan = compact_plan(facts, rows->segment_count,
                                    publication->service->config.segments_max, graph_rows);
    publication->renumbered = plan.needed && plan.renumbers;
    return index_compact(&publication->home, &plan, rows, publication->change->progress,
                         publication->arena, err);
}

static bool check_row_count(const Publication *publication, Err *err) {
    uint64_t total = 0;
    for (size_t i = 0; i < publication->rows.segment_count; i++)
        total += publication->rows.segments[i].ref.rows;
    if (total > INT32_MAX)
        return err_fail(err, FAIL_LIMIT, "%llu chunks; an index holds at most %d",
                        (unsigned long long)total, INT32_MAX);
    return true;
}

static bool store_tombstones(Publication *publication, TombstoneRef *out, Err *err) {
    RowIds dead = publication->rows.dead;
    const IndexView *base = publication->writer->base;
    *out = (TombstoneRef){0};
    if (dead.count == 0)
        return true;
    Arena *arena = publication->arena;
    Str bytes = tombstones_encode(dead, arena);
    Str checksum = hash128_hex(hash128(bytes), arena);
    if (base != NULL && str_eq(base->head.tombstones.checksum, checksum)) {
        *out = base->head.tombstones; /* the same set */
        return true;
    }
    Str id = random_id(arena);
    *out = (TombstoneRef){
        .key = str_format(arena, "vectors/%.*s/tombstones/%.*s.bin",
                          STR_ARG(publication->writer->name), STR_ARG(id)),
        .count = dead.count,
        .checksum = checksum,
    };
    return store_put_if_absent(publication->home.store, out->key, bytes, arena, NULL, err);
}

/* --- the head ----------------------------------------------------------------------------- */

/* What the base named and this head does not, unless it had its grace already. */
static void set_retired(Publication *publication, IndexHead *head) {
    head->retired_count = 0;
    const IndexView *base = publication->writer->base;
    if (base == NULL)
        return;
    Arena *arena = publication->arena;
    Str *old_keys;
    Str *new_keys;
    size_t old_count = index_head_keys(&base->head, arena, &old_keys);
    size_t new_count = index_head_keys(head, arena, &new_keys);
    Map named = map_make(arena);
    for (size_t i = 0; i < new_count; i++)
        map_put(&named, new_keys[i], head);
    for (size_t i = 0; i < base->head.retired_count; i++)
        map_put(&named, base->head.retired[i], head);
    Arena *lasting = publication->view->arena;
    head->retired = ARENA_ARRAY(lasting, Str, old_count);
    for (size_t i = 0; i < old_count; i++)
        if (map_get(&named, old_keys[i]) == NULL)
            head->retired[head->retired_count++] = str_dup(lasting, old_keys[i]);
}

static void next_row_id(const Publication *publication, IndexHead *head) {
    const IndexView *base = publication->writer->base;
    uint64_t next = base == NULL ? 0 : base->head.next_row_id;
    for (size_t i = 0; i < publication->change->added_count; i++)
        if (publication->change->added[i].ref.last_row_id >= next)
            next = publication->change->added[i].ref.last_row_id + 1;
    head->next_row_id = next;
}

static bool make_view(Publication *publication, Err *err) {
    IndexHead *head = &publication->change->head;
    if (!store_tombstones(publication, &head->tombstones, err))
        return false;
    next_row_id(publication, head);
    ViewPlan plan = {&publication->home, publication->service->deps.buckets, head, STR_EMPTY};
    RowSet *rows = &publication->rows;
    publication->view =
        index_view_make(&plan, rows->segments, rows->segment_count, rows->dead, err);
    rows->segment_count = 0; /* taken over */
    return publication->view != NULL;
}

static void complete_head(Publication *publication) {
    IndexView *view = publication->view;
    IndexRecord *record = &view->head.record;
    record->chunk_count = view->live_count;
    record->doc_count = index_view_live_docs(view);
    record->updated_at_us = clock_now_us();
    view->head.write_id = random_id(view->arena);
    set_retired(publication, &view->head);
    index_head_derive(&view->head);
}

static bool provide_graph(Publication *publication, Err *err) {
    const IndexChange *change = publication->change;
    GraphRequest request = {
        .base = publication->writer->base,
        .renumbered = publication->renumbered,
        .build = change->build_graph,
        .params = change->graph_params,
        .rows_min = publication->service->config.graph_rows_min,
        .out_seconds = change->out_graph_seconds,
        .progress = change->progress,
    };
    return index_graph_provide(publication->service, publication->view, &request,
                               publication->arena, err);
}

/* --- the swap ----------------------------------------------------------------------------- */

/* Did our head arrive although we were told that it did not? */
static bool swap_happened(const Publication *publication, Str key, Str *out_etag) {
    Err ignored = {0}; /* then we do not know, and the first error stands */
    Str bytes;
    ObjectInfo info;
    IndexHead stored;
    Arena *arena = publication->arena;
    const IndexHead *ours = &publication->view->head;
    if (!store_get(publication->home.store, key, arena, &bytes, &info, &ignored) ||
        !index_head_parse(bytes, ours->record.index_name, ours->record.bucket, arena, &stored,
                          &ignored) ||
        !str_eq(stored.write_id, ours->write_id))
        return false;
    *out_etag = info.etag;
    return true;
}

static bool swap_head(Publication *publication, Err *err) {
    const IndexView *base = publication->writer->base;
    Arena *arena = publication->arena;
    Str key = index_head_key(publication->writer->name, arena);
    Str bytes = index_head_print(&publication->view->head, arena);
    ObjectStore *store = publication->home.store;
    Str etag = STR_EMPTY;
    bool ok = base == NULL ? store_put_if_absent(store, key, bytes, arena, &etag, err)
                           : store_put_if_match(store, key, bytes, base->etag, arena, &etag, err);
    if (!ok && !swap_happened(publication, key, &etag)) {
        bool lost_race =
            err_is(err, FAIL_CONFLICT) || err_is(err, FAIL_EXISTS) || err_is(err, FAIL_NOT_FOUND);
        if (!lost_race)
            return err_wrap(err, "publish index '%.*s'", STR_ARG(publication->writer->name));
        err_fail(err, FAIL_CONFLICT, "index '%.*s' was changed by another process meanwhile",
                 STR_ARG(publication->writer->name));
        return err_hint(err, "try again");
    }
    err_clear(err);
    publication->view->etag = str_dup(publication->view->arena, etag);
    return true;
}

/* --- what nobody names -------------------------------------------------------------------- */

static bool is_below(Str key, Str folder, const char *part) {
    return str_starts(key, folder) &&
           str_starts(str_slice(key, folder.length, key.length), str_c(part));
}

static bool list_folder(Publication *publication, Err *err) {
    ListRequest request = {.prefix = index_folder(publication->writer->name, publication->arena),
                           .without_etags = true};
    do {
        ObjectPage page;
        if (!store_list(publication->home.store, &request, publication->arena, &page, err))
            return false;
        for (size_t i = 0; i < page.count; i++) {
            Str key = page.items[i].key;
            *vec_push(&publication->listed, publication->arena) = key;
            publication->has_staging =
                publication->has_staging || is_below(key, request.prefix, "staging/");
        }
        request.cursor = page.next_cursor;
    } while (!str_is_empty(request.cursor));
    return true;
}

typedef enum SweepPart { SWEEP_CONTENT, SWEEP_STAGING } SweepPart;

/* Removes what was listed and is not named; false when something stayed. */
static bool remove_unnamed(const Publication *publication, const Map *named, SweepPart part) {
    Arena *arena = publication->arena;
    Str folder = index_folder(publication->writer->name, arena);
    bool all = true;
    for (size_t i = 0; i < publication->listed.count; i++) {
        Str key = publication->listed.items[i];
        if (map_get(named, key) != NULL ||
            is_below(key, folder, "staging/") != (part == SWEEP_STAGING))
            continue;
        if (!publication->change->staging_done && is_below(key, folder, "rows/") &&
            publication->has_staging)
            continue; /* a stopped refresh may have stored it */
        Err err = {0};
        if (store_remove(publication->home.store, key, &err) || err_is(&err, FAIL_NOT_FOUND))
            continue;
        log_event(LOG_DEBUG, "index", "orphan_left", "key=%.*s", STR_ARG(key));
        all = false;
    }
    return all;
}

/* The index is published already: what cannot be removed now is left for the next time. The
 * checkpoints go last, so that segments left behind are still named by one. */
static void sweep(const Publication *publication) {
    Arena *arena = publication->arena;
    Str *keys;
    size_t count = index_head_keys(&publication->view->head, arena, &keys);
    Map named = map_make(arena);
    for (size_t i = 0; i < count; i++)
        map_put(&named, keys[i], keys);
    bool all = remove_unnamed(publication, &named, SWEEP_CONTENT);
    if (all && publication->change->staging_done)
        (void)remove_unnamed(publication, &named, SWEEP_STAGING); /* else the next time */
}

/* Local copies of segments that the new head does not name. */
static void forget_copies(const Publication *publication) {
    const IndexView *base = publication->writer->base;
    const IndexView *view = publication->view;
    for (size_t i = 0; base != NULL && i < base->segment_count; i++) {
        bool kept = false;
        for (size_t k = 0; k < view->segment_count; k++)
            kept = kept || str_eq(base->segments[i].ref.checksum, view->segments[k].ref.checksum);
        if (!kept)
            segment_forget(&publication->home, base->segments[i].ref.checksum);
    }
}

/* ------------------------------------------------------------------------------------------ */

static bool publish(Publication *publication, Err *err) {
    return check_row_count(publication, err) && compact_rows(publication, err) &&
           make_view(publication, err) && provide_graph(publication, err) &&
           progress_check(publication->change->progress, err) && list_folder(publication, err) &&
           (complete_head(publication), swap_head(publication, err));
}

bool index_publish(IndexService *service, const IndexWriter *writer, IndexChange *change,
                   Arena *arena, IndexView **out_view, Err *err) {
    Publication publication = {
        .service = service, .writer = writer, .change = change, .arena = arena};
    gather_rows(&publication);
    bool ok = index_registry_home(service->registry, &change->head.record, writer->store,
                                  &publication.home, err) &&
              publish(&publication, err);
    row_set_release(&publication.rows);
    if (ok) {
        index_writer_install(writer, publication.view);
        sweep(&publication);
        forget_copies(&publication);
        if (out_view != NULL)
            *out_view = index_view_retain(publication.view);
    } else {
        index_registry_expire(service->registry, writer->name); /* the swap may have happened */
    }
    index_view_release(publication.view);
    return ok;
}
