/* text_load.c - from a table of texts to typed columns.
 *
 * The rule for values that do not fit: without a word from the user nothing is lost, so a column
 * with one odd value among a million numbers is text. With a type from the user, the odd ones are
 * rejects, counted and listed with their lines. Values are held to the user's type without
 * rounding: "1.5" is no BIGINT and "1.999" no DECIMAL(18,2), although DuckDB would make one of it.
 *
 * A dataset's own type is kept when all values fit it. So a column of codes stays text when a file
 * happens to hold digits only, and a column of prices stays DECIMAL when a file has round ones.
 *
 * Checks of single values run in DuckDB, over the stream, before anything is written: a first
 * statement lists the rows that fail, the writing one leaves them out.
 *
 * Tested by: test_ingest_csv.c, test_ingest_json.c. */
#include "ingest/load.h"

#include <inttypes.h>

#include "ingest/type_override.h"

enum { SAMPLE_CHARS = 60 };

/* A condition under which a row is rejected. */
typedef struct RowCheck {
    size_t column;
    Str fails;  /* SQL, never NULL */
    Str wanted; /* the type it is not; "" = the key that it lacks */
} RowCheck;

typedef struct Planner {
    const LoadContext *context;
    TextTable *table;
    const Schema *current;
    Arena *arena;
    Load *load;
    VEC(RowCheck) checks;
} Planner;

/* ---- types ---- */

static bool is_list_type(Str type) {
    return str_ends(type, STR("[]"));
}

/* Lists of plain values of one kind; anything else nested is kept as JSON text. */
static bool is_plain_list(const TextColumn *column) {
    uint32_t inside = column->elements.json_kinds;
    bool one_kind = (inside & (inside - 1)) == 0;
    return column->facts.json_kinds == JSON_KIND_LIST && !column->lists_nested && one_kind;
}

static Str natural_type(const TextColumn *column, Arena *arena) {
    if (!is_plain_list(column))
        return value_type(&column->facts, arena);
    Str element = column->elements.json_kinds == JSON_KIND_STRING
                      ? STR("VARCHAR")
                      : value_type(&column->elements, arena);
    return str_format(arena, "%.*s[]", STR_ARG(element));
}

static bool fits(const TextColumn *column, Str type) {
    if (!is_list_type(type))
        return value_fits(&column->facts, type);
    Str element = str_slice(type, 0, type.length - 2);
    if (column->facts.values == 0)
        return true;
    if (!is_plain_list(column))
        return false;
    if (str_eq_c(element, "FLOAT")) /* chosen by somebody who wants vectors: rounding is meant */
        return column->elements.values == 0 || column->elements.json_kinds == JSON_KIND_NUMBER;
    return value_fits(&column->elements, element);
}

static Str choose_type(const Planner *planner, const TextColumn *column) {
    const SchemaColumn *existing =
        planner->current != NULL ? schema_find(planner->current, column->name) : NULL;
    if (existing != NULL && fits(column, existing->type))
        return existing->type;
    return natural_type(column, planner->arena);
}

/* ---- values ---- */

/* The text as a cast wants it: no "" and no blanks around it. */
static Str bare_text(size_t number, const ValueFacts *facts, Arena *arena) {
    Str text = str_format(arena, "c%zu", number);
    if (facts->padded)
        text = str_format(arena, "trim(%.*s, E' \\t\\r\\n\\v\\f')", STR_ARG(text));
    if (facts->empties > 0)
        text = str_format(arena, "nullif(%.*s, '')", STR_ARG(text));
    return text;
}

Str text_load_value(const TextColumn *column, size_t number, Str type, Arena *arena) {
    if (str_eq_c(type, "VARCHAR"))
        return str_format(arena, "c%zu", number);
    Str text = bare_text(number, &column->facts, arena);
    if (is_list_type(type) && column->facts.json_kinds != 0)
        return str_format(arena, "CAST(CAST(%.*s AS JSON) AS %.*s)", STR_ARG(text), STR_ARG(type));
    return str_format(arena, "CAST(%.*s AS %.*s)", STR_ARG(text), STR_ARG(type));
}

static void add_coercion(Load *load, Str column, Str rule, uint64_t count, Arena *arena) {
    *vec_push(&load->coercions, arena) = (Coercion){column, rule, count};
}

static void tell_coercions(const Planner *planner, const TextColumn *column, Str type) {
    const ValueFacts *facts = &column->facts;
    bool is_text = str_eq_c(type, "VARCHAR");
    if (!is_text && facts->empties > 0)
        add_coercion(planner->load, column->name, STR("empty text to NULL"), facts->empties,
                     planner->arena);
    bool several = (facts->json_kinds & (facts->json_kinds - 1)) != 0;
    if (is_text && several)
        add_coercion(planner->load, column->name, STR("values of several kinds to text"),
                     facts->values, planner->arena);
}

/* A column whose type the values allow. */
static void plan_column(Planner *planner, size_t number) {
    const TextColumn *column = &planner->table->columns[number];
    Str type = choose_type(planner, column);
    planner->load->columns[number] =
        (LoadColumn){.name = column->name,
                     .type = type,
                     .value = text_load_value(column, number, type, planner->arena),
                     .null_count_known = true,
                     .null_count = value_null_count(&column->facts, type)};
    tell_coercions(planner, column, type);
}

/* A column whose type the user named: values are tried one by one unless all are known to fit. */
static bool plan_override(Planner *planner, size_t number, Str wanted, Err *err) {
    const TextColumn *column = &planner->table->columns[number];
    Arena *arena = planner->arena;
    TypeOverride chosen;
    if (!type_override_read(planner->context->session, column->name, wanted, arena, &chosen, err))
        return false;
    LoadColumn *out = &planner->load->columns[number];
    *out = (LoadColumn){.name = column->name, .type = chosen.stored};
    if (str_eq_c(chosen.type, "VARCHAR") || str_eq_c(chosen.type, "BLOB")) {
        out->value = str_format(arena, "CAST(c%zu AS %.*s)", number, STR_ARG(chosen.type));
        return true;
    }
    Str text = str_format(arena, "nullif(trim(c%zu, E' \\t\\r\\n\\v\\f'), '')", number);
    /* As JSON, ["a"] would become a list of one NULL in any type but VARCHAR. */
    bool as_json = str_eq_c(chosen.type, "VARCHAR[]") && column->facts.json_kinds != 0;
    Str source = as_json ? str_format(arena, "TRY_CAST(%.*s AS JSON)", STR_ARG(text)) : text;
    Str value = str_format(arena, "TRY_CAST(%.*s AS %.*s)", STR_ARG(source), STR_ARG(chosen.type));
    bool same = str_eq(chosen.type, chosen.stored);
    out->value =
        same ? value
             : str_format(arena, "CAST(%.*s AS %.*s)", STR_ARG(value), STR_ARG(chosen.stored));
    tell_coercions(planner, column, chosen.type);
    if (same && fits(column, chosen.type))
        return true;
    Str exact = type_override_exact(&chosen, text, arena);
    *vec_push(&planner->checks, arena) = (RowCheck){
        .column = number,
        .fails = str_format(arena, "coalesce(%.*s IS NOT NULL AND (%.*s IS NULL%s%.*s), false)",
                            STR_ARG(text), STR_ARG(value), exact.length > 0 ? " OR NOT " : "",
                            STR_ARG(exact)),
        .wanted = chosen.type};
    return true;
}

/* ---- checks of single rows ---- */

static bool add_key_checks(Planner *planner, Err *err) {
    const StrVec *keys = planner->context->keys;
    for (size_t k = 0; k < keys->count; k++) {
        size_t i = 0;
        while (i < planner->table->column_count &&
               !str_eq(planner->table->columns[i].name, keys->items[k]))
            i++;
        if (i == planner->table->column_count) {
            err_fail(err, FAIL_UNPROCESSABLE, "the file has no column '%.*s'",
                     STR_ARG(keys->items[k]));
            return err_field(err, "key");
        }
        const LoadColumn *column = &planner->load->columns[i];
        if (column->null_count_known && column->null_count == 0)
            continue;
        *vec_push(&planner->checks, planner->arena) = (RowCheck){
            .column = i,
            .fails = str_format(planner->arena, "(%.*s IS NULL)", STR_ARG(column->value)),
            .wanted = STR_EMPTY};
    }
    return true;
}

static bool take_reject(void *context, const RowBatch *batch, Err *err) {
    (void)err;
    Planner *planner = context;
    const int64_t *lines = batch->columns[0].values;
    const int64_t *which = batch->columns[1].values;
    for (size_t row = 0; row < batch->row_count; row++) {
        const RowCheck *check = &planner->checks.items[which[row]];
        RejectList *rejects = &planner->load->rejects;
        uint64_t line = (uint64_t)lines[row];
        Str reason = STR("no value for the key");
        if (check->wanted.length > 0 && reject_is_listed(rejects, line))
            reason = str_format(planner->arena, "'%.*s' is not %.*s",
                                STR_ARG(row_text(&batch->columns[2], row)), STR_ARG(check->wanted));
        reject_add(rejects, line, planner->table->columns[check->column].name, reason);
    }
    return true;
}

/* SELECT line, number of the first check that fails, the text it fails on ... */
static Str rejects_select(const Planner *planner, Str from) {
    StrBuf which = strbuf_make(planner->arena), text = strbuf_make(planner->arena);
    for (size_t i = 0; i < planner->checks.count; i++) {
        const RowCheck *check = &planner->checks.items[i];
        strbuf_append_format(&which, " WHEN %.*s THEN %zu", STR_ARG(check->fails), i);
        strbuf_append_format(&text, " WHEN %.*s THEN left(c%zu, %d)", STR_ARG(check->fails),
                             check->column, SAMPLE_CHARS);
    }
    return str_format(
        planner->arena,
        "SELECT line, (CASE%.*s END)::BIGINT, CASE%.*s END FROM %.*s WHERE NOT (%.*s)",
        STR_ARG(strbuf_str(&which)), STR_ARG(strbuf_str(&text)), STR_ARG(from),
        STR_ARG(planner->load->where));
}

static bool run_checks(Planner *planner, Err *err) {
    const LoadContext *context = planner->context;
    StrBuf where = strbuf_make(planner->arena);
    for (size_t i = 0; i < planner->checks.count; i++)
        strbuf_append_format(&where, "%sNOT %.*s", i == 0 ? "" : " AND ",
                             STR_ARG(planner->checks.items[i].fails));
    planner->load->where = strbuf_str(&where);
    planner->load->from = STR_EMPTY; /* only the stream knows lines */
    RowStream *rows = NULL;
    if (!planner->table->open_rows(planner->table, context->progress, &rows, err))
        return false;
    Str from = duck_stream_attach(context->session, rows, planner->arena);
    uint64_t before = planner->load->rejects.count;
    bool ok = duck_query(context->session, rejects_select(planner, from), context->progress,
                         take_reject, planner, err);
    duck_stream_detach(context->session);
    rows->close(rows);
    uint64_t rejected = planner->load->rejects.count - before;
    planner->load->rows -= rejected;
    if (rejected > 0) /* which of the NULLs left with them is not known */
        for (size_t i = 0; i < planner->load->column_count; i++)
            planner->load->columns[i].null_count_known = false;
    return ok;
}

/* ---- the plan ---- */

static bool plan_columns(Planner *planner, Err *err) {
    const IngestFileRequest *request = planner->context->request;
    bool *overridden = ARENA_ARRAY(planner->arena, bool, planner->table->column_count + 1);
    for (size_t i = 0; i < request->type_count; i++) {
        size_t number = 0;
        while (number < planner->table->column_count &&
               !str_eq(planner->table->columns[number].name, request->types[i].column))
            number++;
        if (number == planner->table->column_count) {
            err_fail(err, FAIL_UNPROCESSABLE, "a type is given for '%.*s', which the file lacks",
                     STR_ARG(request->types[i].column));
            return err_field(err, "types");
        }
        overridden[number] = true;
        if (!plan_override(planner, number, request->types[i].type, err))
            return false;
    }
    for (size_t i = 0; i < planner->table->column_count; i++)
        if (!overridden[i])
            plan_column(planner, i);
    return true;
}

bool text_load_plan(const LoadContext *context, TextTable *table, const RejectList *checked,
                    const Schema *current, Load *out, Err *err) {
    Arena *arena = context->arena;
    *out = (Load){.columns = ARENA_ARRAY(arena, LoadColumn, table->column_count),
                  .column_count = table->column_count,
                  .from = table->direct_from,
                  .table = table,
                  .where = STR_EMPTY,
                  .rows = table->rows,
                  .row_bytes = table->rows > 0 ? table->text_bytes / table->rows : 0,
                  .rejects = reject_list_copy(checked)};
    for (size_t i = 0; i < table->renamed_count; i++)
        *vec_push(&out->coercions, arena) = table->renamed[i];
    Planner planner = {
        .context = context, .table = table, .current = current, .arena = arena, .load = out};
    if (!plan_columns(&planner, err) || !add_key_checks(&planner, err))
        return false;
    return planner.checks.count == 0 || run_checks(&planner, err);
}
