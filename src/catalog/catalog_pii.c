/* catalog_pii.c - a person's word on what a column holds.
 *
 * It is kept in the head, not in a snapshot: it is about the column, whatever is loaded next, and
 * stays when a later scan finds otherwise. All that one call says about a column replaces what was
 * said about it before.
 *
 * Tested by: tests/unit/catalog/test_pii_tags.c, test_catalog_faults.c. */
#include "catalog/catalog_state.h"

enum { TAGS_MAX = 4096, KIND_BYTES_MAX = 64 };

typedef struct Decisions {
    const PiiDecision *items;
    size_t count;
} Decisions;

static bool fail_pii(Err *err) {
    return err_field(err, "pii");
}

/* Either kinds, or one "nothing personal", or one "forget". */
static bool check_agreement(const Decisions *decisions, size_t at, Err *err) {
    const PiiDecision *decision = &decisions->items[at];
    for (size_t i = 0; i < at; i++) {
        const PiiDecision *other = &decisions->items[i];
        bool both_kinds = decision->kind.length > 0 && other->kind.length > 0 &&
                          !decision->forget && !other->forget;
        if (!str_eq(decision->column, other->column) || both_kinds)
            continue;
        err_fail(err, FAIL_INVALID, "column '%.*s' is decided in two ways",
                 STR_ARG(decision->column));
        return fail_pii(err);
    }
    return true;
}

static bool check_decisions(const Decisions *decisions, Err *err) {
    if (decisions->count > TAGS_MAX) {
        err_fail(err, FAIL_LIMIT, "at most %d decisions", TAGS_MAX);
        return fail_pii(err);
    }
    for (size_t i = 0; i < decisions->count; i++) {
        Str kind = decisions->items[i].kind;
        if (kind.length > KIND_BYTES_MAX || !utf8_valid(kind) ||
            str_find_char(kind, '\0', 0) != SIZE_MAX) {
            err_fail(err, FAIL_INVALID, "a kind of personal data is at most %d bytes of text",
                     KIND_BYTES_MAX);
            return fail_pii(err);
        }
        if (!check_agreement(decisions, i, err))
            return false;
    }
    return true;
}

/* One may forget what was said of a column that is gone; nothing else can be said of it. */
static bool check_columns(Catalog *catalog, const DatasetPlace *place, const Decisions *decisions,
                          Arena *arena, Err *err) {
    Snapshot newest;
    if (!catalog_load(catalog, place, place->head.info.snapshot_id, arena, &newest, err))
        return false;
    for (size_t i = 0; i < decisions->count; i++) {
        const PiiDecision *decision = &decisions->items[i];
        if (decision->forget || schema_find(&newest.schema, decision->column) != NULL)
            continue;
        err_fail(err, FAIL_UNPROCESSABLE, "dataset '%.*s' has no column '%.*s'",
                 STR_ARG(newest.dataset), STR_ARG(decision->column));
        return fail_pii(err);
    }
    return true;
}

static bool is_decided(const Decisions *decisions, Str column) {
    for (size_t i = 0; i < decisions->count; i++)
        if (str_eq(decisions->items[i].column, column))
            return true;
    return false;
}

static bool has_tag(const DatasetInfo *info, const PiiDecision *decision) {
    for (size_t i = 0; i < info->pii_tag_count; i++)
        if (str_eq(info->pii_tags[i].column, decision->column) &&
            str_eq(info->pii_tags[i].kind, decision->kind))
            return true;
    return false;
}

static bool decide(Catalog *catalog, const DatasetPlace *place, DatasetHead *head, void *context,
                   Arena *arena, Err *err) {
    const Decisions *decisions = context;
    const DatasetInfo *before = &place->head.info;
    DatasetInfo *after = &head->info;
    if (!check_columns(catalog, place, decisions, arena, err))
        return false;
    after->pii_tags = ARENA_ARRAY(arena, PiiTag, before->pii_tag_count + decisions->count);
    after->pii_tag_count = 0;
    for (size_t i = 0; i < before->pii_tag_count; i++)
        if (!is_decided(decisions, before->pii_tags[i].column))
            after->pii_tags[after->pii_tag_count++] = before->pii_tags[i];
    for (size_t i = 0; i < decisions->count; i++) {
        const PiiDecision *decision = &decisions->items[i];
        if (!decision->forget && !has_tag(after, decision))
            after->pii_tags[after->pii_tag_count++] =
                (PiiTag){decision->column, decision->kind, 1, STR("person")};
    }
    return after->pii_tag_count <= TAGS_MAX ||
           err_fail(err, FAIL_LIMIT, "a dataset has at most %d tags of persons", TAGS_MAX);
}

bool catalog_tag_pii(Catalog *catalog, Str dataset, const PiiDecision *items, size_t count,
                     Err *err) {
    Decisions decisions = {items, count};
    if (!check_decisions(&decisions, err))
        return false;
    Arena *scratch = arena_create();
    DatasetPlace before;
    bool ok = catalog_edit_head(catalog, dataset, decide, &decisions, scratch, &before, err);
    arena_destroy(scratch);
    return ok;
}
