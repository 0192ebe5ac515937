/* arrow_ipc.c - write schema, dictionary and record batch messages.
 *
 * Dictionaries are numbered in the order in which a walk over the schema (parents before children)
 * meets them; the same walk over the arrays finds them again. Recursion is as deep as the types,
 * which value_node_make has bounded, and DEPTH_MAX checks once more.
 *
 * The arrays come from DuckDB, whose offsets begin at 0; an array with an offset is refused rather
 * than read wrongly. Null counts are counted when the array does not know its own.
 *
 * Tested by: test_query_formats.c, tests/e2e/test_sql_formats.py. */
#include "query/arrow_ipc.h"

#include <string.h>

#include "base/vec.h"
#include "query/arrow_type.h"

/* The story above says what bounds the recursion. */
/* NOLINTBEGIN(misc-no-recursion) */

enum {
    VERSION_5 = 4,
    HEADER_SCHEMA = 1,
    HEADER_DICTIONARY_BATCH,
    HEADER_RECORD_BATCH,
    DEPTH_MAX = 80,
    BUFFER_ALIGN = 64,
};

/* ---- messages ---- */

static void append_zeros(StrBuf *out, size_t count) {
    memset(strbuf_reserve(out, count), 0, count);
    out->length += count;
}

static size_t padding(uint64_t length, size_t to) {
    return (size_t)((to - length % to) % to);
}

/* The frame around a header table: its metadata is complete with this. */
static void append_message(StrBuf *out, FlatBuilder *builder, uint8_t kind, FlatRef header,
                           uint64_t body_bytes) {
    flat_table_begin(builder);
    flat_table_i64(builder, 3, (int64_t)body_bytes);
    flat_table_ref(builder, 2, header);
    flat_table_i16(builder, 0, VERSION_5);
    flat_table_u8(builder, 1, kind);
    Str metadata = flat_finish(builder, flat_table_end(builder));
    size_t pad = padding(metadata.length, 8);
    uint32_t frame[2] = {0xffffffff, (uint32_t)(metadata.length + pad)};
    strbuf_append(out, str_make(frame, sizeof frame));
    strbuf_append(out, metadata);
    append_zeros(out, pad);
}

void arrow_ipc_end(StrBuf *out) {
    static const uint32_t end[2] = {0xffffffff, 0};
    strbuf_append(out, str_make(end, sizeof end));
}

/* NOLINTBEGIN(misc-no-recursion): at most DEPTH_MAX deep */

/* ---- schema ---- */

typedef struct FieldWalk {
    FlatBuilder builder;
    int64_t next_dictionary;
    Err *err;
} FieldWalk;

/* Slots of Field: name 0, nullable 1, type_type 2, type 3, dictionary 4, children 5. */
static bool write_field(FieldWalk *walk, const struct ArrowSchema *schema, int depth,
                        FlatRef *out) {
    FlatBuilder *b = &walk->builder;
    if (depth > DEPTH_MAX)
        return err_fail(walk->err, FAIL_UNSUPPORTED, "a type nested too deeply for Arrow");
    const struct ArrowSchema *values = schema->dictionary != NULL ? schema->dictionary : schema;
    FlatRef dictionary = 0;
    ArrowType type, index;
    if (!arrow_type_parse(values->format, &type, walk->err))
        return false;
    if (schema->dictionary != NULL) {
        if (!arrow_type_parse(schema->format, &index, walk->err))
            return false;
        FlatRef index_type = arrow_type_write(b, &index, 0);
        flat_table_begin(b);
        flat_table_i64(b, 0, walk->next_dictionary++);
        flat_table_ref(b, 1, index_type);
        flat_table_u8(b, 2, (schema->flags & ARROW_DICTIONARY_ORDERED) != 0);
        dictionary = flat_table_end(b);
    }
    size_t count = (size_t)values->n_children;
    FlatRef *children = ARENA_ARRAY(b->arena, FlatRef, count + 1);
    for (size_t i = 0; i < count; i++)
        if (!write_field(walk, values->children[i], depth + 1, &children[i]))
            return false;
    FlatRef list = flat_vector_refs(b, children, count);
    FlatRef name = flat_string(b, str_c(schema->name));
    FlatRef type_table = arrow_type_write(b, &type, values->flags);
    flat_table_begin(b);
    flat_table_ref(b, 0, name);
    flat_table_ref(b, 3, type_table);
    flat_table_ref(b, 5, list);
    if (dictionary != 0)
        flat_table_ref(b, 4, dictionary);
    flat_table_u8(b, 1, (schema->flags & ARROW_NULLABLE) != 0);
    flat_table_u8(b, 2, type.code);
    *out = flat_table_end(b);
    return true;
}

bool arrow_ipc_schema(const struct ArrowSchema *schema, StrBuf *out, Err *err) {
    Arena *arena = arena_create();
    FieldWalk walk = {.builder = flat_make(arena), .err = err};
    size_t count = (size_t)schema->n_children;
    FlatRef *fields = ARENA_ARRAY(arena, FlatRef, count + 1);
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++)
        ok = write_field(&walk, schema->children[i], 0, &fields[i]);
    if (ok) {
        FlatRef list = flat_vector_refs(&walk.builder, fields, count);
        flat_table_begin(&walk.builder);
        flat_table_ref(&walk.builder, 1, list);
        flat_table_i16(&walk.builder, 0, 0); /* little-endian */
        append_message(out, &walk.builder, HEADER_SCHEMA, flat_table_end(&walk.builder), 0);
    }
    arena_destroy(arena);
    return ok;
}

/* ---- bodies ---- */

typedef struct BodyPart {
    const void *data; /* NULL: zeros */
    uint64_t length;
} BodyPart;

typedef struct Body {
    Arena *arena;
    VEC(int64_t) nodes;   /* length, null count; length, null count; ... */
    VEC(int64_t) buffers; /* offset, length; ... */
    VEC(BodyPart) parts;
    uint64_t bytes;
    Err *err;
} Body;

static void add_buffer(Body *body, const void *data, uint64_t length) {
    *vec_push(&body->buffers, body->arena) = (int64_t)body->bytes;
    *vec_push(&body->buffers, body->arena) = (int64_t)length;
    *vec_push(&body->parts, body->arena) = (BodyPart){data, length};
    body->bytes += length + padding(length, BUFFER_ALIGN);
}

static int64_t count_nulls(const struct ArrowArray *array) {
    if (array->null_count >= 0)
        return array->null_count;
    const uint8_t *validity = array->n_buffers > 0 ? array->buffers[0] : NULL;
    int64_t nulls = 0;
    for (int64_t i = 0; validity != NULL && i < array->length; i++)
        nulls += (validity[i >> 3] >> (i & 7) & 1) == 0 ? 1 : 0;
    return nulls;
}

static uint64_t bitmap_bytes(int64_t bits) {
    return ((uint64_t)bits + 7) / 8;
}

static void add_validity(Body *body, const struct ArrowArray *array, int64_t nulls) {
    bool needed = nulls > 0 && array->buffers[0] != NULL;
    add_buffer(body, needed ? array->buffers[0] : NULL, needed ? bitmap_bytes(array->length) : 0);
}

/* An array of no rows may come without buffers: its one offset is 0. */
static int32_t add_offsets(Body *body, const struct ArrowArray *array) {
    const int32_t *offsets = array->buffers[1];
    bool none = array->length == 0 || offsets == NULL;
    add_buffer(body, none ? NULL : offsets, ((uint64_t)array->length + 1) * sizeof *offsets);
    return none ? 0 : offsets[array->length];
}

static bool has_buffers(const ArrowType *type, const struct ArrowArray *array) {
    static const int64_t wanted[] = {
        [ARROW_LAYOUT_NULL] = 0,  [ARROW_LAYOUT_BITS] = 2, [ARROW_LAYOUT_FIXED] = 2,
        [ARROW_LAYOUT_BYTES] = 3, [ARROW_LAYOUT_LIST] = 2, [ARROW_LAYOUT_STRUCT] = 1,
        [ARROW_LAYOUT_UNION] = 1};
    return array->n_buffers >= wanted[type->layout] && array->offset == 0 && array->length >= 0;
}

static void add_own_buffers(Body *body, const ArrowType *type, const struct ArrowArray *array,
                            int64_t nulls) {
    uint64_t length = (uint64_t)array->length;
    switch (type->layout) {
    case ARROW_LAYOUT_NULL:
        break;
    case ARROW_LAYOUT_BITS:
        add_validity(body, array, nulls);
        add_buffer(body, array->buffers[1], bitmap_bytes(array->length));
        break;
    case ARROW_LAYOUT_FIXED:
        add_validity(body, array, nulls);
        add_buffer(body, array->buffers[1], length * type->width);
        break;
    case ARROW_LAYOUT_BYTES:
        add_validity(body, array, nulls);
        add_buffer(body, array->buffers[2], (uint64_t)add_offsets(body, array));
        break;
    case ARROW_LAYOUT_LIST:
        add_validity(body, array, nulls);
        (void)add_offsets(body, array);
        break;
    case ARROW_LAYOUT_STRUCT:
        add_validity(body, array, nulls);
        break;
    case ARROW_LAYOUT_UNION:
        add_buffer(body, array->buffers[0], length);
        break;
    }
}

static bool add_array(Body *body, const struct ArrowSchema *schema, const struct ArrowArray *array,
                      int depth) {
    ArrowType type;
    if (depth > DEPTH_MAX)
        return err_fail(body->err, FAIL_UNSUPPORTED, "a type nested too deeply for Arrow");
    if (!arrow_type_parse(schema->format, &type, body->err))
        return false;
    if (!has_buffers(&type, array) || array->n_children != schema->n_children)
        return err_fail(body->err, FAIL_INTERNAL, "an Arrow array that does not fit its schema");
    bool counts = type.layout != ARROW_LAYOUT_UNION && type.layout != ARROW_LAYOUT_NULL;
    int64_t nulls = counts                             ? count_nulls(array)
                    : type.layout == ARROW_LAYOUT_NULL ? array->length
                                                       : 0;
    *vec_push(&body->nodes, body->arena) = array->length;
    *vec_push(&body->nodes, body->arena) = nulls;
    add_own_buffers(body, &type, array, nulls);
    for (int64_t i = 0; i < schema->n_children && schema->dictionary == NULL; i++)
        if (!add_array(body, schema->children[i], array->children[i], depth + 1))
            return false;
    return true;
}

static FlatRef write_record_batch(FlatBuilder *builder, const Body *body, int64_t length) {
    FlatRef nodes = flat_vector_words(builder, body->nodes.items, body->nodes.count / 2, 2);
    FlatRef buffers = flat_vector_words(builder, body->buffers.items, body->buffers.count / 2, 2);
    flat_table_begin(builder);
    flat_table_i64(builder, 0, length);
    flat_table_ref(builder, 1, nodes);
    flat_table_ref(builder, 2, buffers);
    return flat_table_end(builder);
}

static void append_body(StrBuf *out, const Body *body) {
    for (size_t i = 0; i < body->parts.count; i++) {
        const BodyPart *part = &body->parts.items[i];
        if (part->data != NULL)
            strbuf_append(out, str_make(part->data, (size_t)part->length));
        else
            append_zeros(out, (size_t)part->length);
        append_zeros(out, padding(part->length, BUFFER_ALIGN));
    }
}

bool arrow_ipc_batch(const struct ArrowSchema *schema, const struct ArrowArray *array, StrBuf *out,
                     Err *err) {
    if (schema->n_children != array->n_children)
        return err_fail(err, FAIL_INTERNAL, "an Arrow array that does not fit its schema");
    Arena *arena = arena_create();
    Body body = {.arena = arena, .err = err};
    bool ok = true;
    for (int64_t i = 0; i < schema->n_children && ok; i++)
        ok = add_array(&body, schema->children[i], array->children[i], 0);
    if (ok) {
        FlatBuilder builder = flat_make(arena);
        FlatRef batch = write_record_batch(&builder, &body, array->length);
        append_message(out, &builder, HEADER_RECORD_BATCH, batch, body.bytes);
        append_body(out, &body);
    }
    arena_destroy(arena);
    return ok;
}

/* ---- dictionaries ---- */

static bool write_dictionary(const struct ArrowSchema *schema, const struct ArrowArray *array,
                             int64_t id, StrBuf *out, Err *err) {
    if (array->dictionary == NULL)
        return err_fail(err, FAIL_INTERNAL, "an Arrow array without its dictionary");
    Arena *arena = arena_create();
    Body body = {.arena = arena, .err = err};
    bool ok = add_array(&body, schema->dictionary, array->dictionary, 0);
    if (ok) {
        FlatBuilder builder = flat_make(arena);
        FlatRef batch = write_record_batch(&builder, &body, array->dictionary->length);
        flat_table_begin(&builder);
        flat_table_i64(&builder, 0, id);
        flat_table_ref(&builder, 1, batch);
        append_message(out, &builder, HEADER_DICTIONARY_BATCH, flat_table_end(&builder),
                       body.bytes);
        append_body(out, &body);
    }
    arena_destroy(arena);
    return ok;
}

static bool walk_dictionaries(const struct ArrowSchema *schema, const struct ArrowArray *array,
                              int depth, int64_t *next_id, StrBuf *out, Err *err) {
    if (depth > DEPTH_MAX || schema->n_children != array->n_children)
        return err_fail(err, FAIL_INTERNAL, "an Arrow array that does not fit its schema");
    if (schema->dictionary != NULL)
        return write_dictionary(schema, array, (*next_id)++, out, err);
    for (int64_t i = 0; i < schema->n_children; i++)
        if (!walk_dictionaries(schema->children[i], array->children[i], depth + 1, next_id, out,
                               err))
            return false;
    return true;
}

bool arrow_ipc_dictionaries(const struct ArrowSchema *schema, const struct ArrowArray *array,
                            StrBuf *out, Err *err) {
    int64_t next_id = 0;
    return walk_dictionaries(schema, array, 0, &next_id, out, err);
}

/* NOLINTEND(misc-no-recursion) */
