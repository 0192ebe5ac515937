/* test_log.c - what reaches the sink: one line an event, filtered, escaped, bounded. */
#include "unit.h"

#include <unistd.h>

#include "base/log.h"

static int pipe_ends[2];

static int open_sink(void **state) {
    (void)state;
    return pipe(pipe_ends);
}

static int close_sink(void **state) {
    (void)state;
    log_setup(STDERR_FILENO, LOG_INFO, NULL);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return 0;
}

/* Everything logged so far, plus one end mark so that reading never blocks. */
static Str logged(Arena *arena) {
    char *bytes = arena_alloc(arena, 65536);
    assert_int_equal(write(pipe_ends[1], "\x04", 1), 1);
    ssize_t got = read(pipe_ends[0], bytes, 65536);
    assert_true(got > 0 && bytes[got - 1] == '\x04');
    return (Str){bytes, (size_t)got - 1};
}

static void writes_logfmt(void **state) {
    (void)state;
    Arena *arena = arena_create();
    log_setup(pipe_ends[1], LOG_INFO, NULL);
    log_event(LOG_INFO, "jobs", "finished", "job=%s rows=%d", "abc", 7);
    log_event(LOG_WARN, "jobs", "two words", "%s", "");
    log_event(LOG_DEBUG, "jobs", "hidden", "x=1");
    Str text = logged(arena);
    Str first, second;
    Str rest = str_cut(text, '\n', &first);
    rest = str_cut(rest, '\n', &second);
    assert_int_equal(rest.length, 0);
    assert_true(str_starts(first, STR("time=2")));
    assert_true(str_ends(first, STR("Z level=info topic=jobs event=finished job=abc rows=7")));
    assert_true(str_ends(second, STR(" level=warn topic=jobs event=\"two words\"")));
    arena_destroy(arena);
}

static void filters_by_level_and_topic(void **state) {
    (void)state;
    Arena *arena = arena_create();
    log_setup(pipe_ends[1], LOG_ERROR, "all,-query, storage");
    log_event(LOG_WARN, "storage", "no", "n=1");
    log_event(LOG_DEBUG, "query", "no", "n=2");
    log_event(LOG_DEBUG, "storage", "yes", "n=3");
    log_event(LOG_DEBUG, "index", "yes", "n=4");
    log_event(LOG_ERROR, "query", "yes", "n=5");
    Str text = logged(arena);
    assert_int_equal(str_find(text, STR("event=no"), 0), SIZE_MAX);
    assert_true(str_find(text, STR("n=3\n"), 0) < str_find(text, STR("n=4\n"), 0));
    assert_true(str_find(text, STR("n=5\n"), 0) != SIZE_MAX);
    LogLevel level = LOG_INFO;
    assert_true(log_level_parse(STR("debug"), &level) && level == LOG_DEBUG);
    assert_false(log_level_parse(STR("loud"), &level));
    arena_destroy(arena);
}

static void stays_one_harmless_line(void **state) {
    (void)state;
    Arena *arena = arena_create();
    log_setup(pipe_ends[1], LOG_INFO, NULL);
    log_event(LOG_INFO, "t", "e", "v=%s", "a\nb\x1b[31m\xC2\x9B\xFFz\xC3\xA9\t");
    assert_true(str_ends(logged(arena), STR("v=a\\nb\\x1b[31m\\u009b\\xffz\xC3\xA9\\t\n")));
    char *longer = arena_alloc(arena, 20000);
    memset(longer, '\n', 19999);
    longer[19999] = '\0';
    log_event(LOG_INFO, "t", "e", "v=%s", longer);
    Str line = logged(arena);
    assert_true(line.length <= 4096);
    assert_true(str_ends(line, STR("...\n")));
    assert_int_equal(str_find_char(line, '\n', 0), line.length - 1);
    arena_destroy(arena);
}

static void shows_failures(void **state) {
    (void)state;
    Arena *arena = arena_create();
    log_setup(pipe_ends[1], LOG_INFO, NULL);
    Err err = {0};
    err_fail(&err, FAIL_IO, "write \"head\"");
    err_detail(&err, "disk=full");
    log_failure(LOG_ERROR, "gateway", "failed", STR("r-1"), &err);
    Str line = logged(arena);
    assert_true(str_find(line,
                         STR("event=failed id=r-1 kind=io message=\"write \\\"head\\\"\" "
                             "detail=\"disk=full\" field=- at="),
                         0) != SIZE_MAX);
    assert_true(str_find(line, STR("test_log.c:"), 0) != SIZE_MAX);
    err_fail(&err, FAIL_IO, "cannot read 'mysql://bob:s3cret@h/d'");
    err_detail(&err, "password=s3cret");
    log_failure(LOG_ERROR, "gateway", "failed", STR("r-2"), &err);
    line = logged(arena);
    assert_true(str_find(line, STR("message=\"cannot read ...\" detail=... "), 0) != SIZE_MAX);
    assert_true(str_find(line, STR("s3cret"), 0) == SIZE_MAX);
    arena_destroy(arena);
}

static void quotes_when_needed(void **state) {
    (void)state;
    Arena *arena = arena_create();
    assert_str_equal(log_quote(STR("plain-1.0"), arena), "plain-1.0");
    assert_str_equal(log_quote(STR("two words"), arena), "\"two words\"");
    assert_str_equal(log_quote(STR(""), arena), "\"\"");
    assert_str_equal(log_quote(STR("a=\"b\\"), arena), "\"a=\\\"b\\\\\"");
    arena_destroy(arena);
}

int suite_test_log(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_logfmt),           cmocka_unit_test(filters_by_level_and_topic),
        cmocka_unit_test(stays_one_harmless_line), cmocka_unit_test(shows_failures),
        cmocka_unit_test(quotes_when_needed),
    };
    return cmocka_run_group_tests(tests, open_sink, close_sink);
}
