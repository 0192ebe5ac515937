/* screen.c - styles, widths and figures as people read them.
 *
 * We take every terminal for one that speaks UTF-8: our data is. NO_COLOR (any value but the empty
 * one) and TERM=dumb turn colours off, as does anything that is not a terminal.
 *
 * Tested by: tests/unit/cli/test_screen.c. */
#include "cli/screen.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/unicode.h"

enum { WIDTH_DEFAULT = 80, WIDTH_LEAST = 20, WIDTH_MOST = 10000 };

static const char *const style_codes[] = {[STYLE_BOLD] = "\033[1m",
                                          [STYLE_DIM] = "\033[2m",
                                          [STYLE_GOOD] = "\033[32m",
                                          [STYLE_WARN] = "\033[33m",
                                          [STYLE_BAD] = "\033[31m"};

static size_t terminal_width(int fd) {
    struct winsize size = {0};
    uint64_t columns = 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        columns = size.ws_col;
    else if (!str_to_u64(str_c(getenv("COLUMNS")), &columns))
        columns = WIDTH_DEFAULT;
    if (columns < WIDTH_LEAST)
        return WIDTH_LEAST;
    return columns > WIDTH_MOST ? WIDTH_MOST : (size_t)columns;
}

Screen screen_of(FILE *file) {
    Screen screen = {.file = file};
    int fd = fileno(file);
    const char *term = getenv("TERM");
    bool dumb = term != NULL && strcmp(term, "dumb") == 0; /* cannot go back on its line */
    if (fd < 0 || !isatty(fd) || dumb)
        return screen;
    const char *no_colour = getenv("NO_COLOR");
    screen.terminal = true;
    screen.colour = no_colour == NULL || no_colour[0] == '\0';
    screen.width = terminal_width(fd);
    return screen;
}

void screen_print(const Screen *screen, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(screen->file, format, arguments);
    va_end(arguments);
}

void screen_text(const Screen *screen, Str text) {
    if (text.length > 0)
        fwrite(text.data, 1, text.length, screen->file);
}

void screen_styled(const Screen *screen, ScreenStyle style, Str text) {
    if (screen->colour)
        fputs(style_codes[style], screen->file);
    screen_text(screen, text);
    if (screen->colour)
        fputs("\033[0m", screen->file);
}

void screen_styled_c(const Screen *screen, ScreenStyle style, const char *text) {
    screen_styled(screen, style, str_c(text));
}

/* --- texts ----------------------------------------------------------------------------------- */

size_t screen_width(Str text) {
    size_t columns = 0;
    for (size_t at = 0, length; at < text.length; at += length)
        columns += unicode_width(utf8_decode(text, at, &length));
    return columns;
}

static bool is_control(uint32_t code_point) {
    /* C0, DEL and C1; also the marks that turn the direction of what follows. */
    return code_point < 0x20 || (code_point >= 0x7f && code_point < 0xa0) || code_point == 0x2028 ||
           code_point == 0x2029 || (code_point >= 0x202a && code_point <= 0x202e) ||
           (code_point >= 0x2066 && code_point <= 0x2069);
}

static void append_escaped(StrBuf *out, uint32_t code_point) {
    if (code_point == '\n')
        strbuf_append_c(out, "\\n");
    else if (code_point == '\t')
        strbuf_append_c(out, "\\t");
    else if (code_point == '\r')
        strbuf_append_c(out, "\\r");
    else if (code_point < 0x100)
        strbuf_append_format(out, "\\x%02x", (unsigned)code_point);
    else
        strbuf_append_format(out, "\\u%04x", (unsigned)code_point);
}

Str screen_clean(Str text, Arena *arena) {
    bool harmless = utf8_valid(text);
    size_t length;
    for (size_t at = 0; harmless && at < text.length; at += length)
        harmless = !is_control(utf8_decode(text, at, &length));
    if (harmless)
        return text;
    StrBuf out = strbuf_make(arena);
    for (size_t at = 0; at < text.length; at += length) {
        uint32_t code_point = utf8_decode(text, at, &length);
        char bytes[4];
        if (is_control(code_point))
            append_escaped(&out, code_point);
        else
            strbuf_append(&out, str_make(bytes, utf8_encode(code_point, bytes)));
    }
    return strbuf_str(&out);
}

Str screen_cut(Str text, size_t columns, Arena *arena) {
    size_t used = 0, at = 0, kept = 0, length;
    for (; at < text.length; at += length) {
        size_t width = unicode_width(utf8_decode(text, at, &length));
        if (used + width > columns)
            break;
        used += width;
        if (used < columns) /* one column stays for the sign */
            kept = at + length;
    }
    if (at >= text.length)
        return text;
    if (columns == 0)
        return STR_EMPTY;
    return str_format(arena, "%.*s…", STR_ARG(str_slice(text, 0, kept)));
}

/* --- figures --------------------------------------------------------------------------------- */

Str screen_count(uint64_t number, Arena *arena) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    StrBuf out = strbuf_make(arena);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            strbuf_append_char(&out, ',');
        strbuf_append_char(&out, digits[i]);
    }
    return strbuf_str(&out);
}

Str screen_things(uint64_t number, const char *thing, Arena *arena) {
    return str_format(arena, "%.*s %s%s", STR_ARG(screen_count(number, arena)), thing,
                      number == 1 ? "" : "s");
}

Str screen_bytes(uint64_t bytes, Arena *arena) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024)
        return str_format(arena, "%u B", (unsigned)bytes);
    double size = (double)bytes / 1024;
    size_t unit = 0;
    for (; size >= 1023.5 && unit + 1 < sizeof units / sizeof *units; unit++)
        size /= 1024;
    return str_format(arena, size < 9.95 ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

Str screen_seconds(double seconds, Arena *arena) {
    if (seconds < 0.00995)
        return str_format(arena, "%.1f ms", seconds * 1e3);
    if (seconds < 0.9995)
        return str_format(arena, "%.0f ms", seconds * 1e3);
    if (seconds < 9.995)
        return str_format(arena, "%.2f s", seconds);
    if (seconds < 59.95)
        return str_format(arena, "%.1f s", seconds);
    double whole = seconds + 0.5 < 1e15 ? seconds + 0.5 : 1e15;
    uint64_t rounded = (uint64_t)whole;
    if (rounded < 3600)
        return str_format(arena, "%llu min %02llu s", (unsigned long long)(rounded / 60),
                          (unsigned long long)(rounded % 60));
    return str_format(arena, "%llu h %02llu min", (unsigned long long)(rounded / 3600),
                      (unsigned long long)(rounded % 3600 / 60));
}

Str screen_number(double number, Arena *arena) {
    bool is_plain = number == 0 || (fabs(number) >= 1e-5 && fabs(number) < 1e15);
    for (int decimals = 0; is_plain && decimals < 17; decimals++) {
        Str text = str_format(arena, "%.*f", decimals, number);
        if (strtod(text.data, NULL) == number)
            return text;
    }
    for (int digits = 6; digits < 17; digits++) {
        Str text = str_format(arena, "%.*g", digits, number);
        if (strtod(text.data, NULL) == number)
            return text;
    }
    return str_format(arena, "%.17g", number);
}
