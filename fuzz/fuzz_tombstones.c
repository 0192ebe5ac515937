/* fuzz_tombstones.c - hostile lists of deleted rows, with the checksum made to fit: what is read is
 * a rising list, and is read back the same from what we would write. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "index/tombstones.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_create();
    char *bytes = arena_alloc(arena, size + 1);
    memcpy(bytes, data, size);
    if (size >= 24) {
        uint32_t crc = crc32c(0, str_make(bytes + 16, size - 16));
        memcpy(bytes + 12, &crc, sizeof crc);
    }
    RowIds rows;
    RowIds again;
    Err err = {0};
    if (tombstones_decode(str_make(bytes, size), arena, &rows, &err)) {
        for (size_t i = 1; i < rows.count; i++)
            if (rows.ids[i] <= rows.ids[i - 1])
                abort();
        if (!tombstones_decode(tombstones_encode(rows, arena), arena, &again, &err) ||
            again.count != rows.count)
            abort();
    } else if (err.kind != FAIL_CORRUPT) {
        abort();
    }
    arena_destroy(arena);
    return 0;
}
