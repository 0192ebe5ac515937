/* fuzz_url.c - request targets, ranges and entity tags: the first line of "path?query", the second
 * a Range, the third an If-Match. */
#include <stdint.h>
#include <stdlib.h>

#include "base/percent.h"
#include "base/vec.h"
#include "gateway/byte_range.h"
#include "gateway/router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const Field parameters[] = {
    {.name = "a", .type = FIELD_INTEGER},
    {.name = "b", .type = FIELD_BOOL},
    {.name = "c", .type = FIELD_STRING},
    {.name = "d", .type = FIELD_STRING, .choices = "x|y"},
};
static const Route table[] = {
    {.method = "GET", .pattern = "/a"},
    {.method = "GET", .pattern = "/a/{name}", .query = parameters, .query_count = 4},
    {.method = "PUT", .pattern = "/a/{name}/b/{key...}"},
};

static void check_target(Str target, Arena *arena) {
    Str path;
    Str query = str_cut(target, '?', &path);
    RouteMatch match = {0};
    QueryValues values;
    Str allow;
    Err err = {0};
    static const char *const methods[] = {"GET", "PUT"};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (!router_match(table, ARRAY_LEN(table), str_c(methods[i]), path, arena, &match, &allow,
                          &err))
            continue;
        for (size_t p = 0; p < match.param_count; p++)
            if (match.values[p].length == 0 || !utf8_valid(match.values[p]))
                abort();
    }
    if (query_parse(&table[1], query, arena, &values, &err))
        for (size_t i = 0; i < values.count; i++)
            if (!utf8_valid(values.items[i].value))
                abort();
}

static void check_round_trip(Str bytes, Arena *arena) {
    Str back;
    if (!percent_decode(percent_encode(bytes, PERCENT_KEEP_SLASHES, arena), PERCENT_PLUS_IS_PLUS,
                        arena, &back) ||
        !str_eq(back, bytes))
        abort();
}

static void check_range(Str header) {
    static const uint64_t sizes[] = {0, 1, 1000, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        ByteRange range;
        if (byte_range_parse(header, sizes[i], &range) == RANGE_PART &&
            (range.length == 0 || range.offset >= sizes[i] ||
             range.length > sizes[i] - range.offset))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_create();
    Str text = str_make(data, size);
    Str target;
    Str range;
    Str rest = str_cut(text, '\n', &target);
    rest = str_cut(rest, '\n', &range);
    check_target(target, arena);
    check_round_trip(text, arena);
    check_range(range);
    Str etag;
    if (etag_single(rest, &etag) && !etag_list_has(rest, etag, ETAG_STRONG))
        abort();
    arena_destroy(arena);
    return 0;
}
