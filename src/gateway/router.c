/* router.c - walks the table from the top; the first row that fits wins.
 *
 * With some forty rows a walk costs less than the hash of the path would. Literal segments are
 * compared with the raw path, so "%68ealthz" is not "healthz"; parameters are decoded segment by
 * segment, so an encoded slash never moves a boundary.
 *
 * Tested by: tests/unit/gateway/test_router.c, fuzz/fuzz_url.c. */
#include "gateway/router.h"

#include <assert.h>

#include "base/percent.h"
#include "base/vec.h"

/* Cuts the first segment off "/a/b/c": head "a", rest "/b/c". */
static Str cut_segment(Str path, Str *out_head) {
    Str rest = str_slice(path, 1, path.length);
    size_t slash = str_find_char(rest, '/', 0);
    slash = slash == SIZE_MAX ? rest.length : slash;
    *out_head = str_slice(rest, 0, slash);
    return str_slice(rest, slash, rest.length);
}

typedef struct RawMatch {
    Str names[ROUTE_PARAMS_MAX];
    Str raw[ROUTE_PARAMS_MAX];
    size_t count;
} RawMatch;

static bool pattern_fits(Str pattern, Str path, RawMatch *match) {
    match->count = 0;
    while (pattern.length > 0) {
        if (path.length == 0 || path.data[0] != '/')
            return false;
        Str part;
        Str segment;
        Str pattern_rest = cut_segment(pattern, &part);
        Str path_rest = cut_segment(path, &segment);
        if (part.data[0] != '{') {
            if (!str_eq(part, segment))
                return false;
        } else {
            Str name = str_slice(part, 1, part.length - 1);
            bool takes_rest = str_ends(name, STR("..."));
            if (takes_rest) {
                name = str_slice(name, 0, name.length - 3);
                segment = str_slice(path, 1, path.length);
                path_rest = STR_EMPTY;
            }
            if (segment.length == 0)
                return false;
            assert(match->count < ROUTE_PARAMS_MAX);
            match->names[match->count] = name;
            match->raw[match->count++] = segment;
        }
        pattern = pattern_rest;
        path = path_rest;
    }
    return path.length == 0;
}

static bool decode_params(const RawMatch *raw, Arena *arena, RouteMatch *out, Err *err) {
    out->param_count = raw->count;
    for (size_t i = 0; i < raw->count; i++) {
        out->names[i] = raw->names[i];
        if (!percent_decode(raw->raw[i], PERCENT_PLUS_IS_PLUS, arena, &out->values[i]) ||
            !utf8_valid(out->values[i])) {
            err_fail(err, FAIL_INVALID, "'%.*s' in the path is not percent-encoded UTF-8",
                     STR_ARG(raw->names[i]));
            return err_field(err, str_to_c(arena, raw->names[i]));
        }
    }
    return true;
}

static void allow(StrBuf *list, const char *method) {
    if (list->length > 0)
        strbuf_append_c(list, ", ");
    strbuf_append_c(list, method);
    if (str_eq_c(STR("GET"), method))
        strbuf_append_c(list, ", HEAD");
}

bool router_match(const Route *table, size_t count, Str method, Str path, Arena *arena,
                  RouteMatch *out_match, Str *out_allow, Err *err) {
    Str wanted = str_eq_c(method, "HEAD") ? STR("GET") : method;
    StrBuf allowed = strbuf_make(arena);
    RawMatch raw;
    for (size_t i = 0; i < count; i++) {
        if (!pattern_fits(str_c(table[i].pattern), path, &raw))
            continue;
        if (str_eq_c(wanted, table[i].method)) {
            out_match->route = &table[i];
            return decode_params(&raw, arena, out_match, err);
        }
        allow(&allowed, table[i].method);
    }
    int shown = path.length < 120 ? (int)path.length : 120;
    if (allowed.length == 0) {
        err_fail(err, FAIL_NOT_FOUND, "no route '%.*s'", shown, path.data);
        return err_hint(err, "GET /openapi.json lists all routes");
    }
    *out_allow = strbuf_str(&allowed);
    return err_fail(err, FAIL_METHOD, "'%.*s' has no %.*s, only %.*s", shown, path.data,
                    (int)(method.length < 16 ? method.length : 16), method.data,
                    STR_ARG(*out_allow));
}

/* --- query parameters ------------------------------------------------------------------------ */

static bool bad_value(const Field *field, const char *wanted, Err *err) {
    err_fail(err, FAIL_INVALID, "'%s' must be %s", field->name, wanted);
    return err_field(err, field->name);
}

static bool check_value(const Field *field, Str value, Err *err) {
    uint64_t number;
    double real;
    if (!utf8_valid(value))
        return bad_value(field, "UTF-8 text", err);
    if (field->type == FIELD_INTEGER && !str_to_u64(value, &number))
        return bad_value(field, "an integer, 0 or greater", err);
    if (field->type == FIELD_NUMBER && !str_to_f64(value, &real))
        return bad_value(field, "a number", err);
    if (field->type == FIELD_BOOL && !str_eq_c(value, "true") && !str_eq_c(value, "false"))
        return bad_value(field, "true or false", err);
    if (field->choices != NULL && !field_choice_allowed(field->choices, value)) {
        bad_value(field, "one of a few words", err);
        return err_detail(err, "one of %s", field->choices);
    }
    return true;
}

bool query_add(const Route *route, Str name, Str value, Arena *arena, QueryValues *values,
               Err *err) {
    const Field *field = shape_field(route->query, route->query_count, name);
    if (field == NULL) {
        Str shown = utf8_valid(name) ? utf8_clip(name, 60) : STR("?");
        err_fail(err, FAIL_INVALID, "unknown parameter '%.*s'", STR_ARG(shown));
        return err_field(err, str_to_c(arena, shown));
    }
    for (size_t i = 0; i < values->count; i++) {
        if (values->items[i].field == field) {
            err_fail(err, FAIL_INVALID, "parameter '%s' is given twice", field->name);
            return err_field(err, field->name);
        }
    }
    if (!check_value(field, value, err))
        return false;
    *vec_push(values, arena) = (QueryValue){field, value};
    return true;
}

bool query_parse(const Route *route, Str query, Arena *arena, QueryValues *out, Err *err) {
    *out = (QueryValues){0};
    while (query.length > 0) {
        Str pair;
        Str name;
        query = str_cut(query, '&', &pair);
        if (pair.length == 0)
            continue;
        Str value = str_cut(pair, '=', &name);
        if (!percent_decode(name, PERCENT_PLUS_IS_SPACE, arena, &name) ||
            !percent_decode(value, PERCENT_PLUS_IS_SPACE, arena, &value))
            return err_fail(err, FAIL_INVALID, "the query is not percent-encoded");
        if (!query_add(route, name, value, arena, out, err))
            return false;
    }
    return true;
}
