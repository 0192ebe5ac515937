/* openapi.c - the route table and the shapes, printed as OpenAPI 3.1.
 *
 * Nothing is written by hand twice: what dispatch and checking use is what is shown, so the
 * document cannot go stale.
 *
 * Tested by: tests/unit/gateway/test_routes.c, tests/e2e/test_routes_service.py. */
#include <ctype.h>

#include "gateway/gateway.h"
#include "gateway/router.h"
#include "gateway/shapes.h"

static json_t *text(const char *value) {
    return json_string(value);
}

/* "/a/{key...}" -> "/a/{key}" */
static Str shown_path(const char *pattern, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    Str rest = str_c(pattern);
    size_t dots = str_find(rest, STR("..."), 0);
    strbuf_append(&out, str_slice(rest, 0, dots == SIZE_MAX ? rest.length : dots));
    if (dots != SIZE_MAX)
        strbuf_append(&out, str_slice(rest, dots + 3, rest.length));
    return strbuf_str(&out);
}

/* "GET /storage/buckets/{name}" -> "get_storage_buckets_name" */
static Str operation_id(const Route *route, Arena *arena) {
    StrBuf out = strbuf_make(arena);
    for (const char *c = route->method; *c != '\0'; c++)
        strbuf_append_char(&out, (char)tolower((unsigned char)*c));
    bool gap = true;
    for (const char *c = route->pattern; *c != '\0'; c++) {
        bool word = isalnum((unsigned char)*c) != 0;
        if (word && gap)
            strbuf_append_char(&out, '_');
        if (word)
            strbuf_append_char(&out, *c);
        gap = !word;
    }
    return strbuf_str(&out);
}

static json_t *parameter(const char *name, const char *place, bool required, json_t *schema) {
    json_t *item = json_object();
    json_object_set_new(item, "name", text(name));
    json_object_set_new(item, "in", text(place));
    json_object_set_new(item, "required", json_boolean(required));
    json_object_set(item, "schema", schema);
    return item;
}

static void add_path_parameters(json_t *list, const char *pattern, Arena *arena) {
    static const Field any_text = {.type = FIELD_STRING};
    Str path = shown_path(pattern, arena);
    for (size_t at = str_find_char(path, '{', 0); at != SIZE_MAX;
         at = str_find_char(path, '{', at + 1)) {
        size_t end = str_find_char(path, '}', at);
        const char *name = str_to_c(arena, str_slice(path, at + 1, end));
        json_array_append_new(list, parameter(name, "path", true, field_schema(&any_text, arena)));
    }
}

static json_t *parameters(const Route *route, Arena *arena) {
    json_t *list = json_array();
    add_path_parameters(list, route->pattern, arena);
    for (size_t i = 0; i < route->query_count; i++) {
        const Field *field = &route->query[i];
        json_array_append_new(list, parameter(field->name, "query", field->need == FIELD_REQUIRED,
                                              field_schema(field, arena)));
    }
    if (route->may_be_async) {
        static const Field prefer = {.type = FIELD_STRING, .choices = "respond-async"};
        json_array_append_new(list,
                              parameter("Prefer", "header", false, field_schema(&prefer, arena)));
    }
    return list;
}

static json_t *shape_reference(const Shape *shape, Arena *arena) {
    json_t *reference = json_object();
    json_set_str(reference, "$ref", str_format(arena, "#/components/schemas/%s", shape->name));
    return reference;
}

/* {media: {"schema": schema}}; takes the schema over. */
static json_t *content(const char *media, json_t *schema) {
    json_t *inner = json_object();
    json_object_set_new(inner, "schema", schema);
    json_t *outer = json_object();
    json_object_set_new(outer, media, inner);
    return outer;
}

static json_t *binary_schema(void) {
    json_t *schema = json_object();
    json_object_set_new(schema, "type", text("string"));
    json_object_set_new(schema, "format", text("binary"));
    return schema;
}

static json_t *request_body(const Route *route, Arena *arena) {
    json_t *body = json_object();
    json_object_set_new(body, "required", json_true());
    if (route->body == BODY_JSON) {
        json_object_set_new(body, "content",
                            content("application/json", shape_reference(route->request, arena)));
        return body;
    }
    json_t *media = content("application/octet-stream", binary_schema());
    if (route->body == BODY_JSON_OR_FILE) {
        json_t *as_json = content("application/json", shape_reference(route->request, arena));
        json_object_update(media, as_json);
        json_decref(as_json);
    }
    if (route->body != BODY_BYTES) {
        json_t *file = json_object();
        json_object_set_new(file, "file", binary_schema());
        json_t *form = json_object();
        json_object_set_new(form, "type", text("object"));
        json_object_set_new(form, "properties", file);
        json_t *as_form = content("multipart/form-data", form);
        json_object_update(media, as_form);
        json_decref(as_form);
    }
    json_object_set_new(body, "content", media);
    return body;
}

static json_t *responses(const Route *route, Arena *arena) {
    json_t *all = json_object();
    json_t *success = json_object();
    json_object_set_new(success, "description", text(route->summary));
    if (route->response != NULL)
        json_object_set_new(success, "content",
                            content("application/json", shape_reference(route->response, arena)));
    else if (route->media != NULL)
        json_object_set_new(success, "content", content(route->media, binary_schema()));
    json_object_set_new(all, str_to_c(arena, str_format(arena, "%u", route->status)), success);
    if (route->may_be_async) {
        json_t *accepted = json_object();
        json_object_set_new(accepted, "description", text("queued; Location names the job"));
        json_object_set_new(all, "202", accepted);
    }
    json_t *problem = json_object();
    json_object_set_new(problem, "description", text("a problem"));
    json_object_set_new(
        problem, "content",
        content("application/problem+json", shape_reference(&shape_problem, arena)));
    json_object_set_new(all, "default", problem);
    return all;
}

static json_t *operation(const Route *route, Arena *arena) {
    static const char *const scopes[] = {"public", "read", "write", "admin"};
    json_t *item = json_object();
    json_set_str(item, "operationId", operation_id(route, arena));
    json_object_set_new(item, "summary", text(route->summary));
    json_t *tags = json_array();
    json_array_append_new(tags, text(route->tag));
    json_object_set_new(item, "tags", tags);
    json_object_set_new(item, "x-scope", text(scopes[route->scope]));
    json_object_set_new(item, "parameters", parameters(route, arena));
    if (route->body != BODY_NONE)
        json_object_set_new(item, "requestBody", request_body(route, arena));
    json_object_set_new(item, "responses", responses(route, arena));
    return item;
}

static json_t *paths(Arena *arena) {
    json_t *all = json_object();
    for (size_t i = 0; i < route_count; i++) {
        const char *path = str_to_c(arena, shown_path(routes[i].pattern, arena));
        json_t *methods = json_object_get(all, path);
        if (methods == NULL) {
            methods = json_object();
            json_object_set_new(all, path, methods);
        }
        char method[16];
        size_t length = 0;
        for (; routes[i].method[length] != '\0' && length + 1 < sizeof method; length++)
            method[length] = (char)tolower((unsigned char)routes[i].method[length]);
        method[length] = '\0';
        json_object_set_new(methods, method, operation(&routes[i], arena));
    }
    return all;
}

json_t *gateway_openapi(const char *version, Arena *arena) {
    json_t *document = json_keep(arena, json_object());
    json_object_set_new(document, "openapi", text("3.1.0"));
    json_t *info = json_object();
    json_object_set_new(info, "title", text("Lakehouse"));
    json_object_set_new(info, "version", text(version));
    json_object_set_new(document, "info", info);
    json_object_set_new(document, "paths", paths(arena));
    json_t *schemas = json_object();
    for (size_t i = 0; shapes[i] != NULL; i++)
        json_object_set(schemas, shapes[i]->name, shape_schema(shapes[i], arena));
    json_t *components = json_object();
    json_object_set_new(components, "schemas", schemas);
    json_object_set_new(document, "components", components);
    return document;
}
