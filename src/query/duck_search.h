/* duck_search.h - vector_search(index, query, k, ef := n) in FROM.
 *
 * Columns: doc_id, chunk_idx, chunk_text, source, score, distance; best first. `query` is a text,
 * which the index's model embeds, or a vector: a list or an array of numbers. k is 1 to 10000. */
#ifndef QUERY_DUCK_SEARCH_H
#define QUERY_DUCK_SEARCH_H

#include "query/duck_rows.h"

extern const RowsFunction duck_search_function; /* context: a FunctionLake */

#endif
