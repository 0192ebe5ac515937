/* metrics.c - sixteen copies of every cell, so that threads rarely write to the same cache line.
 *
 * A thread picks its stripe once, round robin. Counters and histogram buckets are summed over the
 * stripes when read; a gauge has one meaning at a time, so it lives in stripe 0 only. Histograms
 * share one set of bounds, from half a millisecond to two minutes; their sum is kept in
 * nanoseconds, which is exact and wraps after 584 years of observed time.
 *
 * A reader sees each cell at its own instant: sums may lag each other by the events under way. The
 * count of a histogram is the sum of its buckets, so those two always agree.
 *
 * Tested by: tests/unit/base/test_metrics.c (also under the thread sanitizer). */
#include "base/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>

static const struct {
    double seconds;
    const char *label;
} bounds[] = {
    {0.0005, "0.0005"}, {0.001, "0.001"}, {0.0025, "0.0025"}, {0.005, "0.005"}, {0.01, "0.01"},
    {0.025, "0.025"},   {0.05, "0.05"},   {0.1, "0.1"},       {0.25, "0.25"},   {0.5, "0.5"},
    {1, "1"},           {2.5, "2.5"},     {5, "5"},           {10, "10"},       {30, "30"},
    {60, "60"},         {120, "120"},
};

enum { STRIPES = 16, BOUNDS = sizeof bounds / sizeof *bounds };

typedef enum MetricKind { KIND_COUNTER, KIND_GAUGE, KIND_SECONDS } MetricKind;

/* A histogram's cells: one a bound, one for what lies above, one for the sum. */
enum { CELLS_COUNTER = 1, CELLS_GAUGE = 1, CELLS_SECONDS = BOUNDS + 2 };

/* CELL_X is the first cell of metric X; the next metric begins behind its last. */
enum {
#define X(id, kind, name, help) CELL_##id, CELL_LAST_##id = CELL_##id + CELLS_##kind - 1,
#include "base/metrics.def"
#undef X
    CELL_COUNT
};

static const struct MetricRow {
    MetricKind kind;
    size_t cell;
    const char *name;
    const char *help;
} rows[METRIC_COUNT] = {
#define X(id, kind, name, help) {KIND_##kind, CELL_##id, name, help},
#include "base/metrics.def"
#undef X
};

typedef struct Stripe {
    _Alignas(64) _Atomic uint64_t cells[CELL_COUNT];
} Stripe;

static Stripe stripes[STRIPES];

static _Atomic uint64_t *own_cell(size_t cell) {
    static _Atomic unsigned threads_seen;
    static _Thread_local unsigned own_stripe; /* stripe + 1; 0 = none yet */
    if (own_stripe == 0)
        own_stripe =
            atomic_fetch_add_explicit(&threads_seen, 1, memory_order_relaxed) % STRIPES + 1;
    return &stripes[own_stripe - 1].cells[cell];
}

static uint64_t sum_cell(size_t cell) {
    uint64_t sum = 0;
    for (size_t i = 0; i < STRIPES; i++)
        sum += atomic_load_explicit(&stripes[i].cells[cell], memory_order_relaxed);
    return sum;
}

void metric_add(MetricId id, uint64_t value) {
    assert(id < METRIC_COUNT && rows[id].kind == KIND_COUNTER);
    atomic_fetch_add_explicit(own_cell(rows[id].cell), value, memory_order_relaxed);
}

void metric_set(MetricId id, int64_t value) {
    assert(id < METRIC_COUNT && rows[id].kind == KIND_GAUGE);
    atomic_store_explicit(&stripes[0].cells[rows[id].cell], (uint64_t)value, memory_order_relaxed);
}

void metric_observe(MetricId id, double seconds) {
    assert(id < METRIC_COUNT && rows[id].kind == KIND_SECONDS);
    if (!(seconds > 0))
        seconds = 0; /* not a number, or a clock that stood still */
    size_t bucket = 0;
    while (bucket < BOUNDS && seconds > bounds[bucket].seconds)
        bucket++;
    size_t first = rows[id].cell;
    uint64_t nanoseconds =
        seconds < 1e9 ? (uint64_t)(seconds * 1e9) : UINT64_C(1000000000000000000);
    atomic_fetch_add_explicit(own_cell(first + bucket), 1, memory_order_relaxed);
    atomic_fetch_add_explicit(own_cell(first + BOUNDS + 1), nanoseconds, memory_order_relaxed);
}

uint64_t metric_value(MetricId id) {
    assert(id < METRIC_COUNT);
    size_t cells = rows[id].kind == KIND_SECONDS ? BOUNDS + 1 : 1;
    uint64_t value = 0;
    for (size_t i = 0; i < cells; i++)
        value += sum_cell(rows[id].cell + i);
    return value;
}

static void render_histogram(StrBuf *out, const struct MetricRow *row) {
    uint64_t below = 0;
    for (size_t i = 0; i <= BOUNDS; i++) {
        below += sum_cell(row->cell + i);
        strbuf_append_format(out, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", row->name,
                             i < BOUNDS ? bounds[i].label : "+Inf", below);
    }
    uint64_t nanoseconds = sum_cell(row->cell + BOUNDS + 1);
    strbuf_append_format(out, "%s_sum %" PRIu64 ".%09" PRIu64 "\n%s_count %" PRIu64 "\n", row->name,
                         nanoseconds / 1000000000, nanoseconds % 1000000000, row->name, below);
}

void metrics_render(StrBuf *out) {
    static const char *const types[] = {
        [KIND_COUNTER] = "counter", [KIND_GAUGE] = "gauge", [KIND_SECONDS] = "histogram"};
    for (size_t id = 0; id < METRIC_COUNT; id++) {
        const struct MetricRow *row = &rows[id];
        strbuf_append_format(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                             types[row->kind]);
        if (row->kind == KIND_SECONDS)
            render_histogram(out, row);
        else if (row->kind == KIND_GAUGE)
            strbuf_append_format(out, "%s %" PRId64 "\n", row->name, (int64_t)sum_cell(row->cell));
        else
            strbuf_append_format(out, "%s %" PRIu64 "\n", row->name, sum_cell(row->cell));
    }
}
