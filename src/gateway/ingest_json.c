/* ingest_json.c - the answer of a load: counts, rejects, coercions, personal data, notes.
 *
 * One shape for files and databases. What only an incremental or a resumed load has
 * (cursor_value, resumed_rows) is there in every answer of a database, so that a program need not
 * ask whether it is.
 *
 * Tested by: tests/e2e/test_routes_ingest.py, tests/e2e/test_ingest_table.py. */
#include "gateway/ingest_json.h"

#include "gateway/route_call.h"

static json_t *rejects_json(const IngestResult *result, const char *place) {
    json_t *list = json_array();
    for (size_t i = 0; i < result->reject_count; i++) {
        const RejectedRow *row = &result->rejects[i];
        json_t *reject = json_object();
        json_set_u64(reject, place, row->line);
        json_set_str(reject, "column", row->column);
        json_set_str(reject, "reason", row->reason);
        json_array_append_new(list, reject);
    }
    return list;
}

static json_t *coercions_json(const IngestResult *result, Arena *arena) {
    json_t *list = json_array();
    for (size_t i = 0; i < result->coercion_count; i++)
        json_array_append(list, coercion_to_json(&result->coercions[i], arena));
    return list;
}

static json_t *pii_json(const IngestResult *result) {
    json_t *list = json_array();
    for (size_t i = 0; i < result->pii_count; i++) {
        const PiiTag *tag = &result->pii[i];
        json_t *finding = json_object();
        json_set_str(finding, "column", tag->column);
        json_set_str(finding, "kind", tag->kind);
        json_object_set_new(finding, "score", json_real(tag->score));
        json_set_str(finding, "basis", tag->basis);
        json_array_append_new(list, finding);
    }
    return list;
}

static json_t *notes_json(const IngestResult *result) {
    json_t *list = json_array();
    for (size_t i = 0; i < result->notes.count; i++)
        json_array_append_new(list, json_str(result->notes.items[i]));
    return list;
}

json_t *ingest_result_to_json(const IngestResult *result, Arena *arena) {
    bool has_lines = result->format == FILE_CSV || result->format == FILE_NDJSON;
    json_t *answer = json_keep(arena, json_object());
    json_set_str(answer, "dataset", result->dataset);
    json_set_u64(answer, "snapshot_id", result->snapshot_id);
    json_set_u64(answer, "rows_read", result->rows_read);
    json_set_u64(answer, "rows_written", result->rows_written);
    json_set_u64(answer, "rows_rejected", result->rows_rejected);
    json_object_set_new(answer, "rejects", rejects_json(result, has_lines ? "line" : "row"));
    json_object_set_new(answer, "coercions", coercions_json(result, arena));
    json_object_set_new(answer, "pii", pii_json(result));
    json_set_str(answer, "source_system", result->source_system);
    json_set_str(answer, "source", result->source);
    json_object_set_new(answer, "cursor_value",
                        result->cursor_value.length > 0 ? json_str(result->cursor_value)
                                                        : json_null());
    json_set_u64(answer, "resumed_rows", result->resumed_rows);
    json_object_set_new(answer, "notes", notes_json(result));
    json_object_set_new(answer, "duration_secs", json_real(result->duration_secs));
    return answer;
}
