/* schema_types.c - from the types that DuckDB finds to those that an Iceberg table can hold.
 *
 * Types come as text, as DuckDB prints them, and nest: STRUCT(a UTINYINT, "b c" INTEGER[3])[]. The
 * text is rewritten from left to right with a small stack of open brackets instead of recursion:
 * inside STRUCT( a name comes before each type, inside MAP( only types come. Fixed arrays become
 * lists, because Parquet field ids cannot be given to them (see docs/formats.md).
 *
 * Refused: types that we do not know, and nesting deeper than NESTING_MAX.
 *
 * Tested by: tests/unit/catalog/test_schema.c. */
#include "catalog/schema_types.h"

#include <string.h>

#include "base/vec.h"
#include "catalog/schema.h"

enum { NESTING_MAX = 32 };

/* DuckDB's name -> what we store. The Iceberg name of each stored type stands in docs/formats.md.
 */
static const struct {
    const char *found, *stored;
} leaf_types[] = {
    {"BOOLEAN", "BOOLEAN"},
    {"TINYINT", "INTEGER"},
    {"SMALLINT", "INTEGER"},
    {"UTINYINT", "INTEGER"},
    {"USMALLINT", "INTEGER"},
    {"INTEGER", "INTEGER"},
    {"UINTEGER", "BIGINT"},
    {"BIGINT", "BIGINT"},
    {"UBIGINT", "DECIMAL(20,0)"},
    {"HUGEINT", "DECIMAL(38,0)"},
    {"UHUGEINT", "DECIMAL(38,0)"},
    {"BIGNUM", "VARCHAR"},
    {"FLOAT", "FLOAT"},
    {"DOUBLE", "DOUBLE"},
    {"DATE", "DATE"},
    {"TIME", "TIME"},
    {"TIME_NS", "TIME"},
    {"TIME WITH TIME ZONE", "VARCHAR"},
    {"TIMESTAMP", "TIMESTAMP"},
    {"TIMESTAMP_S", "TIMESTAMP"},
    {"TIMESTAMP_MS", "TIMESTAMP"},
    {"TIMESTAMP_NS", "TIMESTAMP"},
    {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"},
    {"INTERVAL", "VARCHAR"},
    {"VARCHAR", "VARCHAR"},
    {"JSON", "VARCHAR"},
    {"UUID", "UUID"},
    {"BLOB", "BLOB"},
    {"BIT", "VARCHAR"},
    {"\"NULL\"", "\"NULL\""},
};

typedef enum Bracket { BRACKET_STRUCT, BRACKET_MAP } Bracket;

typedef struct Rewrite {
    Str text;
    size_t at;
    StrBuf out;
    Bracket open[NESTING_MAX];
    size_t depth;
} Rewrite;

static bool looking_at(const Rewrite *rewrite, const char *word) {
    return str_starts(str_slice(rewrite->text, rewrite->at, rewrite->text.length), str_c(word));
}

static bool take(Rewrite *rewrite, const char *word) {
    if (!looking_at(rewrite, word))
        return false;
    rewrite->at += strlen(word);
    return true;
}

/* Skips to behind the bracket that closes the one just taken; quotes are respected. */
static bool skip_bracket(Rewrite *rewrite) {
    size_t depth = 1;
    char quote = '\0';
    for (; rewrite->at < rewrite->text.length && depth > 0; rewrite->at++) {
        char c = rewrite->text.data[rewrite->at];
        if (quote != '\0')
            quote = c == quote ? '\0' : quote;
        else if (c == '\'' || c == '"')
            quote = c;
        else
            depth = c == '(' ? depth + 1 : c == ')' ? depth - 1 : depth;
    }
    return depth == 0;
}

/* A struct field's name with the space behind it, copied as it is. */
static bool copy_field_name(Rewrite *rewrite) {
    size_t from = rewrite->at;
    if (take(rewrite, "\"")) {
        while (rewrite->at < rewrite->text.length) {
            if (take(rewrite, "\"\""))
                continue;
            if (take(rewrite, "\""))
                break;
            rewrite->at++;
        }
    } else {
        size_t space = str_find_char(rewrite->text, ' ', from);
        rewrite->at = space == SIZE_MAX ? rewrite->text.length : space;
    }
    bool named = take(rewrite, " ");
    strbuf_append(&rewrite->out, str_slice(rewrite->text, from, rewrite->at));
    return named;
}

/* One type without brackets of its own, and what we store for it. */
static bool rewrite_leaf(Rewrite *rewrite) {
    if (looking_at(rewrite, "DECIMAL(")) {
        size_t end = str_find_char(rewrite->text, ')', rewrite->at);
        if (end == SIZE_MAX)
            return false;
        strbuf_append(&rewrite->out, str_slice(rewrite->text, rewrite->at, end + 1));
        rewrite->at = end + 1;
        return true;
    }
    if (take(rewrite, "ENUM(") || take(rewrite, "UNION(")) {
        strbuf_append_c(&rewrite->out, "VARCHAR");
        return skip_bracket(rewrite);
    }
    size_t end = rewrite->at;
    while (end < rewrite->text.length && strchr(",)[(", rewrite->text.data[end]) == NULL)
        end++;
    Str word = str_slice(rewrite->text, rewrite->at, end);
    for (size_t i = 0; i < ARRAY_LEN(leaf_types); i++) {
        if (str_eq_c(word, leaf_types[i].found)) {
            strbuf_append_c(&rewrite->out, leaf_types[i].stored);
            rewrite->at = end;
            return true;
        }
    }
    return false;
}

/* "[]" and "[3]" after a type, any number of them. */
static bool rewrite_list_suffixes(Rewrite *rewrite) {
    while (take(rewrite, "[")) {
        size_t end = str_find_char(rewrite->text, ']', rewrite->at);
        if (end == SIZE_MAX)
            return false;
        rewrite->at = end + 1;
        strbuf_append_c(&rewrite->out, "[]");
    }
    return true;
}

static bool open_bracket(Rewrite *rewrite, Bracket bracket, const char *text) {
    if (rewrite->depth == NESTING_MAX)
        return false;
    rewrite->open[rewrite->depth++] = bracket;
    strbuf_append_c(&rewrite->out, text);
    return bracket == BRACKET_MAP || copy_field_name(rewrite);
}

/* After a whole type: close brackets, and go on to the next member if there is one. */
static bool close_brackets(Rewrite *rewrite, bool *out_done) {
    while (rewrite->depth > 0) {
        if (take(rewrite, ", ") || take(rewrite, ",")) {
            strbuf_append_c(&rewrite->out, ", ");
            *out_done = false;
            return rewrite->open[rewrite->depth - 1] == BRACKET_MAP || copy_field_name(rewrite);
        }
        if (!take(rewrite, ")"))
            return false;
        rewrite->depth--;
        strbuf_append_c(&rewrite->out, ")");
        if (!rewrite_list_suffixes(rewrite))
            return false;
    }
    *out_done = true;
    return rewrite->at == rewrite->text.length;
}

static bool rewrite_type(Rewrite *rewrite) {
    for (bool done = false; !done;) {
        if (take(rewrite, "STRUCT(")) {
            if (!open_bracket(rewrite, BRACKET_STRUCT, "STRUCT("))
                return false;
        } else if (take(rewrite, "MAP(")) {
            if (!open_bracket(rewrite, BRACKET_MAP, "MAP("))
                return false;
        } else if (!rewrite_leaf(rewrite) || !rewrite_list_suffixes(rewrite) ||
                   !close_brackets(rewrite, &done)) {
            return false;
        }
    }
    return true;
}

bool schema_storage_type(Str column, Str type, Arena *arena, Str *out_type, Err *err) {
    Rewrite rewrite = {.text = type, .out = strbuf_make(arena)};
    if (!rewrite_type(&rewrite)) {
        err_fail(err, FAIL_UNPROCESSABLE, "column '%.*s' has a type that cannot be stored: %.*s",
                 STR_ARG(column), STR_ARG(type));
        return err_hint(err, "cast it, for instance to VARCHAR");
    }
    *out_type = strbuf_str(&rewrite.out);
    return true;
}

static int rank_in(const char *const *order, size_t count, Str type) {
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(type, order[i]))
            return (int)i;
    return -1;
}

/* "DECIMAL(18,3)" -> 18, 3 */
static bool read_decimal(Str type, uint64_t *out_width, uint64_t *out_scale) {
    Str prefix = STR("DECIMAL(");
    if (!str_starts(type, prefix) || !str_ends(type, STR(")")))
        return false;
    Str width;
    Str scale = str_cut(str_slice(type, prefix.length, type.length - 1), ',', &width);
    return str_to_u64(str_trim(width), out_width) && str_to_u64(str_trim(scale), out_scale);
}

bool type_widest(Str a, Str b, Arena *arena, Str *out_type) {
    static const char *const integers[] = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"};
    static const char *const floats[] = {"FLOAT", "DOUBLE"};
    if (str_eq(a, b) || str_eq_c(b, "\"NULL\"")) {
        *out_type = a;
        return true;
    }
    if (str_eq_c(a, "\"NULL\"")) {
        *out_type = b;
        return true;
    }
    int integer_a = rank_in(integers, ARRAY_LEN(integers), a);
    int integer_b = rank_in(integers, ARRAY_LEN(integers), b);
    if (integer_a >= 0 && integer_b >= 0) {
        *out_type = integer_a > integer_b ? a : b;
        return true;
    }
    if (rank_in(floats, ARRAY_LEN(floats), a) >= 0 && rank_in(floats, ARRAY_LEN(floats), b) >= 0) {
        *out_type = STR("DOUBLE"); /* they differ, so one of them is */
        return true;
    }
    uint64_t width_a, scale_a, width_b, scale_b;
    if (!read_decimal(a, &width_a, &scale_a) || !read_decimal(b, &width_b, &scale_b) ||
        scale_a != scale_b)
        return false;
    *out_type = str_format(arena, "DECIMAL(%llu,%llu)",
                           (unsigned long long)(width_a > width_b ? width_a : width_b),
                           (unsigned long long)scale_a);
    return true;
}
