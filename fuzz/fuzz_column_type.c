/* fuzz_column_type.c - hostile type texts: refused, or stored as a type that is stored as itself.
 */
#include <stdint.h>
#include <stdlib.h>

#include "catalog/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_create();
    Err err = {0};
    Str stored, again;
    if (schema_storage_type(STR("c"), str_make(data, size), arena, &stored, &err)) {
        SchemaColumn column = {1, STR("c"), stored, true};
        Schema schema = {&column, 1, 1};
        if (!schema_storage_type(STR("c"), stored, arena, &again, &err) || !str_eq(stored, again) ||
            schema_field_ids(&schema, arena).length == 0)
            abort();
    } else if (err.kind != FAIL_UNPROCESSABLE) {
        abort();
    }
    arena_destroy(arena);
    return 0;
}
