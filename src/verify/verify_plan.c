/* verify_plan.c - match the columns of two sides by name, and hash their rows value by value.
 *
 * A row's own hash is taken over the hashes of its shared values, each with a byte that tells NULL
 * from a value, in the plan's order: so the order of columns may differ between the sides, and a
 * value that moved to another row is seen although every column still holds the same values.
 *
 * Tested by: test_verify.c. */
#include "verify/verify_plan.h"

enum { KEY_VALUE_BYTES = 100, HASH_BYTES = 17 };

/* ---- the plan ---- */

static size_t find_name(const StrVec *names, Str name) {
    for (size_t i = 0; i < names->count; i++)
        if (str_eq(names->items[i], name))
            return i;
    return SIZE_MAX;
}

static bool is_exact(Str source_type) {
    static const char *const words[] = {"numeric", "decimal"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        Str head = str_slice(source_type, 0, str_c(words[i]).length);
        if (str_eq_nocase(head, str_c(words[i])))
            return true;
    }
    return false;
}

static StrVec source_names(const RowSource *source, Arena *arena) {
    StrVec names = {0};
    for (size_t i = 0; i < source->column_count; i++)
        *vec_push(&names, arena) = source->columns[i].name;
    return names;
}

VerifyPlan verify_plan_make(const Schema *schema, const RowSource *source, Arena *arena) {
    StrVec given = source_names(source, arena);
    VEC(VerifyPlanColumn) columns = {0};
    for (size_t i = 0; i < schema->count; i++) {
        size_t at = find_name(&given, schema->columns[i].name);
        *vec_push(&columns, arena) = (VerifyPlanColumn){
            .name = schema->columns[i].name,
            .type = verify_type(schema->columns[i].type),
            .exact_digits = at != SIZE_MAX && is_exact(source->columns[at].source_type),
            .is_shared = at != SIZE_MAX,
            .at = {at, i}};
    }
    for (size_t i = 0; i < given.count; i++)
        if (schema_find(schema, given.items[i]) == NULL)
            *vec_push(&columns, arena) =
                (VerifyPlanColumn){.name = str_dup(arena, given.items[i]),
                                   .type = verify_type(source->columns[i].type),
                                   .at = {i, SIZE_MAX}};
    return (VerifyPlan){.columns = columns.items, .column_count = columns.count};
}

bool verify_plan_set_key(VerifyPlan *plan, const StrVec *names, Arena *arena, Err *err) {
    size_t *key = ARENA_ARRAY(arena, size_t, names->count);
    for (size_t k = 0; k < names->count; k++) {
        size_t i = 0;
        while (i < plan->column_count &&
               !(plan->columns[i].is_shared && str_eq(plan->columns[i].name, names->items[k])))
            i++;
        if (i == plan->column_count) {
            err_fail(err, FAIL_UNPROCESSABLE, "key column '%.*s' is not on both sides",
                     STR_ARG(names->items[k]));
            return err_field(err, "key");
        }
        key[k] = i;
    }
    plan->key = key;
    plan->key_count = names->count;
    return true;
}

/* ---- the walk ---- */

typedef struct Walker {
    const VerifyPlan *plan;
    int which;
    StrBuf text, bytes;
    Hash128 *values;
    bool *is_null;
    VerifyFit *fits;
} Walker;

static void hash_value(Walker *walker, size_t i, const RowBatch *batch, size_t row) {
    const VerifyPlanColumn *column = &walker->plan->columns[i];
    size_t at = column->at[walker->which];
    walker->values[i] = (Hash128){0};
    walker->is_null[i] = true;
    walker->fits[i] = VERIFY_FITS;
    if (at == SIZE_MAX || row_is_null(&batch->columns[at], row))
        return;
    strbuf_clear(&walker->text);
    bool exact = column->exact_digits && walker->which == VERIFY_SOURCE;
    walker->fits[i] = verify_value(column->type, exact, &batch->columns[at], row, &walker->text);
    walker->values[i] = hash128(strbuf_str(&walker->text));
    walker->is_null[i] = false;
}

static void put_hash(Walker *walker, size_t i) {
    strbuf_append(&walker->bytes, str_make(&walker->values[i], sizeof walker->values[i]));
    strbuf_append_char(&walker->bytes, walker->is_null[i] ? '0' : '1');
}

static Hash128 hash_key(Walker *walker) {
    if (walker->plan->key_count == 0)
        return (Hash128){0};
    strbuf_clear(&walker->bytes);
    for (size_t k = 0; k < walker->plan->key_count; k++)
        put_hash(walker, walker->plan->key[k]);
    return hash128(strbuf_str(&walker->bytes));
}

static Hash128 hash_whole(Walker *walker) {
    strbuf_clear(&walker->bytes);
    for (size_t i = 0; i < walker->plan->column_count; i++)
        if (walker->plan->columns[i].is_shared)
            put_hash(walker, i);
    return hash128(strbuf_str(&walker->bytes));
}

static bool walk_batch(Walker *walker, const RowBatch *batch, VerifyRowFn fn, void *context,
                       Err *err) {
    for (size_t row = 0; row < batch->row_count; row++) {
        for (size_t i = 0; i < walker->plan->column_count; i++)
            hash_value(walker, i, batch, row);
        VerifyRow seen = {.values = walker->values,
                          .is_null = walker->is_null,
                          .fits = walker->fits,
                          .key = hash_key(walker),
                          .whole = hash_whole(walker),
                          .batch = batch,
                          .at = row};
        if (!fn(context, &seen, err))
            return false;
    }
    return true;
}

bool verify_walk(const VerifyPlan *plan, VerifySide *side, int which, Progress *progress,
                 VerifyRowFn fn, void *context, Err *err) {
    Arena *arena = arena_create();
    Walker walker = {.plan = plan,
                     .which = which,
                     .values = ARENA_ARRAY(arena, Hash128, plan->column_count),
                     .is_null = ARENA_ARRAY(arena, bool, plan->column_count),
                     .fits = ARENA_ARRAY(arena, VerifyFit, plan->column_count)};
    walker.bytes = strbuf_make(arena);
    strbuf_reserve(&walker.bytes, (plan->column_count + 1) * HASH_BYTES);
    Arena *texts = arena_create(); /* the longest value, alone: it can grow in place */
    walker.text = strbuf_make(texts);
    RowBatch batch = {0};
    bool ok = side->ops->start(side, err);
    while (ok && (ok = progress_check(progress, err) && side->ops->next(side, &batch, err)) &&
           batch.row_count > 0) {
        ok = walk_batch(&walker, &batch, fn, context, err);
        progress_add(progress, batch.row_count);
    }
    arena_destroy(texts);
    arena_destroy(arena);
    return ok;
}

void verify_key_text(const VerifyPlan *plan, int which, const VerifyRow *row, StrBuf *out) {
    for (size_t k = 0; k < plan->key_count; k++) {
        const VerifyPlanColumn *column = &plan->columns[plan->key[k]];
        strbuf_append_format(out, "%s%.*s=", k == 0 ? "" : ", ", STR_ARG(column->name));
        if (row->is_null[plan->key[k]]) {
            strbuf_append_c(out, "NULL");
            continue;
        }
        size_t from = out->length;
        const RowColumn *given = &row->batch->columns[column->at[which]];
        VerifyFit fit = verify_value(column->type, false, given, row->at, out);
        Str shown = str_slice(strbuf_str(out), from, out->length);
        if (fit != VERIFY_FITS) { /* without its mark */
            memmove(out->data + from, out->data + from + 1, shown.length - 1);
            shown.length--;
        }
        Str clipped = utf8_clip(shown, KEY_VALUE_BYTES);
        out->length = from + clipped.length;
        strbuf_append_c(out, clipped.length < shown.length ? "..." : "");
    }
}
