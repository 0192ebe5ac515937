/* csv_dialect.c - try each delimiter on a sample and keep the one that makes a table of it.
 *
 * For each candidate the sample is read with the real scanner's core and the field counts are
 * compared: the share of records that have the commonest count says how well it fits, whether the
 * first record has it too says whether there is a header to go by. Quotes are understood meanwhile,
 * so commas inside quoted texts do not count.
 *
 * Tested by: test_csv_dialect.c. */
#include "files/csv_dialect.h"

#include <stdio.h>

#include "files/value_facts.h"

static const char candidates[] = {',', '\t', ';', '|'};

/* ---- options ---- */

static bool one_char(Str text, const char *field, char *out, Err *err) {
    if (str_is_empty(text))
        return true;
    bool usable = text.length == 1 && text.data[0] != '\n' && text.data[0] != '\r' &&
                  text.data[0] != '\0' && (unsigned char)text.data[0] < 0x80;
    if (str_eq(text, STR("\\t"))) {
        *out = '\t';
        return true;
    }
    if (!usable) {
        err_fail(err, FAIL_INVALID, "%s must be one ASCII character", field);
        return err_field(err, field);
    }
    *out = text.data[0];
    return true;
}

static bool read_options(const CsvDialect *wanted, CsvFormat *format, Err *err) {
    *format = (CsvFormat){.quote = '"'};
    if (!one_char(wanted->delimiter, "delimiter", &format->delimiter, err) ||
        !one_char(wanted->quote, "quote", &format->quote, err))
        return false;
    format->escape = format->quote;
    if (!one_char(wanted->escape, "escape", &format->escape, err))
        return false;
    if (format->delimiter == format->quote || format->delimiter == format->escape) {
        err_fail(err, FAIL_INVALID, "delimiter and quote are the same character");
        return err_field(err, "delimiter");
    }
    return true;
}

/* ---- how well a delimiter fits ---- */

typedef struct Fit {
    size_t first_fields;           /* of the first record, which may be a header */
    size_t rows;                   /* the records after it (or it, when it is alone) */
    size_t common, common_records; /* their commonest count of fields, and how many have it */
    size_t split_records;          /* those with two fields or more */
} Fit;

static void count_row(Fit *fit, uint32_t *histogram, size_t fields) {
    fit->rows++;
    fit->split_records += fields > 1;
    if (fields > 0 && ++histogram[fields] > fit->common_records) {
        fit->common_records = histogram[fields];
        fit->common = fields;
    }
}

static Fit measure(const CsvSample *sample, Arena *arena) {
    Fit fit = {0};
    bool first = true;
    uint32_t *histogram = ARENA_ARRAY(arena, uint32_t, CSV_FIELDS_MAX + 1);
    for (size_t i = 0; i < sample->count; i++) {
        const CsvRecord *record = &sample->records[i];
        if (csv_is_blank(record))
            continue;
        size_t fields = record->broken != NULL ? 0 : record->field_count;
        if (first)
            fit.first_fields = fields;
        else
            count_row(&fit, histogram, fields);
        first = false;
    }
    if (fit.rows == 0)
        count_row(&fit, histogram, fit.first_fields);
    return fit;
}

/* Percent of the rows that have the commonest number of fields. */
static size_t share(const Fit *fit) {
    return fit->rows == 0 ? 0 : fit->common_records * 100 / fit->rows;
}

/* The rows may have one more, empty: a delimiter at the end of each. */
static bool header_fits(const Fit *fit) {
    return fit->first_fields > 1 &&
           (fit->first_fields == fit->common || fit->first_fields + 1 == fit->common);
}

static bool makes_a_table(const Fit *fit) {
    return fit->common >= 2 && (share(fit) >= 90 || (share(fit) >= 50 && header_fits(fit)));
}

/* a before b? Both make a table. */
static bool fits_better(const Fit *a, const Fit *b) {
    if (header_fits(a) != header_fits(b))
        return header_fits(a);
    if (share(a) / 10 != share(b) / 10)
        return share(a) > share(b);
    return a->common > b->common;
}

static bool refuse_mess(const Fit *fits, Err *err) {
    char detail[200] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof candidates; i++) {
        int length = snprintf(detail + used, sizeof detail - used,
                              "%s'%s' gives %zu fields in the first line and %zu in %zu%% of lines",
                              i == 0 ? "" : "; ",
                              candidates[i] == '\t' ? "\\t" : (char[2]){candidates[i], '\0'},
                              fits[i].first_fields, fits[i].common, share(&fits[i]));
        used += length > 0 ? (size_t)length : 0;
        if (used >= sizeof detail)
            break;
    }
    err_fail(err, FAIL_UNPROCESSABLE,
             "the delimiter of this file cannot be told: its lines do not "
             "split into the same number of fields by any of , ; tab |");
    err_detail(err, "%s", detail);
    return err_hint(err, "name the delimiter, or repair the lines that differ");
}

static bool choose_delimiter(Str text, bool whole_file, CsvFormat *format, Arena *arena, Err *err) {
    Fit fits[sizeof candidates];
    size_t best = SIZE_MAX;
    bool unused_found = false, messy = false;
    char unused = ',';
    for (size_t i = 0; i < sizeof candidates; i++) {
        ArenaMark mark = arena_mark(arena);
        CsvSample sample;
        format->delimiter = candidates[i];
        csv_sample_read(text, whole_file, format, CSV_SAMPLE_RECORDS, arena, &sample);
        fits[i] = measure(&sample, arena);
        arena_rewind(arena, mark);
        if (makes_a_table(&fits[i]) && (best == SIZE_MAX || fits_better(&fits[i], &fits[best])))
            best = i;
        messy = messy || fits[i].first_fields > 1 || fits[i].split_records * 2 > fits[i].rows;
        if (!unused_found && fits[i].split_records == 0 && fits[i].first_fields <= 1) {
            unused_found = true;
            unused = candidates[i];
        }
    }
    if (best == SIZE_MAX && messy)
        return refuse_mess(fits, err);
    /* One column: a character that the lines do not hold keeps each line whole. */
    format->delimiter = best != SIZE_MAX ? candidates[best] : unused;
    return true;
}

/* `1, "a, b"`: blanks before quotes, always. */
static bool has_spaced_quotes(Str text, const CsvFormat *format) {
    const char spaced[] = {format->delimiter, ' ', format->quote};
    const char tight[] = {format->delimiter, format->quote};
    return str_find(text, str_make(spaced, 3), 0) != SIZE_MAX &&
           str_find(text, str_make(tight, 2), 0) == SIZE_MAX;
}

/* ---- the header ---- */

static bool first_record_is_text(const CsvFormat *format, const CsvRecord *first, Arena *arena) {
    bool any = false;
    for (size_t i = 0; i < first->field_count; i++) {
        Str text = str_trim(csv_field_text(format, first, i, arena));
        if (value_is_typed(text))
            return false;
        any = any || text.length > 0;
    }
    return any;
}

/* Some column's name is text while all of the values below it are typed. */
static bool a_column_tells(const CsvFormat *format, const CsvSample *sample, size_t first,
                           Arena *arena) {
    const CsvRecord *names = &sample->records[first];
    for (size_t column = 0; column < names->field_count; column++) {
        Str name = str_trim(csv_field_text(format, names, column, arena));
        if (name.length == 0 || value_is_typed(name))
            continue;
        size_t typed = 0, other = 0;
        for (size_t i = first + 1; i < sample->count; i++) {
            const CsvRecord *record = &sample->records[i];
            if (record->broken != NULL || column >= record->field_count)
                continue;
            Str text = csv_field_text(format, record, column, arena);
            if (text.length > 0)
                *(value_is_typed(text) ? &typed : &other) += 1;
        }
        if (typed > 0 && other * 20 <= typed)
            return true;
    }
    return false;
}

static bool detect_header(const CsvFormat *format, const CsvSample *sample, size_t first,
                          Arena *arena) {
    return first_record_is_text(format, &sample->records[first], arena) ||
           a_column_tells(format, sample, first, arena);
}

/* ---- names ---- */

static bool take_names(CsvPlan *plan, const CsvRecord *first, Arena *arena, Err *err) {
    column_names_init(&plan->names, arena);
    for (size_t i = 0; i < first->field_count; i++) {
        Str name = plan->has_header ? csv_field_text(&plan->format, first, i, arena)
                                    : str_format(arena, "column%zu", i + 1);
        if (!column_names_add(&plan->names, name, &name, err))
            return false;
    }
    return true;
}

/* A title line above the table, or a header of another width: rows would land in wrong columns. */
static bool check_width(const CsvSample *sample, const CsvRecord *first, Arena *arena, Err *err) {
    Fit fit = measure(sample, arena);
    bool agree = fit.rows >= 3 && share(&fit) >= 90 && fit.common > 1;
    if (!agree || fit.common == first->field_count || header_fits(&fit))
        return true;
    err_fail(err, FAIL_UNPROCESSABLE, "the first line has %zu fields, but nearly all rows have %zu",
             first->field_count, fit.common);
    return err_hint(err, "is there a title above the header?");
}

bool csv_plan_make(Str sample_text, bool whole_file, const CsvDialect *wanted, Arena *arena,
                   CsvPlan *out, Err *err) {
    CsvPlan plan = {0};
    if (!read_options(wanted, &plan.format, err))
        return false;
    plan.format.cr_lines = str_find_char(sample_text, '\n', 0) == SIZE_MAX &&
                           str_find_char(sample_text, '\r', 0) != SIZE_MAX;
    if (plan.format.delimiter == '\0' &&
        !choose_delimiter(sample_text, whole_file, &plan.format, arena, err))
        return false;
    plan.format.skip_spaces =
        plan.format.delimiter != ' ' && has_spaced_quotes(sample_text, &plan.format);
    CsvSample sample;
    csv_sample_read(sample_text, whole_file, &plan.format, CSV_SAMPLE_RECORDS, arena, &sample);
    size_t first = 0;
    while (first < sample.count && csv_is_blank(&sample.records[first]))
        first++;
    if (first == sample.count)
        return err_fail(err, FAIL_UNPROCESSABLE, "the file is empty: not even a header");
    if (sample.records[first].broken != NULL)
        return err_fail(err, FAIL_UNPROCESSABLE, "the first line: %s",
                        sample.records[first].broken);
    plan.has_header = wanted->header >= 0 ? wanted->header != 0
                                          : detect_header(&plan.format, &sample, first, arena);
    if (!check_width(&sample, &sample.records[first], arena, err) ||
        !take_names(&plan, &sample.records[first], arena, err))
        return false;
    *out = plan;
    return true;
}
