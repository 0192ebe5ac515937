/* The HTTP server under polite and impolite clients, over real sockets. */
#include "raw_client.h"

#include <pthread.h>
#include <stdatomic.h>

#include "gateway/body_pipe.h"
#include "gateway/body_sink.h"
#include "gateway/http_server.h"

/* What the handlers below do depends on the path:
 *   /echo    the body comes back           /refuse  refused before its body
 *   /slow    waits until told, or gone     /pipe    a long pushed answer
 *   /pipe-late-failure /pipe-early-failure /pull    a pulled answer of known length */
typedef struct Fixture {
    Arena *arena;
    HttpServer *server;
    uint16_t port;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned done_count;
    HttpOutcome last;
    char last_id[80];
    bool slow_entered, slow_release, slow_saw_gone;
    bool producer_cancelled;
    size_t produce_bytes;
} Fixture;

enum { BODY_MAX = 1 << 20, PIPE_BYTES = 3 << 20 };

static bool on_begin(void *context, HttpRequest *request, HttpBodyPlan *plan,
                     HttpResponse *response) {
    (void)context;
    if (str_eq_c(request->path, "/refuse")) {
        response->status = 403;
        response->bytes = STR("no");
        return false;
    }
    MemoryBody *body = memory_body_create(request->arena);
    request->user = body;
    *plan = (HttpBodyPlan){BODY_MAX, memory_body_sink(body)};
    return true;
}

static void answer_slow(Fixture *fixture, HttpRequest *request, HttpResponse *response) {
    pthread_mutex_lock(&fixture->lock);
    fixture->slow_entered = true;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
    for (bool over = false; !over;) {
        bool gone = http_request_gone(request);
        pthread_mutex_lock(&fixture->lock);
        fixture->slow_saw_gone |= gone;
        over = gone || fixture->slow_release;
        pthread_cond_broadcast(&fixture->changed);
        pthread_mutex_unlock(&fixture->lock);
    }
    response->status = 200;
    response->bytes = STR("slow but sure");
}

static bool produce(void *context, BodyPipe *pipe, const atomic_bool *cancelled, Err *err) {
    Fixture *fixture = context;
    char block[1024];
    memset(block, 'x', sizeof block);
    for (size_t sent = 0; sent < fixture->produce_bytes; sent += sizeof block) {
        if (!body_pipe_write(pipe, str_make(block, sizeof block), err)) {
            fixture->producer_cancelled = atomic_load(cancelled);
            return false;
        }
    }
    return true;
}

static bool produce_and_fail(void *context, BodyPipe *pipe, const atomic_bool *cancelled,
                             Err *err) {
    return produce(context, pipe, cancelled, err) && err_fail(err, FAIL_TIMEOUT, "too late");
}

static bool fail_at_once(void *context, BodyPipe *pipe, const atomic_bool *cancelled, Err *err) {
    (void)context;
    (void)cancelled;
    return body_pipe_write(pipe, STR("some bytes"), err) &&
           err_fail(err, FAIL_NOT_FOUND, "no such thing");
}

static bool pull_abc(void *context, char *buffer, size_t capacity, size_t *out_length, Err *err) {
    (void)err;
    const char **rest = context;
    *out_length = strlen(*rest) < capacity ? strlen(*rest) : capacity;
    memcpy(buffer, *rest, *out_length);
    *rest += *out_length;
    return true;
}

static void answer_pipe(Fixture *fixture, HttpRequest *request, HttpResponse *response) {
    BodyProducer producer = {fixture, produce};
    if (str_eq_c(request->path, "/pipe-late-failure"))
        producer.produce = produce_and_fail;
    if (str_eq_c(request->path, "/pipe-early-failure"))
        producer.produce = fail_at_once;
    Err err = {0};
    response->status = 200;
    if (!body_pipe_respond(request, &producer, response, &err)) {
        response->status = (unsigned)err_kind_status(err.kind);
        response->bytes = str_dup(request->arena, str_c(err.message));
    }
}

static void on_answer(void *context, HttpRequest *request, HttpResponse *response) {
    Fixture *fixture = context;
    MemoryBody *body = request->user;
    if (str_eq_c(request->path, "/slow")) {
        answer_slow(fixture, request, response);
    } else if (str_starts(request->path, STR("/pipe"))) {
        answer_pipe(fixture, request, response);
    } else if (str_eq_c(request->path, "/pull")) {
        const char **rest = ARENA_NEW(request->arena, const char *);
        *rest = "abcdefghij";
        response->status = 200;
        response->pull = (HttpPull){rest, pull_abc, 10};
    } else {
        response->status = 200;
        response->bytes = strbuf_str(&body->bytes);
        if (request->query.length > 0)
            http_response_header(response, "X-Query", request->query);
    }
}

static void on_fail(void *context, HttpRequest *request, const Err *err, HttpResponse *response) {
    (void)context;
    response->status = (unsigned)err_kind_status(err->kind);
    response->bytes = str_dup(request->arena, str_c(err->message));
}

static void on_done(void *context, const HttpRequest *request, const HttpOutcome *outcome) {
    Fixture *fixture = context;
    pthread_mutex_lock(&fixture->lock);
    fixture->done_count++;
    fixture->last = *outcome;
    snprintf(fixture->last_id, sizeof fixture->last_id, "%.*s", STR_ARG(request->id));
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
}

static void start(Fixture *fixture, const HttpServerConfig *config) {
    HttpHandlers handlers = {fixture, on_begin, on_answer, on_fail, on_done};
    Err err = {0};
    fixture->server = http_server_create(config, &handlers);
    assert_ok(http_server_start(fixture->server, &err), &err);
    fixture->port = http_server_port(fixture->server);
}

static HttpServerConfig quick_config(void) {
    HttpServerConfig config = http_server_config_default();
    config.port = 0;
    config.idle_timeout_ms = 1000;
    config.head_timeout_ms = 500;
    config.discard_max = 4 << 20;
    config.body_grace_ms = 300;
    config.body_rate_min = 1000;
    return config;
}

static int setup(void **state) {
    Fixture *fixture = calloc(1, sizeof *fixture);
    fixture->arena = arena_create();
    fixture->produce_bytes = PIPE_BYTES;
    pthread_mutex_init(&fixture->lock, NULL);
    pthread_cond_init(&fixture->changed, NULL);
    HttpServerConfig config = quick_config();
    start(fixture, &config);
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    Fixture *fixture = *state;
    http_server_stop(fixture->server);
    pthread_cond_destroy(&fixture->changed);
    pthread_mutex_destroy(&fixture->lock);
    arena_destroy(fixture->arena);
    free(fixture);
    return 0;
}

static void wait_for_done(Fixture *fixture, unsigned count) {
    pthread_mutex_lock(&fixture->lock);
    while (fixture->done_count < count)
        pthread_cond_wait(&fixture->changed, &fixture->lock);
    pthread_mutex_unlock(&fixture->lock);
}

static void wait_until(Fixture *fixture, const bool *flag) {
    pthread_mutex_lock(&fixture->lock);
    while (!*flag)
        pthread_cond_wait(&fixture->changed, &fixture->lock);
    pthread_mutex_unlock(&fixture->lock);
}

/* --- the tests ------------------------------------------------------------------------------- */

static void a_body_comes_back_with_ids_and_query(void **state) {
    Fixture *fixture = *state;
    Str answer = raw_exchange(fixture->port,
                              STR("POST /echo?a=%2F&b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                                  "X-Request-Id: my-id.7\r\nContent-Length: 5\r\n\r\nhello"),
                              fixture->arena);
    assert_true(str_starts(answer, STR("HTTP/1.1 200 OK\r\n")));
    assert_true(str_ends(answer, STR("\r\n\r\nhello")));
    assert_true(raw_has(answer, "X-Request-Id: my-id.7\r\n"));
    assert_true(raw_has(answer, "X-Query: a=%2F&b\r\n"));
    wait_for_done(fixture, 1);
    assert_string_equal(fixture->last_id, "my-id.7");
    assert_int_equal(fixture->last.status, 200);
    assert_true(fixture->last.complete);
}

static void an_insane_request_id_is_replaced(void **state) {
    Fixture *fixture = *state;
    Str answer = raw_exchange(fixture->port,
                              STR("GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                                  "X-Request-Id: a b<script>\r\n\r\n"),
                              fixture->arena);
    assert_true(raw_has(answer, "X-Request-Id: "));
    assert_false(raw_has(answer, "script"));
}

static void a_chunked_body_is_put_together(void **state) {
    Fixture *fixture = *state;
    Str answer = raw_exchange(
        fixture->port,
        STR("PUT /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
            "\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"),
        fixture->arena);
    assert_true(str_ends(answer, STR("\r\n\r\nabcdefg")));
}

static void a_connection_is_used_again(void **state) {
    Fixture *fixture = *state;
    int fd = raw_connect(fixture->port);
    for (int i = 0; i < 3; i++) {
        assert_true(raw_send(fd, STR("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
                                     "\r\nend")));
        assert_true(raw_has(raw_receive_until(fd, STR("end"), fixture->arena), "200 OK"));
    }
    close(fd);
    wait_for_done(fixture, 3);
}

static void a_declared_giant_is_refused_and_the_refusal_heard(void **state) {
    Fixture *fixture = *state;
    int fd = raw_connect(fixture->port);
    raw_send(fd, STR("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n"));
    char *junk = arena_alloc_zero(fixture->arena, 2000000);
    assert_true(raw_send(fd, str_make(junk, 2000000)));
    assert_true(raw_has(raw_receive_all(fd, fixture->arena), "HTTP/1.1 413 "));
    close(fd);
}

static void an_endless_chunked_body_is_cut_off_with_an_answer(void **state) {
    Fixture *fixture = *state;
    int fd = raw_connect(fixture->port);
    raw_send(fd, STR("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"));
    char *junk = arena_alloc_zero(fixture->arena, 65536);
    memset(junk, 'x', 65536);
    size_t chunks = 0;
    while (chunks < 1000 && raw_send(fd, STR("10000\r\n")) && raw_send(fd, str_make(junk, 65536)) &&
           raw_send(fd, STR("\r\n")))
        chunks++;
    assert_true(chunks < 1000); /* 64 MiB never get through */
    close(fd);
    wait_for_done(fixture, 1);
    assert_int_equal(fixture->last.status, 413);
    assert_false(fixture->last.complete);
}

static void a_refusal_before_the_body_keeps_expecting_clients_from_sending(void **state) {
    Fixture *fixture = *state;
    int fd = raw_connect(fixture->port);
    raw_send(fd, STR("POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n"
                     "Expect: 100-continue\r\n\r\n"));
    Str answer = raw_receive_all(fd, fixture->arena);
    assert_true(str_starts(answer, STR("HTTP/1.1 403 ")));
    close(fd);
}

static void a_refusal_without_a_body_keeps_the_connection(void **state) {
    Fixture *fixture = *state;
    int fd = raw_connect(fixture->port);
    for (int i = 0; i < 2; i++) {
        assert_true(raw_send(fd, STR("GET /refuse HTTP/1.1\r\nHost: h\r\n\r\n")));
        assert_true(raw_has(raw_receive_until(fd, STR("\r\n\r\nno"), fixture->arena), " 403 "));
    }
    close(fd);
}

static void a_long_pushed_answer_arrives_whole(void **state) {
    Fixture *fixture = *state;
    Str answer = raw_exchange(fixture->port,
                              STR("GET /pipe HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                              fixture->arena);
    assert_true(raw_has(answer, "Transfer-Encoding: chunked"));
    assert_true(str_ends(answer, STR("\r\n0\r\n\r\n")));
    size_t count = 0;
    for (size_t i = str_find(answer, STR("\r\n\r\n"), 0); i < answer.length; i++)
        count += answer.data[i] == 'x';
    assert_int_equal(count, PIPE_BYTES);
}

static void an_early_failure_keeps_its_status(void **state) {
    Fixture *fixture = *state;
    Str answer = raw_exchange(
        fixture->port,
        STR("GET /pipe-early-failure HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
        fixture->arena);
    assert_true(str_starts(answer, STR("HTTP/1.1 404 ")));
    assert_false(raw_has(answer, "some bytes"));
}

static void a_late_failure_breaks_the_answer_off(void **state) {
    Fixture *fixture = *state;
    Str answer =
        raw_exchange(fixture->port,
                     STR("GET /pipe-late-failure HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                     fixture->arena);
    assert_true(str_starts(answer, STR("HTTP/1.1 200 ")));
    assert_false(str_ends(answer, STR("\r\n0\r\n\r\n"))); /* no end of the chunks */
    wait_for_done(fixture, 1);
    assert_false(fixture->last.complete);
}

static void a_reader_that_hangs_up_stops_the_producer(void **state) {
    Fixture *fixture = *state;
    fixture->produce_bytes = SIZE_MAX; /* would never end */
    int fd = raw_connect(fixture->port);
    raw_send(fd, STR("GET /pipe HTTP/1.1\r\nHost: h\r\n\r\n"));
    char piece[1024];
    assert_true(raw_receive(fd, piece, sizeof piece) > 0);
    close(fd);
    wait_for_done(fixture, 1);
    assert_false(fixture->last.complete);
    http_server_stop(fixture->server); /* joins everything, so the flag is final */
    fixture->server = NULL;
    assert_true(fixture->producer_cancelled);
}

static void a_known_length_is_told(void **state) {
    Fixture *fixture = *state;
    Str answer = raw_exchange(fixture->port,
                              STR("GET /pull HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                              fixture->arena);
    assert_true(raw_has(answer, "Content-Length: 10\r\n"));
    assert_true(str_ends(answer, STR("\r\n\r\nabcdefghij")));
    Str head = raw_exchange(fixture->port,
                            STR("HEAD /pull HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                            fixture->arena);
    assert_true(raw_has(head, "Content-Length: 10\r\n"));
    assert_true(str_ends(head, STR("\r\n\r\n")));
}

static void a_handler_may_take_longer_than_the_idle_time(void **state) {
    Fixture *fixture = *state;
    int fd = raw_connect(fixture->port);
    raw_send(fd, STR("GET /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    wait_until(fixture, &fixture->slow_entered);
    struct pollfd nothing_yet = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&nothing_yet, 1, 2500), 0); /* past the idle time of a second */
    pthread_mutex_lock(&fixture->lock);
    fixture->slow_release = true;
    pthread_mutex_unlock(&fixture->lock);
    assert_true(raw_has(raw_receive_all(fd, fixture->arena), "slow but sure"));
    close(fd);
}

static void a_handler_hears_that_its_client_has_gone(void **state) {
    Fixture *fixture = *state;
    int fd = raw_connect(fixture->port);
    raw_send(fd, STR("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
    wait_until(fixture, &fixture->slow_entered);
    close(fd);
    wait_until(fixture, &fixture->slow_saw_gone);
    wait_for_done(fixture, 1);
}

static void a_client_that_trickles_its_head_is_cut_off(void **state) {
    Fixture *fixture = *state;
    int fd = raw_connect(fixture->port);
    raw_send(fd, STR("GET /echo HTTP/1.1\r\nHost: h\r\nX-Long: "));
    struct pollfd closed = {.fd = fd, .events = POLLIN};
    int letters = 0;
    while (letters < 200 && raw_send(fd, STR("a")) && poll(&closed, 1, 100) == 0)
        letters++;
    assert_true(letters < 200); /* never idle for a second, yet not served for ever */
    close(fd);
}

static void a_client_that_trickles_its_body_is_told_and_cut_off(void **state) {
    Fixture *fixture = *state;
    int fd = raw_connect(fixture->port);
    raw_send(fd, STR("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n"));
    struct pollfd answered = {.fd = fd, .events = POLLIN};
    int letters = 0;
    while (letters < 200 && raw_send(fd, STR("a")) && poll(&answered, 1, 50) == 0)
        letters++;
    assert_true(letters < 200);
    assert_true(str_starts(raw_receive_all(fd, fixture->arena), STR("HTTP/1.1 504 ")));
    close(fd);
}

static void an_idle_connection_is_closed(void **state) {
    Fixture *fixture = *state;
    int fd = raw_connect(fixture->port);
    assert_int_equal(raw_receive_all(fd, fixture->arena).length, 0);
    close(fd);
}

static void draining_lets_the_running_request_finish(void **state) {
    Fixture *fixture = *state;
    int running = raw_connect(fixture->port);
    int keeps_open = raw_connect(fixture->port);
    raw_send(running, STR("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"));
    wait_until(fixture, &fixture->slow_entered);
    http_server_drain(fixture->server, 1); /* over before the request is: it is told */
    wait_until(fixture, &fixture->slow_saw_gone);
    Str answer = raw_receive_all(running, fixture->arena);
    assert_true(raw_has(answer, "slow but sure"));
    assert_true(raw_has(answer, "Connection: close\r\n"));
    assert_true(http_server_draining(fixture->server));
    close(running);
    close(keeps_open);
    int late = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(fixture->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(late, (struct sockaddr *)&address, sizeof address), -1);
    close(late);
}

static void two_servers_cannot_share_a_port(void **state) {
    Fixture *fixture = *state;
    HttpServerConfig config = quick_config();
    config.port = fixture->port;
    HttpHandlers handlers = {fixture, on_begin, on_answer, on_fail, on_done};
    HttpServer *second = http_server_create(&config, &handlers);
    Err err = {0};
    assert_fails(http_server_start(second, &err), &err, FAIL_CONFLICT);
    http_server_stop(second);
    config.host = STR("no such host");
    second = http_server_create(&config, &handlers);
    assert_fails(http_server_start(second, &err), &err, FAIL_INVALID);
    http_server_stop(second);
}

static void *many_requests(void *argument) {
    Fixture *fixture = argument;
    for (int i = 0; i < 20; i++) {
        int fd = raw_connect(fixture->port);
        raw_send(fd, STR("POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                         "Content-Length: 4\r\n\r\nping"));
        char buffer[1024];
        size_t length = 0;
        for (size_t got = 1; got > 0 && length < sizeof buffer; length += got)
            got = raw_receive(fd, buffer + length, sizeof buffer - length);
        close(fd);
        if (!str_ends(str_make(buffer, length), STR("ping")))
            return "lost an answer";
    }
    return NULL;
}

static void many_clients_at_once(void **state) {
    Fixture *fixture = *state;
    pthread_t threads[16];
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many_requests, fixture), 0);
    for (size_t i = 0; i < 16; i++) {
        void *failure;
        pthread_join(threads[i], &failure);
        assert_null(failure);
    }
    wait_for_done(fixture, 320);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int suite_test_http_server(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_body_comes_back_with_ids_and_query),
        TEST(an_insane_request_id_is_replaced),
        TEST(a_chunked_body_is_put_together),
        TEST(a_connection_is_used_again),
        TEST(a_declared_giant_is_refused_and_the_refusal_heard),
        TEST(an_endless_chunked_body_is_cut_off_with_an_answer),
        TEST(a_refusal_before_the_body_keeps_expecting_clients_from_sending),
        TEST(a_refusal_without_a_body_keeps_the_connection),
        TEST(a_long_pushed_answer_arrives_whole),
        TEST(an_early_failure_keeps_its_status),
        TEST(a_late_failure_breaks_the_answer_off),
        TEST(a_reader_that_hangs_up_stops_the_producer),
        TEST(a_known_length_is_told),
        TEST(a_handler_may_take_longer_than_the_idle_time),
        TEST(a_handler_hears_that_its_client_has_gone),
        TEST(a_client_that_trickles_its_head_is_cut_off),
        TEST(a_client_that_trickles_its_body_is_told_and_cut_off),
        TEST(an_idle_connection_is_closed),
        TEST(draining_lets_the_running_request_finish),
        TEST(two_servers_cannot_share_a_port),
        TEST(many_clients_at_once),
    };
    return cmocka_run_group_tests_name("http_server", tests, NULL, NULL);
}
