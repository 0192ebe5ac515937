/* progress_bar.c - one line that tells where long work stands.
 *
 * The rate is smoothed over some seconds, so that the time left neither jumps nor remembers how
 * slow the first batch was. It all goes to standard error: an answer that is piped stays clean.
 *
 * Tested by: tests/unit/cli/test_progress_bar.c. */
#include "cli/progress_bar.h"

#include <string.h>

enum { BAR_LEAST = 8, BAR_MOST = 40 };
#define MS               UINT64_C(1000000)
#define FIRST_DRAWN_NS   (300 * MS)
#define DRAWN_EVERY_NS   (100 * MS)
#define FIRST_LINE_NS    (3000 * MS)
#define LINE_EVERY_NS    (5000 * MS)
#define SAMPLED_EVERY_NS (500 * MS)
#define SMOOTH_SECONDS   5.0

ProgressBar bar_begin(const Screen *screen, bool quiet, uint64_t now_ns) {
    return (ProgressBar){.screen = screen, .quiet = quiet, .began_ns = now_ns};
}

/* --- text ------------------------------------------------------------------------------------ */

static bool in_bytes(const ProgressStep *step) {
    return str_eq_c(step->unit, "bytes");
}

static Str amount(const ProgressStep *step, uint64_t number, Arena *arena) {
    return in_bytes(step) ? screen_bytes(number, arena) : screen_count(number, arena);
}

/* In whole seconds, at least one: more would be a promise. */
static Str time_left(double seconds, Arena *arena) {
    return seconds < 59 ? str_format(arena, "%d s", (int)seconds + 1)
                        : screen_seconds(seconds, arena);
}

static void append_figures(StrBuf *out, const ProgressStep *step, double rate, Arena *arena) {
    strbuf_append(out, amount(step, step->done, arena));
    if (step->total > 0)
        strbuf_append_format(out, " of %.*s", STR_ARG(amount(step, step->total, arena)));
    if (!in_bytes(step) && step->unit.length > 0)
        strbuf_append_format(out, " %.*s", STR_ARG(step->unit));
    if (rate <= 0)
        return;
    if (in_bytes(step) || rate >= 10)
        strbuf_append_format(out, "  %.*s/s", STR_ARG(amount(step, (uint64_t)rate, arena)));
    else
        strbuf_append_format(out, "  %.1f/s", rate);
    if (step->total > step->done)
        strbuf_append_format(out, "  %.*s left",
                             STR_ARG(time_left((double)(step->total - step->done) / rate, arena)));
}

static void append_bar(StrBuf *out, double part, size_t columns) {
    size_t full = (size_t)(part * (double)columns + 0.5);
    for (size_t i = 0; i < columns; i++)
        strbuf_append_c(out, i < full ? "━" : "─");
}

Str bar_render(const ProgressStep *step, double rate, size_t columns, Arena *arena) {
    StrBuf figures = strbuf_make(arena);
    append_figures(&figures, step, rate, arena);
    Str phase = step->phase.length > 0 ? step->phase : STR("working");
    bool whole = step->total > 0;
    double part = whole ? (double)step->done / (double)step->total : 0;
    part = part > 1 ? 1 : part;
    StrBuf out = strbuf_make(arena);
    strbuf_append_format(&out, "%.*s  ", STR_ARG(phase));
    size_t used = screen_width(phase) + 2 + figures.length + 6; /* "100%  " */
    if (whole && columns > used + 2 + BAR_LEAST) {
        size_t room = columns - used - 2;
        append_bar(&out, part, room < BAR_MOST ? room : BAR_MOST);
        strbuf_append_c(&out, "  ");
    }
    if (whole)
        strbuf_append_format(&out, "%d%%  ", (int)(part * 100));
    strbuf_append(&out, strbuf_str(&figures));
    return columns > 0 ? screen_cut(strbuf_str(&out), columns, arena) : strbuf_str(&out);
}

/* --- showing --------------------------------------------------------------------------------- */

static void copy_text(char *out, size_t size, Str text) {
    Str part = utf8_clip(text, size - 1);
    if (part.length > 0)
        memcpy(out, part.data, part.length);
    out[part.length] = '\0';
}

static void measure_rate(ProgressBar *bar, const ProgressStep *step, uint64_t now_ns) {
    char phase[sizeof bar->phase];
    copy_text(phase, sizeof phase, step->phase);
    bool other = strcmp(phase, bar->phase) != 0 || step->done < bar->sampled_done;
    copy_text(bar->unit, sizeof bar->unit, step->unit);
    bar->done = step->done;
    bar->total = step->total;
    if (other || bar->sampled_ns == 0) {
        memcpy(bar->phase, phase, sizeof phase);
        bar->rate = 0;
        bar->sampled_ns = now_ns;
        bar->sampled_done = step->done;
        return;
    }
    if (now_ns - bar->sampled_ns < SAMPLED_EVERY_NS || step->done == bar->sampled_done)
        return;
    double seconds = (double)(now_ns - bar->sampled_ns) / 1e9;
    double now = (double)(step->done - bar->sampled_done) / seconds;
    double share = bar->rate > 0 ? seconds / (seconds + SMOOTH_SECONDS) : 1;
    bar->rate += share * (now - bar->rate);
    bar->sampled_ns = now_ns;
    bar->sampled_done = step->done;
}

static bool is_time(const ProgressBar *bar, uint64_t now_ns) {
    bool terminal = bar->screen->terminal;
    if (bar->shown_ns == 0)
        return now_ns - bar->began_ns >= (terminal ? FIRST_DRAWN_NS : FIRST_LINE_NS);
    return now_ns - bar->shown_ns >= (terminal ? DRAWN_EVERY_NS : LINE_EVERY_NS);
}

static void show_last(ProgressBar *bar, uint64_t now_ns) {
    ProgressStep step = {str_c(bar->phase), str_c(bar->unit), bar->done, bar->total};
    const Screen *screen = bar->screen;
    size_t columns = screen->terminal && screen->width > 1 ? screen->width - 1 : 0;
    Arena *arena = arena_create();
    Str text = bar_render(&step, bar->rate, columns, arena);
    if (screen->terminal)
        screen_print(screen, "\r\033[K%.*s", STR_ARG(text));
    else
        screen_print(screen, "%.*s\n", STR_ARG(text));
    fflush(screen->file);
    bar->drawn = screen->terminal;
    bar->shown_ns = now_ns;
    arena_destroy(arena);
}

void bar_show(ProgressBar *bar, const ProgressStep *step, uint64_t now_ns) {
    measure_rate(bar, step, now_ns);
    if (!bar->quiet && is_time(bar, now_ns))
        show_last(bar, now_ns);
}

void bar_tick(ProgressBar *bar, uint64_t now_ns) {
    if (bar->screen->terminal && bar->phase[0] != '\0' && !bar->quiet && is_time(bar, now_ns))
        show_last(bar, now_ns);
}

void bar_end(ProgressBar *bar) {
    if (bar->drawn) {
        screen_print(bar->screen, "\r\033[K");
        fflush(bar->screen->file);
    }
    bar->drawn = false;
}
