/* catalog_drop.c - changes of a head that make no snapshot: describing a dataset, dropping it.
 *
 * A drop marks the head as dropped by compare-and-swap, so that it cannot cross a commit, then
 * removes what the head led to. It removes nothing else under the dataset's folders: a load may
 * just now be writing files there for a commit of its own.
 *
 * Tested by: tests/unit/catalog/test_catalog.c, test_catalog_faults.c. */
#include "catalog/catalog.h"

#include "base/map.h"
#include "catalog/catalog_state.h"
#include "catalog/snapshot_json.h"

enum { DESCRIPTION_BYTES_MAX = 4096 };

bool catalog_edit_head(Catalog *catalog, Str dataset, HeadEditFn edit, void *context, Arena *arena,
                       DatasetPlace *out_before, Err *err) {
    bool ok = false, again = true;
    pthread_mutex_t *stripe = catalog_stripe(catalog, dataset);
    pthread_mutex_lock(stripe);
    for (int swap = 0; swap < CATALOG_SWAPS_MAX && !ok && again; swap++) {
        again = catalog_locate(catalog, dataset, arena, out_before, err);
        if (!again)
            break;
        DatasetHead head = out_before->head;
        if (!edit(catalog, out_before, &head, context, arena, err))
            break;
        ok = dataset_head_swap(out_before->store, &head, arena, err);
        again = !ok && err_is(err, FAIL_CONFLICT);
    }
    pthread_mutex_unlock(stripe);
    return ok;
}

static bool set_description(Catalog *catalog, const DatasetPlace *place, DatasetHead *head,
                            void *description, Arena *arena, Err *err) {
    (void)catalog, (void)place, (void)arena, (void)err;
    head->info.description = *(Str *)description;
    return true;
}

static bool set_dropped(Catalog *catalog, const DatasetPlace *place, DatasetHead *head,
                        void *nothing, Arena *arena, Err *err) {
    (void)catalog, (void)place, (void)nothing, (void)arena, (void)err;
    head->dropped = true;
    return true;
}

bool catalog_describe(Catalog *catalog, Str dataset, Str description, Err *err) {
    if (description.length > DESCRIPTION_BYTES_MAX || !utf8_valid(description) ||
        str_find_char(description, '\0', 0) != SIZE_MAX) {
        err_fail(err, FAIL_INVALID, "a description is at most %d bytes of text",
                 DESCRIPTION_BYTES_MAX);
        return err_field(err, "description");
    }
    Arena *scratch = arena_create();
    DatasetPlace before;
    bool ok =
        catalog_edit_head(catalog, dataset, set_description, &description, scratch, &before, err);
    arena_destroy(scratch);
    return ok;
}

/* The keys of all that the chain of snapshots led to, as far as it can be read. */
static void collect_keys(Catalog *catalog, const DatasetPlace *place, Map *out_keys) {
    Err ignored; /* what cannot be read stays behind as orphans */
    for (uint64_t id = place->head.info.snapshot_id; id != 0;) {
        Arena *scratch = arena_create();
        Snapshot snapshot;
        bool ok = catalog_load(catalog, place, id, scratch, &snapshot, &ignored);
        map_put(out_keys, snapshot_key(place->head.info.name, id, scratch), out_keys);
        for (size_t i = 0; ok && i < snapshot.file_count; i++)
            map_put(out_keys, snapshot.files[i].key, out_keys);
        id = ok ? snapshot.parent_id : 0;
        arena_destroy(scratch);
    }
}

bool catalog_drop(Catalog *catalog, Str dataset, Err *err) {
    Arena *scratch = arena_create();
    DatasetPlace before;
    bool ok = catalog_edit_head(catalog, dataset, set_dropped, NULL, scratch, &before, err);
    if (ok) {
        Map keys = map_make(scratch);
        collect_keys(catalog, &before, &keys);
        const MapEntry *entry;
        for (size_t i = 0; map_next(&keys, &i, &entry);) {
            Err ignored;
            if (!store_remove(before.store, entry->key, &ignored))
                continue; /* an orphan for doctor */
        }
        catalog_publish(catalog, before.head.info.name, 0);
    }
    arena_destroy(scratch);
    return ok;
}
