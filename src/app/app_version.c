/* app_version.c - what this build is: the answer of GET /version and of `lakehouse version`.
 *
 * Tested by: tests/e2e/test_serve.py. */
#include "app/app.h"
#include "query/duck_session.h"
#include "vector/kernels.h"

#ifndef LAKEHOUSE_COMMIT
#define LAKEHOUSE_COMMIT "unknown"
#endif

json_t *app_version(Arena *arena) {
    json_t *version = json_keep(arena, json_object());
    json_set_str(version, "name", STR("lakehouse"));
    json_set_str(version, "version", STR(LAKEHOUSE_VERSION));
    json_set_str(version, "commit", STR(LAKEHOUSE_COMMIT));
    json_set_str(version, "compiler", STR(__VERSION__));
    json_set_str(version, "kernels", str_c(kernels_get()->name));
    json_t *libraries = json_object();
    json_set_str(libraries, "duckdb", str_c(duck_version()));
    json_set_str(libraries, "jansson", str_c(jansson_version_str()));
    json_object_set_new(version, "libraries", libraries);
    return version;
}
