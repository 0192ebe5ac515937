/* csv_scan.c - one record at a time out of delimited text.
 *
 *                 quote at its start                    quote
 *   start of field ------------------> inside quotes ---------> after the quote
 *        |  ^                             |      ^                |    |
 *        |  | delimiter                   | quote, quote          |    | anything else
 *        v  |                             +------+                |    v
 *     plain text <------------------------- delimiter ------------+  broken
 *
 * A record that does not end in sight is tried again from its start once the window holds more; the
 * window is large, so that is rare. A broken record gives up its first line only, and the rest is
 * read again: lines after a stray quote are good rows more often than not. Input made for the
 * purpose could make that quadratic, hence a limit on what is looked at twice.
 *
 * Tested by: test_csv_scan.c (table of cases, random files against a naive reader), fuzz_csv_scan.
 */
#include "files/csv_scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t RESCANNED_BYTES_MAX = 2ull << 30;

typedef enum Step { STEP_DELIMITER, STEP_RECORD_END, STEP_MORE, STEP_BROKEN } Step;

/* A record being taken apart. */
typedef struct Parse {
    const CsvFormat *format;
    Str bytes;
    bool at_end; /* of the file: no byte follows */
    size_t at;
    size_t record_length; /* known at STEP_RECORD_END */
    const char *broken;
    bool odd, crlf, multi_line;
} Parse;

/* At a byte that may end a record: what it is. Sets record_length and moves behind the line end. */
static bool take_line_end(Parse *parse, Step *out_step) {
    size_t left = parse->bytes.length - parse->at;
    if (left == 0) {
        parse->record_length = parse->at;
        *out_step = parse->at_end ? STEP_RECORD_END : STEP_MORE;
        return true;
    }
    char c = parse->bytes.data[parse->at];
    if (c == '\n' || (c == '\r' && parse->format->cr_lines)) {
        parse->record_length = parse->at++;
        *out_step = STEP_RECORD_END;
        return true;
    }
    if (c != '\r')
        return false;
    if (left == 1 && !parse->at_end) {
        *out_step = STEP_MORE;
        return true;
    }
    if (left >= 2 && parse->bytes.data[parse->at + 1] != '\n')
        return false; /* a CR inside a line */
    parse->record_length = parse->at;
    parse->at += left >= 2 ? 2 : 1; /* a file cut between CR and LF ends here too */
    parse->odd = parse->odd || left == 1;
    parse->crlf = true;
    *out_step = STEP_RECORD_END;
    return true;
}

static Step parse_plain(Parse *parse, CsvField *out) {
    const char *data = parse->bytes.data;
    size_t from = parse->at;
    for (;; parse->at++) {
        char c = parse->at < parse->bytes.length ? data[parse->at] : '\n';
        if (c == parse->format->delimiter) {
            *out = (CsvField){.from = (uint32_t)from, .length = (uint32_t)(parse->at - from)};
            parse->at++;
            return STEP_DELIMITER;
        }
        if (c == '\n' || c == '\r') {
            *out = (CsvField){.from = (uint32_t)from, .length = (uint32_t)(parse->at - from)};
            Step step;
            if (take_line_end(parse, &step))
                return step;
            parse->odd = true;
        } else if (c == parse->format->quote) {
            parse->odd = true;
        }
    }
}

/* Moves to the byte after the closing quote. False: it is not in sight. */
static bool find_closing_quote(Parse *parse, CsvField *out) {
    const CsvFormat *format = parse->format;
    size_t from = parse->at;
    bool escaped = false;
    for (;; parse->at++) {
        Str rest = str_slice(parse->bytes, parse->at, parse->bytes.length);
        const char *quote = memchr(rest.data, format->quote, rest.length);
        if (format->escape != format->quote) {
            size_t until = quote != NULL ? (size_t)(quote - rest.data) : rest.length;
            const char *escape = memchr(rest.data, format->escape, until);
            if (escape != NULL) { /* takes the next byte with it */
                escaped = true;
                parse->at += (size_t)(escape - rest.data) + 1;
                if (parse->at >= parse->bytes.length)
                    return false;
                continue;
            }
        }
        if (quote == NULL)
            return false;
        parse->at += (size_t)(quote - rest.data);
        bool last = parse->at + 1 == parse->bytes.length;
        if (last && !parse->at_end)
            return false;
        bool doubled = !last && format->escape == format->quote &&
                       parse->bytes.data[parse->at + 1] == format->quote;
        if (!doubled)
            break;
        escaped = true;
        parse->at++;
    }
    *out = (CsvField){.from = (uint32_t)from,
                      .length = (uint32_t)(parse->at - from),
                      .quoted = true,
                      .escaped = escaped};
    parse->at++;
    return true;
}

static Step parse_quoted(Parse *parse, CsvField *out) {
    parse->at++;
    if (!find_closing_quote(parse, out)) {
        parse->broken = "a quote is opened and never closed";
        return parse->at_end ? STEP_BROKEN : STEP_MORE;
    }
    if (memchr(parse->bytes.data + out->from, '\n', out->length) != NULL ||
        memchr(parse->bytes.data + out->from, '\r', out->length) != NULL)
        parse->multi_line = true;
    while (parse->format->skip_spaces && parse->at < parse->bytes.length &&
           parse->bytes.data[parse->at] == ' ')
        parse->at++;
    if (parse->at < parse->bytes.length &&
        parse->bytes.data[parse->at] == parse->format->delimiter) {
        parse->at++;
        return STEP_DELIMITER;
    }
    Step step;
    if (take_line_end(parse, &step))
        return step;
    parse->broken = "text after a closing quote";
    return STEP_BROKEN;
}

static Step parse_field(Parse *parse, CsvField *out) {
    size_t from = parse->at;
    while (parse->format->skip_spaces && parse->at < parse->bytes.length &&
           parse->bytes.data[parse->at] == ' ')
        parse->at++;
    parse->odd = parse->odd || parse->at > from;
    if (parse->at < parse->bytes.length && parse->bytes.data[parse->at] == parse->format->quote)
        return parse_quoted(parse, out);
    return parse_plain(parse, out);
}

static CsvField *next_field(CsvScanner *scanner, size_t count) {
    if (count == scanner->field_capacity) {
        scanner->field_capacity *= 2;
        scanner->fields =
            realloc(scanner->fields, scanner->field_capacity * sizeof *scanner->fields);
        assert(scanner->fields != NULL);
    }
    return &scanner->fields[count];
}

/* Takes the record at the start of `parse->bytes` apart. */
static Step parse_record(CsvScanner *scanner, Parse *parse, size_t *out_field_count) {
    for (size_t count = 0;;) {
        if (count == CSV_FIELDS_MAX) {
            parse->broken = "too many fields in one record";
            return STEP_BROKEN;
        }
        Step step = parse_field(parse, next_field(scanner, count));
        count++;
        if (step == STEP_DELIMITER)
            continue;
        *out_field_count = count;
        return step;
    }
}

static uint64_t count_line_ends(Str bytes, bool cr_lines) {
    uint64_t count = 0;
    for (size_t at = 0; (at = str_find_char(bytes, cr_lines ? '\r' : '\n', at)) != SIZE_MAX; at++)
        count++;
    return count;
}

/* Gives up the first line of a record that cannot be read, however long that line is. */
static bool skip_line(CsvScanner *scanner, CsvRecord *out, Err *err) {
    ByteWindow *window = scanner->window;
    char line_end = scanner->format.cr_lines ? '\r' : '\n';
    out->line = scanner->line++;
    out->field_count = 0;
    out->bytes = STR_EMPTY;
    for (;;) {
        Str bytes = window_bytes(window);
        size_t end = str_find_char(bytes, line_end, 0);
        if (end != SIZE_MAX) {
            out->bytes = str_slice(bytes, 0, end);
            window_skip(window, end + 1);
            return true;
        }
        window_skip(window, bytes.length);
        if (window->at_end)
            return true;
        if (!window_more(window, err))
            return false;
    }
}

static bool give_up_record(CsvScanner *scanner, const Parse *parse, CsvRecord *out, Err *err) {
    scanner->rescanned_bytes += parse->at;
    if (scanner->rescanned_bytes > RESCANNED_BYTES_MAX) {
        err_fail(err, FAIL_UNPROCESSABLE, "line %llu: too many records with broken quotes",
                 (unsigned long long)scanner->line);
        return err_hint(err, "is '%c' really the quote character of this file?",
                        scanner->format.quote);
    }
    out->broken = parse->broken;
    return skip_line(scanner, out, err);
}

bool csv_scan_next(CsvScanner *scanner, CsvRecord *out, bool *out_end, Err *err) {
    ByteWindow *window = scanner->window;
    for (;;) {
        Parse parse = {
            .format = &scanner->format, .bytes = window_bytes(window), .at_end = window->at_end};
        *out = (CsvRecord){.line = scanner->line};
        *out_end = window->at_end && parse.bytes.length == 0;
        if (*out_end)
            return true;
        Step step =
            parse.bytes.length == 0 ? STEP_MORE : parse_record(scanner, &parse, &out->field_count);
        if (step == STEP_MORE && !window_is_full(window)) {
            if (!window_more(window, err))
                return false;
            continue;
        }
        if (step == STEP_MORE)
            parse.broken = "a record longer than the largest allowed";
        if (step != STEP_RECORD_END)
            return give_up_record(scanner, &parse, out, err);
        out->bytes = str_slice(parse.bytes, 0, parse.record_length);
        out->fields = scanner->fields;
        out->odd = parse.odd;
        out->crlf = parse.crlf;
        Str used = str_slice(parse.bytes, 0, parse.at);
        scanner->line += parse.multi_line ? count_line_ends(used, scanner->format.cr_lines) : 1;
        window_skip(window, parse.at);
        return true;
    }
}

void csv_scanner_init(CsvScanner *scanner, ByteWindow *window, const CsvFormat *format) {
    *scanner = (CsvScanner){.window = window, .format = *format, .line = 1, .field_capacity = 64};
    scanner->fields = malloc(scanner->field_capacity * sizeof *scanner->fields);
    assert(scanner->fields != NULL);
}

void csv_scanner_deinit(CsvScanner *scanner) {
    free(scanner->fields);
    scanner->fields = NULL;
}

static CsvField *copy_fields(const CsvScanner *scanner, size_t count, Arena *arena) {
    CsvField *copy = ARENA_ARRAY(arena, CsvField, count);
    memcpy(copy, scanner->fields, count * sizeof *copy);
    return copy;
}

void csv_sample_read(Str text, bool whole_file, const CsvFormat *format, size_t records_max,
                     Arena *arena, CsvSample *out) {
    CsvScanner scanner;
    csv_scanner_init(&scanner, NULL, format);
    *out = (CsvSample){.records = ARENA_ARRAY(arena, CsvRecord, records_max)};
    while (text.length > 0 && out->count < records_max) {
        Parse parse = {.format = format, .bytes = text, .at_end = whole_file};
        CsvRecord *record = &out->records[out->count];
        Step step = parse_record(&scanner, &parse, &record->field_count);
        if (step == STEP_MORE)
            break;
        out->count++;
        if (step == STEP_RECORD_END) {
            record->bytes = str_slice(text, 0, parse.record_length);
            record->fields = copy_fields(&scanner, record->field_count, arena);
            text = str_slice(text, parse.at, text.length);
        } else {
            record->broken = parse.broken;
            text = str_cut(text, format->cr_lines ? '\r' : '\n', &record->bytes);
        }
    }
    csv_scanner_deinit(&scanner);
}

Str csv_field_text(const CsvFormat *format, const CsvRecord *record, size_t field, Arena *arena) {
    const CsvField *found = &record->fields[field];
    Str raw = str_make(record->bytes.data + found->from, found->length);
    if (!found->escaped)
        return raw;
    char *text = arena_alloc(arena, raw.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < raw.length; i++) {
        if (raw.data[i] == format->escape && i + 1 < raw.length)
            i++;
        text[length++] = raw.data[i];
    }
    return str_make(text, length);
}

bool csv_is_blank(const CsvRecord *record) {
    return record->broken == NULL && record->bytes.length == 0;
}
