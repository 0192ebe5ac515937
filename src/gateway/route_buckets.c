/* route_buckets.c - the registry of named object stores.
 *
 * A bucket that indexes or datasets live in is only unregistered with force=true; the 409 lists
 * them. Roots are shown (they are the operator's own words), secrets have no way in here.
 *
 * Tested by: tests/e2e/test_routes_storage.py. */
#include "base/vec.h"
#include "gateway/route_handlers.h"

static json_t *bucket_json(const BucketInfo *info, Arena *arena) {
    json_t *object = json_keep(arena, json_object());
    json_set_str(object, "name", info->name);
    json_set_str(object, "backend", info->backend);
    json_set_str(object, "role", str_c(bucket_role_name(info->role)));
    if (info->root.length > 0)
        json_set_str(object, "root", info->root);
    json_set_time(object, "created_at", info->created_at_us, arena);
    json_object_set_new(object, "healthy", json_boolean(info->healthy));
    return object;
}

bool route_bucket_list(RouteCall *call, HttpResponse *response, Err *err) {
    BucketInfo *infos;
    size_t count;
    if (!bucket_list(call->services->buckets, call->arena, &infos, &count, err))
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append(list, bucket_json(&infos[i], call->arena));
    json_t *answer = json_keep(call->arena, json_object());
    json_object_set_new(answer, "buckets", list);
    return respond_json(call, response, answer);
}

/* Fields that belong to the other backend are a mistake, not to be passed over. */
static bool refuse_s3_fields(const json_t *body, Err *err) {
    static const char *const s3_fields[] = {"endpoint", "region",         "bucket",
                                            "prefix",   "access_key_env", "secret_key_env"};
    for (size_t i = 0; i < ARRAY_LEN(s3_fields); i++) {
        if (json_object_get(body, s3_fields[i]) != NULL) {
            err_fail(err, FAIL_INVALID, "'%s' is for backend s3", s3_fields[i]);
            return err_field(err, s3_fields[i]);
        }
    }
    return true;
}

bool route_bucket_create(RouteCall *call, HttpResponse *response, Err *err) {
    BucketSpec spec = {.role = BUCKET_USER};
    if (!json_read_text(call->body, "name", &spec.name, err) ||
        !json_read_text(call->body, "backend", &spec.backend, err))
        return false;
    if (str_eq_c(spec.backend, "s3")) {
        err_fail(err, FAIL_UNSUPPORTED, "buckets on S3 are not available yet");
        return err_field(err, "backend");
    }
    BucketInfo info;
    if (!json_read_text(call->body, "root", &spec.root, err) ||
        !refuse_s3_fields(call->body, err) ||
        !bucket_create(call->services->buckets, &spec, call->arena, &info, err))
        return false;
    return respond_json(call, response, bucket_json(&info, call->arena));
}

static bool refuse_if_used(RouteCall *call, Str bucket, Err *err) {
    Str *indexes;
    size_t index_count;
    DatasetInfo *datasets;
    size_t dataset_count;
    if (!index_references(call->services->indexes, STR_EMPTY, bucket, call->arena, &indexes,
                          &index_count, err) ||
        !catalog_list(call->services->catalog, call->arena, &datasets, &dataset_count, err))
        return false;
    json_t *references = json_keep(call->arena, json_array());
    for (size_t i = 0; i < index_count; i++)
        json_array_append_new(references,
                              json_str(str_format(call->arena, "index %.*s", STR_ARG(indexes[i]))));
    for (size_t i = 0; i < dataset_count; i++)
        if (str_eq(datasets[i].bucket, bucket))
            json_array_append_new(references, json_str(str_format(call->arena, "dataset %.*s",
                                                                  STR_ARG(datasets[i].name))));
    if (json_array_size(references) == 0)
        return true;
    call->problem_extra = json_keep(call->arena, json_object());
    json_object_set(call->problem_extra, "references", references);
    err_fail(err, FAIL_CONFLICT, "bucket '%.*s' is in use", STR_ARG(bucket));
    return err_hint(err, "?force=true unregisters it nevertheless; its data stays");
}

bool route_bucket_delete(RouteCall *call, HttpResponse *response, Err *err) {
    Str name = call_param(call, "name");
    bool reserved = str_eq_c(name, "primary") || str_eq_c(name, "rescue");
    ObjectStore *store; /* is there such a bucket? asked first, so that 404 comes before 409 */
    if (!bucket_find(call->services->buckets, name, call->arena, &store, err))
        return false;
    if (!reserved && !call_query_flag(call, "force") && !refuse_if_used(call, name, err))
        return false;
    return bucket_remove(call->services->buckets, name, err) && respond_nothing(response);
}
