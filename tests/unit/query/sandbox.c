/* sandbox.c - see sandbox.h. */
#include "unit.h"

#include "sandbox.h"

#include <stdlib.h>

static bool list_roots(void *context, Arena *arena, StrVec *out_roots, Err *err) {
    (void)err;
    Sandbox *sandbox = context;
    *vec_push(out_roots, arena) = str_format(arena, "%s/", sandbox->root);
    return true;
}

static bool install_nothing(void *context, struct _duckdb_connection *connection, Err *err) {
    (void)context, (void)connection, (void)err;
    return true;
}

void sandbox_open(Sandbox *sandbox) {
    Err err = {0};
    memset(sandbox, 0, sizeof *sandbox);
    snprintf(sandbox->root, sizeof sandbox->root, "/tmp/lakehouse-sandbox-XXXXXX");
    assert_non_null(mkdtemp(sandbox->root));
    sandbox->arena = arena_create();
    LockedConfig config = {.memory_bytes = 256 << 20,
                           .threads = 2,
                           .context = sandbox,
                           .roots = list_roots,
                           .install = install_nothing};
    config.temp_directory = str_format(sandbox->arena, "%s/spill", sandbox->root);
    sandbox->locked = duck_locked_create(&config, &err);
    if (sandbox->locked == NULL)
        fail_msg("sandbox: %s", err.message);
}

void sandbox_close(Sandbox *sandbox) {
    duck_locked_destroy(sandbox->locked);
    Str command = str_format(sandbox->arena, "rm -rf %s", sandbox->root);
    assert_int_equal(system(command.data), 0);
    arena_destroy(sandbox->arena);
}

bool sandbox_run(Sandbox *sandbox, const char *sql, Str *out_first, Err *err) {
    DuckCursor *cursor = duck_cursor_open(sandbox->locked, err);
    assert_non_null(cursor);
    ResultChunk *chunk = NULL;
    bool ok = duck_cursor_prepare(cursor, str_c(sql), err) && duck_cursor_execute(cursor, err) &&
              duck_cursor_next(cursor, &chunk, err);
    if (ok && out_first != NULL) {
        StrBuf text = strbuf_make(sandbox->arena);
        if (chunk != NULL)
            result_value_json(chunk, 0, 0, &text);
        *out_first = strbuf_str(&text);
    }
    while (ok && chunk != NULL)
        ok = duck_cursor_next(cursor, &chunk, err);
    duck_cursor_close(cursor);
    return ok;
}
