/* duck_guard.c - macros around repeat, range, lpad and their kin, and the checks inside them.
 *
 * The check sits in the argument, not beside the call (CASE WHEN small THEN repeat(...) END),
 * because constants are folded from the inside out: the call would be made before the CASE is
 * looked at. A check that fails leaves the call unfolded, and fails again when it is run.
 *
 * What counts is the sum over the rows of one call (up to 2,048): a thousand rows of a megabyte
 * each are as bad as one of a gigabyte.
 *
 * Macros write arguments more than once, so one that changes between two readings (random()) can
 * slip through. This and values that grow step by step (s || s in a recursive query) are left to
 * limits of the process; docs/adr/0006-sql-sandbox.md.
 *
 * Tested by: test_duck_functions.c. */
#include "query/duck_guard.h"

#include <duckdb.h>

#include <stdint.h>
#include <string.h>

#include "query/duck_error.h"

#define VALUE_BYTES_MAX (256 * 1024 * 1024)
#define LIST_ITEMS_MAX  (16 * 1024 * 1024)
#define ITEM_BYTES      16

static const char *const macros[] = {
    "CREATE MACRO repeat(value, times) AS "
    "system.main.repeat(value, lake_guard_times(value, times))",
    "CREATE MACRO lpad(value, length, pad) AS "
    "system.main.lpad(value, lake_guard_length(length)::INTEGER, pad)",
    "CREATE MACRO rpad(value, length, pad) AS "
    "system.main.rpad(value, lake_guard_length(length)::INTEGER, pad)",
    "CREATE MACRO bitstring(value, length) AS "
    "system.main.bitstring(value, lake_guard_length(length)::INTEGER)",
    "CREATE MACRO list_resize(list, length) AS "
    "system.main.list_resize(list, lake_guard_items(length)), "
    "(list, length, fill) AS system.main.list_resize(list, lake_guard_items(length), fill)",
    "CREATE MACRO array_resize(list, length) AS "
    "system.main.array_resize(list, lake_guard_items(length)), "
    "(list, length, fill) AS system.main.array_resize(list, lake_guard_items(length), fill)",
    "CREATE MACRO range(until) AS system.main.range(0, until, lake_guard_step(0, until, 1)), "
    "(first, until) AS system.main.range(first, until, lake_guard_step(first, until, 1)), "
    "(first, until, step) AS "
    "system.main.range(first, until, lake_guard_step(first, until, step))",
    "CREATE MACRO generate_series(until) AS "
    "system.main.generate_series(0, until, lake_guard_step(0, until, 1)), "
    "(first, until) AS "
    "system.main.generate_series(first, until, lake_guard_step(first, until, 1)), "
    "(first, until, step) AS "
    "system.main.generate_series(first, until, lake_guard_step(first, until, step))",
};

/* ---- the checks ---- */

static bool is_null(duckdb_vector vector, idx_t row) {
    uint64_t *validity = duckdb_vector_get_validity(vector);
    return validity != NULL && !duckdb_validity_row_is_valid(validity, row);
}

static void refuse(duckdb_function_info info) {
    duckdb_scalar_function_set_error(
        info, "[lakehouse unprocessable] the values made here are larger than queries may make");
}

/* Bytes of one value: of a text or blob, or of a list's items. */
static double value_bytes(duckdb_vector vector, duckdb_type type, idx_t row) {
    if (type == DUCKDB_TYPE_LIST)
        return (double)((duckdb_list_entry *)duckdb_vector_get_data(vector))[row].length *
               ITEM_BYTES;
    return (double)duckdb_string_t_length(((duckdb_string_t *)duckdb_vector_get_data(vector))[row]);
}

/* lake_guard_times(value, times) = times */
static void guard_times(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
    duckdb_vector values = duckdb_data_chunk_get_vector(input, 0);
    duckdb_vector times = duckdb_data_chunk_get_vector(input, 1);
    duckdb_logical_type logical = duckdb_vector_get_column_type(values);
    duckdb_type type = duckdb_get_type_id(logical);
    duckdb_destroy_logical_type(&logical);
    bool sized =
        type == DUCKDB_TYPE_VARCHAR || type == DUCKDB_TYPE_BLOB || type == DUCKDB_TYPE_LIST;
    double sum = 0;
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); row++) {
        if (is_null(times, row))
            continue;
        int64_t count = ((int64_t *)duckdb_vector_get_data(times))[row];
        ((int64_t *)duckdb_vector_get_data(output))[row] = count;
        bool counts = count > 0 && !is_null(values, row);
        double bytes = sized && counts ? value_bytes(values, type, row) : ITEM_BYTES;
        sum += counts ? bytes * (double)count : 0;
    }
    if (sum > VALUE_BYTES_MAX)
        refuse(info);
}

/* lake_guard_length(n) = n and lake_guard_items(n) = n: how long each result will be. */
static void guard_counts(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output,
                         double most) {
    duckdb_vector counts = duckdb_data_chunk_get_vector(input, 0);
    double sum = 0;
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); row++) {
        if (is_null(counts, row))
            continue;
        int64_t count = ((int64_t *)duckdb_vector_get_data(counts))[row];
        ((int64_t *)duckdb_vector_get_data(output))[row] = count;
        sum += count > 0 ? (double)count : 0;
    }
    if (sum > most)
        refuse(info);
}

static void guard_length(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
    guard_counts(info, input, output, VALUE_BYTES_MAX);
}

static void guard_items(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
    guard_counts(info, input, output, LIST_ITEMS_MAX);
}

/* Steps from first to until; both and the step are numbers. */
static double step_count(double first, double until, double step) {
    if (step == 0)
        return 0; /* an empty list, or DuckDB's own error */
    double count = (until - first) / step;
    return count > 0 ? count + 1 : 0;
}

static void guard_step(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
    int64_t *columns[3];
    for (idx_t i = 0; i < 3; i++)
        columns[i] = duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, i));
    double sum = 0;
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); row++) {
        bool null = false;
        for (idx_t i = 0; i < 3; i++)
            null = null || is_null(duckdb_data_chunk_get_vector(input, i), row);
        if (null)
            continue;
        ((int64_t *)duckdb_vector_get_data(output))[row] = columns[2][row];
        sum +=
            step_count((double)columns[0][row], (double)columns[1][row], (double)columns[2][row]);
    }
    if (sum > LIST_ITEMS_MAX)
        refuse(info);
}

/* The same for timestamps, whose step is an interval: months count as their shortest. */
static double interval_micros(duckdb_interval step) {
    double day = 86400e6;
    return (double)step.months * 28 * day + (double)step.days * day + (double)step.micros;
}

static void guard_time_step(duckdb_function_info info, duckdb_data_chunk input,
                            duckdb_vector output) {
    duckdb_vector steps = duckdb_data_chunk_get_vector(input, 2);
    int64_t *first = duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, 0));
    int64_t *until = duckdb_vector_get_data(duckdb_data_chunk_get_vector(input, 1));
    double sum = 0;
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(input); row++) {
        if (is_null(duckdb_data_chunk_get_vector(input, 0), row) ||
            is_null(duckdb_data_chunk_get_vector(input, 1), row) || is_null(steps, row))
            continue;
        duckdb_interval step = ((duckdb_interval *)duckdb_vector_get_data(steps))[row];
        ((duckdb_interval *)duckdb_vector_get_data(output))[row] = step;
        sum += step_count((double)first[row], (double)until[row], interval_micros(step));
    }
    if (sum > LIST_ITEMS_MAX)
        refuse(info);
}

/* ---- registration ---- */

typedef struct GuardRow {
    const char *name;
    duckdb_scalar_function_t run;
    duckdb_type result;
    duckdb_type parameters[3]; /* INVALID ends them */
} GuardRow;

/* Rows of one name are overloads, and stand together. */
static const GuardRow guards[] = {
    {"lake_guard_times", guard_times, DUCKDB_TYPE_BIGINT, {DUCKDB_TYPE_ANY, DUCKDB_TYPE_BIGINT}},
    {"lake_guard_length", guard_length, DUCKDB_TYPE_BIGINT, {DUCKDB_TYPE_BIGINT}},
    {"lake_guard_items", guard_items, DUCKDB_TYPE_BIGINT, {DUCKDB_TYPE_BIGINT}},
    {"lake_guard_step",
     guard_step,
     DUCKDB_TYPE_BIGINT,
     {DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_BIGINT}},
    {"lake_guard_step",
     guard_time_step,
     DUCKDB_TYPE_INTERVAL,
     {DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_INTERVAL}},
    {"lake_guard_step",
     guard_time_step,
     DUCKDB_TYPE_INTERVAL,
     {DUCKDB_TYPE_TIMESTAMP_TZ, DUCKDB_TYPE_TIMESTAMP_TZ, DUCKDB_TYPE_INTERVAL}},
};

static duckdb_scalar_function make_guard(const GuardRow *row) {
    duckdb_scalar_function function = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(function, row->name);
    for (size_t i = 0; i < 3 && row->parameters[i] != DUCKDB_TYPE_INVALID; i++) {
        duckdb_logical_type type = duckdb_create_logical_type(row->parameters[i]);
        duckdb_scalar_function_add_parameter(function, type);
        duckdb_destroy_logical_type(&type);
    }
    duckdb_logical_type result = duckdb_create_logical_type(row->result);
    duckdb_scalar_function_set_return_type(function, result);
    duckdb_destroy_logical_type(&result);
    duckdb_scalar_function_set_function(function, row->run);
    return function;
}

/* Registers the overloads from `first` on; returns the row after them, or 0 when it fails. */
static size_t register_set(duckdb_connection connection, size_t first) {
    size_t count = sizeof guards / sizeof *guards;
    size_t next = first;
    duckdb_scalar_function_set set = duckdb_create_scalar_function_set(guards[first].name);
    bool ok = true;
    for (; next < count && strcmp(guards[next].name, guards[first].name) == 0; next++) {
        duckdb_scalar_function function = make_guard(&guards[next]);
        ok = duckdb_add_scalar_function_to_set(set, function) == DuckDBSuccess && ok;
        duckdb_destroy_scalar_function(&function);
    }
    ok = ok && duckdb_register_scalar_function_set(connection, set) == DuckDBSuccess;
    duckdb_destroy_scalar_function_set(&set);
    return ok ? next : 0;
}

bool duck_guard_install(struct _duckdb_connection *connection, Err *err) {
    for (size_t i = 0; i < sizeof guards / sizeof *guards;) {
        i = register_set(connection, i);
        if (i == 0)
            return err_fail(err, FAIL_INTERNAL, "cannot register the guards of SQL functions");
    }
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++) {
        duckdb_result result;
        bool ok = duckdb_query(connection, macros[i], &result) == DuckDBSuccess;
        if (!ok)
            duck_error_result(err, &result, STR_EMPTY);
        duckdb_destroy_result(&result);
        if (!ok)
            return err_wrap(err, "guard SQL functions");
    }
    return true;
}
