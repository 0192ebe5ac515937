/* fuzz_sql_name.c - hostile names of tables: refused, or quoted so that they read back the same. */
#include <stdint.h>
#include <stdlib.h>

#include "source/sql_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_create();
    Err err = {0};
    SqlName name, again;
    if (sql_name_parse(str_make(data, size), arena, &name, &err)) {
        for (char quote = '"'; quote != 0; quote = quote == '"' ? '`' : 0) {
            StrBuf sql = strbuf_make(arena);
            for (size_t i = 0; i < name.count; i++) {
                if (i > 0)
                    strbuf_append_char(&sql, '.');
                sql_append_name(&sql, quote, name.parts[i]);
            }
            if (!sql_name_parse(strbuf_str(&sql), arena, &again, &err) || again.count != name.count)
                abort();
            for (size_t i = 0; i < name.count; i++)
                if (!str_eq(again.parts[i], name.parts[i]))
                    abort();
        }
    } else if (err.kind != FAIL_INVALID) {
        abort();
    }
    arena_destroy(arena);
    return 0;
}
