/* route_embed.c - vectors of texts, in our own words and in OpenAI's.
 *
 * Texts go to the model batch by batch; between two batches a client that hung up is noticed.
 * The answer is printed as it is made: a JSON tree of all those numbers would be ten times as
 * large.
 *
 * Tested by: tests/e2e/test_routes_embed.py. */
#include "gateway/route_handlers.h"
#include "gateway/vector_json.h"

enum { TEXTS_MAX = 2048, BATCH_DEFAULT = 32 };

typedef struct Embedding {
    Embedder *model;
    Str *texts;
    size_t count;
    float *vectors;
    uint64_t tokens;
} Embedding;

static bool too_many(size_t count, const char *field, Err *err) {
    err_fail(err, FAIL_LIMIT, "'%s' holds %zu texts; at most %d are taken at once", field, count,
             TEXTS_MAX);
    return err_field(err, field);
}

static bool read_texts(const json_t *list, const char *field, Arena *arena, Embedding *embedding,
                       Err *err) {
    size_t count = json_array_size(list);
    if (count > TEXTS_MAX)
        return too_many(count, field, err);
    embedding->texts = ARENA_ARRAY(arena, Str, count + 1);
    embedding->count = count;
    for (size_t i = 0; i < count; i++) {
        const json_t *text = json_array_get(list, i);
        if (!json_is_string(text)) {
            err_fail(err, FAIL_INVALID, "'%s' must hold strings only", field);
            return err_field(err, field);
        }
        embedding->texts[i] = str_make(json_string_value(text), json_string_length(text));
    }
    if (count > 0)
        return true;
    err_fail(err, FAIL_INVALID, "'%s' is empty", field);
    return err_field(err, field);
}

static bool embed_all(RouteCall *call, Embedding *embedding, Err *err) {
    const EmbedderInfo *info = &embedding->model->info;
    size_t batch = info->batch_max == 0 ? BATCH_DEFAULT : info->batch_max;
    embedding->vectors = ARENA_ARRAY(call->arena, float, embedding->count * info->dimensions);
    for (size_t from = 0; from < embedding->count; from += batch) {
        if (http_request_gone(call->request))
            return err_fail(err, FAIL_CANCELLED, "the client has gone");
        size_t left = embedding->count - from;
        EmbedRequest request = {.role = EMBED_DOCUMENT,
                                .texts = embedding->texts + from,
                                .count = left < batch ? left : batch,
                                .tokens = &embedding->tokens};
        if (!embedder_embed(embedding->model, &request,
                            embedding->vectors + from * info->dimensions, NULL, err))
            return false;
    }
    return true;
}

static bool find_model(RouteCall *call, Embedding *embedding, Err *err) {
    Str model = STR_EMPTY;
    if (!json_read_str(call->body, "model", JSON_OPTIONAL, &model, err))
        return false;
    return model_set_get(call->services->models, model, &embedding->model, err) ||
           err_field(err, "model");
}

static void print_text(StrBuf *out, Str text, Arena *arena) {
    strbuf_append(out, json_print(json_keep(arena, json_str(text)), arena));
}

bool route_embed(RouteCall *call, HttpResponse *response, Err *err) {
    const json_t *texts;
    Embedding embedding = {0};
    if (!json_read_array(call->body, "texts", JSON_REQUIRED, &texts, err) ||
        !read_texts(texts, "texts", call->arena, &embedding, err) ||
        !find_model(call, &embedding, err) || !embed_all(call, &embedding, err))
        return false;
    const EmbedderInfo *info = &embedding.model->info;
    StrBuf out = strbuf_make(call->arena);
    strbuf_append_c(&out, "{\"model\":");
    print_text(&out, info->name, call->arena);
    strbuf_append_format(&out, ",\"dimensions\":%u,\"embeddings\":[", info->dimensions);
    for (size_t i = 0; i < embedding.count; i++) {
        if (i > 0)
            strbuf_append_char(&out, ',');
        vector_print(&out, embedding.vectors + i * info->dimensions, info->dimensions);
    }
    strbuf_append_c(&out, "]}");
    return respond_text(response, 200, "application/json", strbuf_str(&out));
}

/* --- OpenAI's shape -------------------------------------------------------------------------- */

static bool read_input(RouteCall *call, Embedding *embedding, Err *err) {
    json_t *input = json_object_get(call->body, "input");
    if (json_is_array(input))
        return read_texts(input, "input", call->arena, embedding, err);
    if (!json_is_string(input)) {
        err_fail(err, FAIL_INVALID, "'input' must be a string or an array of strings");
        return err_field(err, "input");
    }
    json_t *one = json_keep(call->arena, json_array());
    json_array_append(one, input);
    return read_texts(one, "input", call->arena, embedding, err);
}

static bool check_dimensions(RouteCall *call, const Embedding *embedding, Err *err) {
    uint32_t wanted = embedding->model->info.dimensions;
    if (!json_read_u32(call->body, "dimensions", &wanted, err))
        return false;
    if (wanted == embedding->model->info.dimensions)
        return true;
    err_fail(err, FAIL_UNPROCESSABLE, "model '%.*s' makes vectors of %u dimensions only",
             STR_ARG(embedding->model->info.name), embedding->model->info.dimensions);
    return err_field(err, "dimensions");
}

bool route_openai_embeddings(RouteCall *call, HttpResponse *response, Err *err) {
    Embedding embedding = {0};
    Str encoding = STR("float");
    if (!read_input(call, &embedding, err) ||
        !json_read_str(call->body, "encoding_format", JSON_OPTIONAL, &encoding, err) ||
        !find_model(call, &embedding, err) || !check_dimensions(call, &embedding, err) ||
        !embed_all(call, &embedding, err))
        return false;
    const EmbedderInfo *info = &embedding.model->info;
    bool base64 = str_eq_c(encoding, "base64");
    StrBuf out = strbuf_make(call->arena);
    strbuf_append_c(&out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < embedding.count; i++) {
        const float *vector = embedding.vectors + i * info->dimensions;
        strbuf_append_format(
            &out, "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":", i > 0 ? "," : "", i);
        if (base64) {
            strbuf_append_char(&out, '"');
            vector_print_base64(&out, vector, info->dimensions);
            strbuf_append_c(&out, "\"}");
        } else {
            vector_print(&out, vector, info->dimensions);
            strbuf_append_char(&out, '}');
        }
    }
    strbuf_append_c(&out, "],\"model\":");
    print_text(&out, info->name, call->arena);
    unsigned long long tokens = embedding.tokens;
    strbuf_append_format(&out, ",\"usage\":{\"prompt_tokens\":%llu,\"total_tokens\":%llu}}", tokens,
                         tokens);
    return respond_text(response, 200, "application/json", strbuf_str(&out));
}
