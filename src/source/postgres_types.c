/* postgres_types.c - the type table.
 *
 * Built-in types are known by their OIDs, which never change (src/include/catalog/pg_type.dat);
 * everything else by what the catalog says of it, and in the end by nothing: an unknown type is
 * printed. Three mappings:
 *   exact      a type that holds every value, or VARCHAR
 *   reference  six families; all else VARCHAR, printed as in `exact` so that both agree
 *   printed    VARCHAR for all, printed by the server even where we could: it is there to check us
 *
 * numeric(p,s) may have s < 0 or s > p since PostgreSQL 15: numeric(3,-2) holds up to 99900, which
 * is DECIMAL(5,0), and numeric(2,4) up to 0.0099, which is DECIMAL(4,4).
 *
 * A numeric without a declared size gets the wider of two widths, 18 or 38 digits, and not the
 * tightest one: tomorrow's rows should fit the type that today's rows gave the dataset.
 *
 * Tested by: test_postgres_types.c. */
#include "source/postgres_types.h"

enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_CHAR = 18, /* "char", one byte */
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_JSON = 114,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_MONEY = 790,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_DATE = 1082,
    OID_TIME = 1083,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_INTERVAL = 1186,
    OID_NUMERIC = 1700,
    OID_UUID = 2950,
    OID_JSONB = 3802
};

enum { DECIMAL_DIGITS_MAX = 38, DECIMAL_DIGITS_SMALL = 18 };

static Str coercion_rule(const PgType *type, const char *stored, Arena *arena) {
    return str_format(arena, "%.*s to %s", STR_ARG(type->name), stored);
}

/* VARCHAR, printed by the server. */
static PgPlan plan_printed(const PgType *type, Arena *arena) {
    PgPlan plan = {.decode = PG_DECODE_TEXT,
                   .type = COLUMN_UTF8,
                   .stored = STR("VARCHAR"),
                   .coercion = coercion_rule(type, "VARCHAR", arena)};
    switch (type->oid) {
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_BPCHAR: /* a cast to text would cut its padding */
    case OID_NAME:
        plan.print = PG_PRINT_NOT;
        plan.coercion = STR_EMPTY;
        return plan;
    case OID_CHAR: /* may hold any byte: its output function escapes */
        plan.print = PG_PRINT_OUTPUT;
        plan.coercion = STR_EMPTY;
        return plan;
    case OID_JSON:
        plan.print = PG_PRINT_NOT;
        return plan;
    case OID_NUMERIC:
        plan.decode = PG_DECODE_NUMERIC_TEXT;
        plan.special = STR("numeric NaN or infinity as text");
        plan.print = PG_PRINT_CAST;
        return plan;
    case OID_MONEY:
        plan.print = PG_PRINT_MONEY;
        return plan;
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_OID:
    case OID_FLOAT4:
    case OID_FLOAT8:
    case OID_BYTEA:
    case OID_DATE:
    case OID_TIME:
    case OID_TIMESTAMP:
    case OID_TIMESTAMPTZ:
    case OID_INTERVAL:
    case OID_UUID:
    case OID_JSONB:
        plan.print = PG_PRINT_CAST;
        return plan;
    default:
        plan.print = type->is_array       ? PG_PRINT_ARRAY
                     : type->is_composite ? PG_PRINT_ROW
                                          : PG_PRINT_OUTPUT;
        return plan;
    }
}

static PgPlan plan_binary(PgDecode decode, ColumnType type, const char *stored) {
    return (PgPlan){.decode = decode, .type = type, .stored = str_c(stored)};
}

static PgPlan plan_decimal(unsigned width, unsigned scale, Arena *arena) {
    return (PgPlan){.decode = PG_DECODE_DECIMAL,
                    .type = COLUMN_DECIMAL,
                    .width = (uint8_t)width,
                    .scale = (uint8_t)scale,
                    .stored = str_format(arena, "DECIMAL(%u,%u)", width, scale)};
}

static PgPlan plan_numeric(const PgType *type, Arena *arena) {
    if (type->typmod >= 4) {
        uint32_t packed = (uint32_t)type->typmod - 4;
        int precision = (int)(packed >> 16);
        int scale = (int)((packed & 0x7FF) ^ 1024) - 1024; /* 11 bits with a sign */
        int width = scale < 0 ? precision - scale : scale > precision ? scale : precision;
        if (width >= 1 && width <= DECIMAL_DIGITS_MAX)
            return plan_decimal((unsigned)width, scale < 0 ? 0 : (unsigned)scale, arena);
    }
    PgPlan plan = plan_printed(type, arena);
    plan.needs_digits = true;
    return plan;
}

static PgPlan plan_exact(const PgType *type, Arena *arena) {
    switch (type->oid) {
    case OID_BOOL:
        return plan_binary(PG_DECODE_BOOL, COLUMN_BOOL, "BOOLEAN");
    case OID_INT2:
        return plan_binary(PG_DECODE_INT2, COLUMN_INT32, "INTEGER");
    case OID_INT4:
        return plan_binary(PG_DECODE_INT4, COLUMN_INT32, "INTEGER");
    case OID_INT8:
        return plan_binary(PG_DECODE_INT8, COLUMN_INT64, "BIGINT");
    case OID_OID:
        return plan_binary(PG_DECODE_OID, COLUMN_INT64, "BIGINT");
    case OID_FLOAT4:
        return plan_binary(PG_DECODE_FLOAT4, COLUMN_FLOAT32, "FLOAT");
    case OID_FLOAT8:
        return plan_binary(PG_DECODE_FLOAT8, COLUMN_FLOAT64, "DOUBLE");
    case OID_BYTEA:
        return plan_binary(PG_DECODE_BYTES, COLUMN_BINARY, "BLOB");
    case OID_TIME:
        return plan_binary(PG_DECODE_TIME, COLUMN_TIME_US, "TIME");
    case OID_NUMERIC:
        return plan_numeric(type, arena);
    default:
        break;
    }
    PgPlan plan = plan_printed(type, arena);
    if (type->oid == OID_DATE)
        plan = plan_binary(PG_DECODE_DATE, COLUMN_DATE32, "DATE");
    else if (type->oid == OID_TIMESTAMP)
        plan = plan_binary(PG_DECODE_TIMESTAMP, COLUMN_TIMESTAMP_US, "TIMESTAMP");
    else if (type->oid == OID_TIMESTAMPTZ)
        plan = plan_binary(PG_DECODE_TIMESTAMP, COLUMN_TIMESTAMPTZ_US, "TIMESTAMP WITH TIME ZONE");
    else if (type->oid == OID_UUID)
        plan.decode = PG_DECODE_UUID, plan.print = PG_PRINT_NOT;
    if (plan.decode == PG_DECODE_DATE || plan.decode == PG_DECODE_TIMESTAMP)
        plan.special = STR("infinity as DuckDB's infinity");
    return plan;
}

static PgPlan plan_reference(const PgType *type, Arena *arena) {
    PgPlan plan;
    switch (type->oid) {
    case OID_BOOL:
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_FLOAT8:
        return plan_exact(type, arena);
    case OID_FLOAT4:
        plan = plan_binary(PG_DECODE_FLOAT4_WIDE, COLUMN_FLOAT64, "DOUBLE");
        break;
    case OID_NUMERIC:
        plan = plan_binary(PG_DECODE_NUMERIC_DOUBLE, COLUMN_FLOAT64, "DOUBLE");
        plan.special = STR("numeric to DOUBLE, rounded");
        break;
    default:
        return plan_printed(type, arena);
    }
    plan.coercion = coercion_rule(type, "DOUBLE", arena);
    return plan;
}

static bool is_key_type(const PgType *type, const PgPlan *plan) {
    switch (type->oid) {
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_BPCHAR:
    case OID_DATE:
    case OID_TIMESTAMP:
    case OID_TIMESTAMPTZ:
    case OID_UUID:
        return true;
    case OID_NUMERIC: /* a rounded key would skip rows or repeat them */
        return plan->decode != PG_DECODE_NUMERIC_DOUBLE;
    default:
        return false;
    }
}

PgPlan pg_plan_type(const PgType *type, SourceTypes types, Arena *arena) {
    PgPlan plan = types == SOURCE_EXACT       ? plan_exact(type, arena)
                  : types == SOURCE_REFERENCE ? plan_reference(type, arena)
                                              : plan_printed(type, arena);
    if (types == SOURCE_PRINTED)
        plan.coercion = plan.special = STR_EMPTY;
    plan.is_key_type = is_key_type(type, &plan);
    return plan;
}

PgPlan pg_plan_digits(const PgType *type, const PgDigits *digits, Arena *arena) {
    PgPlan plan = plan_printed(type, arena);
    uint64_t with_zeros = (uint64_t)digits->whole + digits->scale;
    uint64_t needed = (uint64_t)digits->whole + digits->scale_needed;
    if (digits->not_finite == 0 && needed <= DECIMAL_DIGITS_MAX) {
        bool keep_zeros = with_zeros <= DECIMAL_DIGITS_MAX;
        uint32_t scale = keep_zeros ? digits->scale : digits->scale_needed;
        bool small = digits->whole + scale <= DECIMAL_DIGITS_SMALL;
        plan = plan_decimal(small ? DECIMAL_DIGITS_SMALL : DECIMAL_DIGITS_MAX, scale, arena);
    }
    plan.is_key_type = true;
    return plan;
}

bool pg_plan_widen(const PgType *type, PgPlan *plan, Arena *arena) {
    if (plan->type == COLUMN_UTF8)
        return false;
    bool is_key = plan->is_key_type;
    *plan = plan_printed(type, arena);
    plan->is_key_type = is_key;
    return true;
}
