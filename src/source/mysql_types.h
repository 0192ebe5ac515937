/* mysql_types.h - what becomes of a column of MySQL or MariaDB.
 *
 * A field, as the protocol describes it, is planned into a column: how its values lie in a row of
 * the binary protocol, how they are put (MysqlStep joins the two), what is stored, and what comes
 * next when a value turns out not to fit.
 *
 *   source                       exact                        reference      misfit, then
 *   tinyint(1)                   BOOLEAN                      BOOLEAN        2 -> INTEGER
 *   tinyint smallint mediumint   INTEGER                      VARCHAR
 *   int                          INTEGER                      INTEGER
 *   int unsigned                 BIGINT                       INTEGER        -> BIGINT
 *   bigint                       BIGINT                       BIGINT
 *   bigint unsigned              DECIMAL(20,0)                BIGINT         -> DECIMAL(20,0)
 *   decimal(p,s), p <= 38        DECIMAL(p,s)                 DOUBLE
 *   decimal(p,s), p > 38         VARCHAR                      DOUBLE
 *   float, double                FLOAT, DOUBLE                DOUBLE
 *   bit(1), bit(n), bit(64)      BOOLEAN, BIGINT, DECIMAL     VARCHAR
 *   year                         INTEGER                      VARCHAR
 *   date, datetime, timestamp    DATE, TIMESTAMP, ... TZ      VARCHAR        0000-00-00 -> VARCHAR
 *   time                         TIME                         VARCHAR        24 h -> VARCHAR
 *   char, text, enum, set, json, uuid, inet4, inet6: VARCHAR  VARCHAR
 *   binary, blob, geometry       BLOB                         VARCHAR ("\x6162")
 *
 * Errors: none; every field has a plan.
 * Ownership: texts in the caller's arena.   Threads: pure functions. */
#ifndef SOURCE_MYSQL_TYPES_H
#define SOURCE_MYSQL_TYPES_H

#include "base/row_batch.h"
#include "source/row_source.h"

/* Numbers of the protocol. */
typedef enum MysqlWire {
    MYSQL_WIRE_DECIMAL = 0,
    MYSQL_WIRE_TINY = 1,
    MYSQL_WIRE_SHORT = 2,
    MYSQL_WIRE_LONG = 3,
    MYSQL_WIRE_FLOAT = 4,
    MYSQL_WIRE_DOUBLE = 5,
    MYSQL_WIRE_NULL = 6,
    MYSQL_WIRE_TIMESTAMP = 7,
    MYSQL_WIRE_LONGLONG = 8,
    MYSQL_WIRE_INT24 = 9,
    MYSQL_WIRE_DATE = 10,
    MYSQL_WIRE_TIME = 11,
    MYSQL_WIRE_DATETIME = 12,
    MYSQL_WIRE_YEAR = 13,
    MYSQL_WIRE_NEWDATE = 14,
    MYSQL_WIRE_VARCHAR = 15,
    MYSQL_WIRE_BIT = 16,
    MYSQL_WIRE_JSON = 245,
    MYSQL_WIRE_NEWDECIMAL = 246,
    MYSQL_WIRE_ENUM = 247,
    MYSQL_WIRE_SET = 248,
    MYSQL_WIRE_TINY_BLOB = 249,
    MYSQL_WIRE_MEDIUM_BLOB = 250,
    MYSQL_WIRE_LONG_BLOB = 251,
    MYSQL_WIRE_BLOB = 252,
    MYSQL_WIRE_VAR_STRING = 253,
    MYSQL_WIRE_STRING = 254,
    MYSQL_WIRE_GEOMETRY = 255
} MysqlWire;

/* A column of a result, as the server describes it. */
typedef struct MysqlField {
    Str name;
    Str extended;        /* MariaDB's name of a type that travels as text: "uuid", "inet6", or "" */
    Str database, table; /* the table that the values come from; "" for an expression */
    MysqlWire wire;
    bool is_unsigned, is_enum, is_set, not_null;
    bool is_binary;   /* character set 63: bytes, not text */
    uint32_t length;  /* display width: digits, bits */
    uint8_t decimals; /* above 6 or 30: not fixed */
} MysqlField;

/* How a value lies in the row, and how it is put. */
typedef enum MysqlStep {
    MYSQL_I8_I32,
    MYSQL_U8_I32,
    MYSQL_I16_I32,
    MYSQL_U16_I32,
    MYSQL_I32_I32,
    MYSQL_U32_I32, /* beyond 2^31 - 1: misfit */
    MYSQL_U32_I64,
    MYSQL_I64_I64,
    MYSQL_U64_I64, /* beyond 2^63 - 1: misfit */
    MYSQL_U64_I128,
    MYSQL_I8_BOOL, /* neither 0 nor 1: misfit */
    MYSQL_F32_F32,
    MYSQL_F32_F64,
    MYSQL_F64_F64,
    MYSQL_DECIMAL_I128,
    MYSQL_DECIMAL_F64,
    MYSQL_BITS_BOOL,
    MYSQL_BITS_I64,
    MYSQL_BITS_I128,
    MYSQL_DATE_DAYS,
    MYSQL_DATETIME_US,
    MYSQL_TIME_US,
    MYSQL_TEXT,
    MYSQL_BYTES,
    /* as the server prints it */
    MYSQL_PRINT_YEAR,
    MYSQL_PRINT_DATE,
    MYSQL_PRINT_DATETIME,
    MYSQL_PRINT_TIME,
    MYSQL_PRINT_BITS,
    MYSQL_PRINT_BYTES
} MysqlStep;

/* How a server is asked to print a column (SOURCE_PRINTED). */
typedef enum MysqlPrint {
    MYSQL_PRINTS_ITSELF, /* text already */
    MYSQL_PRINTS_CAST,
    MYSQL_PRINTS_FLOAT, /* printed as the double that it is: a float would be rounded */
    MYSQL_PRINTS_BITS,
    MYSQL_PRINTS_HEX
} MysqlPrint;

typedef struct MysqlColumn {
    Str name;
    MysqlWire wire;
    MysqlStep step;
    MysqlPrint print;
    ColumnType type;
    uint8_t width, scale; /* of a stored decimal */
    uint8_t decimals;     /* printed fraction of a second: 0 to 6 digits; 7: as many as needed */
    bool zoned;           /* a timestamp: in UTC */
    bool own_type;        /* what is stored is what the source has: no coercion */
    bool comparable;      /* may be part of a key: prints exactly, compares as it sorts */
} MysqlColumn;

enum { MYSQL_DECIMALS_AS_NEEDED = 7 };

MysqlColumn mysql_plan(const MysqlField *field, SourceTypes types);
/* After a misfit; false when there is nothing wider. */
bool mysql_plan_wider(MysqlColumn *column);
/* What a column of SOURCE_PRINTED is read as. */
MysqlColumn mysql_plan_printed(const MysqlColumn *column);
/* May rows described as `field` be read as planned? Texts and bytes come in many sizes alike. */
bool mysql_reads(const MysqlField *planned, const MysqlField *field);
/* "DECIMAL(20,0)". */
Str mysql_stored_type(const MysqlColumn *column, Arena *arena);
/* "int unsigned", "decimal(10,2)": for a column of a query, which no table declares. */
Str mysql_field_type(const MysqlField *field, Arena *arena);

#endif
