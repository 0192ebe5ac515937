/* log.c - a line is put together on the stack, escaped, and handed to the kernel in one write.
 *
 * No lock: write(2) of one short line to a file, pipe or terminal is not torn by another thread's.
 * Lines longer than LINE_MAX are cut and end in "...". Whatever a caller puts in, a line stays one
 * line and cannot steer a terminal: control characters, C1 included, and bytes that are not UTF-8
 * are escaped.
 *
 * If the sink itself fails (disk full, closed pipe) the line is lost: there is nowhere to say so.
 *
 * Tested by: tests/unit/base/test_log.c. */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/redact.h"

enum { LINE_MAX_BYTES = 4096, BODY_MAX_BYTES = 3072, TOPICS_MAX = 32, TOPIC_NAME_MAX = 24 };

typedef struct TopicRule {
    char name[TOPIC_NAME_MAX];
    bool shown;
} TopicRule;

/* The process's one sink: written by log_setup before threads start, only read afterwards. */
static struct {
    int fd;
    LogLevel level;
    TopicRule rules[TOPICS_MAX];
    size_t rule_count;
} sink = {.fd = STDERR_FILENO, .level = LOG_INFO};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void log_setup(int fd, LogLevel level, const char *topics) {
    sink.fd = fd;
    sink.level = level;
    sink.rule_count = 0;
    Str rest = str_c(topics);
    while (rest.length > 0 && sink.rule_count < TOPICS_MAX) {
        Str name;
        rest = str_cut(rest, ',', &name);
        name = str_trim(name);
        bool shown = !str_starts(name, STR("-"));
        if (!shown)
            name = str_slice(name, 1, name.length);
        if (name.length == 0 || name.length >= TOPIC_NAME_MAX)
            continue;
        TopicRule *rule = &sink.rules[sink.rule_count++];
        memcpy(rule->name, name.data, name.length);
        rule->name[name.length] = '\0';
        rule->shown = shown;
    }
}

bool log_level_parse(Str text, LogLevel *out) {
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
        if (str_eq_c(text, level_names[i])) {
            *out = (LogLevel)i;
            return true;
        }
    }
    return false;
}

/* The last rule that speaks of the topic decides. */
static bool topic_shown(const char *topic) {
    for (size_t i = sink.rule_count; i-- > 0;) {
        const TopicRule *rule = &sink.rules[i];
        if (strcmp(rule->name, topic) == 0 || strcmp(rule->name, "all") == 0)
            return rule->shown;
    }
    return false;
}

typedef struct Line {
    char bytes[LINE_MAX_BYTES];
    size_t length;
} Line;

/* Leaves room for "...\n"; false once the line is full. */
static bool line_add(Line *line, Str piece) {
    if (piece.length > LINE_MAX_BYTES - 4 - line->length)
        return false;
    memcpy(line->bytes + line->length, piece.data, piece.length);
    line->length += piece.length;
    return true;
}

static bool is_control(uint32_t code_point) {
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) || code_point == 0x2028 ||
           code_point == 0x2029;
}

static bool line_add_escaped(Line *line, Str text) {
    size_t length;
    for (size_t at = 0; at < text.length; at += length) {
        uint32_t code_point = utf8_decode(text, at, &length);
        Str piece = {text.data + at, length};
        char escaped[12];
        bool bad = code_point == 0xFFFD && !utf8_valid(piece);
        if (bad || is_control(code_point)) {
            unsigned first = (unsigned char)text.data[at];
            if (code_point == '\n')
                snprintf(escaped, sizeof escaped, "\\n");
            else if (code_point == '\t')
                snprintf(escaped, sizeof escaped, "\\t");
            else if (bad || code_point < 0x80)
                snprintf(escaped, sizeof escaped, "\\x%02x", first);
            else
                snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)code_point);
            piece = str_c(escaped);
            if (bad)
                length = 1;
        }
        if (!line_add(line, piece))
            return false;
    }
    return true;
}

static bool needs_quotes(Str value) {
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F)
            return true;
    }
    return value.length == 0;
}

/* Writes the value quoted; returns how many bytes, at most `capacity`. The closing quote is always
 * there, whatever had to be cut. */
static size_t quote_into(Str value, char *out, size_t capacity) {
    if (!needs_quotes(value)) {
        Str kept = utf8_clip(value, capacity);
        memcpy(out, kept.data, kept.length);
        return kept.length;
    }
    size_t length = 0;
    out[length++] = '"';
    for (size_t i = 0; i < value.length && length + 3 <= capacity; i++) {
        char c = value.data[i];
        if (c == '"' || c == '\\')
            out[length++] = '\\';
        out[length++] = c;
    }
    out[length++] = '"';
    return length;
}

static void write_line(const Line *line) {
    size_t done = 0;
    while (done < line->length) {
        ssize_t wrote = write(sink.fd, line->bytes + done, line->length - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return;
        done += (size_t)wrote;
    }
}

void log_event(LogLevel level, const char *topic, const char *event, const char *format, ...) {
    if (level == LOG_DEBUG ? !topic_shown(topic) : level > sink.level)
        return;
    int errno_before = errno;
    char body[BODY_MAX_BYTES];
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(body, sizeof body, format, args);
    va_end(args);
    size_t body_length = wanted < 0 ? 0 : (size_t)wanted;
    bool whole = body_length < sizeof body;
    if (!whole)
        body_length = sizeof body - 1;

    char stamp[CLOCK_TEXT_MAX], event_text[128];
    Str quoted_event = {event_text, quote_into(str_c(event), event_text, sizeof event_text)};
    Line line;
    line.length = 0;
    whole = line_add(&line, STR("time=")) && line_add(&line, clock_print(clock_now_us(), stamp)) &&
            line_add(&line, STR(" level=")) && line_add(&line, str_c(level_names[level])) &&
            line_add(&line, STR(" topic=")) && line_add_escaped(&line, str_c(topic)) &&
            line_add(&line, STR(" event=")) && line_add_escaped(&line, quoted_event) &&
            (body_length == 0 || line_add(&line, STR(" "))) &&
            line_add_escaped(&line, utf8_clip((Str){body, body_length}, body_length)) && whole;
    if (!whole) {
        memcpy(line.bytes + line.length, "...", 3);
        line.length += 3;
    }
    line.bytes[line.length++] = '\n';
    write_line(&line);
    errno = errno_before;
}

Str log_quote(Str value, Arena *arena) {
    size_t capacity = 2 * value.length + 3;
    char *out = arena_alloc(arena, capacity);
    return (Str){out, quote_into(value, out, capacity)};
}

void log_failure(LogLevel level, const char *topic, const char *event, Str request_id,
                 const Err *err) {
    Err shown = *err;
    redact_err(&shown);
    err = &shown;
    char id[128], message[2 * sizeof err->message + 3], detail[2 * sizeof err->detail + 3];
    Str quoted_id = {id, quote_into(request_id, id, sizeof id)};
    Str quoted_message = {message, quote_into(str_c(err->message), message, sizeof message)};
    Str quoted_detail = {detail, quote_into(str_c(err->detail), detail, sizeof detail)};
    log_event(level, topic, event, "id=%.*s kind=%s message=%.*s detail=%.*s field=%s at=%s:%d",
              STR_ARG(quoted_id), err_kind_name(err->kind), STR_ARG(quoted_message),
              STR_ARG(quoted_detail), err->field[0] != '\0' ? err->field : "-",
              err->file != NULL ? err->file : "?", err->line);
}
