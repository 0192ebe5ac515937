/* index_doc.c - all chunks of one document: a hash probe a segment, then rows that lie together.
 *
 * Tested by: test_index_search.c. */
#include "index/index_state.h"

bool index_doc(IndexService *service, Str name, Str doc_id, Arena *arena, IndexHit **out_chunks,
               size_t *out_count, Err *err) {
    IndexView *view;
    if (!index_name_check(name, err) || !index_registry_view(service->registry, name, &view, err))
        return false;
    arena_defer(arena, index_view_release_defer, view); /* the texts point into it */
    DocPlace place;
    if (!index_view_find_doc(view, doc_id, &place))
        return err_fail(err, FAIL_NOT_FOUND, "no document '%.*s' in index '%.*s'",
                        STR_ARG(utf8_clip(doc_id, 128)), STR_ARG(name));
    RowDoc doc = index_view_doc(view, place);
    IndexHit *chunks = ARENA_ARRAY(arena, IndexHit, doc.row_count);
    for (uint32_t i = 0; i < doc.row_count; i++) {
        IndexRow row = row_cache_row(view->segments[place.segment].rows, doc.first_row + i);
        chunks[i] = (IndexHit){
            .doc_id = row.doc_id,
            .chunk_idx = row.chunk_idx,
            .chunk_text = row.chunk_text,
            .source = row.source,
        };
    }
    *out_chunks = chunks;
    *out_count = doc.row_count;
    return true;
}
