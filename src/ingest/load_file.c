/* load_file.c - from checked records to a plan for one dataset.
 *
 * Tested by: test_ingest_csv.c, test_ingest_json.c, test_ingest_parquet.c, test_ingest_files.c. */
#include "ingest/load_file.h"

bool load_file_plan(const LoadContext *context, LoadFile *file, const Schema *current, Load *out,
                    Err *err) {
    const OpenFile *opened = &file->opened;
    if (opened->table != NULL)
        return text_load_plan(context, opened->table, &opened->checked, current, out, err);
    return parquet_load_plan(context, str_c(opened->file.path), opened->file.size_bytes,
                             &opened->checked, out, err);
}

/* When a column cannot be had in the dataset's type, say which value stands in the way. */
static void explain_refusal(const LoadFile *file, const Load *rows, const Schema *current,
                            Err *err) {
    const TextTable *table = file->opened.table;
    for (size_t i = 0; table != NULL && current != NULL && i < table->column_count; i++) {
        const TextColumn *column = &table->columns[i];
        const SchemaColumn *existing = schema_find(current, column->name);
        if (existing == NULL || column->facts.text_line == 0 ||
            str_eq(existing->type, rows->columns[i].type))
            continue;
        err_detail(err, "line %llu: '%s' is not %.*s", (unsigned long long)column->facts.text_line,
                   column->facts.text_sample, STR_ARG(existing->type));
        err_hint(err, "give types to have rows that do not fit left out and listed");
        return;
    }
}

bool load_file_schema(const LoadContext *context, const LoadFile *file, const Load *rows,
                      const Schema *current, SchemaChange change, Schema *out, Err *err) {
    Schema incoming = {.columns = ARENA_ARRAY(context->arena, SchemaColumn, rows->column_count),
                       .count = rows->column_count};
    for (size_t i = 0; i < incoming.count; i++)
        incoming.columns[i] = (SchemaColumn){
            .name = rows->columns[i].name, .type = rows->columns[i].type, .nullable = true};
    if (!schema_plan(current, &incoming, change, context->arena, out, err)) {
        explain_refusal(file, rows, current, err);
        return false;
    }
    return out->count > 0 || err_fail(err, FAIL_UNPROCESSABLE, "the file has no columns");
}
