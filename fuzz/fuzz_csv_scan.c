/* fuzz_csv_scan.c - the first byte chooses a format, the rest is a delimited text, read twice: in
 * one piece and through the dialect detector. Whatever the text, the records must tile it. */
#include <assert.h>
#include <string.h>

#include "files/csv_dialect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static CsvFormat format_of(uint8_t choice) {
    static const char delimiters[] = {',', ';', '\t', '|'};
    return (CsvFormat){.delimiter = delimiters[choice & 3],
                       .quote = (choice & 4) != 0 ? '\'' : '"',
                       .escape = (choice & 8) != 0   ? '\\'
                                 : (choice & 4) != 0 ? '\''
                                                     : '"',
                       .cr_lines = (choice & 16) != 0,
                       .skip_spaces = (choice & 32) != 0};
}

static void check_record(const CsvFormat *format, const CsvRecord *record, Str text, Arena *arena) {
    assert(record->bytes.data >= text.data);
    assert(record->bytes.data + record->bytes.length <= text.data + text.length);
    if (record->broken != NULL)
        return;
    assert(record->field_count >= 1 && record->field_count <= CSV_FIELDS_MAX);
    size_t end = 0;
    for (size_t i = 0; i < record->field_count; i++) {
        const CsvField *field = &record->fields[i];
        assert(field->from >= end);
        end = (size_t)field->from + field->length;
        assert(end <= record->bytes.length);
        assert(csv_field_text(format, record, i, arena).length <= field->length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || size > 1 << 16)
        return 0;
    CsvFormat format = format_of(data[0]);
    Str text = str_make(data + 1, size - 1);
    Arena *arena = arena_create();
    for (int whole = 0; whole < 2; whole++) {
        CsvSample sample;
        csv_sample_read(text, whole != 0, &format, 1000, arena, &sample);
        const char *last = text.data;
        for (size_t i = 0; i < sample.count; i++) {
            check_record(&format, &sample.records[i], text, arena);
            assert(sample.records[i].bytes.data >= last);
            last = sample.records[i].bytes.data + sample.records[i].bytes.length;
        }
    }
    Err err = {0};
    CsvPlan plan;
    CsvDialect any = {.header = -1};
    if (csv_plan_make(text, true, &any, arena, &plan, &err))
        assert(plan.names.names.count >= 1);
    else
        assert(err.kind == FAIL_UNPROCESSABLE);
    arena_destroy(arena);
    return 0;
}
