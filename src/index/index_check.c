/* index_check.c - one index, looked at as `lakehouse doctor` does: everything the head names is
 * there, whole and in agreement, and the graph keeps its invariants.
 *
 * The objects of a stopped refresh (staging/) count as named: the next refresh resumes from them.
 *
 * Tested by: tests/e2e/test_doctor.py. */
#include "base/vec.h"
#include "index/index_state.h"

/* The head is readable, but is what it names? A graph that cannot be opened is only a slower
 * search to a reader, and a problem here. */
static bool check_view(IndexService *service, Str name, Err *err) {
    IndexView *view;
    index_registry_evict(service->registry, name); /* look at what is stored, not at what we hold */
    if (!index_registry_view(service->registry, name, &view, err))
        return false;
    bool sound = index_view_check(view, err);
    if (sound && view->graph_error.kind != FAIL_NONE) {
        *err = view->graph_error;
        sound = false;
    }
    if (sound && view->graph.index != NULL)
        sound = vector_index_check(view->graph.index, err);
    index_view_release(view);
    return sound;
}

static bool add_staged_keys(const FoundHead *found, Str name, Arena *arena, StrVec *keys,
                            Err *err) {
    Str folder = index_folder(name, arena);
    ListRequest request = {.prefix = str_format(arena, "%.*sstaging/", STR_ARG(folder)),
                           .limit = 1000};
    do {
        ObjectPage page;
        if (!store_list(found->store, &request, arena, &page, err))
            return false;
        for (size_t i = 0; i < page.count; i++)
            *vec_push(keys, arena) = page.items[i].key;
        request.cursor = page.next_cursor;
    } while (request.cursor.length > 0);
    return true;
}

bool index_check(IndexService *service, Str name, Arena *arena, IndexCheck *out, Err *err) {
    FoundHead found;
    if (!index_registry_find(service->registry, name, arena, &found, err) ||
        !check_view(service, name, err))
        return false;
    Str *named;
    size_t named_count = index_head_keys(&found.head, arena, &named);
    StrVec keys = {0};
    for (size_t i = 0; i < named_count; i++)
        *vec_push(&keys, arena) = named[i];
    if (!add_staged_keys(&found, name, arena, &keys, err))
        return false;
    *out = (IndexCheck){.bucket = found.bucket,
                        .rows = found.head.record.chunk_count,
                        .live_kind = found.head.record.live_kind,
                        .keys = keys.items,
                        .key_count = keys.count};
    return true;
}
