/* fuzz_snapshot_json.c - hostile snapshot records: corrupt, or a record that prints and reads back
 * the same, and whose keys never leave data/. */
#include <stdint.h>
#include <stdlib.h>

#include "catalog/snapshot_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_create();
    Err err = {0};
    Snapshot snapshot, again;
    Str key = STR("k");
    if (snapshot_parse(str_make(data, size), key, STR("b"), arena, &snapshot, &err)) {
        for (size_t i = 0; i < snapshot.file_count; i++)
            if (!str_starts(snapshot.files[i].key, STR("data/")))
                abort();
        Str printed = snapshot_print(&snapshot, arena);
        if (!snapshot_parse(printed, key, STR("b"), arena, &again, &err) ||
            !str_eq(snapshot_print(&again, arena), printed))
            abort();
    } else if (err.kind != FAIL_CORRUPT) {
        abort();
    }
    arena_destroy(arena);
    return 0;
}
