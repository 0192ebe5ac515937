/* csv_dialect.h - how a delimited file is written, from a look at its beginning.
 *
 * The delimiter is the one of , ; tab | that splits nearly all records into the same number (two or
 * more) of fields. When none does although the header or most lines hold one, the file is refused
 * with what was seen: it never becomes a single column behind the user's back.
 *
 * The first record is the header when a column below it is typed and its own text is not, or when
 * all is text; a first record that holds data is never swallowed because it looks like the rest.
 *
 * Threads: pure functions. */
#ifndef FILES_CSV_DIALECT_H
#define FILES_CSV_DIALECT_H

#include "files/column_names.h"
#include "files/csv_scan.h"
#include "files/file_format.h"

enum { CSV_SAMPLE_BYTES = 1 << 20, CSV_SAMPLE_RECORDS = 1000 };

typedef struct CsvPlan {
    CsvFormat format;
    bool has_header;
    ColumnNames names; /* one a column */
} CsvPlan;

/* `sample`: the file's first bytes without a byte order mark; whole_file when that is all of it.
 * FAIL_INVALID for a wrong option, FAIL_UNPROCESSABLE for a file that cannot be made out. */
MUST_CHECK bool csv_plan_make(Str sample, bool whole_file, const CsvDialect *wanted, Arena *arena,
                              CsvPlan *out, Err *err);

#endif
