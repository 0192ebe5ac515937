/* file_detect.h - what a file is, by its first bytes; by its name only where bytes do not tell.
 *
 * Threads: pure functions. */
#ifndef FILES_FILE_DETECT_H
#define FILES_FILE_DETECT_H

#include "base/err.h"
#include "files/file_format.h"

typedef enum FileCompression { FILE_PLAIN, FILE_GZIP, FILE_ZSTD } FileCompression;

enum { DETECT_BYTES = 1 << 16 };

FileCompression file_compression(Str first_bytes);
/* CSV, JSON, NDJSON or Parquet. Files of other kinds (archives, office documents, images, ...) are
 * FAIL_MEDIA_TYPE and named. `wanted` wins over what the bytes of a text file look like. */
MUST_CHECK bool file_detect(Str first_bytes, Str name, FileFormat wanted, FileFormat *out,
                            Err *err);
const char *file_format_name(FileFormat format);

#endif
