/* memory_value.h - cells of the in-memory source: texts that become typed values.
 *
 * Ownership: values go into the builder.   Threads: pure functions. */
#ifndef SOURCE_MEMORY_VALUE_H
#define SOURCE_MEMORY_VALUE_H

#include "base/row_builder.h"

/* How a column of a stored type is put; VARCHAR for a type that the twin does not know. */
RowColumn memory_value_shape(Str name, Str type);
/* FAIL_UNPROCESSABLE when the text is no value of the column's type. */
MUST_CHECK bool memory_value_put(Str text, ColumnBuilder *column, Err *err);
/* By the order of the type: negative, 0, positive. Neither is NULL. */
int memory_value_compare(const char *type, Str a, Str b);

#endif
