/* body_pipe.c - a ring of bytes with a thread on one end.
 *
 *     FILLING --ring full--> STREAMING --producer returns--> ended
 *     FILLING --producer returns--> ended: all of the body is in the ring
 *
 * A separate thread, not the connection's own, runs the producer: this way the connection thread
 * is free to notice that the client has hung up while a long query is still computing its first
 * row.
 *
 * Tested by: tests/unit/gateway/test_http_server.c. */
#include "gateway/body_pipe.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RING_BYTES = 512 << 10, CLIENT_LOOK_MS = 100 };

struct BodyPipe {
    pthread_mutex_t lock; /* everything below but `cancelled` */
    pthread_cond_t changed;
    pthread_t thread;
    bool joined;
    const HttpRequest *request;
    BodyProducer producer;
    atomic_bool cancelled;
    bool ended; /* the producer has returned */
    bool failed;
    Err err;
    char *ring;
    size_t head; /* next byte to read */
    size_t used;
};

bool body_pipe_write(BodyPipe *pipe, Str bytes, Err *err) {
    bool fine = true;
    pthread_mutex_lock(&pipe->lock);
    while (bytes.length > 0 && fine) {
        while (pipe->used == RING_BYTES && !atomic_load(&pipe->cancelled))
            pthread_cond_wait(&pipe->changed, &pipe->lock);
        fine = !atomic_load(&pipe->cancelled);
        if (!fine)
            break;
        size_t tail = (pipe->head + pipe->used) % RING_BYTES;
        size_t room = RING_BYTES - pipe->used;
        size_t piece = RING_BYTES - tail < room ? RING_BYTES - tail : room;
        if (piece > bytes.length)
            piece = bytes.length;
        memcpy(pipe->ring + tail, bytes.data, piece);
        pipe->used += piece;
        bytes = str_slice(bytes, piece, bytes.length);
        pthread_cond_broadcast(&pipe->changed);
    }
    pthread_mutex_unlock(&pipe->lock);
    return fine || err_fail(err, FAIL_CANCELLED, "the client has gone");
}

static void *producer_main(void *argument) {
    BodyPipe *pipe = argument;
    Err err = {0};
    bool fine = pipe->producer.produce(pipe->producer.context, pipe, &pipe->cancelled, &err);
    pthread_mutex_lock(&pipe->lock);
    pipe->ended = true;
    pipe->failed = !fine;
    pipe->err = err;
    pthread_cond_broadcast(&pipe->changed);
    pthread_mutex_unlock(&pipe->lock);
    return NULL;
}

/* One wait of bounded length with the lock held; then a look at the client. */
static void wait_and_look(BodyPipe *pipe) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)CLIENT_LOOK_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int status = pthread_cond_timedwait(&pipe->changed, &pipe->lock, &until);
    if (status != 0 && http_request_gone(pipe->request)) {
        atomic_store(&pipe->cancelled, true);
        pthread_cond_broadcast(&pipe->changed);
    }
}

static void take(BodyPipe *pipe, char *buffer, size_t length) {
    size_t first = RING_BYTES - pipe->head < length ? RING_BYTES - pipe->head : length;
    memcpy(buffer, pipe->ring + pipe->head, first);
    memcpy(buffer + first, pipe->ring, length - first);
    pipe->head = (pipe->head + length) % RING_BYTES;
    pipe->used -= length;
    pthread_cond_broadcast(&pipe->changed);
}

static bool pull(void *context, char *buffer, size_t capacity, size_t *out_length, Err *err) {
    BodyPipe *pipe = context;
    pthread_mutex_lock(&pipe->lock);
    while (pipe->used == 0 && !pipe->ended)
        wait_and_look(pipe);
    size_t length = pipe->used < capacity ? pipe->used : capacity;
    bool failed = length == 0 && pipe->failed;
    if (failed)
        *err = pipe->err;
    else
        take(pipe, buffer, length);
    pthread_mutex_unlock(&pipe->lock);
    *out_length = length;
    return !failed;
}

static void pipe_close(void *handle) {
    BodyPipe *pipe = handle;
    atomic_store(&pipe->cancelled, true);
    pthread_mutex_lock(&pipe->lock);
    pthread_cond_broadcast(&pipe->changed);
    pthread_mutex_unlock(&pipe->lock);
    pthread_join(pipe->thread, NULL);
    pthread_cond_destroy(&pipe->changed);
    pthread_mutex_destroy(&pipe->lock);
    free(pipe->ring);
    free(pipe);
}

static BodyPipe *pipe_start(const HttpRequest *request, const BodyProducer *producer, Err *err) {
    BodyPipe *pipe = calloc(1, sizeof *pipe);
    char *ring = malloc(RING_BYTES);
    if (pipe == NULL || ring == NULL)
        abort();
    pipe->ring = ring;
    pipe->request = request;
    pipe->producer = *producer;
    pthread_mutex_init(&pipe->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pipe->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    int status = pthread_create(&pipe->thread, NULL, producer_main, pipe);
    if (status == 0) {
        arena_defer(request->arena, pipe_close, pipe);
        return pipe;
    }
    pthread_cond_destroy(&pipe->changed);
    pthread_mutex_destroy(&pipe->lock);
    free(ring);
    free(pipe);
    err_fail(err, FAIL_BUSY, "no thread could be started for the answer");
    return NULL;
}

bool body_pipe_respond(const HttpRequest *request, const BodyProducer *producer,
                       HttpResponse *response, Err *err) {
    BodyPipe *pipe = pipe_start(request, producer, err);
    if (pipe == NULL)
        return false;
    pthread_mutex_lock(&pipe->lock);
    while (!pipe->ended && pipe->used < RING_BYTES)
        wait_and_look(pipe);
    bool ended = pipe->ended;
    bool failed = ended && pipe->failed;
    if (failed)
        *err = pipe->err;
    uint64_t length = ended ? pipe->used : HTTP_LENGTH_UNKNOWN;
    pthread_mutex_unlock(&pipe->lock);
    if (failed)
        return false;
    response->pull = (HttpPull){pipe, pull, length};
    return true;
}
