/* multipart.c - a window over the body that slides from boundary to boundary.
 *
 *     PREAMBLE --delimiter--> AFTER_DELIMITER --CRLF--> HEADERS --empty line--> DATA
 *                                   |  ^--------------- delimiter ----------------|
 *                                   '--"--"--> EPILOGUE (ignored)
 *
 * Bytes are first copied into a window of fixed size; each step consumes some of it or asks for
 * more. In DATA everything is handed on but the last bytes that could be the start of a delimiter.
 * The window starts out holding CRLF, so that a delimiter at the very beginning needs no case of
 * its own.
 *
 * Tested by: tests/unit/gateway/test_multipart.c (every split position), fuzz/fuzz_multipart.c. */
#include "gateway/multipart.h"

#include <assert.h>
#include <string.h>

enum {
    BOUNDARY_MAX = 70, /* RFC 2046, 5.1.1 */
    DELIMITER_MAX = BOUNDARY_MAX + 4,
    HEADERS_MAX = 8 << 10,
    PARTS_MAX = 64,
    WINDOW_BYTES = 32 << 10
};

typedef enum Step { STEP_MORE, STEP_ON, STEP_FAILED } Step;

typedef enum State {
    STATE_PREAMBLE,
    STATE_AFTER_DELIMITER,
    STATE_HEADERS,
    STATE_DATA,
    STATE_EPILOGUE
} State;

struct Multipart {
    Arena *arena;
    MultipartEvents events;
    State state;
    size_t part_count;
    char delimiter[DELIMITER_MAX]; /* CRLF "--" boundary */
    size_t delimiter_length;
    char window[WINDOW_BYTES];
    size_t used;
    size_t headers_tail; /* DATA: bytes at the front that still belong to the headers: 2, then 0 */
};

/* --- Content-Type and Content-Disposition ---------------------------------------------------- */

/* Cuts `; name=value` or `; name="va\"lue"` off the front of `rest`; false when there is none. */
static bool next_parameter(Str *rest, Arena *arena, Str *out_name, Str *out_value) {
    Str text = str_trim(*rest);
    if (text.length == 0 || text.data[0] != ';')
        return false;
    text = str_trim(str_slice(text, 1, text.length));
    size_t equals = str_find_char(text, '=', 0);
    if (equals == SIZE_MAX || equals == 0)
        return false;
    *out_name = str_trim(str_slice(text, 0, equals));
    text = str_slice(text, equals + 1, text.length);
    if (text.length == 0 || text.data[0] != '"') {
        size_t end = str_find_char(text, ';', 0);
        end = end == SIZE_MAX ? text.length : end;
        *out_value = str_trim(str_slice(text, 0, end));
        *rest = str_slice(text, end, text.length);
        return true;
    }
    StrBuf value = strbuf_make(arena);
    size_t i = 1;
    for (; i < text.length && text.data[i] != '"'; i++) {
        bool escaped = text.data[i] == '\\' && i + 1 < text.length &&
                       (text.data[i + 1] == '"' || text.data[i + 1] == '\\');
        strbuf_append_char(&value, text.data[escaped ? ++i : i]);
    }
    if (i == text.length)
        return false;
    *out_value = strbuf_str(&value);
    *rest = str_slice(text, i + 1, text.length);
    return true;
}

static Str media_type_of(Str content_type, Str *out_parameters) {
    size_t end = str_find_char(content_type, ';', 0);
    end = end == SIZE_MAX ? content_type.length : end;
    *out_parameters = str_slice(content_type, end, content_type.length);
    return str_trim(str_slice(content_type, 0, end));
}

bool multipart_is_form(Str content_type) {
    Str parameters;
    return str_eq_nocase(media_type_of(content_type, &parameters), STR("multipart/form-data"));
}

static bool boundary_sane(Str boundary) {
    if (boundary.length == 0 || boundary.length > BOUNDARY_MAX)
        return false;
    for (size_t i = 0; i < boundary.length; i++) {
        char c = boundary.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || strchr("'()+_,-./:=? ", c) == NULL))
            return false;
    }
    return boundary.data[boundary.length - 1] != ' ';
}

bool multipart_boundary(Str content_type, Arena *arena, Str *out_boundary, Err *err) {
    Str rest;
    media_type_of(content_type, &rest);
    Str name;
    Str value;
    while (next_parameter(&rest, arena, &name, &value)) {
        if (!str_eq_nocase(name, STR("boundary")))
            continue;
        if (!boundary_sane(value))
            break;
        *out_boundary = value;
        return true;
    }
    return err_fail(err, FAIL_INVALID, "the Content-Type of the form has no usable boundary");
}

/* --- headers of a part ----------------------------------------------------------------------- */

static bool read_disposition(Multipart *parser, Str value, MultipartPart *part, Err *err) {
    Str rest;
    Str kind = media_type_of(value, &rest);
    if (!str_eq_nocase(kind, STR("form-data")))
        return err_fail(err, FAIL_INVALID, "a part of the form is not form-data");
    Str name;
    Str text;
    while (next_parameter(&rest, parser->arena, &name, &text)) {
        if (str_eq_nocase(name, STR("name"))) {
            part->name = text;
        } else if (str_eq_nocase(name, STR("filename"))) {
            part->has_filename = true;
            part->filename = text;
        }
    }
    return true;
}

static bool read_headers(Multipart *parser, Str block, MultipartPart *part, Err *err) {
    while (block.length > 0) {
        size_t end = str_find(block, STR("\r\n"), 0);
        end = end == SIZE_MAX ? block.length : end;
        Str line = str_slice(block, 0, end);
        block = str_slice(block, end + 2, block.length);
        size_t colon = str_find_char(line, ':', 0);
        if (colon == SIZE_MAX || colon == 0)
            return err_fail(err, FAIL_INVALID, "a part of the form has a malformed header");
        Str name = str_slice(line, 0, colon);
        Str value = str_trim(str_slice(line, colon + 1, line.length));
        if (str_eq_nocase(name, STR("Content-Disposition"))) {
            if (!read_disposition(parser, value, part, err))
                return false;
        } else if (str_eq_nocase(name, STR("Content-Type"))) {
            part->content_type = str_dup(parser->arena, value);
        }
    }
    if (part->name.length == 0)
        return err_fail(err, FAIL_INVALID, "a part of the form has no name");
    if (!utf8_valid(part->name) || !utf8_valid(part->filename))
        return err_fail(err, FAIL_INVALID, "a name in the form is not UTF-8");
    part->name = str_dup(parser->arena, part->name);
    part->filename = str_dup(parser->arena, part->filename);
    return true;
}

/* --- the steps ------------------------------------------------------------------------------- */

static void consume(Multipart *parser, size_t length) {
    memmove(parser->window, parser->window + length, parser->used - length);
    parser->used -= length;
}

static size_t find_delimiter(const Multipart *parser) {
    return str_find(str_make(parser->window, parser->used),
                    str_make(parser->delimiter, parser->delimiter_length), 0);
}

/* How many bytes at the front of the window cannot be part of a delimiter. */
static size_t surely_data(const Multipart *parser) {
    size_t tail = parser->delimiter_length - 1;
    return parser->used > tail ? parser->used - tail : 0;
}

static Step step_preamble(Multipart *parser) {
    size_t at = find_delimiter(parser);
    if (at == SIZE_MAX) {
        consume(parser, surely_data(parser));
        return STEP_MORE;
    }
    consume(parser, at + parser->delimiter_length);
    parser->state = STATE_AFTER_DELIMITER;
    return STEP_ON;
}

static Step step_after_delimiter(Multipart *parser, Err *err) {
    if (parser->used < 2)
        return STEP_MORE;
    if (parser->window[0] == '-' && parser->window[1] == '-') {
        parser->state = STATE_EPILOGUE;
        return STEP_ON;
    }
    size_t padding = 0;
    while (padding < parser->used &&
           (parser->window[padding] == ' ' || parser->window[padding] == '\t'))
        padding++;
    if (padding > HEADERS_MAX) {
        err_fail(err, FAIL_LIMIT, "the form has too much padding after a boundary");
        return STEP_FAILED;
    }
    if (parser->used - padding < 2)
        return STEP_MORE;
    if (parser->window[padding] != '\r' || parser->window[padding + 1] != '\n') {
        err_fail(err, FAIL_INVALID, "the form has other bytes right after a boundary");
        return STEP_FAILED;
    }
    consume(parser, padding); /* CRLF stays: an empty header block is then CRLF CRLF as well */
    parser->state = STATE_HEADERS;
    return STEP_ON;
}

static Step step_headers(Multipart *parser, Err *err) {
    Str window = str_make(parser->window, parser->used);
    size_t end = str_find(window, STR("\r\n\r\n"), 0);
    if (end == SIZE_MAX && parser->used <= HEADERS_MAX)
        return STEP_MORE;
    if (end == SIZE_MAX || end > HEADERS_MAX) {
        err_fail(err, FAIL_LIMIT, "a part of the form has more than %d bytes of headers",
                 HEADERS_MAX);
        return STEP_FAILED;
    }
    if (++parser->part_count > PARTS_MAX) {
        err_fail(err, FAIL_LIMIT, "the form has more than %d parts", PARTS_MAX);
        return STEP_FAILED;
    }
    MultipartPart part = {.name = STR_EMPTY, .filename = STR_EMPTY, .content_type = STR_EMPTY};
    if (!read_headers(parser, str_slice(window, end < 2 ? end : 2, end), &part, err) ||
        !parser->events.part_begin(parser->events.context, &part, err))
        return STEP_FAILED;
    consume(parser, end + 2); /* CRLF stays: an empty part's delimiter begins with it */
    parser->headers_tail = 2;
    parser->state = STATE_DATA;
    return STEP_ON;
}

static bool hand_on(Multipart *parser, size_t from, size_t to, Err *err) {
    return to <= from || parser->events.part_data(parser->events.context,
                                                  str_make(parser->window + from, to - from), err);
}

static Step step_data(Multipart *parser, Err *err) {
    size_t from = parser->headers_tail;
    size_t at = find_delimiter(parser);
    size_t to = at == SIZE_MAX ? surely_data(parser) : at;
    if (at == SIZE_MAX && to <= from)
        return STEP_MORE;
    if (!hand_on(parser, from, to, err))
        return STEP_FAILED;
    parser->headers_tail = 0;
    if (at == SIZE_MAX) {
        consume(parser, to);
        return STEP_MORE;
    }
    if (!parser->events.part_end(parser->events.context, err))
        return STEP_FAILED;
    consume(parser, at + parser->delimiter_length);
    parser->state = STATE_AFTER_DELIMITER;
    return STEP_ON;
}

static Step step(Multipart *parser, Err *err) {
    switch (parser->state) {
    case STATE_PREAMBLE:
        return step_preamble(parser);
    case STATE_AFTER_DELIMITER:
        return step_after_delimiter(parser, err);
    case STATE_HEADERS:
        return step_headers(parser, err);
    case STATE_DATA:
        return step_data(parser, err);
    case STATE_EPILOGUE:
        break;
    }
    parser->used = 0;
    return STEP_MORE;
}

Multipart *multipart_create(Str boundary, const MultipartEvents *events, Arena *arena) {
    assert(boundary.length > 0 && boundary.length <= BOUNDARY_MAX);
    Multipart *parser = ARENA_NEW(arena, Multipart);
    parser->arena = arena;
    parser->events = *events;
    memcpy(parser->delimiter, "\r\n--", 4);
    memcpy(parser->delimiter + 4, boundary.data, boundary.length);
    parser->delimiter_length = boundary.length + 4;
    memcpy(parser->window, "\r\n", 2);
    parser->used = 2;
    return parser;
}

bool multipart_feed(Multipart *parser, Str bytes, Err *err) {
    while (bytes.length > 0) {
        size_t room = WINDOW_BYTES - parser->used;
        size_t piece = bytes.length < room ? bytes.length : room;
        assert(piece > 0);
        memcpy(parser->window + parser->used, bytes.data, piece);
        parser->used += piece;
        bytes = str_slice(bytes, piece, bytes.length);
        Step result;
        do
            result = step(parser, err);
        while (result == STEP_ON);
        if (result == STEP_FAILED)
            return false;
    }
    return true;
}

bool multipart_finish(Multipart *parser, Err *err) {
    return parser->state == STATE_EPILOGUE ||
           err_fail(err, FAIL_INVALID, "the form ends before its closing boundary");
}
