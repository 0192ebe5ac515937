/* json_load.c - check a JSON file from end to end, then offer its records as rows of texts.
 *
 * DuckDB's JSON reader is not used: with ignore_errors it turns a bad line into a row of NULLs, and
 * it mixes integers and fractions into doubles. Here each record is cut into members by our own
 * scanner, a number stays the text it was, and the columns get their types by the same votes as
 * those of a CSV file.
 *
 * Tested by: test_ingest_json.c. */
#include "files/json_load.h"

#include <inttypes.h>

#include "files/column_names.h"
#include "files/text_rows.h"

typedef struct JsonTable {
    TextTable base;
    const TextFile *file;
    JsonLayout layout;
    Arena *arena;
    Map by_key; /* the file's key -> its column's number */
    ColumnNames names;
    VEC(TextColumn) columns;
    VEC(uint64_t) seen_in; /* the record in which a column was last seen: finds repeated keys */
} JsonTable;

static bool reading_open(JsonReading *reading, const JsonTable *table, Progress *progress,
                         Err *err) {
    const TextFile *file = table->file;
    return json_reading_open(reading, table->layout, file->path, file->name, file->budget, progress,
                             err);
}

/* ---- the check ---- */

static size_t column_of(const JsonTable *table, Str key) {
    const size_t *column = map_get(&table->by_key, key);
    return column != NULL ? *column : SIZE_MAX;
}

static bool add_column(JsonTable *table, Str key, Err *err) {
    TextColumn column = {0};
    if (table->columns.count == JSON_MEMBERS_MAX)
        return err_fail(err, FAIL_UNPROCESSABLE, "the file has more than %d different keys",
                        JSON_MEMBERS_MAX);
    if (!column_names_add(&table->names, key, &column.name, err))
        return false;
    value_facts_init(&column.facts);
    value_facts_init(&column.elements);
    size_t *number = ARENA_NEW(table->arena, size_t);
    *number = table->columns.count;
    map_put(&table->by_key, key, number);
    *vec_push(&table->columns, table->arena) = column;
    *vec_push(&table->seen_in, table->arena) = 0;
    return true;
}

/* Columns that only a rejected record has brought are none. */
static void drop_columns(JsonTable *table, size_t from, JsonScanner *scanner, Arena *scratch) {
    for (size_t i = 0; i < scanner->member_count && table->columns.count > from; i++) {
        const JsonMember *member = &scanner->members[i];
        Str key = json_unescape(member->key, member->key_escaped, scratch);
        size_t column = column_of(table, key);
        if (column != SIZE_MAX && column >= from)
            map_remove(&table->by_key, key);
    }
    while (table->columns.count > from) {
        table->columns.count--;
        table->seen_in.count--;
        column_names_drop_last(&table->names);
    }
}

/* Finds or makes the columns of a record's members. *out_repeated: a key comes twice. */
static bool match_columns(JsonTable *table, JsonReading *reading, Str *out_repeated, Err *err) {
    *out_repeated = STR_EMPTY;
    for (size_t i = 0; i < reading->scanner.member_count; i++) {
        const JsonMember *member = &reading->scanner.members[i];
        Str key = json_unescape(member->key, member->key_escaped, reading->scratch);
        size_t column = column_of(table, key);
        if (column == SIZE_MAX) {
            column = table->columns.count;
            if (!add_column(table, key, err))
                return false;
        }
        if (table->seen_in.items[column] == reading->records)
            *out_repeated = table->columns.items[column].name;
        table->seen_in.items[column] = reading->records;
    }
    return true;
}

static void vote_elements(TextColumn *column, Str list, uint64_t number, Arena *scratch) {
    JsonMember element;
    size_t at = 0;
    while (json_next_element(list, &at, &element)) {
        if (element.kind == JSON_KIND_LIST || element.kind == JSON_KIND_OBJECT)
            column->lists_nested = true;
        else if (element.kind != 0)
            value_facts_add_json(&column->elements, element.kind,
                                 json_unescape(element.text, element.text_escaped, scratch),
                                 number);
    }
}

static void vote(JsonTable *table, JsonReading *reading, uint64_t number) {
    for (size_t i = 0; i < reading->scanner.member_count; i++) {
        const JsonMember *member = &reading->scanner.members[i];
        Str key = json_unescape(member->key, member->key_escaped, reading->scratch);
        TextColumn *column = &table->columns.items[column_of(table, key)];
        if (member->kind == 0)
            continue;
        Str text = json_unescape(member->text, member->text_escaped, reading->scratch);
        value_facts_add_json(&column->facts, member->kind, text, number);
        table->base.text_bytes += text.length;
        if (member->kind == JSON_KIND_LIST)
            vote_elements(column, member->text, number, reading->scratch);
    }
}

static bool check_record(JsonTable *table, JsonReading *reading, const JsonRecord *record,
                         RejectList *rejects, Err *err) {
    Str repeated;
    size_t columns_before = table->columns.count;
    if (record->fault != NULL) {
        reject_add(rejects, record->number, STR_EMPTY, str_c(record->fault));
        return true;
    }
    if (!match_columns(table, reading, &repeated, err))
        return false;
    if (repeated.length > 0) {
        reject_add(rejects, record->number, repeated, STR("a key that comes twice"));
        drop_columns(table, columns_before, &reading->scanner, reading->scratch);
        return true;
    }
    vote(table, reading, record->number);
    table->base.rows++;
    return true;
}

static bool check_all(JsonTable *table, RejectList *rejects, Err *err) {
    JsonReading reading;
    JsonRecord record;
    bool end = false;
    progress_start(table->file->progress, "checking", "bytes", table->file->size_bytes);
    if (!reading_open(&reading, table, table->file->progress, err))
        return false;
    bool ok;
    while ((ok = json_reading_next(&reading, &record, &end, err)) && !end)
        if (!(ok = check_record(table, &reading, &record, rejects, err)))
            break;
    json_reading_close(&reading);
    return ok;
}

/* ---- the stream ---- */

typedef struct JsonStream {
    RowStream base;
    const JsonTable *table;
    JsonReading reading;
    TextRows rows;
    uint64_t *seen_in;
    Arena *arena;
} JsonStream;

/* The same decision as in match_columns: a repeated key makes the record a reject. */
static bool has_repeated_key(JsonStream *stream) {
    bool repeated = false;
    for (size_t i = 0; i < stream->reading.scanner.member_count; i++) {
        const JsonMember *member = &stream->reading.scanner.members[i];
        Str key = json_unescape(member->key, member->key_escaped, stream->reading.scratch);
        size_t column = column_of(stream->table, key);
        if (column == SIZE_MAX) /* only rejected records brought it */
            return true;
        repeated = repeated || stream->seen_in[column] == stream->reading.records;
        stream->seen_in[column] = stream->reading.records;
    }
    return repeated;
}

static void put_record(JsonStream *stream, uint64_t number) {
    for (size_t i = 0; i < stream->reading.scanner.member_count; i++) {
        const JsonMember *member = &stream->reading.scanner.members[i];
        Arena *scratch = stream->reading.scratch;
        Str key = json_unescape(member->key, member->key_escaped, scratch);
        if (member->kind != 0)
            text_rows_put(&stream->rows, column_of(stream->table, key),
                          json_unescape(member->text, member->text_escaped, scratch));
    }
    text_rows_end(&stream->rows, number);
}

static bool stream_next(RowStream *base, RowBatch *out, Err *err) {
    JsonStream *stream = (JsonStream *)base;
    JsonRecord record;
    bool end = false;
    text_rows_clear(&stream->rows);
    while (!text_rows_full(&stream->rows)) {
        if (!json_reading_next(&stream->reading, &record, &end, err))
            return false;
        if (end)
            break;
        if (record.fault == NULL && !has_repeated_key(stream))
            put_record(stream, record.number);
    }
    *out = text_rows_batch(&stream->rows);
    return true;
}

static void stream_close(RowStream *base) {
    JsonStream *stream = (JsonStream *)base;
    json_reading_close(&stream->reading);
    arena_destroy(stream->arena);
}

static bool open_rows(TextTable *base, Progress *progress, RowStream **out, Err *err) {
    JsonTable *table = (JsonTable *)base;
    Arena *arena = arena_create();
    JsonStream *stream = ARENA_NEW(arena, JsonStream);
    stream->arena = arena;
    stream->table = table;
    stream->seen_in = ARENA_ARRAY(arena, uint64_t, base->column_count + 1);
    if (!reading_open(&stream->reading, table, progress, err)) {
        arena_destroy(arena);
        return false;
    }
    text_rows_init(&stream->rows, base->column_count, arena);
    stream->base = (RowStream){
        .schema = text_rows_batch(&stream->rows), .next = stream_next, .close = stream_close};
    *out = &stream->base;
    return true;
}

/* ---- opening ---- */

bool json_load(const TextFile *file, JsonLayout layout, RejectList *rejects, Arena *arena,
               TextTable **out, Err *err) {
    JsonTable *table = ARENA_NEW(arena, JsonTable);
    *table = (JsonTable){.base = {.direct_from = STR_EMPTY, .open_rows = open_rows},
                         .file = file,
                         .layout = layout,
                         .arena = arena,
                         .by_key = map_make(arena)};
    column_names_init(&table->names, arena);
    if (!check_all(table, rejects, err) ||
        !reject_list_bearable(rejects, table->base.rows, "records", err))
        return false;
    for (size_t i = 0; i < table->columns.count; i++) {
        ValueFacts *facts = &table->columns.items[i].facts;
        facts->nulls = table->base.rows - facts->values;
    }
    table->base.columns = table->columns.items;
    table->base.column_count = table->columns.count;
    table->base.renamed = table->names.renamed.items;
    table->base.renamed_count = table->names.renamed.count;
    *out = &table->base;
    return true;
}
