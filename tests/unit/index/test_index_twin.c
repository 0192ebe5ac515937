/* test_index_twin.c - a random life of a dataset and its index, against a naive map of documents.
 *
 * Rows are added, edited, doubled, blanked and dropped; refreshes succeed, are limited, crash at a
 * random store call, or run after a restart with or without the decoded copies. After each refresh
 * that says it reached the snapshot, the index holds exactly the twin's documents, and over the
 * whole life no text was embedded more often than the twin says it had to be. The seed is printed
 * when a check fails: set LAKEHOUSE_SEED to run it again. */
#include "unit.h"

#include <stdlib.h>

#include "base/rng.h"
#include "index_fixture.h"

enum { IDS = 60, STEPS = 120, ROWS_MAX = 150 };

typedef struct Row {
    unsigned id;
    unsigned version; /* 0 = null text, 1 = blank */
} Row;

typedef struct Twin {
    Fixture *fixture;
    Rng rng;
    Row rows[ROWS_MAX];
    size_t count;
    bool exists; /* the index was published at least once */
    unsigned next_version;
} Twin;

static const char *id_text(Twin *twin, unsigned id) {
    return str_to_c(twin->fixture->arena, str_format(twin->fixture->arena, "id-%u", id));
}

static const char *text_of(Twin *twin, unsigned id, unsigned version) {
    if (version <= 1)
        return version == 0 ? NULL : " \n ";
    Arena *arena = twin->fixture->arena;
    StrBuf text = strbuf_make(arena);
    for (unsigned i = 0; i < 1 + version % 3; i++) /* some have several chunks */
        strbuf_append_format(&text, "Document %u as of version %u, part %u. ", id, version, i);
    return str_to_c(arena, str_trim(strbuf_str(&text)));
}

/* The last usable version of a document, 0 = it is not there. */
static unsigned expected_version(const Twin *twin, unsigned id) {
    unsigned version = 0;
    for (size_t i = 0; i < twin->count; i++)
        if (twin->rows[i].id == id && twin->rows[i].version > 1)
            version = twin->rows[i].version;
    return version;
}

static void edit(Twin *twin) {
    for (uint64_t edits = 1 + rng_below(&twin->rng, 12); edits > 0; edits--) {
        uint64_t what = rng_below(&twin->rng, 10);
        if ((what < 4 || twin->count == 0) && twin->count < ROWS_MAX) {
            twin->rows[twin->count++] =
                (Row){(unsigned)rng_below(&twin->rng, IDS), twin->next_version++};
        } else if (what < 7) {
            twin->rows[rng_below(&twin->rng, twin->count)].version = twin->next_version++;
        } else if (what < 8) {
            twin->rows[rng_below(&twin->rng, twin->count)].version =
                (unsigned)rng_below(&twin->rng, 2);
        } else {
            twin->rows[rng_below(&twin->rng, twin->count)] = twin->rows[twin->count - 1];
            twin->count--;
        }
    }
    Arena *arena = twin->fixture->arena;
    FixtureDoc *docs = ARENA_ARRAY(arena, FixtureDoc, twin->count);
    for (size_t i = 0; i < twin->count; i++)
        docs[i] = (FixtureDoc){id_text(twin, twin->rows[i].id),
                               text_of(twin, twin->rows[i].id, twin->rows[i].version)};
    fixture_load(twin->fixture, "life", COMMIT_REPLACE, docs, twin->count);
}

/* Chunks of a document in order, joined: equal to its text apart from overlaps and spaces. */
static void check_document(Twin *twin, unsigned id) {
    Err err = {0};
    Arena *arena = arena_create();
    IndexHit *chunks;
    size_t count = 0;
    bool found = index_doc(twin->fixture->service, STR("life"), str_c(id_text(twin, id)), arena,
                           &chunks, &count, &err);
    unsigned version = expected_version(twin, id);
    assert_int_equal(found, version != 0);
    if (found) {
        const char *text = text_of(twin, id, version);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(chunks[i].chunk_idx, i);
            assert_non_null(strstr(text, str_to_c(arena, chunks[i].chunk_text)));
        }
    }
    arena_destroy(arena);
}

static void check_all(Twin *twin) {
    IndexRecord record;
    Err err = {0};
    uint64_t docs = 0;
    for (unsigned id = 0; id < IDS; id++) {
        check_document(twin, id);
        docs += expected_version(twin, id) != 0;
    }
    assert_ok(index_get(twin->fixture->service, STR("life"), twin->fixture->arena, &record, &err),
              &err);
    assert_int_equal(record.doc_count, docs);
    assert_true(record.fresh);
    fixture_check(twin->fixture, "life");
}

/* Every hit of a search for everything is a living chunk, and there are as many as counted. */
static void check_search(Twin *twin) {
    Err err = {0};
    Arena *arena = arena_create();
    IndexRecord record;
    assert_ok(index_get(twin->fixture->service, STR("life"), arena, &record, &err), &err);
    IndexQuery query = {.index_name = STR("life"), .text = STR("anything"), .top_k = 10000};
    IndexAnswer answer;
    assert_ok(index_search(twin->fixture->service, &query, arena, &answer, &err), &err);
    assert_int_equal(answer.hit_count, record.chunk_count);
    for (size_t i = 1; i < answer.hit_count; i++)
        assert_true(answer.hits[i - 1].distance <= answer.hits[i].distance);
    arena_destroy(arena);
}

static void refresh(Twin *twin) {
    Err err = {0};
    RefreshRequest request = fixture_request("life", "life");
    request.chunk_size = 40;
    request.overlap = 5;
    uint64_t how = rng_below(&twin->rng, 10);
    if (how < 3) {
        FaultPlan plan = {.fail_after = 1 + rng_below(&twin->rng, 60)};
        store_faulty_set_plan(twin->fixture->faulty, &plan);
    } else if (how < 5) {
        request.docs_max = 1 + rng_below(&twin->rng, 10);
    }
    RefreshResult result;
    bool ok =
        index_refresh(twin->fixture->service, &request, NULL, twin->fixture->arena, &result, &err);
    FaultPlan none = {0};
    store_faulty_set_plan(twin->fixture->faulty, &none);
    if (!ok && how >= 3)
        fail_msg("refresh: %s", err.message);
    if (!ok) {
        fixture_restart(twin->fixture);
        return;
    }
    twin->exists = true;
    if (result.pending_docs == 0)
        check_all(twin);
}

static void live(uint64_t seed) {
    Fixture *fixture = fixture_create();
    Twin twin = {.fixture = fixture, .rng = rng_seeded(seed), .next_version = 2};
    edit(&twin);
    for (int step = 0; step < STEPS; step++) {
        uint64_t what = rng_below(&twin.rng, 10);
        if (what < 4)
            edit(&twin);
        else if (what < 8)
            refresh(&twin);
        else if (what == 8)
            fixture_restart(fixture);
        else
            fixture_forget_copies(fixture);
        if (twin.exists)
            check_search(&twin);
    }
    RefreshRequest request = fixture_request("life", "life");
    request.chunk_size = 40;
    request.overlap = 5;
    RefreshResult result;
    Err err = {0};
    assert_ok(index_refresh(fixture->service, &request, NULL, fixture->arena, &result, &err), &err);
    check_all(&twin);
    fixture_destroy(fixture);
}

static void test_random_lives(void **state) {
    (void)state;
    const char *given = getenv("LAKEHOUSE_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
    for (uint64_t i = 0; i < (given != NULL ? 1 : 4); i++) {
        print_message("seed %llu\n", (unsigned long long)(seed + i));
        live(seed + i);
    }
}

int suite_test_index_twin(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_lives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
