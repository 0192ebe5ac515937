/* query_engine.c - from a request to a streamed answer: gate, pin, run, render.
 *
 * query_run's body is the list of steps; each is a file of its own. A query waits for one of
 * concurrency_max places, since DuckDB runs every caller on its own thread beside its workers. Its
 * deadline is watched from the first parse to the last written byte.
 *
 * Tested by: test_query_engine.c. */
#include "query/query_engine.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "query/duck_functions.h"
#include "query/duck_locked.h"
#include "query/query_gate.h"
#include "query/query_lex.h"
#include "query/query_render.h"
#include "query/query_resolve.h"
#include "query/query_slots.h"

enum { ATTEMPTS_MAX = 3 }; /* of one query, when others spoil its instance */

struct QueryEngine {
    Arena *arena;
    QueryConfig config;
    FunctionLake functions;
    ResolveLake lake;
    DuckLocked *locked;
    Watchdog *dog;
    QuerySlots *slots;
};

/* ---- life ---- */

/* Where the local buckets keep their data files, and the folder of copies of remote ones. */
static bool list_roots(void *context, Arena *arena, StrVec *out_roots, Err *err) {
    QueryEngine *engine = context;
    BucketInfo *buckets;
    size_t count;
    if (!bucket_list(engine->lake.buckets, arena, &buckets, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        char *real = str_eq(buckets[i].backend, STR("local"))
                         ? realpath(str_to_c(arena, buckets[i].root), NULL)
                         : NULL;
        if (real != NULL)
            *vec_push(out_roots, arena) = str_format(arena, "%s/data/", real);
        free(real);
    }
    char *real = realpath(str_to_c(arena, object_cache_folder(engine->lake.cache)), NULL);
    if (real != NULL)
        *vec_push(out_roots, arena) = str_format(arena, "%s/", real);
    free(real);
    return true;
}

static bool install_functions(void *context, struct _duckdb_connection *connection, Err *err) {
    QueryEngine *engine = context;
    return duck_functions_install(&engine->functions, connection, err);
}

static bool open_parts(QueryEngine *engine, Err *err) {
    LockedConfig locked = {.memory_bytes = engine->config.memory_bytes,
                           .threads = engine->config.threads,
                           .temp_directory = engine->config.temp_directory,
                           .context = engine,
                           .roots = list_roots,
                           .install = install_functions};
    mkdir(engine->config.temp_directory.data, 0700); /* may be there; DuckDB says if it is bad */
    engine->slots = query_slots_create(engine->config.concurrency_max);
    engine->dog = watchdog_create(err);
    if (engine->dog == NULL)
        return false;
    engine->locked = duck_locked_create(&locked, err);
    return engine->locked != NULL;
}

QueryEngine *query_engine_create(const QueryConfig *config, Catalog *catalog,
                                 BucketRegistry *buckets, ObjectCache *cache,
                                 const QueryHooks *hooks, Err *err) {
    Arena *arena = arena_create();
    QueryEngine *engine = ARENA_NEW(arena, QueryEngine);
    engine->arena = arena;
    engine->config = *config;
    engine->config.temp_directory = str_dup(arena, config->temp_directory);
    engine->functions = (FunctionLake){.catalog = catalog, .hooks = *hooks};
    engine->lake = (ResolveLake){catalog, buckets, cache};
    if (open_parts(engine, err))
        return engine;
    query_engine_destroy(engine);
    return NULL;
}

void query_engine_destroy(QueryEngine *engine) {
    if (engine == NULL)
        return;
    duck_locked_destroy(engine->locked);
    watchdog_destroy(engine->dog);
    query_slots_destroy(engine->slots);
    arena_destroy(engine->arena);
}

void query_engine_roots_changed(QueryEngine *engine) {
    duck_locked_retire(engine->locked, NULL);
}

/* ---- one query ---- */

typedef struct QueryRun {
    QueryEngine *engine;
    const QueryRequest *request;
    const ByteSink *sink;
    bool wrote;   /* bytes went to the sink */
    bool spoiled; /* failed through no fault of its own */
    Arena *arena;
    DuckCursor *cursor;
    Watch watch;
    QueryReader reader;
    Str sql; /* what is run: the request's, but for SHOW TABLES */
} QueryRun;

static bool pass_gate(QueryRun *run, GateNames *out_names, Err *err) {
    Str tree;
    if (!query_lex_check(run->sql, err) ||
        !duck_cursor_parse(run->cursor, run->sql, run->arena, &tree, err) ||
        !query_gate_check(run->sql, tree, run->arena, out_names, err))
        return false;
    if (out_names->show_tables)
        run->sql = STR("SELECT name FROM lake_datasets() ORDER BY name");
    return true;
}

static bool define_names(QueryRun *run, const GateNames *names, Err *err) {
    StrVec statements;
    if (!query_resolve(&run->engine->lake, names, run->arena, &statements, err))
        return false;
    for (size_t i = 0; i < statements.count; i++) {
        if (!watch_check(&run->watch, err) ||
            !duck_cursor_define(run->cursor, statements.items[i], err))
            return false;
    }
    return true;
}

static bool write_noting(void *context, Str bytes, Err *err) {
    QueryRun *run = context;
    run->wrote = true;
    return run->sink->write(run->sink->context, bytes, err);
}

static bool render(QueryRun *run, Err *err) {
    static const RenderFn renderers[] = {[QUERY_JSON] = render_json,
                                         [QUERY_NDJSON] = render_ndjson,
                                         [QUERY_CSV] = render_csv,
                                         [QUERY_PARQUET] = render_parquet,
                                         [QUERY_ARROW] = render_arrow};
    ByteSink sink = {run, write_noting};
    RenderJob job = {.reader = &run->reader,
                     .sink = &sink,
                     .temp_directory = run->engine->config.temp_directory,
                     .memory_bytes = run->engine->config.memory_bytes};
    job.columns = duck_cursor_columns(run->cursor, &job.column_count);
    return renderers[run->request->format](&job, err);
}

static bool run_steps(QueryRun *run, Err *err) {
    GateNames names;
    return pass_gate(run, &names, err) && define_names(run, &names, err) &&
           duck_cursor_prepare(run->cursor, run->sql, err) &&
           duck_cursor_bind(run->cursor, run->request->params, err) &&
           watch_check(&run->watch, err) && duck_cursor_execute(run->cursor, err) &&
           render(run, err);
}

/* An interrupt ends a statement as "cancelled"; only the watch knows why it came. */
static void name_interrupt(QueryRun *run, Err *err) {
    Err why = {0};
    if (err_is(err, FAIL_CANCELLED) && !watch_check(&run->watch, &why))
        *err = why;
}

static uint32_t time_limit_ms(const QueryEngine *engine, const QueryRequest *request) {
    uint32_t wanted = request->timeout_ms;
    if (wanted == 0)
        wanted = engine->config.timeout_ms_default;
    return wanted < engine->config.timeout_ms_max ? wanted : engine->config.timeout_ms_max;
}

static bool run_watched(QueryRun *run, Err *err) {
    run->cursor = duck_cursor_open(run->engine->locked, err);
    if (run->cursor == NULL)
        return false;
    uint32_t limit_ms = time_limit_ms(run->engine, run->request);
    run->watch = (Watch){.interrupt = duck_cursor_interrupt,
                         .handle = run->cursor,
                         .deadline_ns = run->reader.started_ns + (uint64_t)limit_ms * 1000000u,
                         .limit_ms = limit_ms,
                         .cancelled = run->request->cancelled};
    run->reader.cursor = run->cursor;
    run->reader.watch = &run->watch;
    run->reader.limit = run->request->limit;
    watchdog_add(run->engine->dog, &run->watch);
    bool ok = run_steps(run, err);
    if (!ok)
        name_interrupt(run, err);
    watchdog_remove(run->engine->dog, &run->watch);
    run->spoiled = !ok && duck_cursor_was_spoiled(run->cursor);
    duck_cursor_close(run->cursor);
    return ok;
}

/* A statement of somebody else can spoil the instance under ours: then ours is run again, on the
 * next instance, unless the client has seen a part of its answer. */
static bool run_until_sound(QueryRun *run, Err *err) {
    for (int i = 1; i < ATTEMPTS_MAX; i++) {
        if (run_watched(run, err))
            return true;
        if (!run->spoiled || run->wrote)
            return false;
        err_clear(err);
        run->reader.rows = 0;
        run->reader.truncated = false;
    }
    return run_watched(run, err);
}

bool query_run(QueryEngine *engine, const QueryRequest *request, const ByteSink *sink,
               QueryStats *out_stats, Err *err) {
    metric_add(METRIC_QUERIES, 1);
    if (!query_slots_take(engine->slots, engine->config.queue_wait_ms, err)) {
        metric_add(METRIC_QUERY_FAILURES, 1);
        return false;
    }
    QueryRun run = {.engine = engine,
                    .request = request,
                    .sink = sink,
                    .arena = arena_create(),
                    .reader = {.started_ns = clock_monotonic_ns()},
                    .sql = request->sql};
    bool ok = run_until_sound(&run, err);
    query_slots_give(engine->slots);
    double seconds = clock_seconds_since(run.reader.started_ns);
    metric_observe(METRIC_QUERY_SECONDS, seconds);
    if (ok)
        *out_stats = (QueryStats){run.reader.rows, run.reader.truncated, seconds * 1000.0};
    else
        metric_add(METRIC_QUERY_FAILURES, 1);
    arena_destroy(run.arena);
    return ok;
}
