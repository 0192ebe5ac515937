/* fuzz_append_log.c - hostile log records: corrupt, or read. A log goes on behind any of them. */
#include <stdint.h>
#include <stdlib.h>

#include "storage/append_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_create();
    ObjectStore *store = store_memory_create();
    AppendLog log = {store, STR("j")};
    Err err = {0};
    LogRecord *records;
    size_t count;
    uint64_t sequence;
    if (!store_put(store, STR("j/00000000000000000001.json"), str_make(data, size), arena, NULL,
                   &err))
        abort();
    if (!append_log_read(&log, 1, 10, arena, &records, &count, &err) && err.kind != FAIL_CORRUPT)
        abort();
    json_t *value = json_keep(arena, json_object());
    if (!append_log_add(&log, value, &sequence, &err) || sequence != 2)
        abort();
    store_close(store);
    arena_destroy(arena);
    return 0;
}
