/* csv_scan.h - our own reader of delimited text, apart from DuckDB's: it counts records, knows the
 * line each begins on, and says what is wrong with one.
 *
 * RFC 4180 with its gaps filled in: a record ends at LF, CRLF (or at CR in a file without any LF);
 * a field that begins with the quote runs to the next single quote and may hold delimiters, line
 * ends and doubled quotes; a quote elsewhere is an ordinary character. What is broken: text after a
 * closing quote, a quote never closed, a record longer than the window. Of a broken record only
 * the first line is given up; reading goes on with the next line, so a stray quote costs one row.
 *
 * Ownership: a record points into the window and is valid until the next call.
 * Threads: one at a time per scanner. */
#ifndef FILES_CSV_SCAN_H
#define FILES_CSV_SCAN_H

#include "files/byte_window.h"

enum { CSV_FIELDS_MAX = 10000 };

typedef struct CsvFormat {
    char delimiter, quote;
    char escape;      /* before a quote inside quotes; usually the quote itself */
    bool cr_lines;    /* records end at CR */
    bool skip_spaces; /* blanks around quoted fields do not count: 1, "a", "b" */
} CsvFormat;

typedef struct CsvField {
    uint32_t from, length; /* in the bytes of the record; without the quotes */
    bool quoted, escaped;  /* escaped: holds doubled or escaped quotes */
} CsvField;

typedef struct CsvRecord {
    Str bytes; /* without the line end */
    uint64_t line;
    const CsvField *fields;
    size_t field_count;
    const char *broken; /* why it cannot be read, or NULL; fields are void then */
    bool odd;           /* legal to us, but readers disagree: stray quotes or CRs, blanks */
    bool crlf;          /* ended in CRLF */
} CsvRecord;

typedef struct CsvScanner {
    ByteWindow *window;
    CsvFormat format;
    uint64_t line;
    CsvField *fields;
    size_t field_capacity;
    uint64_t rescanned_bytes; /* looked at again after broken records; bounded */
} CsvScanner;

void csv_scanner_init(CsvScanner *scanner, ByteWindow *window, const CsvFormat *format);
void csv_scanner_deinit(CsvScanner *scanner);

/* *out_end at the end of the file. Fails for I/O and cancel, and (FAIL_UNPROCESSABLE) for a file
 * with so many broken quotes that reading it would take for ever. */
MUST_CHECK bool csv_scan_next(CsvScanner *scanner, CsvRecord *out, bool *out_end, Err *err);

/* The records at the beginning of a text in memory, at most `records_max`; one that does not end in
 * the text is left out unless the text is the whole file. */
typedef struct CsvSample {
    CsvRecord *records;
    size_t count;
} CsvSample;
void csv_sample_read(Str text, bool whole_file, const CsvFormat *format, size_t records_max,
                     Arena *arena, CsvSample *out);

/* The field's value; a copy in the arena where quotes had to be undoubled. */
Str csv_field_text(const CsvFormat *format, const CsvRecord *record, size_t field, Arena *arena);
/* An empty line. */
bool csv_is_blank(const CsvRecord *record);

#endif
