/* Run events: what they say, that they say no secrets, that nothing waits for a listener. */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/metrics.h"
#include "base/vec.h"
#include "ingest/openlineage.h"
#include "ingest/openlineage_event.h"
#include "temp_folder.h"

/* --- the text of an event -------------------------------------------------------------------- */

static const json_t *event_of(const LineageLoad *load, const LineageOutcome *outcome,
                              Arena *arena) {
    Err err = {0};
    LineageRun run = {.load = *load};
    openlineage_run_id(run.id);
    Str text = openlineage_event(STR("here"), &run, outcome, arena);
    if (str_find(text, STR("s3cret"), 0) != SIZE_MAX)
        fail_msg("says a secret: %.*s", STR_ARG(text));
    if (str_find_char(text, '\n', 0) != SIZE_MAX)
        fail_msg("is more than a line: %.*s", STR_ARG(text));
    const json_t *event = json_parse(text, arena, &err);
    if (event == NULL)
        fail_msg("%s: %.*s", err.message, STR_ARG(text));
    return event;
}

/* Value at "inputs/0/name"; fails when there is none. */
static const json_t *at(const json_t *value, const char *path) {
    for (Str rest = str_c(path); rest.length > 0;) {
        Str step;
        uint64_t index;
        char name[64];
        rest = str_cut(rest, '/', &step);
        snprintf(name, sizeof name, "%.*s", STR_ARG(step));
        value = str_to_u64(step, &index) && json_is_array(value) ? json_array_get(value, index)
                                                                 : json_object_get(value, name);
        if (value == NULL)
            fail_msg("no '%s' of '%s'", name, path);
    }
    return value;
}

static void assert_text(const json_t *event, const char *path, const char *wanted) {
    const json_t *value = at(event, path);
    assert_true(json_is_string(value));
    assert_string_equal(json_string_value(value), wanted);
}

static bool is_uri(const json_t *value) {
    return json_is_string(value) && strchr(json_string_value(value), ':') != NULL;
}

/* Every facet has who made it and by which schema. */
static void check_facets(const json_t *holder, const char *field) {
    const json_t *facets = json_object_get(holder, field);
    const char *name;
    json_t *facet;
    json_object_foreach ((json_t *)(uintptr_t)facets, name, facet) {
        assert_true(is_uri(json_object_get(facet, "_producer")));
        assert_true(is_uri(json_object_get(facet, "_schemaURL")));
    }
}

static void check_datasets(const json_t *event, const char *field, const char *own_facets) {
    const json_t *list = at(event, field);
    assert_true(json_is_array(list));
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *dataset = json_array_get(list, i);
        assert_true(json_is_string(at(dataset, "namespace")));
        assert_true(json_is_string(at(dataset, "name")));
        check_facets(dataset, "facets");
        check_facets(dataset, own_facets);
    }
}

/* The required fields of spec 2-0-2's RunEvent. */
static void check_event(const json_t *event, const char *type) {
    assert_text(event, "eventType", type);
    assert_int_equal(json_string_value(at(event, "eventTime"))[10], 'T');
    assert_true(is_uri(at(event, "producer")));
    assert_text(event, "schemaURL",
                "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent");
    assert_int_equal(json_string_length(at(event, "run/runId")), 36);
    assert_int_equal(json_string_value(at(event, "run/runId"))[14], '7');
    assert_text(event, "job/namespace", "here");
    assert_text(event, "job/facets/jobType/processingType", "BATCH");
    assert_text(event, "run/facets/processing_engine/name", "lakehouse");
    check_facets(at(event, "run"), "facets");
    check_facets(at(event, "job"), "facets");
    check_datasets(event, "inputs", "inputFacets");
    check_datasets(event, "outputs", "outputFacets");
}

static void a_load_of_a_table_begins_and_ends(void **state) {
    (void)state;
    Arena *arena = arena_create();
    LineageLoad load = {.dataset = STR("orders"),
                        .source_system = STR("postgresql"),
                        .source = STR("postgresql://bob:s3cret@db.example/shop"),
                        .relation = STR("sales.orders")};
    const json_t *event = event_of(&load, NULL, arena);
    check_event(event, "START");
    assert_text(event, "job/name", "ingest.orders");
    assert_text(event, "inputs/0/namespace", "postgres://db.example:5432");
    assert_text(event, "inputs/0/name", "shop.sales.orders");
    assert_text(event, "outputs/0/namespace", "here");
    assert_text(event, "outputs/0/name", "orders");

    SchemaColumn columns[] = {{1, STR("id"), STR("BIGINT"), false},
                              {2, STR("note"), STR("VARCHAR"), true}};
    Snapshot snapshot = {.id = 1234567, .schema = {columns, 2, 2}};
    LineageOutcome outcome = {.snapshot = &snapshot, .rows = 10, .size_bytes = 999};
    event = event_of(&load, &outcome, arena);
    check_event(event, "COMPLETE");
    assert_text(event, "outputs/0/facets/schema/fields/1/name", "note");
    assert_text(event, "outputs/0/facets/schema/fields/1/type", "VARCHAR");
    assert_text(event, "outputs/0/facets/version/datasetVersion", "1234567");
    const char *statistics = "outputs/0/outputFacets/outputStatistics";
    assert_int_equal(json_integer_value(at(at(event, statistics), "rowCount")), 10);
    assert_int_equal(json_integer_value(at(at(event, statistics), "size")), 999);
    arena_destroy(arena);
}

static void a_failure_is_told_without_its_secrets(void **state) {
    (void)state;
    Arena *arena = arena_create();
    LineageLoad load = {.dataset = STR("orders"),
                        .source_system = STR("mysql"),
                        .source = STR("mysql://[::1]:3307/shop"),
                        .query = STR("SELECT * FROM t WHERE a = 's3cret'")};
    Err failure = {0};
    err_fail(&failure, FAIL_UPSTREAM, "no way to 'mysql://bob:s3cret@h'");
    LineageOutcome outcome = {.failure = &failure};
    const json_t *event = event_of(&load, &outcome, arena);
    check_event(event, "FAIL");
    assert_text(event, "run/facets/errorMessage/message", "no way to ...");
    assert_text(event, "run/facets/errorMessage/programmingLanguage", "C");
    assert_text(event, "job/facets/sql/query", "SELECT * FROM t WHERE a = '...'");
    assert_text(event, "inputs/0/namespace", "mysql://[::1]:3307");
    assert_text(event, "inputs/0/name", "shop");
    assert_null(json_object_get(at(event, "outputs/0"), "facets"));
    err_fail(&failure, FAIL_CANCELLED, "cancelled");
    check_event(event_of(&load, &outcome, arena), "ABORT");
    arena_destroy(arena);
}

static void inputs_are_named_as_others_name_them(void **state) {
    (void)state;
    static const struct {
        const char *system, *source, *relation, *namespace_name, *name;
    } cases[] = {
        {"postgresql", "postgresql://h/d", "t", "postgres://h:5432", "d.public.t"},
        {"postgresql", "postgresql://%2Frun%2Fpg/d", "a.t", "postgres://%2Frun%2Fpg:5432", "d.a.t"},
        {"mysql", "mysql://h/d", "t", "mysql://h:3306", "d.t"},
        {"mysql", "mysql://h", "d.t", "mysql://h:3306", "d.t"},
        {"mysql", "mysql://h/d", "e.t", "mysql://h:3306", "e.t"},
        {"file", "a b.csv", "", "file", "a b.csv"},
        {"watch", "inbox/x.csv", "", "file", "inbox/x.csv"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Arena *arena = arena_create();
        LineageLoad load = {.dataset = STR("d"),
                            .source_system = str_c(cases[i].system),
                            .source = str_c(cases[i].source),
                            .relation = str_c(cases[i].relation)};
        const json_t *event = event_of(&load, NULL, arena);
        assert_text(event, "inputs/0/namespace", cases[i].namespace_name);
        assert_text(event, "inputs/0/name", cases[i].name);
        arena_destroy(arena);
    }
    Arena *arena = arena_create();
    Str files[] = {STR("a.csv"), STR("b.csv")};
    LineageLoad load = {.dataset = STR("d"),
                        .source_system = STR("watch"),
                        .source = STR("inbox: 2 files"),
                        .files = files,
                        .file_count = 2};
    assert_text(event_of(&load, NULL, arena), "inputs/1/name", "b.csv");
    arena_destroy(arena);
}

/* --- the queue ------------------------------------------------------------------------------- */

typedef struct Lost {
    uint64_t count;
    Err why;
} Lost;

static void note_lost(void *context, uint64_t count, const Err *why) {
    Lost *lost = context;
    lost->count += count;
    lost->why = *why;
}

static Str read_whole(const char *path, Arena *arena) {
    StrBuf text = strbuf_make(arena);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    for (size_t got = 1; got > 0; text.length += got)
        got = fread(strbuf_reserve(&text, 4096), 1, 4096, file);
    fclose(file);
    return strbuf_str(&text);
}

static void run_loads(LineageEvents *events, int count) {
    for (int i = 0; i < count; i++) {
        LineageLoad load = {
            .dataset = STR("d"), .source_system = STR("file"), .source = STR("x.csv")};
        LineageRun run = lineage_events_start(events, &load);
        LineageOutcome outcome = {.rows = (uint64_t)i};
        lineage_events_finish(&run, &outcome);
    }
}

static void a_file_gets_every_event_in_order(void **state) {
    (void)state;
    enum { LOADS = 200 };
    Arena *arena = arena_create();
    char *folder = temp_folder_create();
    Str path = str_format(arena, "%s/events.jsonl", folder);
    LineageEventsConfig config = {.target = path, .namespace_name = STR("n"), .drain_ms = 20000};
    Err err = {0};
    uint64_t sent = metric_value(METRIC_LINEAGE_SENT);
    LineageEvents *events = lineage_events_create(&config, &err);
    assert_ok(events != NULL, &err);
    run_loads(events, LOADS);
    lineage_events_destroy(events);
    assert_int_equal(metric_value(METRIC_LINEAGE_SENT) - sent, 2 * LOADS);
    Str rest = read_whole(path.data, arena);
    const char *open_run = "";
    for (int i = 0; i < 2 * LOADS; i++) {
        Str line;
        rest = str_cut(rest, '\n', &line);
        const json_t *event = json_parse(line, arena, &err);
        assert_ok(event != NULL, &err);
        assert_text(event, "eventType", i % 2 == 0 ? "START" : "COMPLETE");
        if (i % 2 == 0)
            open_run = json_string_value(at(event, "run/runId"));
        assert_text(event, "run/runId", open_run);
    }
    assert_int_equal(rest.length, 0);
    temp_folder_remove(folder);
    arena_destroy(arena);
}

static void nobody_there_costs_events_and_no_load(void **state) {
    (void)state;
    Lost lost = {0};
    LineageEventsConfig config = {.target = STR("http://bob:s3cret@127.0.0.1:1?token=s3cret"),
                                  .namespace_name = STR("n"),
                                  .queue_max = 4,
                                  .retry_ms = 1,
                                  .drain_ms = 20000,
                                  .lost = note_lost,
                                  .context = &lost};
    Err err = {0};
    uint64_t dropped = metric_value(METRIC_LINEAGE_DROPPED);
    LineageEvents *events = lineage_events_create(&config, &err);
    assert_ok(events != NULL, &err);
    run_loads(events, 50);
    lineage_events_destroy(events);
    assert_int_equal(lost.count, 100);
    assert_int_equal(metric_value(METRIC_LINEAGE_DROPPED) - dropped, 100);
    assert_null(strstr(lost.why.message, "s3cret"));
    assert_null(strstr(lost.why.detail, "s3cret"));
    assert_non_null(strstr(lost.why.message, "127.0.0.1:1"));
}

static void stopping_does_not_wait_for_the_queue(void **state) {
    (void)state;
    Lost lost = {0};
    LineageEventsConfig config = {.target = STR("http://127.0.0.1:1"),
                                  .namespace_name = STR("n"),
                                  .retry_ms = 3600 * 1000,
                                  .drain_ms = 1,
                                  .lost = note_lost,
                                  .context = &lost};
    Err err = {0};
    LineageEvents *events = lineage_events_create(&config, &err);
    assert_ok(events != NULL, &err);
    run_loads(events, 5);
    lineage_events_destroy(events); /* an hour's pause is cut short, or the test does not end */
    assert_int_equal(lost.count, 10);
}

static void targets_that_cannot_be_are_refused(void **state) {
    (void)state;
    Err err = {0};
    LineageEventsConfig config = {.target = STR("ftp://bob:s3cret@h/x")};
    assert_fails(lineage_events_create(&config, &err) != NULL, &err, FAIL_INVALID);
    assert_null(strstr(err.message, "s3cret"));
    config.target = STR("/nowhere/at/all/events.jsonl");
    assert_fails(lineage_events_create(&config, &err) != NULL, &err, FAIL_IO);
    LineageRun run = lineage_events_start(NULL, &(LineageLoad){.dataset = STR("d")});
    lineage_events_finish(&run, &(LineageOutcome){0});
    assert_null(run.events);
}

int suite_test_openlineage(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_of_a_table_begins_and_ends),
        cmocka_unit_test(a_failure_is_told_without_its_secrets),
        cmocka_unit_test(inputs_are_named_as_others_name_them),
        cmocka_unit_test(a_file_gets_every_event_in_order),
        cmocka_unit_test(nobody_there_costs_events_and_no_load),
        cmocka_unit_test(stopping_does_not_wait_for_the_queue),
        cmocka_unit_test(targets_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests_name("openlineage", tests, NULL, NULL);
}
