/* The example of docs/append-log.md, which shows this file from the next line on. */
#include "storage/append_log.h"

#include <stdio.h>

bool append_log_example(FILE *out, Err *err);

/* Writes two decisions to a journal and reads them back. */
bool append_log_example(FILE *out, Err *err) {
    Arena *arena = arena_create();
    ObjectStore *store = store_memory_create(); /* any store: a bucket's, say */
    AppendLog journal = {.store = store, .prefix = STR("journal/resumes")};

    json_t *decision = json_keep(arena, json_object());
    json_set_str(decision, "kind", STR("promotion"));
    json_set_u64(decision, "ef_search", 80);
    uint64_t sequence;
    bool ok = append_log_add(&journal, decision, &sequence, err); /* durable when it returns */
    json_set_u64(decision, "ef_search", 120);
    ok = ok && append_log_add(&journal, decision, &sequence, err);

    LogRecord *records;
    size_t count;
    ok = ok && append_log_read(&journal, 1, 100, arena, &records, &count, err);
    for (size_t i = 0; ok && i < count; i++) {
        uint64_t effort;
        ok = json_read_u64(records[i].data, "ef_search", JSON_REQUIRED, &effort, err);
        if (ok)
            fprintf(out, "%llu: ef_search %llu\n", (unsigned long long)records[i].sequence,
                    (unsigned long long)effort);
    }
    store_close(store);
    arena_destroy(arena);
    return ok;
}
