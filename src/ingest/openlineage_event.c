/* openlineage_event.c - the text of a run event, by openlineage.io/spec/2-0-2/OpenLineage.json.
 *
 * Names of datasets follow the spec's naming page, so that events of other programs about the same
 * table meet ours: postgres://host:port and database.schema.table, mysql://host:port and
 * database.table, "file" and the file's name. Our own datasets and jobs stand in the configured
 * namespace. A query has no table that we know: its input is the database, and the statement
 * (without its literals) is a facet of the job.
 *
 * Facets: processing_engine, errorMessage, jobType, sql, schema, version, outputStatistics.
 *
 * Tested by: tests/unit/ingest/test_openlineage.c, tests/e2e/test_openlineage.py. */
#include "ingest/openlineage_event.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/dsn.h"
#include "base/json.h"
#include "base/percent.h"
#include "base/redact.h"
#include "base/rng.h"

#define SPEC_URL "https://openlineage.io/spec/"
static const char producer[] = "urn:lakehouse:" LAKEHOUSE_VERSION;

enum { FILES_NAMED_MAX = 100, QUERY_BYTES_MAX = 8192 };

/* --- facets ---------------------------------------------------------------------------------- */

static json_t *add_facet(json_t *facets, const char *name, const char *schema) {
    json_t *facet = json_object();
    json_set_str(facet, "_producer", str_c(producer));
    json_object_set_new(facet, "_schemaURL", json_sprintf(SPEC_URL "%s", schema));
    json_object_set_new(facets, name, facet);
    return facet;
}

static json_t *run_json(const LineageRun *run, const Err *failure, Arena *arena) {
    json_t *facets = json_object();
    json_t *engine = add_facet(facets, "processing_engine",
                               "facets/1-1-0/ProcessingEngineRunFacet.json"
                               "#/$defs/ProcessingEngineRunFacet");
    json_set_str(engine, "name", STR("lakehouse"));
    json_set_str(engine, "version", STR(LAKEHOUSE_VERSION));
    if (failure != NULL) {
        json_t *error =
            add_facet(facets, "errorMessage",
                      "facets/1-0-0/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet");
        Err shown = *failure;
        redact_err(&shown);
        json_set_str(error, "message",
                     shown.detail[0] == '\0'
                         ? str_c(shown.message)
                         : str_format(arena, "%s: %s", shown.message, shown.detail));
        json_set_str(error, "programmingLanguage", STR("C"));
    }
    json_t *object = json_object();
    json_set_str(object, "runId", str_c(run->id));
    json_object_set_new(object, "facets", facets);
    return object;
}

static json_t *job_json(Str namespace_name, const LineageLoad *load, Arena *arena) {
    json_t *facets = json_object();
    json_t *type =
        add_facet(facets, "jobType", "facets/2-0-3/JobTypeJobFacet.json#/$defs/JobTypeJobFacet");
    json_set_str(type, "processingType", STR("BATCH"));
    json_set_str(type, "integration", STR("LAKEHOUSE"));
    json_set_str(type, "jobType", STR("INGEST"));
    if (load->query.length > 0) {
        json_t *sql = add_facet(facets, "sql", "facets/1-0-1/SQLJobFacet.json#/$defs/SQLJobFacet");
        json_set_str(sql, "query",
                     utf8_clip(redact(REDACT_SQL, load->query, arena), QUERY_BYTES_MAX));
    }
    json_t *object = json_object();
    json_set_str(object, "namespace", namespace_name);
    json_set_str(object, "name", str_format(arena, "ingest.%.*s", STR_ARG(load->dataset)));
    json_object_set_new(object, "facets", facets);
    return object;
}

/* --- datasets -------------------------------------------------------------------------------- */

static json_t *dataset_json(Str namespace_name, Str name) {
    json_t *dataset = json_object();
    json_set_str(dataset, "namespace", namespace_name);
    json_set_str(dataset, "name", name);
    return dataset;
}

static Str server_namespace(const Dsn *dsn, Arena *arena) {
    bool is_mysql = dsn->kind == DSN_MYSQL;
    unsigned port = dsn->port != 0 ? dsn->port : is_mysql ? 3306 : 5432;
    Str host = dsn->host;
    if (str_starts(host, STR("/")))
        host = percent_encode(host, PERCENT_KEEP_UNRESERVED, arena);
    else if (str_find_char(host, ':', 0) != SIZE_MAX)
        host = str_format(arena, "[%.*s]", STR_ARG(host));
    return str_format(arena, "%s://%.*s:%u", is_mysql ? "mysql" : "postgres", STR_ARG(host), port);
}

/* "orders" without a schema is what the server's search path makes of it: mostly public. */
static Str table_name(const Dsn *dsn, Str relation, Arena *arena) {
    if (relation.length == 0)
        return dsn->database.length > 0 ? dsn->database : STR("default");
    bool qualified = str_find_char(relation, '.', 0) != SIZE_MAX;
    if (dsn->kind == DSN_MYSQL)
        return qualified || dsn->database.length == 0
                   ? relation
                   : str_format(arena, "%.*s.%.*s", STR_ARG(dsn->database), STR_ARG(relation));
    return str_format(arena, "%.*s.%s%.*s", STR_ARG(dsn->database), qualified ? "" : "public.",
                      STR_ARG(relation));
}

static json_t *inputs_json(const LineageLoad *load, Arena *arena) {
    json_t *inputs = json_array();
    Dsn dsn;
    Err err = {0};
    bool is_database =
        str_eq_c(load->source_system, "postgresql") || str_eq_c(load->source_system, "mysql");
    if (is_database) {
        if (dsn_parse(load->source, arena, &dsn, &err))
            json_array_append_new(inputs, dataset_json(server_namespace(&dsn, arena),
                                                       table_name(&dsn, load->relation, arena)));
        return inputs;
    }
    size_t count = load->files == NULL ? 1 : load->file_count;
    for (size_t i = 0; i < count && i < FILES_NAMED_MAX; i++)
        json_array_append_new(
            inputs, dataset_json(STR("file"), load->files == NULL ? load->source : load->files[i]));
    return inputs;
}

static json_t *schema_fields(const Schema *schema) {
    json_t *fields = json_array();
    for (size_t i = 0; i < schema->count; i++) {
        json_t *field = json_object();
        json_set_str(field, "name", schema->columns[i].name);
        json_set_str(field, "type", schema->columns[i].type);
        json_array_append_new(fields, field);
    }
    return fields;
}

static json_t *outputs_json(Str namespace_name, const LineageLoad *load,
                            const LineageOutcome *outcome) {
    json_t *output = dataset_json(namespace_name, load->dataset);
    if (outcome != NULL && outcome->snapshot != NULL) {
        json_t *facets = json_object();
        json_t *schema = add_facet(
            facets, "schema", "facets/1-1-1/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet");
        json_object_set_new(schema, "fields", schema_fields(&outcome->snapshot->schema));
        json_t *version = add_facet(facets, "version",
                                    "facets/1-0-1/DatasetVersionDatasetFacet.json"
                                    "#/$defs/DatasetVersionDatasetFacet");
        json_object_set_new(version, "datasetVersion",
                            json_sprintf("%llu", (unsigned long long)outcome->snapshot->id));
        json_object_set_new(output, "facets", facets);
        json_t *output_facets = json_object();
        json_t *statistics = add_facet(output_facets, "outputStatistics",
                                       "facets/1-0-2/OutputStatisticsOutputDatasetFacet.json"
                                       "#/$defs/OutputStatisticsOutputDatasetFacet");
        json_set_u64(statistics, "rowCount", outcome->rows);
        json_set_u64(statistics, "size", outcome->size_bytes);
        json_object_set_new(output, "outputFacets", output_facets);
    }
    json_t *outputs = json_array();
    json_array_append_new(outputs, output);
    return outputs;
}

/* --- the event ------------------------------------------------------------------------------- */

static const char *event_type(const LineageOutcome *outcome) {
    if (outcome == NULL)
        return "START";
    if (outcome->failure == NULL)
        return "COMPLETE";
    return outcome->failure->kind == FAIL_CANCELLED ? "ABORT" : "FAIL";
}

Str openlineage_event(Str namespace_name, const LineageRun *run, const LineageOutcome *outcome,
                      Arena *arena) {
    json_t *event = json_keep(arena, json_object());
    json_set_str(event, "eventType", str_c(event_type(outcome)));
    json_set_str(event, "eventTime", clock_format(clock_now_us(), arena));
    json_set_str(event, "producer", str_c(producer));
    json_set_str(event, "schemaURL", STR(SPEC_URL "2-0-2/OpenLineage.json#/$defs/RunEvent"));
    json_object_set_new(event, "run",
                        run_json(run, outcome == NULL ? NULL : outcome->failure, arena));
    json_object_set_new(event, "job", job_json(namespace_name, &run->load, arena));
    json_object_set_new(event, "inputs", inputs_json(&run->load, arena));
    json_object_set_new(event, "outputs", outputs_json(namespace_name, &run->load, outcome));
    return json_print(event, arena);
}

void openlineage_run_id(char out[37]) {
    unsigned char id[16];
    random_bytes(id, sizeof id);
    uint64_t now_ms = (uint64_t)clock_now_us() / 1000;
    for (int i = 0; i < 6; i++)
        id[i] = (unsigned char)(now_ms >> (8 * (5 - i)));
    id[6] = (unsigned char)(0x70 | (id[6] & 0x0f));
    id[8] = (unsigned char)(0x80 | (id[8] & 0x3f));
    snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id[0],
             id[1], id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12],
             id[13], id[14], id[15]);
}
