/* fuzz_index_head.c - hostile heads: corrupt, or read, and then printed and read again as the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "index/index_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_create();
    IndexHead head;
    IndexHead again;
    Err err = {0};
    if (index_head_parse(str_make(data, size), STR("resumes"), STR("primary"), arena, &head,
                         &err)) {
        Str printed = index_head_print(&head, arena);
        if (!index_head_parse(printed, STR("resumes"), STR("primary"), arena, &again, &err) ||
            !str_eq(index_head_print(&again, arena), printed))
            abort();
    } else if (err.kind != FAIL_CORRUPT) {
        abort();
    }
    arena_destroy(arena);
    return 0;
}
