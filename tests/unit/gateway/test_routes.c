/* The table of routes itself, and the document that is printed from it. */
#include "unit.h"

#include "base/map.h"
#include "base/vec.h"
#include "gateway/gateway.h"
#include "gateway/route_handlers.h"
#include "gateway/shapes.h"

static void every_row_is_well_formed(void **state) {
    Map seen = map_make(*state);
    for (size_t i = 0; i < route_count; i++) {
        const Route *route = &routes[i];
        Str pattern = str_c(route->pattern);
        assert_true(str_starts(pattern, STR("/")) && !str_ends(pattern, STR("/")));
        assert_non_null(route->handler);
        assert_non_null(route->tag);
        assert_true(strlen(route->summary) > 5);
        assert_in_range(route->status, 200, 204);
        assert_true(route->status == 204 || route->response != NULL || route->media != NULL);
        bool takes_json = route->body == BODY_JSON || route->body == BODY_JSON_OR_FILE;
        assert_true(takes_json == (route->request != NULL));
        size_t rest = str_find(pattern, STR("..."), 0);
        assert_true(rest == SIZE_MAX || rest == pattern.length - 4);
        Str key = str_format(*state, "%s %s", route->method, route->pattern);
        assert_null(map_put(&seen, key, (void *)(uintptr_t)route));
    }
}

static void every_row_is_found_by_its_own_pattern(void **state) {
    for (size_t i = 0; i < route_count; i++) {
        RouteMatch match;
        Str allow;
        Err err = {0};
        Str path = str_c(routes[i].pattern);
        StrBuf filled = strbuf_make(*state); /* "/a/{x}" -> "/a/p" */
        for (size_t at = 0; at < path.length; at++) {
            bool opens = path.data[at] == '{';
            strbuf_append_char(&filled, opens ? 'p' : path.data[at]);
            at = opens ? str_find_char(path, '}', at) : at;
        }
        assert_ok(router_match(routes, route_count, str_c(routes[i].method), strbuf_str(&filled),
                               *state, &match, &allow, &err),
                  &err);
        assert_ptr_equal(match.route, &routes[i]);
    }
}

static void check_references(const json_t *value, const json_t *schemas) {
    const char *key;
    const json_t *item;
    size_t index;
    if (json_is_array(value)) {
        json_array_foreach ((json_t *)(uintptr_t)value, index, item)
            check_references(item, schemas);
        return;
    }
    json_object_foreach ((json_t *)(uintptr_t)value, key, item) {
        if (strcmp(key, "$ref") == 0) {
            Str name = str_c(json_string_value(item));
            name = str_slice(name, strlen("#/components/schemas/"), name.length);
            if (json_object_getn(schemas, name.data, name.length) == NULL)
                fail_msg("no schema '%.*s'", STR_ARG(name));
        } else {
            check_references(item, schemas);
        }
    }
}

static void the_document_refers_only_to_what_it_holds(void **state) {
    const json_t *document = gateway_openapi("1.2.3", *state);
    const json_t *schemas = json_object_get(json_object_get(document, "components"), "schemas");
    size_t shape_count = 0;
    while (shapes[shape_count] != NULL)
        shape_count++;
    assert_int_equal(json_object_size(schemas), shape_count); /* no name stands for two */
    check_references(document, schemas);
    const json_t *info = json_object_get(document, "info");
    assert_string_equal(json_string_value(json_object_get(info, "version")), "1.2.3");
    size_t operations = 0;
    const char *path;
    const json_t *methods;
    json_object_foreach (json_object_get(document, "paths"), path, methods)
        operations += json_object_size(methods);
    assert_int_equal(operations, route_count);
}

static int setup(void **state) {
    *state = arena_create();
    return 0;
}

static int teardown(void **state) {
    arena_destroy(*state);
    return 0;
}

int suite_test_routes(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_well_formed),
        cmocka_unit_test(every_row_is_found_by_its_own_pattern),
        cmocka_unit_test(the_document_refers_only_to_what_it_holds),
    };
    return cmocka_run_group_tests_name("routes", tests, setup, teardown);
}
