/* duck_lists.h - lake_datasets() and lake_indexes(): what there is, as tables. */
#ifndef QUERY_DUCK_LISTS_H
#define QUERY_DUCK_LISTS_H

#include "query/duck_rows.h"

/* name, bucket, description, snapshot_id, rows, bytes, files, columns, created_at, updated_at */
extern const RowsFunction duck_datasets_function; /* context: a FunctionLake */
/* index_name, source, model_name, dimensions, chunk_count, doc_count, bucket, vector_backend,
 * snapshot_id, fresh, created_at, record (all of it, as JSON) */
extern const RowsFunction duck_indexes_function; /* the same */

#endif
