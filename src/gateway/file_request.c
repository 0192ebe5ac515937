/* file_request.c - what a request says of the file that it carries.
 *
 * Tested by: tests/e2e/test_routes_ingest.py, tests/e2e/test_verify.py. */
#include "gateway/file_request.h"

#include "base/redact.h"
#include "base/vec.h"

FileFormat upload_format(const RouteCall *call) {
    static const struct {
        const char *type;
        FileFormat format;
    } known[] = {
        {"text/csv", FILE_CSV},
        {"application/csv", FILE_CSV},
        {"application/json", FILE_JSON},
        {"application/x-ndjson", FILE_NDJSON},
        {"application/ndjson", FILE_NDJSON},
        {"application/jsonl", FILE_NDJSON},
        {"application/vnd.apache.parquet", FILE_PARQUET},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq_nocase(call->upload_type, str_c(known[i].type)))
            return known[i].format;
    return FILE_AUTO;
}

static Str one_character(const RouteCall *call, const char *name, Arena *arena) {
    Str value = call_query(call, name);
    return str_eq_c(value, "\\t") ? STR("\t") : str_dup(arena, value);
}

CsvDialect upload_dialect(const RouteCall *call, Arena *arena) {
    Str header = call_query(call, "header");
    return (CsvDialect){
        .delimiter = one_character(call, "delimiter", arena),
        .quote = one_character(call, "quote", arena),
        .escape = one_character(call, "escape", arena),
        .null_text = str_dup(arena, call_query(call, "null")),
        .header = header.length == 0 ? -1 : str_eq_c(header, "true"),
    };
}

/* It is kept and shown for ever, so no DSN may hide in it. */
Str upload_source_name(const RouteCall *call) {
    Str name = call_query(call, "source");
    if (name.length == 0)
        name = call->upload_name.length > 0 ? call->upload_name : STR("upload");
    return redact(REDACT_MESSAGE, name, call->arena);
}
