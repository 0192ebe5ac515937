/* index_check.c - one index, looked at as `lakehouse doctor` does: everything the head names is
 * there, whole and in agreement, and the graph keeps its invariants.
 *
 * What a stopped refresh left counts as named, its checkpoint and the segments in it: the next
 * refresh resumes from them. A graph that cannot be opened is only a failed search to a reader who
 * did not ask for an exact one, and a problem here.
 *
 * Tested by: test_index_crash.c, tests/e2e/test_doctor.py. */
#include "base/vec.h"
#include "index/index_state.h"
#include "index/refresh_checkpoint.h"

/* Searches may live on decoded copies: see that the objects themselves are whole. */
static bool check_segments(const IndexView *view, Arena *arena, Err *err) {
    for (size_t i = 0; i < view->segment_count; i++) {
        const SegmentRef *ref = &view->segments[i].ref;
        Str path;
        Str checksum;
        uint64_t bytes = 0;
        bool there = object_cache_path(view->home.cache, view->home.bucket, view->home.store,
                                       ref->key, arena, &path, err) &&
                     file_checksum(str_to_c(arena, path), arena, &checksum, &bytes, err);
        if (!there)
            return err_wrap(err, "segment '%.*s'", STR_ARG(ref->key));
        if (!str_eq(checksum, ref->checksum) || bytes != ref->size_bytes)
            return err_fail(err, FAIL_CORRUPT, "segment '%.*s' does not match its checksum",
                            STR_ARG(ref->key));
    }
    return true;
}

static bool check_view(const IndexView *view, Arena *arena, Err *err) {
    if (view->graph_error.kind != FAIL_NONE) {
        *err = view->graph_error;
        return false;
    }
    return index_view_check(view, err) && check_segments(view, arena, err);
}

bool index_check(IndexService *service, Str name, Arena *arena, IndexCheck *out, Err *err) {
    IndexView *view;
    if (!index_name_check(name, err))
        return false;
    index_registry_evict(service->registry, name); /* as a stranger would see it */
    if (!index_registry_view(service->registry, name, &view, err))
        return false;
    arena_defer(arena, index_view_release_defer, view);
    if (!check_view(view, arena, err))
        return err_wrap(err, "index '%.*s'", STR_ARG(name));
    StrVec keys = {0};
    Str *named;
    size_t count = index_head_keys(&view->head, arena, &named);
    for (size_t i = 0; i < count; i++)
        *vec_push(&keys, arena) = named[i];
    if (!checkpoint_keys(view->home.store, name, arena, &keys, err))
        return false;
    *out = (IndexCheck){
        .bucket = view->home.bucket,
        .rows = view->live_count,
        .live_kind = view->head.record.live_kind,
        .keys = keys.items,
        .key_count = keys.count,
    };
    return true;
}
