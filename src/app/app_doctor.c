/* app_doctor.c - look at everything a data directory holds, as a stranger would, and say what is
 * wrong.
 *
 *   open the parts (takes the data directory's lock: no server may run) -> model folders -> buckets
 *   -> datasets: newest snapshot, its files there and as long as they should be -> indexes: every
 *   invariant, graph included -> loads that were stopped -> objects that nothing names
 *
 * An orphan is what a crash between "content written" and "head swapped" leaves behind, never data
 * of the user's: only keys under catalog/, data/ and vectors/ are looked at, and only removed when
 * asked, and only when every dataset and index could be read. A head that cannot be read names
 * objects that we would otherwise take for orphans.
 *
 * Tested by: tests/e2e/test_doctor.py. */
#include "app/app.h"
#include "app/parts.h"
#include "app/settings.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/vec.h"
#include "ingest/load_checkpoint.h"

typedef VEC(DoctorFinding) Findings;

typedef struct Doctor {
    Arena *arena;
    Parts *parts;
    Findings findings;
    Map known; /* "<bucket>/<key>" of every object that something names */
    DoctorReport report;
} Doctor;

static void add_finding(Doctor *doctor, DoctorGrade grade, Str subject, Str text) {
    *vec_push(&doctor->findings, doctor->arena) = (DoctorFinding){grade, subject, text};
    doctor->report.problems += grade == DOCTOR_PROBLEM;
}

static void add_problem(Doctor *doctor, Str subject, const Err *err) {
    const char *between = err->detail[0] != '\0' ? ": " : "";
    add_finding(doctor, DOCTOR_PROBLEM, subject,
                str_format(doctor->arena, "%s%s%s", err->message, between, err->detail));
}

static void know(Doctor *doctor, Str bucket, Str key) {
    map_put(&doctor->known, str_format(doctor->arena, "%.*s/%.*s", STR_ARG(bucket), STR_ARG(key)),
            doctor);
}

static void look_at_models(Doctor *doctor) {
    Str *names;
    size_t count = model_set_names(doctor->parts->models, doctor->arena, &names);
    for (size_t i = 0; i < count; i++) {
        Str subject = str_format(doctor->arena, "model %.*s", STR_ARG(names[i]));
        Embedder *embedder;
        Err err;
        err_clear(&err);
        if (!model_set_get(doctor->parts->models, names[i], &embedder, &err))
            add_problem(doctor, subject, &err);
        else
            add_finding(doctor, DOCTOR_OK, subject,
                        str_format(doctor->arena, "%s, %u dimensions", embedder->ops->name,
                                   embedder->info.dimensions));
    }
}

static bool look_at_buckets(Doctor *doctor, Err *err) {
    BucketInfo *buckets;
    size_t count;
    if (!bucket_list(doctor->parts->buckets, doctor->arena, &buckets, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        Str subject = str_format(doctor->arena, "bucket %.*s", STR_ARG(buckets[i].name));
        if (buckets[i].healthy)
            add_finding(doctor, DOCTOR_OK, subject, buckets[i].root);
        else
            add_finding(
                doctor, DOCTOR_PROBLEM, subject,
                str_format(doctor->arena, "cannot be written: %.*s", STR_ARG(buckets[i].root)));
    }
    return true;
}

static bool check_files(Doctor *doctor, const Snapshot *snapshot, Err *err) {
    ObjectStore *store;
    if (!bucket_find(doctor->parts->buckets, snapshot->bucket, doctor->arena, &store, err))
        return false;
    for (size_t i = 0; i < snapshot->file_count; i++) {
        ObjectInfo info;
        if (!store_head(store, snapshot->files[i].key, doctor->arena, &info, err))
            return err_wrap(err, "data file %.*s", STR_ARG(snapshot->files[i].key));
        if (info.size_bytes != snapshot->files[i].size_bytes)
            return err_fail(err, FAIL_CORRUPT, "data file %.*s is %llu bytes long, not %llu",
                            STR_ARG(info.key), (unsigned long long)info.size_bytes,
                            (unsigned long long)snapshot->files[i].size_bytes);
    }
    return true;
}

enum { HISTORY_MAX = 1000000 };

static bool check_dataset(Doctor *doctor, const DatasetInfo *info, Str *out_text, Err *err) {
    Arena *arena = doctor->arena;
    Snapshot *snapshots;
    size_t count;
    if (!catalog_history(doctor->parts->catalog, info->name, HISTORY_MAX, arena, &snapshots, &count,
                         err))
        return false;
    know(doctor, info->bucket, str_format(arena, "catalog/%.*s/head.json", STR_ARG(info->name)));
    for (size_t i = 0; i < count; i++) {
        know(doctor, info->bucket,
             str_format(arena, "catalog/%.*s/snapshots/%llu.json", STR_ARG(info->name),
                        (unsigned long long)snapshots[i].id));
        for (size_t f = 0; f < snapshots[i].file_count; f++)
            know(doctor, info->bucket, snapshots[i].files[f].key);
    }
    if (count == 0)
        return err_fail(err, FAIL_CORRUPT, "the head names no snapshot");
    *out_text = str_format(arena, "%llu rows, %zu file%s, %zu snapshot%s",
                           (unsigned long long)snapshots[0].rows, snapshots[0].file_count,
                           snapshots[0].file_count == 1 ? "" : "s", count, count == 1 ? "" : "s");
    return check_files(doctor, &snapshots[0], err);
}

static bool look_at_datasets(Doctor *doctor, Err *err) {
    DatasetInfo *infos;
    size_t count;
    if (!catalog_list(doctor->parts->catalog, doctor->arena, &infos, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        Str subject = str_format(doctor->arena, "dataset %.*s", STR_ARG(infos[i].name));
        Str text;
        Err found;
        err_clear(&found);
        if (check_dataset(doctor, &infos[i], &text, &found))
            add_finding(doctor, DOCTOR_OK, subject, text);
        else
            add_problem(doctor, subject, &found);
    }
    return true;
}

/* A copy of a bucket under another name holds datasets that are not seen, but are not orphans. */
static bool look_at_hidden_datasets(Doctor *doctor, Err *err) {
    DatasetInfo *infos;
    size_t count;
    if (!catalog_hidden(doctor->parts->catalog, doctor->arena, &infos, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        add_finding(doctor, DOCTOR_PROBLEM,
                    str_format(doctor->arena, "dataset %.*s in bucket %.*s", STR_ARG(infos[i].name),
                               STR_ARG(infos[i].bucket)),
                    STR("is not seen: another bucket has a dataset of that name"));
    return true;
}

static bool look_at_indexes(Doctor *doctor, Err *err) {
    Str *names;
    size_t count;
    if (!index_references(doctor->parts->indexes, STR_EMPTY, STR_EMPTY, doctor->arena, &names,
                          &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        Str subject = str_format(doctor->arena, "index %.*s", STR_ARG(names[i]));
        IndexCheck check;
        Err found;
        err_clear(&found);
        if (!index_check(doctor->parts->indexes, names[i], doctor->arena, &check, &found)) {
            add_problem(doctor, subject, &found);
            continue;
        }
        for (size_t k = 0; k < check.key_count; k++)
            know(doctor, check.bucket, check.keys[k]);
        add_finding(doctor, DOCTOR_OK, subject,
                    str_format(doctor->arena, "%llu rows, searched by %.*s",
                               (unsigned long long)check.rows, STR_ARG(check.live_kind)));
    }
    return true;
}

/* The head of a dropped dataset stays: it goes on counting snapshot ids. */
static bool is_ours(Str key) {
    bool head = str_starts(key, STR("catalog/")) && str_ends(key, STR("/head.json"));
    return !head && (str_starts(key, STR("data/")) || str_starts(key, STR("catalog/")) ||
                     str_starts(key, STR("vectors/")));
}

static bool sweep_page(Doctor *doctor, Str bucket, ObjectStore *store, const ObjectPage *page,
                       bool remove_orphans, Err *err) {
    for (size_t i = 0; i < page->count; i++) {
        const ObjectInfo *object = &page->items[i];
        Str name = str_format(doctor->arena, "%.*s/%.*s", STR_ARG(bucket), STR_ARG(object->key));
        if (!is_ours(object->key) || map_get(&doctor->known, name) != NULL)
            continue;
        doctor->report.orphan_count++;
        doctor->report.orphan_bytes += object->size_bytes;
        if (remove_orphans && !store_remove(store, object->key, err))
            return err_wrap(err, "remove orphan %.*s", STR_ARG(object->key));
        add_finding(doctor, DOCTOR_NOTE, str_format(doctor->arena, "orphan %.*s", STR_ARG(name)),
                    str_format(doctor->arena, "%llu bytes%s",
                               (unsigned long long)object->size_bytes,
                               remove_orphans ? ", removed" : ""));
    }
    return true;
}

static bool sweep_bucket(Doctor *doctor, Str bucket, bool remove_orphans, Err *err) {
    ObjectStore *store;
    if (!bucket_find(doctor->parts->buckets, bucket, doctor->arena, &store, err))
        return false;
    ListRequest request = {.limit = 1000};
    do {
        ObjectPage page;
        if (!store_list(store, &request, doctor->arena, &page, err) ||
            !sweep_page(doctor, bucket, store, &page, remove_orphans, err))
            return false;
        request.cursor = page.next_cursor;
    } while (request.cursor.length > 0);
    return true;
}

/* Files of a load that was stopped are kept until it goes on, or until it is too late for that. */
static bool look_at_loads_of(Doctor *doctor, Str bucket, bool remove_expired, Err *err) {
    ObjectStore *store;
    LoadCheckpoint *loads;
    size_t count;
    if (!bucket_find(doctor->parts->buckets, bucket, doctor->arena, &store, err) ||
        !load_checkpoint_list(store, doctor->arena, &loads, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const LoadCheckpoint *load = &loads[i];
        bool readable = load->dataset.length > 0;
        bool expired = !readable || load_checkpoint_is_expired(load, clock_now_us());
        for (size_t f = 0; f < load->file_count && !expired; f++)
            know(doctor, bucket, load->files[f].key);
        if (expired && remove_expired && !store_remove(store, load->key, err))
            return err_wrap(err, "remove checkpoint %.*s", STR_ARG(load->key));
        Str subject = str_format(doctor->arena, "stopped load %.*s/%.*s", STR_ARG(bucket),
                                 STR_ARG(load->key));
        Str text = !readable ? STR("cannot be read")
                             : str_format(doctor->arena, "%llu rows kept since %.*s%s",
                                          (unsigned long long)load->rows,
                                          STR_ARG(clock_format(load->updated_at_us, doctor->arena)),
                                          expired ? ", too old to go on" : "");
        add_finding(doctor, DOCTOR_NOTE, subject,
                    expired && remove_expired
                        ? str_format(doctor->arena, "%.*s, removed", STR_ARG(text))
                        : text);
    }
    return true;
}

static bool look_at_loads(Doctor *doctor, bool remove_expired, Err *err) {
    Str *buckets;
    size_t count = bucket_names(doctor->parts->buckets, doctor->arena, &buckets);
    for (size_t i = 0; i < count; i++)
        if (!look_at_loads_of(doctor, buckets[i], remove_expired, err))
            return err_wrap(err, "look at the stopped loads of bucket '%.*s'", STR_ARG(buckets[i]));
    return true;
}

static bool look_for_orphans(Doctor *doctor, bool remove_orphans, Err *err) {
    bool all_readable = doctor->report.problems == 0;
    if (remove_orphans && !all_readable)
        add_finding(doctor, DOCTOR_NOTE, STR("orphans"),
                    STR("nothing is removed while there are problems above"));
    Str *buckets;
    size_t count = bucket_names(doctor->parts->buckets, doctor->arena, &buckets);
    for (size_t i = 0; i < count; i++)
        if (!sweep_bucket(doctor, buckets[i], remove_orphans && all_readable, err))
            return err_wrap(err, "look for orphans in bucket '%.*s'", STR_ARG(buckets[i]));
    doctor->report.orphans_removed = remove_orphans && all_readable;
    return true;
}

bool app_doctor(const AppOptions *options, bool remove_orphans, Arena *arena, DoctorReport *out,
                Err *err) {
    AppConfig config;
    ConfigWarnings warnings = {0};
    if (!settings_read(options, arena, &config, &warnings, err))
        return false;
    Parts parts;
    Doctor doctor = {.arena = arena, .parts = &parts, .known = map_make(arena)};
    for (size_t i = 0; i < warnings.count; i++)
        add_finding(&doctor, DOCTOR_NOTE, STR("configuration"), warnings.items[i].text);
    bool looked = parts_open(&parts, &config, err);
    if (looked) {
        look_at_models(&doctor);
        looked = look_at_buckets(&doctor, err) && look_at_datasets(&doctor, err) &&
                 look_at_hidden_datasets(&doctor, err) && look_at_indexes(&doctor, err) &&
                 look_at_loads(&doctor, remove_orphans && doctor.report.problems == 0, err) &&
                 look_for_orphans(&doctor, remove_orphans, err);
    }
    parts_close(&parts);
    if (!looked)
        return false;
    *out = doctor.report;
    out->findings = doctor.findings.items;
    out->count = doctor.findings.count;
    return true;
}
