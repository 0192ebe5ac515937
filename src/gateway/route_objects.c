/* route_objects.c - an object store over HTTP: list, read, write, remove.
 *
 * Reads are streamed in pieces of a mebibyte, so a large object costs no memory. A piece is read
 * when the socket can take it; should the object be replaced meanwhile, the size or the piece no
 * longer fits and the answer breaks off, visibly.
 *
 * Writes come through a temporary file that the store moves in. Everything the lakehouse keeps for
 * itself (catalog/, data/, vectors/, ...) can be read here, never written.
 *
 * Tested by: tests/e2e/test_routes_storage.py. */
#include <string.h>
#include <time.h>

#include "gateway/byte_range.h"
#include "gateway/problem.h"
#include "gateway/route_handlers.h"

enum { LIST_LIMIT_DEFAULT = 1000, LIST_LIMIT_MAX = 10000, PIECE_BYTES = 1 << 20 };

static bool find_store(RouteCall *call, ObjectStore **out_store, Err *err) {
    return bucket_find(call->services->buckets, call_param(call, "name"), call->arena, out_store,
                       err);
}

/* --- list ------------------------------------------------------------------------------------ */

static json_t *object_json(const ObjectInfo *info, Arena *arena) {
    json_t *object = json_object();
    json_set_str(object, "key", info->key);
    json_set_u64(object, "size", info->size_bytes);
    json_set_str(object, "etag", info->etag);
    json_set_time(object, "modified_at", info->modified_us, arena);
    return object;
}

bool route_object_list(RouteCall *call, HttpResponse *response, Err *err) {
    uint64_t limit = call_query_u64(call, "limit", LIST_LIMIT_DEFAULT);
    if (limit == 0 || limit > LIST_LIMIT_MAX) {
        err_fail(err, FAIL_INVALID, "'limit' must be 1 to %d", LIST_LIMIT_MAX);
        return err_field(err, "limit");
    }
    ListRequest request = {.prefix = call_query(call, "prefix"),
                           .cursor = call_query(call, "cursor"),
                           .limit = (size_t)limit};
    ObjectStore *store;
    ObjectPage page;
    if (!find_store(call, &store, err) || !store_list(store, &request, call->arena, &page, err))
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < page.count; i++)
        json_array_append_new(list, object_json(&page.items[i], call->arena));
    json_t *answer = json_keep(call->arena, json_object());
    json_object_set_new(answer, "objects", list);
    json_object_set_new(answer, "next_cursor",
                        page.next_cursor.length > 0 ? json_str(page.next_cursor) : json_null());
    return respond_json(call, response, answer);
}

/* --- read ------------------------------------------------------------------------------------ */

typedef struct ObjectReader {
    ObjectStore *store;
    Str key;
    uint64_t offset, left;
    Arena *arena; /* of one piece */
    Str piece;    /* not yet taken */
} ObjectReader;

static void reader_close(void *handle) {
    ObjectReader *reader = handle;
    arena_destroy(reader->arena);
}

static bool read_piece(ObjectReader *reader, Err *err) {
    uint64_t wanted = reader->left < PIECE_BYTES ? reader->left : PIECE_BYTES;
    arena_reset(reader->arena);
    if (!store_get_range(reader->store, reader->key, reader->offset, wanted, reader->arena,
                         &reader->piece, err))
        return false;
    if (reader->piece.length != wanted)
        return err_fail(err, FAIL_CONFLICT, "object '%.*s' was replaced while it was being read",
                        STR_ARG(reader->key));
    reader->offset += wanted;
    reader->left -= wanted;
    return true;
}

static bool reader_read(void *context, char *buffer, size_t capacity, size_t *out_length,
                        Err *err) {
    ObjectReader *reader = context;
    if (reader->piece.length == 0 && reader->left > 0 && !read_piece(reader, err))
        return false;
    size_t length = reader->piece.length < capacity ? reader->piece.length : capacity;
    memcpy(buffer, reader->piece.data, length);
    reader->piece = str_slice(reader->piece, length, reader->piece.length);
    *out_length = length;
    return true;
}

static Str quoted(Str etag, Arena *arena) {
    return str_format(arena, "\"%.*s\"", STR_ARG(etag));
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static Str http_date(int64_t time_us, Arena *arena) {
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm parts;
    char text[64] = "";
    if (gmtime_r(&seconds, &parts) != NULL)
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return str_dup(arena, str_c(text));
}

static void describe_object(const ObjectInfo *info, Arena *arena, HttpResponse *response) {
    http_response_header(response, "ETag", quoted(info->etag, arena));
    http_response_header(response, "Last-Modified", http_date(info->modified_us, arena));
    http_response_header(response, "Accept-Ranges", STR("bytes"));
}

static void send_range(RouteCall *call, ObjectStore *store, const ObjectInfo *info,
                       const ByteRange *range, HttpResponse *response) {
    ObjectReader *reader = ARENA_NEW(call->arena, ObjectReader);
    *reader = (ObjectReader){.store = store,
                             .key = info->key,
                             .offset = range->offset,
                             .left = range->length,
                             .arena = arena_create(),
                             .piece = STR_EMPTY};
    arena_defer(call->arena, reader_close, reader);
    response->pull = (HttpPull){reader, reader_read, range->length};
    http_response_header(response, "Content-Type", STR("application/octet-stream"));
    http_response_header(response, "X-Content-Type-Options", STR("nosniff"));
}

/* A range only counts when If-Range, where given, names this very version. */
static Str wanted_range(const RouteCall *call, const ObjectInfo *info) {
    Str condition = http_request_header(call->request, "If-Range");
    Str etag;
    if (condition.data != NULL && (!etag_single(condition, &etag) || !str_eq(etag, info->etag)))
        return STR_EMPTY;
    return http_request_header(call->request, "Range");
}

static bool send_object(RouteCall *call, ObjectStore *store, const ObjectInfo *info,
                        HttpResponse *response, Err *err) {
    Str size = str_format(call->arena, "%llu", (unsigned long long)info->size_bytes);
    ByteRange range;
    switch (byte_range_parse(wanted_range(call, info), info->size_bytes, &range)) {
    case RANGE_OUTSIDE:
        err_fail(err, FAIL_RANGE, "the range lies outside of object '%.*s'", STR_ARG(info->key));
        err_detail(err, "it has %.*s bytes", STR_ARG(size));
        problem_respond(err, call->request, NULL, response);
        http_response_header(response, "Content-Range",
                             str_format(call->arena, "bytes */%.*s", STR_ARG(size)));
        return true;
    case RANGE_PART:
        response->status = 206;
        http_response_header(
            response, "Content-Range",
            str_format(call->arena, "bytes %llu-%llu/%.*s", (unsigned long long)range.offset,
                       (unsigned long long)(range.offset + range.length - 1), STR_ARG(size)));
        break;
    case RANGE_WHOLE:
        response->status = 200;
        break;
    }
    describe_object(info, call->arena, response);
    send_range(call, store, info, &range, response);
    return true;
}

bool route_object_get(RouteCall *call, HttpResponse *response, Err *err) {
    ObjectStore *store;
    ObjectInfo info;
    if (!find_store(call, &store, err) ||
        !store_head(store, call_param(call, "key"), call->arena, &info, err))
        return false;
    Str if_match = http_request_header(call->request, "If-Match");
    if (if_match.data != NULL && !etag_list_has(if_match, info.etag, ETAG_STRONG))
        return err_fail(err, FAIL_PRECONDITION, "object '%.*s' is another version",
                        STR_ARG(info.key));
    Str if_none = http_request_header(call->request, "If-None-Match");
    if (if_none.data != NULL && etag_list_has(if_none, info.etag, ETAG_WEAK)) {
        response->status = 304;
        describe_object(&info, call->arena, response);
        return true;
    }
    return send_object(call, store, &info, response, err);
}

/* --- write ----------------------------------------------------------------------------------- */

static bool refuse_system_key(Str key, Err *err) {
    if (!store_key_check(key, err))
        return false;
    if (bucket_key_is_writable(key))
        return true;
    err_fail(err, FAIL_DENIED, "object '%.*s' belongs to the lakehouse; it is read-only here",
             STR_ARG(key));
    return err_field(err, "key");
}

/* If-Match: * means "any version, but there must be one", so it is turned into the one there is. */
static bool match_any(RouteCall *call, ObjectStore *store, Str key, PutCondition *out, Err *err) {
    ObjectInfo info;
    if (!store_head(store, key, call->arena, &info, err)) {
        if (err_is(err, FAIL_NOT_FOUND))
            err_fail(err, FAIL_PRECONDITION, "there is no object '%.*s'", STR_ARG(key));
        return false;
    }
    *out = (PutCondition){PUT_IF_MATCH, info.etag};
    return true;
}

static bool read_condition(RouteCall *call, ObjectStore *store, Str key, PutCondition *out,
                           Err *err) {
    Str if_match = http_request_header(call->request, "If-Match");
    Str if_none = http_request_header(call->request, "If-None-Match");
    *out = (PutCondition){.rule = PUT_ALWAYS, .seen_etag = STR_EMPTY};
    if (if_match.data != NULL && if_none.data != NULL)
        return err_fail(err, FAIL_INVALID, "If-Match and If-None-Match exclude each other");
    if (if_none.data != NULL) {
        out->rule = PUT_IF_ABSENT;
        return str_eq_c(str_trim(if_none), "*") ||
               err_fail(err, FAIL_INVALID, "If-None-Match can only be * when writing");
    }
    if (if_match.data == NULL)
        return true;
    if (str_eq_c(str_trim(if_match), "*"))
        return match_any(call, store, key, out, err);
    out->rule = PUT_IF_MATCH;
    return etag_single(if_match, &out->seen_etag) ||
           err_fail(err, FAIL_INVALID, "If-Match must be one quoted entity tag, or *");
}

/* The same before the body; the handler does not rely on it. */
bool route_object_put_check(RouteCall *call, Err *err) {
    ObjectStore *store;
    return find_store(call, &store, err) && refuse_system_key(call_param(call, "key"), err);
}

bool route_object_put(RouteCall *call, HttpResponse *response, Err *err) {
    Str key = call_param(call, "key");
    ObjectStore *store;
    PutCondition condition;
    if (!find_store(call, &store, err) || !refuse_system_key(key, err) ||
        !read_condition(call, store, key, &condition, err))
        return false;
    PutSource source = {.bytes = STR_EMPTY, .path = call->upload->path};
    Str etag;
    if (!store_put_source(store, key, &source, &condition, call->arena, &etag, err)) {
        bool lost =
            condition.rule != PUT_ALWAYS &&
            (err_is(err, FAIL_EXISTS) || err_is(err, FAIL_CONFLICT) || err_is(err, FAIL_NOT_FOUND));
        return lost ? err_fail(err, FAIL_PRECONDITION, "object '%.*s' %s", STR_ARG(key),
                               condition.rule == PUT_IF_ABSENT ? "exists already"
                                                               : "is not that version")
                    : false;
    }
    json_t *answer = json_keep(call->arena, json_object());
    json_set_str(answer, "key", key);
    json_set_str(answer, "etag", etag);
    json_set_u64(answer, "size", call->upload->size_bytes);
    http_response_header(response, "ETag", quoted(etag, call->arena));
    return respond_json(call, response, answer);
}

/* Stores have no conditional remove, so a writer between the look and the removal is not seen. */
static bool check_before_removal(RouteCall *call, ObjectStore *store, Str key, Err *err) {
    Str if_match = http_request_header(call->request, "If-Match");
    ObjectInfo info;
    if (if_match.data == NULL)
        return true;
    if (!store_head(store, key, call->arena, &info, err))
        return false;
    return etag_list_has(if_match, info.etag, ETAG_STRONG) ||
           err_fail(err, FAIL_PRECONDITION, "object '%.*s' is not that version", STR_ARG(key));
}

bool route_object_delete(RouteCall *call, HttpResponse *response, Err *err) {
    Str key = call_param(call, "key");
    ObjectStore *store;
    return find_store(call, &store, err) && refuse_system_key(key, err) &&
           check_before_removal(call, store, key, err) && store_remove(store, key, err) &&
           respond_nothing(response);
}
