/* text_table.h - a checked table of texts: what a CSV or JSON file is once every record was looked
 * at, before its columns get types.
 *
 * Making one reads the whole file: records are counted apart from DuckDB, broken ones are put on
 * the reject list, and every value votes on its column's type. Its good rows can then be streamed
 * (a second reading), or, where a file is plain enough, read by DuckDB itself from `direct_from`.
 *
 * Ownership: in the arena it was made with; a row stream is closed by whoever opened it.
 * Threads: one at a time. */
#ifndef FILES_TEXT_TABLE_H
#define FILES_TEXT_TABLE_H

#include "base/budget.h"
#include "base/progress.h"
#include "base/row_batch.h"
#include "catalog/catalog.h"
#include "files/reject_list.h"
#include "files/value_facts.h"

typedef struct TextColumn {
    Str name;
    ValueFacts facts;
    ValueFacts elements; /* JSON lists: of what is inside */
    bool lists_nested;   /* JSON lists: some hold lists or objects */
} TextColumn;

typedef struct TextTable TextTable;
struct TextTable {
    TextColumn *columns;
    size_t column_count;
    uint64_t rows; /* good ones */
    uint64_t text_bytes;
    Coercion *renamed;
    size_t renamed_count;
    Str direct_from; /* a FROM clause with the columns c0, c1, ...; "" = stream only */
    bool (*open_rows)(TextTable *table, Progress *progress, RowStream **out, Err *err);
};

/* Where a text file lies and what its reading may use. */
typedef struct TextFile {
    const char *path;
    Str name; /* as its owner knows it */
    uint64_t size_bytes;
    Budget *budget;
    Progress *progress;
} TextFile;

/* A record is read whole: the longest allowed. */
enum { RECORD_BYTES_MAX = 32 << 20 };

#endif
