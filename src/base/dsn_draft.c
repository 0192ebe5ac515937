/* dsn_draft.c - what a DSN may say: the names of its options, and the check of every value.
 *
 * A name that is not in the tables below is never repeated: a password with a raw '&' makes the
 * rest of itself look like an option. Names that other programs know and we do not have a table of
 * their own, so that the refusal can say which one it was.
 *
 * A value given twice is refused rather than the later one taken: two programs that read a text
 * differently is how a check is walked around. Hosts are names, addresses or socket paths and
 * nothing else: whatever becomes `host` is shown to people.
 *
 * Tested by: tests/unit/base/test_dsn.c, fuzz/fuzz_dsn.c. */
#include "base/dsn_draft.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/vec.h"

typedef struct OptionName {
    const char *name;
    DsnPart part;
} OptionName;

static const OptionName options[] = {
    {"user", DSN_PART_USER},
    {"password", DSN_PART_PASSWORD},
    {"host", DSN_PART_HOST},
    {"socket", DSN_PART_HOST},
    {"unix_socket", DSN_PART_HOST},
    {"port", DSN_PART_PORT},
    {"dbname", DSN_PART_DATABASE},
    {"sslmode", DSN_PART_TLS},
    {"ssl-mode", DSN_PART_TLS},
    {"ssl_mode", DSN_PART_TLS},
    {"sslrootcert", DSN_PART_TLS_ROOT},
    {"ssl-ca", DSN_PART_TLS_ROOT},
    {"ssl_ca", DSN_PART_TLS_ROOT},
    {"sslcert", DSN_PART_TLS_CERT},
    {"ssl-cert", DSN_PART_TLS_CERT},
    {"ssl_cert", DSN_PART_TLS_CERT},
    {"sslkey", DSN_PART_TLS_KEY},
    {"ssl-key", DSN_PART_TLS_KEY},
    {"ssl_key", DSN_PART_TLS_KEY},
    {"connect_timeout", DSN_PART_TIMEOUT},
};

/* Options of libpq, the MySQL clients, JDBC, SQLAlchemy and Prisma that we do not take. */
static const char *const foreign_options[] = {
    "allowPublicKeyRetrieval",
    "application_name",
    "autocommit",
    "channel_binding",
    "charset",
    "client_encoding",
    "compress",
    "connection_limit",
    "currentSchema",
    "database",
    "db",
    "default-auth",
    "fallback_application_name",
    "gssencmode",
    "gsslib",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "options",
    "passfile",
    "passwd",
    "pgbouncer",
    "plugin-dir",
    "pool_timeout",
    "protocol",
    "pwd",
    "read_timeout",
    "replication",
    "requirepeer",
    "require_auth",
    "requiressl",
    "schema",
    "serverTimezone",
    "service",
    "servicefile",
    "ssl",
    "ssl-capath",
    "ssl-cipher",
    "ssl-crl",
    "ssl-fips-mode",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslnegotiation",
    "sslpassword",
    "sslsni",
    "statement_cache_size",
    "target_session_attrs",
    "tcp_user_timeout",
    "tls-version",
    "useSSL",
    "useUnicode",
    "username",
    "write_timeout",
};

static const struct {
    const char *name;
    DsnTls tls;
} tls_names[] = {
    {"disable", DSN_TLS_DISABLE},
    {"disabled", DSN_TLS_DISABLE},
    {"allow", DSN_TLS_ALLOW},
    {"prefer", DSN_TLS_PREFER},
    {"preferred", DSN_TLS_PREFER},
    {"require", DSN_TLS_REQUIRE},
    {"required", DSN_TLS_REQUIRE},
    {"verify-ca", DSN_TLS_VERIFY_CA},
    {"verify_ca", DSN_TLS_VERIFY_CA},
    {"verify-full", DSN_TLS_VERIFY_FULL},
    {"verify_full", DSN_TLS_VERIFY_FULL},
    {"verify_identity", DSN_TLS_VERIFY_FULL},
};

static const struct {
    const char *name;
    size_t bytes_max;
} parts[DSN_PART_COUNT] = {
    [DSN_PART_USER] = {"user", 255},
    [DSN_PART_PASSWORD] = {"password", 4096},
    [DSN_PART_HOST] = {"host", 253},
    [DSN_PART_PORT] = {"port", 16},
    [DSN_PART_DATABASE] = {"database", 255},
    [DSN_PART_TLS] = {"sslmode", 32},
    [DSN_PART_TLS_ROOT] = {"sslrootcert", 1024},
    [DSN_PART_TLS_CERT] = {"sslcert", 1024},
    [DSN_PART_TLS_KEY] = {"sslkey", 1024},
    [DSN_PART_TIMEOUT] = {"connect_timeout", 16},
};

enum { SOCKET_PATH_BYTES_MAX = 107, CONNECT_TIMEOUT_S_MAX = 3600 };

const char *dsn_part_name(DsnPart p) {
    return parts[p].name;
}

static const OptionName *find_option(Str name) {
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (str_eq_nocase(name, str_c(options[i].name)))
            return &options[i];
    return NULL;
}

static const char *find_foreign(Str name) {
    for (size_t i = 0; i < ARRAY_LEN(foreign_options); i++)
        if (str_eq_nocase(name, str_c(foreign_options[i])))
            return foreign_options[i];
    return NULL;
}

bool dsn_option_known(Str name) {
    return find_option(name) != NULL || find_foreign(name) != NULL;
}

bool dsn_draft_put(DsnDraft *draft, DsnPart part, Str value, Err *err) {
    const char *name = parts[part].name;
    if (draft->given[part])
        return err_fail(err, FAIL_INVALID, "the dsn gives its %s twice", name);
    if (value.length > parts[part].bytes_max)
        return err_fail(err, FAIL_INVALID, "the dsn's %s is longer than %zu bytes", name,
                        parts[part].bytes_max);
    if (str_find_char(value, '\0', 0) != SIZE_MAX)
        return err_fail(err, FAIL_INVALID, "the dsn's %s holds a NUL character", name);
    draft->given[part] = true;
    draft->values[part] = str_dup(draft->arena, value);
    return true;
}

bool dsn_draft_option(DsnDraft *draft, Str name, size_t ordinal, Str value, Err *err) {
    const OptionName *option = find_option(name);
    if (option != NULL)
        return dsn_draft_put(draft, option->part, value, err);
    const char *foreign = find_foreign(name);
    if (foreign != NULL)
        err_fail(err, FAIL_INVALID, "the dsn's option '%s' is not supported", foreign);
    else
        err_fail(err, FAIL_INVALID, "option %zu of the dsn is not known", ordinal);
    return err_hint(err, "options are user, password, host, port, dbname, sslmode, sslrootcert, "
                         "sslcert, sslkey, connect_timeout");
}

/* --- the values ------------------------------------------------------------------------------ */

/* What is shown or handed to a C library as a name: UTF-8 without control characters. */
static bool is_clean_text(Str text) {
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    return utf8_valid(text);
}

static bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

/* Labels with dots between them; one dot may end the last. */
static bool is_host_name(Str host) {
    size_t label = 0;
    for (size_t i = 0; i < host.length; i++) {
        if (host.data[i] == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if (is_name_byte(host.data[i]) && label < 63) {
            label++;
        } else {
            return false;
        }
    }
    return host.length > 0;
}

static bool is_ipv6(Str host) {
    char address[INET6_ADDRSTRLEN];
    struct in6_addr parsed;
    Str head;
    Str zone = str_cut(host, '%', &head);
    if (head.length >= sizeof address || (head.length < host.length && zone.length == 0) ||
        zone.length > 32)
        return false;
    for (size_t i = 0; i < zone.length; i++)
        if (!is_name_byte(zone.data[i]) && zone.data[i] != '.')
            return false;
    memcpy(address, head.data, head.length);
    address[head.length] = '\0';
    return inet_pton(AF_INET6, address, &parsed) == 1;
}

static bool check_host(Str host, Err *err) {
    if (host.length == 0) {
        err_fail(err, FAIL_INVALID, "the dsn names no host");
        return err_hint(err, "for a Unix socket give its path, as in host=/run/postgresql or "
                             "?socket=/run/mysqld/mysqld.sock");
    }
    if (host.data[0] == '/') {
        if (host.length > SOCKET_PATH_BYTES_MAX)
            return err_fail(err, FAIL_INVALID, "the path of the dsn's socket is too long");
        if (!is_clean_text(host))
            return err_fail(err, FAIL_INVALID, "the path of the dsn's socket is not clean text");
        return true;
    }
    if (str_find_char(host, ',', 0) != SIZE_MAX)
        return err_fail(err, FAIL_INVALID, "the dsn names several hosts; give one");
    bool ok = str_find_char(host, ':', 0) != SIZE_MAX ? is_ipv6(host) : is_host_name(host);
    return ok || err_fail(err, FAIL_INVALID,
                          "the dsn's host is not a host name, an address or the path of a socket");
}

static bool check_names(const Dsn *dsn, Err *err) {
    if (dsn->has_password && dsn->user.length == 0)
        return err_fail(err, FAIL_INVALID, "the dsn has a password but no user");
    if (!is_clean_text(dsn->user))
        return err_fail(err, FAIL_INVALID, "the dsn's user is not clean text");
    if (!is_clean_text(dsn->database))
        return err_fail(err, FAIL_INVALID, "the dsn's database is not clean text");
    /* libpq would read such a "database" as a whole DSN, with a password of its own. */
    if (str_find(dsn->database, STR("://"), 0) != SIZE_MAX ||
        str_find_char(dsn->database, '=', 0) != SIZE_MAX)
        return err_fail(err, FAIL_INVALID, "the dsn's database is itself written like a dsn");
    return check_host(dsn->host, err);
}

static bool read_number(const DsnDraft *draft, DsnPart part, uint64_t max, uint64_t *out,
                        Err *err) {
    Str text = draft->values[part];
    if (!draft->given[part] || text.length == 0)
        return true;
    uint64_t value;
    if (!str_to_u64(text, &value) || value == 0 || value > max)
        return err_fail(err, FAIL_INVALID, "the dsn's %s is not a number from 1 to %llu",
                        parts[part].name, (unsigned long long)max);
    *out = value;
    return true;
}

static bool read_tls(const DsnDraft *draft, DsnTls *out, Err *err) {
    if (!draft->given[DSN_PART_TLS]) {
        *out = draft->values[DSN_PART_TLS_ROOT].length > 0 ? DSN_TLS_VERIFY_FULL : DSN_TLS_PREFER;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(tls_names); i++) {
        if (!str_eq_nocase(draft->values[DSN_PART_TLS], str_c(tls_names[i].name)))
            continue;
        *out = tls_names[i].tls;
        return true;
    }
    err_fail(err, FAIL_INVALID, "the dsn's sslmode is not known");
    return err_hint(err, "one of disable, allow, prefer, require, verify-ca, verify-full");
}

static bool read_paths(const DsnDraft *draft, Dsn *dsn, Err *err) {
    for (DsnPart part = DSN_PART_TLS_ROOT; part <= DSN_PART_TLS_KEY; part++)
        if (!is_clean_text(draft->values[part]))
            return err_fail(err, FAIL_INVALID, "the dsn's %s is not clean text", parts[part].name);
    dsn->tls_root_cert = draft->values[DSN_PART_TLS_ROOT];
    dsn->tls_cert = draft->values[DSN_PART_TLS_CERT];
    dsn->tls_key = draft->values[DSN_PART_TLS_KEY];
    return true;
}

bool dsn_draft_finish(const DsnDraft *draft, Dsn *out, Err *err) {
    uint64_t port = 0;
    uint64_t timeout_s = 0;
    Dsn dsn = {
        .kind = draft->kind,
        .user = draft->values[DSN_PART_USER],
        .password = draft->values[DSN_PART_PASSWORD],
        .has_password = draft->given[DSN_PART_PASSWORD],
        .database = draft->values[DSN_PART_DATABASE],
        .host = draft->values[DSN_PART_HOST],
    };
    if (!check_names(&dsn, err) || !read_number(draft, DSN_PART_PORT, UINT16_MAX, &port, err) ||
        !read_number(draft, DSN_PART_TIMEOUT, CONNECT_TIMEOUT_S_MAX, &timeout_s, err) ||
        !read_tls(draft, &dsn.tls, err) || !read_paths(draft, &dsn, err))
        return false;
    dsn.port = (uint16_t)port;
    dsn.connect_timeout_s = (uint32_t)timeout_s;
    *out = dsn;
    return true;
}
