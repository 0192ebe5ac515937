/* postgres_types.h - how each PostgreSQL type is selected, decoded and stored.
 *
 * What a column becomes is decided here and nowhere else; docs/databases.md shows the same table to
 * people. Types with a form of their own in Parquet come in binary; whatever else the server knows
 * is printed by the server (`print`) and stored as VARCHAR, which loses nothing.
 *
 * Ownership: texts in the caller's arena or literals.   Threads: pure functions. */
#ifndef SOURCE_POSTGRES_TYPES_H
#define SOURCE_POSTGRES_TYPES_H

#include "base/arena.h"
#include "source/postgres_numeric.h"
#include "source/row_source.h"

/* What the catalog says of one column. */
typedef struct PgType {
    uint32_t oid; /* a domain's base type */
    int32_t typmod;
    Str name;      /* "numeric(10,2)" */
    Str cast_name; /* without typmod, for literals: "numeric", "bpchar" */
    bool is_array;
    bool is_composite; /* anonymous records, too */
} PgType;

/* The expression that stands in the SELECT list. */
typedef enum PgPrint {
    PG_PRINT_NOT,    /* binary: the column itself */
    PG_PRINT_CAST,   /* ::text, where that is the type's own output */
    PG_PRINT_OUTPUT, /* the type's output function (inet::text would add "/32") */
    PG_PRINT_MONEY,  /* the amount as a number: money prints in the server's locale */
    PG_PRINT_ARRAY,  /* JSON; PostgreSQL's own form when bounds other than 1 must not be lost */
    PG_PRINT_ROW     /* JSON */
} PgPrint;

/* What the bytes are, and which column they go to. */
typedef enum PgDecode {
    PG_DECODE_BOOL,
    PG_DECODE_INT2, /* to INT32 */
    PG_DECODE_INT4,
    PG_DECODE_INT8,
    PG_DECODE_OID, /* to INT64 */
    PG_DECODE_FLOAT4,
    PG_DECODE_FLOAT8,
    PG_DECODE_FLOAT4_WIDE, /* to FLOAT64 */
    PG_DECODE_DECIMAL,
    PG_DECODE_NUMERIC_DOUBLE,
    PG_DECODE_DATE,
    PG_DECODE_TIME,
    PG_DECODE_TIMESTAMP, /* with a zone or without */
    PG_DECODE_UUID,      /* 16 bytes to 36 characters */
    PG_DECODE_BYTES,
    PG_DECODE_TEXT,
    PG_DECODE_NUMERIC_TEXT /* printed; NaN and infinities are counted */
} PgDecode;

typedef struct PgPlan {
    PgPrint print;
    PgDecode decode;
    ColumnType type;
    uint8_t width, scale; /* COLUMN_DECIMAL */
    Str stored;           /* "DECIMAL(10,2)" */
    Str coercion;         /* rule that all its values fall under, or "" */
    Str special;          /* rule of its special values, or "" */
    bool needs_digits;    /* numeric without a usable typmod: pg_plan_digits */
    bool is_key_type;     /* can be printed and compared again as part of a key */
} PgPlan;

PgPlan pg_plan_type(const PgType *type, SourceTypes types, Arena *arena);

/* What the pre-scan saw of a numeric column that declares no size. */
typedef struct PgDigits {
    uint64_t not_finite;   /* values that are NaN or infinite */
    uint32_t whole;        /* most digits before the point */
    uint32_t scale;        /* most decimals as written ("1.50" has 2) */
    uint32_t scale_needed; /* most decimals without trailing zeros */
} PgDigits;
/* DECIMAL(18,s) or (38,s) where every value fits, else VARCHAR. */
PgPlan pg_plan_digits(const PgType *type, const PgDigits *digits, Arena *arena);

/* The next wider plan after a misfit, which is VARCHAR as the server prints it; false when the
 * plan is that already. */
bool pg_plan_widen(const PgType *type, PgPlan *plan, Arena *arena);

#endif
