/* index_head.c - the keys of an index, what a head names, and copies of one.
 *
 * Tested by: tests/unit/index/test_index_head.c. */
#include "index/index_head.h"

Str index_head_key(Str index_name, Arena *arena) {
    return str_format(arena, "vectors/%.*s/head.json", STR_ARG(index_name));
}

Str index_folder(Str index_name, Arena *arena) {
    return str_format(arena, "vectors/%.*s/", STR_ARG(index_name));
}

Str index_source_of_name(Str index_name) {
    size_t digits = index_name.length;
    while (digits > 0 && index_name.data[digits - 1] >= '0' && index_name.data[digits - 1] <= '9')
        digits--;
    bool versioned = digits < index_name.length && digits > 2 &&
                     index_name.data[digits - 1] == 'v' && index_name.data[digits - 2] == '_';
    return versioned ? str_slice(index_name, 0, digits - 2) : index_name;
}

/* A checksum names a local file: nothing but hex digits may come through here. */
static bool checksum_is_hex(Str checksum) {
    if (checksum.length != 32)
        return false;
    for (size_t i = 0; i < checksum.length; i++) {
        char c = checksum.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

bool segment_ref_is_sound(const SegmentRef *ref) {
    return ref->rows > 0 && ref->rows <= INT32_MAX && ref->last_row_id >= ref->first_row_id &&
           ref->last_row_id - ref->first_row_id >= ref->rows - 1 && ref->last_row_id < INT64_MAX &&
           checksum_is_hex(ref->checksum);
}

void index_head_derive(IndexHead *head) {
    IndexRecord *record = &head->record;
    bool graph = !str_is_empty(head->graph.key);
    record->live_kind = graph ? STR("hnsw") : STR("exact");
    record->live_hnsw = head->graph.params;
    record->live_bytes = head->graph.size_bytes;
    record->segment_count = head->segment_count;
    record->tombstone_count = head->tombstones.count;
}

size_t index_head_keys(const IndexHead *head, Arena *arena, Str **out_keys) {
    Str *keys = ARENA_ARRAY(arena, Str, head->segment_count + head->retired_count + 3);
    size_t count = 0;
    keys[count++] = index_head_key(head->record.index_name, arena);
    for (size_t i = 0; i < head->segment_count; i++)
        keys[count++] = head->segments[i].key;
    for (size_t i = 0; i < head->retired_count; i++)
        keys[count++] = head->retired[i];
    if (!str_is_empty(head->tombstones.key))
        keys[count++] = head->tombstones.key;
    if (!str_is_empty(head->graph.key))
        keys[count++] = head->graph.key;
    *out_keys = keys;
    return count;
}

IndexHead index_head_copy(const IndexHead *head, Arena *arena) {
    IndexHead copy = *head;
    Str *const texts[] = {
        &copy.record.index_name,
        &copy.record.source,
        &copy.record.id_column,
        &copy.record.text_column,
        &copy.record.model_name,
        &copy.record.model_version,
        &copy.record.model_fingerprint,
        &copy.record.bucket,
        &copy.record.vector_backend,
        &copy.record.storage_key,
        &copy.record.live_kind,
        &copy.tombstones.key,
        &copy.tombstones.checksum,
        &copy.graph.key,
        &copy.write_id,
        &copy.extra,
        NULL,
    };
    for (size_t i = 0; texts[i] != NULL; i++)
        *texts[i] = str_dup(arena, *texts[i]);
    copy.segments = ARENA_ARRAY(arena, SegmentRef, head->segment_count);
    for (size_t i = 0; i < head->segment_count; i++) {
        copy.segments[i] = head->segments[i];
        copy.segments[i].key = str_dup(arena, head->segments[i].key);
        copy.segments[i].checksum = str_dup(arena, head->segments[i].checksum);
    }
    copy.retired = ARENA_ARRAY(arena, Str, head->retired_count);
    for (size_t i = 0; i < head->retired_count; i++)
        copy.retired[i] = str_dup(arena, head->retired[i]);
    return copy;
}
