/* dsn.h - where a database is: read from the forms in which people write it.
 *
 *     postgresql://user:pass@host:5432/db?sslmode=verify-full   (also postgres://, mysql://,
 *                                                                mariadb://)
 *     host=db.example user=bob password='p w' dbname=shop       (libpq's form: PostgreSQL)
 *
 * Parsed by us, and handed on field by field: neither a client library nor an error message ever
 * sees the text. A password may hold any character when percent-encoded; a raw '@', '#', '/', ':'
 * or '?' in it is understood where only one reading is possible, and refused otherwise. A host is
 * required: a name, an address ([::1] in a URL) or the path of a Unix socket, as in
 * host=/run/postgresql, ?socket=/run/mysqld/mysqld.sock or %2Frun%2Fpostgresql. Several hosts are
 * refused.
 *
 * Known options: sslmode (disable, allow, prefer, require, verify-ca, verify-full; default
 * prefer, or verify-full when sslrootcert is given), sslrootcert, sslcert, sslkey, connect_timeout,
 * user, password, host, port, dbname; MySQL spellings ssl-mode, ssl-ca, ssl-cert, ssl-key, socket
 * as well. Any other is FAIL_INVALID, naming the option where it is one that other programs know,
 * never its value.
 *
 * Errors: FAIL_INVALID, field "dsn"; no part of the text but a known scheme or option name is
 * shown. Ownership: the caller's arena.   Threads: pure functions. */
#ifndef BASE_DSN_H
#define BASE_DSN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef enum DsnKind { DSN_POSTGRES = 1, DSN_MYSQL } DsnKind;
typedef enum DsnTls {
    DSN_TLS_DISABLE,
    DSN_TLS_ALLOW,
    DSN_TLS_PREFER,
    DSN_TLS_REQUIRE,
    DSN_TLS_VERIFY_CA,
    DSN_TLS_VERIFY_FULL
} DsnTls;

typedef struct Dsn {
    DsnKind kind;
    Str user, password, database;
    bool has_password;
    Str host;      /* name, address, or the folder or file of a Unix socket (begins with '/') */
    uint16_t port; /* 0 = the kind's default */
    DsnTls tls;
    Str tls_root_cert, tls_cert, tls_key; /* paths */
    uint32_t connect_timeout_s;           /* 0 = 10 */
} Dsn;

/* Is this meant as a DSN, not as the name of a file? In doubt yes, since a file's name is repeated
 * in errors: bob:secret@host/db and password=x are. Whatever begins with '/', './' or '../' is a
 * file. */
bool dsn_looks_like(Str text);
MUST_CHECK bool dsn_parse(Str text, Arena *arena, Dsn *out, Err *err);
/* "postgresql://bob@db.example:5432/shop": an allow-list of user, host, port, database, and nothing
 * else. */
Str dsn_show(const Dsn *dsn, Arena *arena);

#endif
