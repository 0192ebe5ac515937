/* json_records.c - find where each record of a JSON file begins and ends.
 *
 * One object a line (JSON_LINES): the line end is the anchor, so a line that is no object costs
 * itself only. An array of objects, or objects in a row (JSON_VALUES): records are found by reading
 * them, so a fault of syntax leaves no way to tell where the next one begins, and ends the reading.
 *
 * The bytes of a record stay in the window until the next call, which skips them.
 *
 * Tested by: test_ingest_json.c. */
#include "files/json_records.h"

#include <inttypes.h>

#include "files/text_table.h"
#include "files/utf8_scan.h"

static void consume(JsonReading *reading, size_t count) {
    Str used = str_slice(window_bytes(&reading->window), 0, count);
    for (size_t at = 0; (at = str_find_char(used, '\n', at)) != SIZE_MAX; at++)
        reading->line++;
    window_skip(&reading->window, count);
}

/* NDJSON: the next line that is not blank. A line longer than the window is a fault. */
static bool next_line(JsonReading *reading, Str *out, bool *out_too_long, bool *out_end, Err *err) {
    ByteWindow *window = &reading->window;
    *out_too_long = false;
    *out_end = false;
    for (;;) {
        Str bytes = window_bytes(window);
        size_t end = str_find_char(bytes, '\n', 0);
        if (end == SIZE_MAX && !window->at_end) {
            if (window_is_full(window)) {
                *out_too_long = true;
                window_skip(window, bytes.length);
            }
            if (!window_more(window, err))
                return false;
            continue;
        }
        *out_end = bytes.length == 0 && !*out_too_long;
        *out = str_slice(bytes, 0, end);
        if (*out_end || *out_too_long || str_trim(*out).length > 0)
            return true;
        consume(reading, end == SIZE_MAX ? bytes.length : end + 1);
    }
}

/* The line stays in the window while its members are looked at; the next call skips it. */
static bool next_line_record(JsonReading *reading, JsonRecord *out, bool *out_end, Err *err) {
    JsonScanner *scanner = &reading->scanner;
    bool too_long;
    size_t at;
    Str bytes = window_bytes(&reading->window);
    if (reading->records > 0) { /* the line of the last call */
        size_t end = str_find_char(bytes, '\n', 0);
        consume(reading, end == SIZE_MAX ? bytes.length : end + 1);
    }
    if (!next_line(reading, &bytes, &too_long, out_end, err))
        return false;
    if (*out_end)
        return true;
    reading->records++;
    *out = (JsonRecord){.number = reading->line};
    *scanner = (JsonScanner){.bytes = bytes,
                             .at_end = true,
                             .members = scanner->members,
                             .member_capacity = scanner->member_capacity};
    (void)json_skip_space(scanner);
    if (too_long)
        out->fault = "a line longer than the largest allowed";
    else if (!utf8_scan(bytes, &at))
        out->fault = utf8_fault(bytes, at, reading->scratch).data;
    else if (json_scan_object(scanner) != JSON_STEP_OBJECT)
        out->fault = scanner->fault;
    else if (json_skip_space(scanner))
        out->fault = "text after the object";
    return true;
}

static bool refuse_syntax(const JsonReading *reading, const char *fault, Err *err) {
    Str bytes = str_slice(reading->scanner.bytes, 0, reading->scanner.at);
    uint64_t line = reading->line;
    for (size_t at = 0; (at = str_find_char(bytes, '\n', at)) != SIZE_MAX; at++)
        line++;
    err_fail(err, FAIL_UNPROCESSABLE, "not valid JSON at line %" PRIu64 " (record %" PRIu64 "): %s",
             line, reading->records + 1, fault);
    return err_hint(err, "for one object a line say format=ndjson: bad lines are then left out");
}

/* JSON: the next byte that is not white space comes to the front of the window; 0 at the end. */
static bool peek(JsonReading *reading, char *out, Err *err) {
    for (;;) {
        reading->scanner.bytes = window_bytes(&reading->window);
        reading->scanner.at = 0;
        bool found = json_skip_space(&reading->scanner);
        consume(reading, reading->scanner.at);
        *out = found ? *window_bytes(&reading->window).data : '\0';
        if (found || reading->window.at_end)
            return true;
        if (!window_more(&reading->window, err))
            return false;
    }
}

/* Steps over brackets and commas to the next object. */
static bool find_object(JsonReading *reading, bool *out_end, Err *err) {
    char c;
    *out_end = false;
    if (!peek(reading, &c, err))
        return false;
    if (reading->records == 0 && !reading->in_array && c == '[') {
        reading->in_array = true;
        consume(reading, 1);
        if (!peek(reading, &c, err))
            return false;
    } else if (reading->in_array && !reading->array_ended && reading->records > 0 && c == ',') {
        consume(reading, 1);
        if (!peek(reading, &c, err))
            return false;
        if (c == ']')
            return refuse_syntax(reading, "a comma before ']'", err);
    } else if (reading->in_array && !reading->array_ended && reading->records > 0 && c != ']') {
        return refuse_syntax(reading, c == '\0' ? "the array never ends" : "',' or ']' is expected",
                             err);
    }
    if (reading->in_array && !reading->array_ended && c == ']') {
        reading->array_ended = true;
        consume(reading, 1);
        if (!peek(reading, &c, err))
            return false;
    }
    if (reading->array_ended && c != '\0')
        return refuse_syntax(reading, "text after the array", err);
    if (reading->in_array && !reading->array_ended && c == '\0')
        return refuse_syntax(reading, "the array never ends", err);
    *out_end = c == '\0';
    return true;
}

static bool next_value_record(JsonReading *reading, JsonRecord *out, bool *out_end, Err *err) {
    JsonScanner *scanner = &reading->scanner;
    size_t at;
    if (scanner->at > 0 && reading->records > 0) /* the object of the last call */
        consume(reading, scanner->at);
    if (!find_object(reading, out_end, err))
        return false;
    if (*out_end)
        return true;
    for (;;) {
        scanner->bytes = window_bytes(&reading->window);
        scanner->at = 0;
        scanner->at_end = reading->window.at_end;
        JsonStep step = json_scan_object(scanner);
        if (step == JSON_STEP_OBJECT)
            break;
        if (step == JSON_STEP_BROKEN)
            return refuse_syntax(reading, scanner->fault, err);
        if (window_is_full(&reading->window))
            return refuse_syntax(reading, "a record longer than the largest allowed", err);
        if (!window_more(&reading->window, err))
            return false;
    }
    reading->records++;
    *out = (JsonRecord){.number = reading->records};
    Str bytes = str_slice(scanner->bytes, 0, scanner->at);
    if (!utf8_scan(bytes, &at))
        out->fault = utf8_fault(bytes, at, reading->scratch).data;
    return true;
}

bool json_reading_next(JsonReading *reading, JsonRecord *out, bool *out_end, Err *err) {
    arena_reset(reading->scratch);
    return (reading->layout == JSON_LINES ? next_line_record : next_value_record)(reading, out,
                                                                                  out_end, err);
}

bool json_reading_open(JsonReading *reading, JsonLayout layout, const char *path, Str name,
                       Budget *budget, Progress *progress, Err *err) {
    size_t skip;
    *reading = (JsonReading){.layout = layout, .line = 1};
    if (!window_open(&reading->window, path, name, RECORD_BYTES_MAX, budget, progress, err))
        return false;
    if (!window_more(&reading->window, err) ||
        !utf8_sniff(window_bytes(&reading->window), &skip, err)) {
        window_close(&reading->window);
        return false;
    }
    window_skip(&reading->window, skip);
    json_scanner_init(&reading->scanner);
    reading->scratch = arena_create();
    return true;
}

void json_reading_close(JsonReading *reading) {
    json_scanner_deinit(&reading->scanner);
    window_close(&reading->window);
    arena_destroy(reading->scratch);
}
