/* duck_lists.c - the catalog's datasets and the records of the indexes as rows.
 *
 * Both show the newest state at the time the scan begins. An index record comes as JSON through a
 * hook, since indexes live above this module; fields that are missing or of another type are NULL,
 * and `record` holds it whole.
 *
 * Tested by: test_duck_functions.c. */
#include "query/duck_lists.h"

#include "base/vec.h"
#include "query/duck_functions.h"

/* ---- datasets ---- */

static const RowsColumn dataset_columns[] = {
    {"name", DUCKDB_TYPE_VARCHAR},
    {"bucket", DUCKDB_TYPE_VARCHAR},
    {"description", DUCKDB_TYPE_VARCHAR},
    {"snapshot_id", DUCKDB_TYPE_BIGINT},
    {"rows", DUCKDB_TYPE_BIGINT},
    {"bytes", DUCKDB_TYPE_BIGINT},
    {"files", DUCKDB_TYPE_BIGINT},
    {"columns", DUCKDB_TYPE_BIGINT},
    {"created_at", DUCKDB_TYPE_TIMESTAMP_TZ},
    {"updated_at", DUCKDB_TYPE_TIMESTAMP_TZ},
};

static void fill_dataset(const DatasetInfo *info, const Snapshot *snapshot, RowsCell *cells) {
    cells[0].text = info->name;
    cells[1].text = info->bucket;
    cells[2].text = info->description;
    cells[3].integer = (int64_t)info->snapshot_id;
    cells[4].integer = (int64_t)snapshot->rows;
    cells[5].integer = (int64_t)snapshot->size_bytes;
    cells[6].integer = (int64_t)snapshot->file_count;
    cells[7].integer = (int64_t)snapshot->schema.count;
    cells[8].integer = info->created_at_us;
    cells[9].integer = info->updated_at_us;
}

static bool make_datasets(const void *context, const void *arguments, Arena *arena, RowsSet *out,
                          Err *err) {
    (void)arguments;
    Catalog *catalog = ((const FunctionLake *)context)->catalog;
    DatasetInfo *infos;
    size_t count;
    if (!catalog_list(catalog, arena, &infos, &count, err))
        return false;
    out->cells = ARENA_ARRAY(arena, RowsCell, count * ARRAY_LEN(dataset_columns));
    for (size_t i = 0; i < count; i++) {
        Snapshot snapshot;
        if (!catalog_snapshot(catalog, infos[i].name, infos[i].snapshot_id, arena, &snapshot,
                              err)) {
            if (!err_is(err, FAIL_NOT_FOUND))
                return false;
            err_clear(err); /* dropped since it was listed */
            continue;
        }
        fill_dataset(&infos[i], &snapshot,
                     out->cells + out->row_count * ARRAY_LEN(dataset_columns));
        out->row_count++;
    }
    return true;
}

const RowsFunction duck_datasets_function = {.name = "lake_datasets",
                                             .columns = dataset_columns,
                                             .column_count = ARRAY_LEN(dataset_columns),
                                             .make = make_datasets};

/* ---- indexes ---- */

static const RowsColumn index_columns[] = {
    {"index_name", DUCKDB_TYPE_VARCHAR}, {"source", DUCKDB_TYPE_VARCHAR},
    {"model_name", DUCKDB_TYPE_VARCHAR}, {"dimensions", DUCKDB_TYPE_BIGINT},
    {"chunk_count", DUCKDB_TYPE_BIGINT}, {"doc_count", DUCKDB_TYPE_BIGINT},
    {"bucket", DUCKDB_TYPE_VARCHAR},     {"vector_backend", DUCKDB_TYPE_VARCHAR},
    {"snapshot_id", DUCKDB_TYPE_BIGINT}, {"fresh", DUCKDB_TYPE_BOOLEAN},
    {"created_at", DUCKDB_TYPE_VARCHAR}, {"record", DUCKDB_TYPE_VARCHAR},
};

static RowsCell read_field(const json_t *record, const RowsColumn *column) {
    const json_t *value = json_object_get(record, column->name);
    RowsCell cell = {.is_null = true};
    if (column->type == DUCKDB_TYPE_VARCHAR && json_is_string(value))
        cell = (RowsCell){.text = str_make(json_string_value(value), json_string_length(value))};
    else if (column->type == DUCKDB_TYPE_BIGINT && json_is_integer(value))
        cell = (RowsCell){.integer = json_integer_value(value)};
    else if (column->type == DUCKDB_TYPE_BOOLEAN && json_is_boolean(value))
        cell = (RowsCell){.integer = json_is_true(value) ? 1 : 0};
    return cell;
}

static bool make_indexes(const void *context, const void *arguments, Arena *arena, RowsSet *out,
                         Err *err) {
    (void)arguments;
    const QueryHooks *hooks = &((const FunctionLake *)context)->hooks;
    json_t *records;
    if (!hooks->list_indexes(hooks->context, arena, &records, err))
        return false;
    size_t last = ARRAY_LEN(index_columns) - 1;
    out->row_count = json_array_size(records);
    out->cells = ARENA_ARRAY(arena, RowsCell, out->row_count * ARRAY_LEN(index_columns));
    for (size_t row = 0; row < out->row_count; row++) {
        const json_t *record = json_array_get(records, row);
        RowsCell *cells = out->cells + row * ARRAY_LEN(index_columns);
        for (size_t i = 0; i < last; i++)
            cells[i] = read_field(record, &index_columns[i]);
        cells[last].text = json_print(record, arena);
    }
    return true;
}

const RowsFunction duck_indexes_function = {.name = "lake_indexes",
                                            .columns = index_columns,
                                            .column_count = ARRAY_LEN(index_columns),
                                            .make = make_indexes};
