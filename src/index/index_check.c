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

bool index_check(IndexService *service, Str name, Arena *arena, IndexCheck *out, Err *err) {
    IndexView *view;
    if (!index_name_check(name, err))
        return false;
    index_registry_evict(service->registry, name); /* as a stranger would see it */
    if (!index_registry_view(service->registry, name, &view, err))
        return false;
    arena_defer(arena, index_view_release_defer, view);
    if (view->graph_error.kind != FAIL_NONE) {
        *err = view->graph_error;
        return false;
    }
    if (!index_view_check(view, err))
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
