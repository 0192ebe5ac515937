/* progress_bar.h - long work as it goes on: a bar on a terminal, now and then a line elsewhere.
 *
 *     ProgressBar bar = bar_begin(&cli->err, cli->quiet, clock_monotonic_ns());
 *     bar_show(&bar, &step, clock_monotonic_ns());        when something moved
 *     bar_tick(&bar, clock_monotonic_ns());               when nothing did: a bar shows even so
 *     bar_end(&bar);                                      the bar goes, what it said goes
 *
 * Short work shows nothing: a bar comes after 0.3 s, the first line after 3 s, then one every 5 s.
 * Rate and time left are of the current phase, measured over its last seconds.
 *
 * Ownership: borrows the screen; texts of a step are copied.   Threads: one at a time. */
#ifndef CLI_PROGRESS_BAR_H
#define CLI_PROGRESS_BAR_H

#include "cli/screen.h"

typedef struct ProgressStep {
    Str phase;            /* "embedding" */
    Str unit;             /* "texts"; "bytes" is shown as MiB */
    uint64_t done, total; /* total 0 = not known */
} ProgressStep;

typedef struct ProgressBar {
    const Screen *screen;
    bool quiet;
    bool drawn; /* there is a bar on the terminal now */
    uint64_t began_ns, shown_ns;
    char phase[32], unit[16]; /* of the last step */
    uint64_t done, total;
    uint64_t sampled_ns, sampled_done; /* where the rate was last measured */
    double rate;                       /* per second; 0 = not known */
} ProgressBar;

ProgressBar bar_begin(const Screen *screen, bool quiet, uint64_t now_ns);
void bar_show(ProgressBar *bar, const ProgressStep *step, uint64_t now_ns);
/* The last step again. */
void bar_tick(ProgressBar *bar, uint64_t now_ns);
void bar_end(ProgressBar *bar);

/* "embedding  ━━━━━───────  42%  1,200 of 2,900 texts  81/s  21 s left" in at most `columns`;
 * columns 0: without the bar. */
Str bar_render(const ProgressStep *step, double rate, size_t columns, Arena *arena);

#endif
