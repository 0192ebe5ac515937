/* csv_load.h - a delimited file becomes a checked table of texts.
 *
 * Rejected, with line and reason: records with broken quotes, with more or fewer fields than the
 * header, with bytes that are not UTF-8. Empty lines are no records (in a file of one column they
 * are its NULLs). A file of which nothing, or of 100 rows or more less than half, can be read is
 * refused whole: that is a wrong dialect, not a few bad rows.
 *
 * A field that is empty and not quoted is NULL; "" is an empty text. */
#ifndef FILES_CSV_LOAD_H
#define FILES_CSV_LOAD_H

#include "files/text_table.h"

MUST_CHECK bool csv_load(const TextFile *file, const CsvDialect *wanted, RejectList *rejects,
                         Arena *arena, TextTable **out, Err *err);

#endif
