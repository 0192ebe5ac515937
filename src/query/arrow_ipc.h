/* arrow_ipc.h - the Arrow IPC stream format, from arrays of the C data interface.
 *
 * A stream is one schema message, then for each dictionary one dictionary batch, then record
 * batches, then an end mark. Each message is FF FF FF FF, the length of its metadata (int32), the
 * metadata (a FlatBuffer, padded to 8 bytes) and its body of buffers, each padded to 64 bytes.
 * Specification: arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-
 * communication-ipc; metadata version V5.
 *
 * Ownership: messages are appended to `out`; arrays stay the caller's.
 * Threads: one at a time per stream. */
#ifndef QUERY_ARROW_IPC_H
#define QUERY_ARROW_IPC_H

#include "base/err.h"
#include "base/str.h"
#include "query/arrow_c_data.h"

/* `schema` and `array` are structs ("+s") whose children are the columns. */
MUST_CHECK bool arrow_ipc_schema(const struct ArrowSchema *schema, StrBuf *out, Err *err);
/* Every dictionary that the columns refer to, from an array that holds them. */
MUST_CHECK bool arrow_ipc_dictionaries(const struct ArrowSchema *schema,
                                       const struct ArrowArray *array, StrBuf *out, Err *err);
MUST_CHECK bool arrow_ipc_batch(const struct ArrowSchema *schema, const struct ArrowArray *array,
                                StrBuf *out, Err *err);
void arrow_ipc_end(StrBuf *out);

#endif
