/* schema.h - the columns of a dataset, and what may change between two loads.
 *
 * Types are written as DuckDB prints them ("BIGINT", "DECIMAL(18,3)", "VARCHAR", "FLOAT[]"), and
 * only those that an Iceberg table can hold are stored; schema_storage_type says to what others are
 * cast (UTINYINT -> INTEGER, UBIGINT -> DECIMAL(20,0), HUGEINT -> DECIMAL(38,0), TIME_NS ->, ...).
 * Every column has a field id that is never used again in its dataset. A column without any value
 * may come as "NULL" (with its quotes, as DuckDB prints it): it fits any type, and is VARCHAR when
 * the dataset has none for it.
 *
 * Loads are matched by column name (exactly; two names that differ only in case are refused).
 * A new column is added as nullable; a missing one becomes nulls; TINYINT < SMALLINT < INTEGER <
 * BIGINT and FLOAT < DOUBLE are widened, DECIMAL(p,s) to DECIMAL(p',s) with p' > p, lists by their
 * elements; anything else is FAIL_UNPROCESSABLE naming the column and both types. Never a wrong
 * column.
 *
 * Ownership: everything in the caller's arena.   Threads: pure functions. */
#ifndef CATALOG_SCHEMA_H
#define CATALOG_SCHEMA_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

typedef struct SchemaColumn {
    uint32_t field_id; /* from 1 */
    Str name;
    Str type;
    bool nullable;
} SchemaColumn;

typedef struct Schema {
    SchemaColumn *columns;
    size_t count;
    uint32_t last_field_id; /* highest ever given out, dropped columns included */
} Schema;

/* Names and types as they come (field ids 0) -> the dataset's next schema. `current` is NULL for a
 * new dataset. In replace mode columns that are gone are dropped, and a type may change freely
 * (it then gets a new field id). */
typedef enum SchemaChange { SCHEMA_EXTEND, SCHEMA_REPLACE } SchemaChange;
MUST_CHECK bool schema_plan(const Schema *current, const Schema *incoming, SchemaChange change,
                            Arena *arena, Schema *out, Err *err);

/* The type we store for a type that DuckDB found; FAIL_UNPROCESSABLE when there is none. */
MUST_CHECK bool schema_storage_type(Str column, Str type, Arena *arena, Str *out_type, Err *err);
const SchemaColumn *schema_find(const Schema *schema, Str name); /* NULL when absent */

/* The value of COPY's FIELD_IDS option: {"id": 1, "tags": {__duckdb_field_id: 2, element: 3}, ...}.
 * A nested column takes the ids that follow its own for its nested fields, depth first; they are
 * counted in last_field_id. */
Str schema_field_ids(const Schema *schema, Arena *arena);

/* Does a plan that was made on another version of the dataset still fit `head`? Then *out is the
 * schema to commit; else FAIL_CONFLICT: plan again. */
MUST_CHECK bool schema_rebase(const Schema *head, const Schema *planned, SchemaChange change,
                              Arena *arena, Schema *out, Err *err);

json_t *schema_to_json(const Schema *schema);
MUST_CHECK bool schema_from_json(const json_t *value, Arena *arena, Schema *out, Err *err);

#endif
