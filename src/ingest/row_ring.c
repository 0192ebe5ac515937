/* row_ring.c - a few builders go round between a reader and a writer.
 *
 * A builder is filled in place and handed on whole, so nothing is copied and nothing allocated once
 * the ring is warm. Its capacity is chosen so that a slot of a wide table stays at some megabytes.
 *
 * Tested by: test_row_ring.c, test_table_load.c. */
#include "ingest/row_ring.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { SLOT_BYTES = 8 << 20, SLOT_ROWS_MIN = 256, BYTES_OF_VALUE = 17, CANCEL_SEEN_MS = 100 };

static const uint64_t SLOT_BUDGET_BYTES = SLOT_BYTES + ROW_BUILDER_BYTES;

typedef VEC(RejectedRow) Rejects;

typedef struct Slot {
    RowBuilder *rows;
    Arena *arena; /* of the rejects' texts */
    Rejects rejects;
    uint64_t rejected;
    size_t good_before;   /* good rows before the latest reject, */
    uint64_t rejected_at; /* and how many were rejected just there */
    bool failed;
    Err err;
} Slot;

struct RowRing {
    RingConfig config;
    uint64_t budget_bytes;
    size_t slot_count;
    Slot slots[ROW_RING_SLOTS];
    pthread_t thread;
    pthread_mutex_t lock; /* protects what follows; a slot is its filler's until it is counted */
    pthread_cond_t changed;
    uint64_t filled, taken, released;
    bool stopped;
};

/* A whole number of DuckDB's vectors where that is possible. */
static size_t slot_rows(size_t column_count) {
    size_t rows = SLOT_BYTES / (BYTES_OF_VALUE * (column_count + 1));
    rows = rows > ROW_BUILDER_ROWS ? ROW_BUILDER_ROWS : rows;
    return rows < SLOT_ROWS_MIN ? SLOT_ROWS_MIN : rows;
}

static bool take_reject(void *context, uint64_t row, Str column, Str reason) {
    RowRing *ring = context;
    Slot *slot = &ring->slots[ring->filled % ring->slot_count];
    size_t good = slot->rows->row_count;
    slot->rejected_at = good == slot->good_before ? slot->rejected_at + 1 : 1;
    slot->good_before = good;
    slot->rejected++;
    if (slot->rejects.count < ring->config.rejects_listed_max)
        *vec_push(&slot->rejects, slot->arena) =
            (RejectedRow){.line = ring->config.first_row + row,
                          .column = str_dup(slot->arena, column),
                          .reason = str_dup(slot->arena, reason)};
    return true;
}

static void empty_slot(Slot *slot) {
    arena_reset(slot->arena);
    slot->rejects = (Rejects){0};
    slot->rejected = slot->rejected_at = 0;
    slot->good_before = 0;
    slot->failed = false;
    err_clear(&slot->err);
}

/* Waits for a slot to fill; false when nobody wants more. */
static bool wait_for_free(RowRing *ring) {
    pthread_mutex_lock(&ring->lock);
    while (!ring->stopped && ring->filled - ring->released == ring->slot_count)
        pthread_cond_wait(&ring->changed, &ring->lock);
    bool wanted = !ring->stopped;
    pthread_mutex_unlock(&ring->lock);
    return wanted;
}

static void *read_ahead(void *context) {
    RowRing *ring = context;
    for (bool more = true; more && wait_for_free(ring);) {
        Slot *slot = &ring->slots[ring->filled % ring->slot_count];
        empty_slot(slot);
        slot->failed = !row_source_next(ring->config.source, slot->rows, &slot->err);
        more = !slot->failed && slot->rows->row_count > 0;
        pthread_mutex_lock(&ring->lock);
        ring->filled++;
        pthread_cond_broadcast(&ring->changed);
        pthread_mutex_unlock(&ring->lock);
    }
    return NULL;
}

static void destroy(RowRing *ring) {
    for (size_t i = 0; i < ring->slot_count; i++) {
        row_builder_destroy(ring->slots[i].rows);
        arena_destroy(ring->slots[i].arena);
    }
    pthread_cond_destroy(&ring->changed);
    pthread_mutex_destroy(&ring->lock);
    budget_give(ring->config.budget, ring->budget_bytes);
    free(ring);
}

/* While DuckDB writes a row group nobody takes batches: a ring of three would stop the database
 * meanwhile, and did so for a quarter of the time. Where memory is short it has to do. */
static bool take_slots(Budget *budget, size_t *slots, Err *err) {
    if (budget_take(budget, *slots * SLOT_BUDGET_BYTES, "reading a table ahead", err))
        return true;
    err_clear(err);
    *slots = ROW_RING_SLOTS_MIN;
    return budget_take(budget, *slots * SLOT_BUDGET_BYTES, "reading a table ahead", err);
}

static RowRing *create(const RingConfig *config, Err *err) {
    size_t slots = ROW_RING_SLOTS;
    if (!take_slots(config->budget, &slots, err))
        return NULL;
    RowRing *ring = calloc(1, sizeof *ring);
    if (ring == NULL)
        abort();
    ring->config = *config;
    ring->slot_count = slots;
    ring->budget_bytes = slots * SLOT_BUDGET_BYTES;
    pthread_mutex_init(&ring->lock, NULL);
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&ring->changed, &clock);
    pthread_condattr_destroy(&clock);
    RowBatch schema = row_source_schema(config->source);
    for (size_t i = 0; i < ring->slot_count; i++) {
        ring->slots[i].rows = row_builder_create(&schema, slot_rows(schema.column_count));
        ring->slots[i].arena = arena_create();
    }
    return ring;
}

RowRing *row_ring_start(const RingConfig *config, Err *err) {
    RowRing *ring = create(config, err);
    if (ring == NULL)
        return NULL;
    config->source->on_reject = take_reject;
    config->source->reject_context = ring;
    if (!row_source_start(config->source, &config->range, err)) {
        destroy(ring);
        return NULL;
    }
    if (pthread_create(&ring->thread, NULL, read_ahead, ring) != 0)
        abort(); /* as a pool that cannot start its threads */
    return ring;
}

/* Rows may trickle in: a batch can take minutes. */
static void wait_a_little(RowRing *ring) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += CANCEL_SEEN_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&ring->changed, &ring->lock, &until);
}

bool row_ring_next(RowRing *ring, RingBatch *out, Err *err) {
    pthread_mutex_lock(&ring->lock);
    if (ring->taken > ring->released) {
        ring->released = ring->taken;
        pthread_cond_broadcast(&ring->changed);
    }
    bool wanted = true;
    while (wanted && ring->filled == ring->taken) {
        wait_a_little(ring);
        wanted = progress_check(ring->config.progress, err);
    }
    Slot *slot = &ring->slots[ring->taken % ring->slot_count];
    ring->taken += wanted;
    pthread_mutex_unlock(&ring->lock);
    if (!wanted)
        return false;
    if (slot->failed) {
        *err = slot->err;
        return false;
    }
    RowBatch rows = row_builder_batch(slot->rows);
    *out =
        (RingBatch){.rows = rows,
                    .rejects = slot->rejects.items,
                    .reject_count = slot->rejects.count,
                    .rejected = slot->rejected,
                    .rejected_behind = slot->good_before == rows.row_count ? slot->rejected_at : 0};
    return true;
}

void row_ring_stop(RowRing *ring) {
    if (ring == NULL)
        return;
    pthread_mutex_lock(&ring->lock);
    ring->stopped = true;
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
    pthread_join(ring->thread, NULL);
    ring->config.source->on_reject = NULL;
    ring->config.source->reject_context = NULL;
    destroy(ring);
}
