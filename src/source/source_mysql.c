/* source_mysql.c - the connection, by libmariadb: all of it that we use.
 *
 * Waiting. The library's non-blocking calls run on a stack of their own and come back whenever they
 * would have to wait; we wait, in slices, and look at the caller's progress in between. So a load
 * is cancelled while it connects, while the server thinks and while rows flow, without a second
 * thread. (The alternatives: a read timeout loses the connection; another thread that kills the
 * query is one more thread.) Within the TLS handshake the library waits by itself, for as many
 * milliseconds as it is given seconds to connect; that is why it is told a thousand times as many,
 * and the real limit is ours.
 *
 * Rows. A statement is prepared and executed without storing its result; no buffers are bound. The
 * library reads one packet at a time into its network buffer, and we decode it there
 * (mysql_values.c).
 *
 * Ending early. The protocol has no way to say "enough": a result has to be read to its end. A
 * short rest is; otherwise KILL QUERY goes through a second connection - after both have said that
 * they are of the same server, since behind a balancer the number would be somebody else's - and
 * what was already sent is read away. The snapshot survives this. mysql_link_close just hangs up: a
 * server that is sending notices; one that is still thinking is killed.
 *
 * Passwords. Plugins that send it as it is (mysql_clear_password, dialog) are not allowed, whatever
 * a server asks for.
 *
 * TLS. `prefer` tries it and falls back; `allow` means the same; `require` and above are checked
 * again once connected, because the library would go on in the clear with a server that has none.
 * `verify-ca` checks the certificate's chain, `verify-full` the host's name, too; without a file of
 * root certificates the system's are used.
 *
 * Tested by: server_mysql_hostile.c and row_source_contract.c over real servers (tests/e2e).
 */
#include "source/mysql_link.h"

#ifdef LAKEHOUSE_MYSQL

#include <errno.h>
#include <fcntl.h>
#include <mysql.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "source/mysql_errors.h"
#include "source/mysql_sql.h"

enum {
    WAIT_SLICE_MS = 200,
    CONNECT_SECONDS = 10, /* where the DSN says nothing */
    CONNECT_SECONDS_MAX = 600,
    ASYNC_STACK_BYTES = 256 << 10, /* a TLS handshake needs most */
    STOP_DRAIN_BYTES = 4 << 20,    /* read rather than killed */
    CELLS_MAX = 1 << 18,
    PORT_DEFAULT = 3306
};

static const char allowed_plugins[] =
    "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519";
static const char system_certificates[] = "/etc/ssl/certs";

struct MysqlLink {
    Arena *arena;
    const Dsn *dsn;
    const Progress *progress;
    MYSQL *mysql;
    MYSQL_STMT *stmt;
    MysqlField *fields; /* of stmt, as prepared: wire and sign only */
    size_t field_count;
    Arena *statement_arena;
    Str server;          /* which one it is, as it says */
    uint64_t give_up_ns; /* while connecting; 0: no limit */
    bool reading;        /* between execute and the last row */
    bool waiting;        /* a call was given up in the middle */
};

/* ---- waiting ---------------------------------------------------------------------------------
 */

static bool past(uint64_t limit_ns) {
    return limit_ns != 0 && clock_monotonic_ns() >= limit_ns;
}

/* Until what *status asks for has happened; then *status says what has. */
static bool wait_for(MysqlLink *link, int *status, Err *err) {
    short events = (short)((*status & MYSQL_WAIT_READ ? POLLIN : 0) |
                           (*status & MYSQL_WAIT_WRITE ? POLLOUT : 0) |
                           (*status & MYSQL_WAIT_EXCEPT ? POLLPRI : 0));
    struct pollfd handle = {.fd = mysql_get_socket(link->mysql), .events = events};
    link->waiting = true;
    for (;;) {
        if (!progress_check(link->progress, err))
            return false;
        if (past(link->give_up_ns))
            return err_fail(err, FAIL_TIMEOUT, "the database does not answer");
        int ready = poll(&handle, 1, WAIT_SLICE_MS);
        if (ready < 0 && errno != EINTR)
            return err_fail_errno(err, errno, "wait for the database");
        if (ready > 0)
            break;
    }
    link->waiting = false;
    *status &= MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT;
    return true;
}

/* A call that was given up still lies in the library: nothing but close may follow. */
static bool check_usable(const MysqlLink *link, Err *err) {
    return !link->waiting || err_fail(err, FAIL_CANCELLED, "the connection was given up");
}

/* The library leaves the socket blocking once it is connected, and with TLS would then wait inside
 * a read; without TLS it does not care. */
static void unblock(const MysqlLink *link) {
    int handle = mysql_get_socket(link->mysql);
    int flags = fcntl(handle, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK) == 0)
        (void)fcntl(handle, F_SETFL, flags | O_NONBLOCK); /* failing, it only waits longer */
}

/* Runs a call of the library to its end: start, then cont as often as it takes. */
#define RUN_TO_END(link, err, start, cont)                                                         \
    do {                                                                                           \
        int status = (start);                                                                      \
        while (status != 0) {                                                                      \
            if (!wait_for((link), &status, (err)))                                                 \
                return false;                                                                      \
            status = (cont);                                                                       \
        }                                                                                          \
    } while (0)

static bool fails(MysqlLink *link, Err *err) {
    return mysql_fail(mysql_errno(link->mysql), mysql_sqlstate(link->mysql),
                      mysql_error(link->mysql), err);
}

/* What goes wrong between rows is known to the connection only. */
static unsigned statement_errno(const MysqlLink *link) {
    unsigned code = mysql_stmt_errno(link->stmt);
    return code != 0 ? code : mysql_errno(link->mysql);
}

static bool statement_fails(MysqlLink *link, Err *err) {
    if (mysql_stmt_errno(link->stmt) == 0)
        return fails(link, err);
    return mysql_fail(mysql_stmt_errno(link->stmt), mysql_stmt_sqlstate(link->stmt),
                      mysql_stmt_error(link->stmt), err);
}

/* ---- connecting ------------------------------------------------------------------------------
 */

static const char *c_or_null(Arena *arena, Str text) {
    return text.length > 0 ? str_to_c(arena, text) : NULL;
}

static void set_tls(MysqlLink *link, bool tls) {
    const Dsn *dsn = link->dsn;
    my_bool enforce = tls;
    my_bool verify = tls && dsn->tls == DSN_TLS_VERIFY_FULL;
    mysql_options(link->mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
    mysql_options(link->mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    if (!tls)
        return;
    const char *root = c_or_null(link->arena, dsn->tls_root_cert);
    const char *certificate = c_or_null(link->arena, dsn->tls_cert);
    const char *key = c_or_null(link->arena, dsn->tls_key);
    if (root != NULL)
        mysql_options(link->mysql, MYSQL_OPT_SSL_CA, root);
    else if (dsn->tls >= DSN_TLS_VERIFY_CA)
        mysql_options(link->mysql, MYSQL_OPT_SSL_CAPATH, system_certificates);
    if (certificate != NULL)
        mysql_options(link->mysql, MYSQL_OPT_SSL_CERT, certificate);
    if (key != NULL)
        mysql_options(link->mysql, MYSQL_OPT_SSL_KEY, key);
}

static void set_options(MysqlLink *link, unsigned connect_seconds, bool socket_file, bool tls) {
    my_bool off = 0;
    unsigned handshake_ms = connect_seconds * 1000;
    unsigned protocol = socket_file ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    size_t stack_bytes = ASYNC_STACK_BYTES;
    mysql_options(link->mysql, MYSQL_OPT_NONBLOCK, &stack_bytes);
    mysql_options(link->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &handshake_ms);
    mysql_options(link->mysql, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(link->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options(link->mysql, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options(link->mysql, MYSQL_OPT_RECONNECT, &off);
    mysql_options(link->mysql, MYSQL_REPORT_DATA_TRUNCATION, &off);
    mysql_options(link->mysql, MARIADB_OPT_RESTRICTED_AUTH, allowed_plugins);
    mysql_options(link->mysql, MYSQL_OPT_CONNECT_ATTR_RESET, NULL);
    mysql_options4(link->mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "lakehouse");
    set_tls(link, tls);
}

/* A Unix socket's file; in a folder it has its usual name. */
static const char *socket_path(const Dsn *dsn, Arena *arena) {
    struct stat info;
    const char *path = str_to_c(arena, dsn->host);
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return str_format(arena, "%s/mysqld.sock", path).data;
    return path;
}

static bool connect_once(MysqlLink *link, bool tls, Err *err) {
    const Dsn *dsn = link->dsn;
    bool socket_file = dsn->host.length > 0 && dsn->host.data[0] == '/';
    unsigned seconds = dsn->connect_timeout_s == 0 ? CONNECT_SECONDS : dsn->connect_timeout_s;
    if (seconds > CONNECT_SECONDS_MAX)
        seconds = CONNECT_SECONDS_MAX;
    link->mysql = mysql_init(NULL);
    if (link->mysql == NULL)
        return err_fail(err, FAIL_NO_MEMORY, "no memory for a connection");
    set_options(link, seconds, socket_file, tls);
    const char *host = dsn->host.length == 0 ? "localhost" : str_to_c(link->arena, dsn->host);
    const char *user = str_to_c(link->arena, dsn->user);
    char *password = str_to_c(link->arena, dsn->password);
    const char *file = socket_file ? socket_path(dsn, link->arena) : NULL;
    unsigned port = dsn->port == 0 ? PORT_DEFAULT : dsn->port;
    MYSQL *connected = NULL;
    link->give_up_ns = clock_monotonic_ns() + (uint64_t)seconds * 1000000000u;
    RUN_TO_END(link, err,
               mysql_real_connect_start(&connected, link->mysql, socket_file ? NULL : host, user,
                                        password, c_or_null(link->arena, dsn->database),
                                        socket_file ? 0 : port, file, 0),
               mysql_real_connect_cont(&connected, link->mysql, status));
    explicit_bzero(password, dsn->password.length);
    link->give_up_ns = 0;
    return connected != NULL || fails(link, err);
}

static bool link_connect(MysqlLink *link, Err *err) {
    const Dsn *dsn = link->dsn;
    if (connect_once(link, dsn->tls != DSN_TLS_DISABLE, err)) {
        if (dsn->tls < DSN_TLS_REQUIRE || mysql_get_ssl_cipher(link->mysql) != NULL)
            return true;
        return err_fail(err, FAIL_UPSTREAM, "the database offers no TLS, and sslmode asks for it");
    }
    bool may_fall_back = dsn->tls == DSN_TLS_PREFER || dsn->tls == DSN_TLS_ALLOW;
    if (!may_fall_back || link->waiting || mysql_errno(link->mysql) != MYSQL_ERROR_TLS)
        return false;
    mysql_close(link->mysql);
    err_clear(err);
    return connect_once(link, false, err);
}

static void hang_up(MysqlLink *link) {
    if (link->mysql != NULL)
        mysql_close(link->mysql); /* first: then closing the statement reads nothing */
    if (link->stmt != NULL)
        mysql_stmt_close(link->stmt);
    arena_destroy(link->statement_arena);
    arena_destroy(link->arena);
}

bool mysql_link_open(const Dsn *dsn, const Progress *progress, MysqlLink **out, Err *err) {
    Arena *arena = arena_create();
    MysqlLink *link = ARENA_NEW(arena, MysqlLink);
    *link = (MysqlLink){
        .arena = arena, .dsn = dsn, .progress = progress, .statement_arena = arena_create()};
    if (!link_connect(link, err)) {
        err_wrap(err, "connect to %.*s", STR_ARG(dsn_show(dsn, arena)));
        hang_up(link);
        return false;
    }
    *out = link;
    return true;
}

Str mysql_link_version(const MysqlLink *link) {
    return str_c(mysql_get_server_info(link->mysql));
}

/* ---- small statements ------------------------------------------------------------------------
 */

static bool run_query(MysqlLink *link, Str sql, Err *err) {
    int failed = 0;
    unblock(link);
    RUN_TO_END(link, err,
               mysql_real_query_start(&failed, link->mysql, sql.data, (unsigned long)sql.length),
               mysql_real_query_cont(&failed, link->mysql, status));
    return failed == 0 || fails(link, err);
}

static bool store_cells(MysqlLink *link, MYSQL_RES **out, Err *err) {
    RUN_TO_END(link, err, mysql_store_result_start(out, link->mysql),
               mysql_store_result_cont(out, link->mysql, status));
    return *out != NULL || fails(link, err);
}

bool mysql_link_cells(MysqlLink *link, Str sql, Arena *arena, MysqlCells *out, Err *err) {
    MYSQL_RES *result = NULL;
    if (!check_usable(link, err) || !run_query(link, sql, err) || !store_cells(link, &result, err))
        return false;
    size_t rows = (size_t)mysql_num_rows(result);
    size_t columns = mysql_num_fields(result);
    if (columns > 0 && rows > CELLS_MAX / columns) {
        mysql_free_result(result);
        return err_fail(err, FAIL_LIMIT, "the database describes too much");
    }
    MysqlCells cells = {rows, columns, ARENA_ARRAY(arena, Str, rows * columns)};
    for (size_t i = 0; i < rows; i++) {
        MYSQL_ROW row = mysql_fetch_row(result);
        const unsigned long *lengths = mysql_fetch_lengths(result);
        for (size_t j = 0; j < columns; j++)
            cells.cells[i * columns + j] =
                row[j] == NULL ? (Str){NULL, 0} : str_dup(arena, str_make(row[j], lengths[j]));
    }
    mysql_free_result(result);
    *out = cells;
    return true;
}

/* ---- the snapshot ----------------------------------------------------------------------------
 */

/* A setting that only some servers have. */
static bool run_if_known(MysqlLink *link, const char *sql, Err *err) {
    if (run_query(link, str_c(sql), err))
        return true;
    if (link->waiting || mysql_errno(link->mysql) != MYSQL_ERROR_UNKNOWN_VARIABLE)
        return false;
    err_clear(err);
    return true;
}

bool mysql_link_snapshot(MysqlLink *link, Err *err) {
    /* A slow consumer must not be taken for a dead one: the server waits a day. */
    static const char *const settings[] = {
        "SET NAMES utf8mb4",
        "SET SESSION time_zone = '+00:00', wait_timeout = 86400, net_write_timeout = 86400, "
        "net_read_timeout = 3600, sql_select_limit = 18446744073709551615, sql_big_selects = 1, "
        "sql_auto_is_null = 0"};
    static const char *const settings_of_some[] = {
        "SET SESSION max_statement_time = 0", "SET SESSION max_execution_time = 0",
        "SET SESSION idle_transaction_timeout = 0",
        "SET SESSION idle_readonly_transaction_timeout = 0"};
    MysqlCells cells;
    if (!mysql_link_cells(link, STR("SELECT @@sql_mode, CONCAT(@@hostname, ' ', @@port)"),
                          link->arena, &cells, err))
        return false;
    link->server = cells.cells[1];
    if (!run_query(link, mysql_sql_set_mode(cells.cells[0], link->arena), err))
        return err_wrap(err, "set up the session");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (!run_query(link, str_c(settings[i]), err))
            return err_wrap(err, "set up the session");
    for (size_t i = 0; i < sizeof settings_of_some / sizeof *settings_of_some; i++)
        if (!run_if_known(link, settings_of_some[i], err))
            return err_wrap(err, "set up the session");
    if (!run_query(link, STR("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"), err) ||
        !run_query(link, STR("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"), err))
        return err_wrap(err, "take a snapshot");
    return true;
}

/* ---- rows ------------------------------------------------------------------------------------
 */

static bool close_statement(MysqlLink *link, Err *err) {
    my_bool failed = 0;
    if (link->stmt == NULL)
        return true;
    RUN_TO_END(link, err, mysql_stmt_close_start(&failed, link->stmt),
               mysql_stmt_close_cont(&failed, link->stmt, status));
    link->stmt = NULL;
    arena_reset(link->statement_arena);
    return failed == 0 || fails(link, err);
}

static Str extended_type(const MYSQL_FIELD *field) {
    MARIADB_CONST_STRING text;
    if (mariadb_field_attr(&text, field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME) == 0 && text.length > 0)
        return str_make(text.str, text.length);
    if (mariadb_field_attr(&text, field, MARIADB_FIELD_ATTR_FORMAT_NAME) == 0 && text.length > 0)
        return str_make(text.str, text.length);
    return STR_EMPTY;
}

enum { CHARSET_BINARY = 63 };

static MysqlField describe_field(const MYSQL_FIELD *field, Arena *arena) {
    return (MysqlField){
        .name = str_dup(arena, str_make(field->name, field->name_length)),
        .extended = str_dup(arena, extended_type(field)),
        .database = str_dup(arena, str_make(field->db, field->db_length)),
        .table = str_dup(arena, str_make(field->org_table, field->org_table_length)),
        .wire = (MysqlWire)field->type,
        .is_unsigned = (field->flags & UNSIGNED_FLAG) != 0,
        .is_enum = (field->flags & ENUM_FLAG) != 0,
        .is_set = (field->flags & SET_FLAG) != 0,
        .not_null = (field->flags & NOT_NULL_FLAG) != 0,
        .is_binary = field->charsetnr == CHARSET_BINARY,
        .length = (uint32_t)field->length,
        .decimals = (uint8_t)field->decimals,
    };
}

bool mysql_link_prepare(MysqlLink *link, Str sql, Arena *arena, MysqlField **out_fields,
                        size_t *out_count, Err *err) {
    int failed = 0;
    if (!check_usable(link, err) || !mysql_link_stop(link, err) || !close_statement(link, err))
        return false;
    unblock(link);
    link->stmt = mysql_stmt_init(link->mysql);
    if (link->stmt == NULL)
        return fails(link, err);
    RUN_TO_END(link, err,
               mysql_stmt_prepare_start(&failed, link->stmt, sql.data, (unsigned long)sql.length),
               mysql_stmt_prepare_cont(&failed, link->stmt, status));
    if (failed != 0)
        return statement_fails(link, err);
    size_t count = mysql_stmt_field_count(link->stmt);
    MYSQL_RES *described = mysql_stmt_result_metadata(link->stmt);
    if (described == NULL && count > 0)
        return statement_fails(link, err);
    MysqlField *fields = ARENA_ARRAY(arena, MysqlField, count + 1);
    link->fields = ARENA_ARRAY(link->statement_arena, MysqlField, count + 1);
    for (size_t i = 0; i < count; i++) {
        fields[i] = describe_field(mysql_fetch_field_direct(described, (unsigned)i), arena);
        link->fields[i] =
            (MysqlField){.wire = fields[i].wire, .is_unsigned = fields[i].is_unsigned};
    }
    mysql_free_result(described);
    link->field_count = count;
    *out_fields = fields;
    *out_count = count;
    return true;
}

/* Rows are decoded as they were described when prepared: that must still be so. */
static bool check_fields(MysqlLink *link, Err *err) {
    MYSQL_RES *described = mysql_stmt_result_metadata(link->stmt);
    bool same = described != NULL && mysql_num_fields(described) == link->field_count;
    for (size_t i = 0; same && i < link->field_count; i++) {
        const MYSQL_FIELD *field = mysql_fetch_field_direct(described, (unsigned)i);
        same = (MysqlWire)field->type == link->fields[i].wire &&
               ((field->flags & UNSIGNED_FLAG) != 0) == link->fields[i].is_unsigned;
    }
    mysql_free_result(described);
    if (!same)
        return err_fail(err, FAIL_CONFLICT, "the table was altered while it was opened");
    return true;
}

bool mysql_link_execute(MysqlLink *link, Err *err) {
    int failed = 0;
    unblock(link);
    RUN_TO_END(link, err, mysql_stmt_execute_start(&failed, link->stmt),
               mysql_stmt_execute_cont(&failed, link->stmt, status));
    if (failed != 0)
        return statement_fails(link, err);
    link->reading = true;
    return check_fields(link, err);
}

bool mysql_link_fetch(MysqlLink *link, const uint8_t **out_row, const uint8_t **out_end, Err *err) {
    int result = 0;
    RUN_TO_END(link, err, mysql_stmt_fetch_start(&result, link->stmt),
               mysql_stmt_fetch_cont(&result, link->stmt, status));
    if (result == MYSQL_NO_DATA) {
        link->reading = false;
        *out_row = NULL;
        return true;
    }
    if (result != 0 && result != MYSQL_DATA_TRUNCATED) {
        link->reading = false;
        return statement_fails(link, err);
    }
    *out_row = link->mysql->net.read_pos;
    *out_end = link->mysql->net.buff_end;
    return true;
}

/* ---- ending early ----------------------------------------------------------------------------
 */

static bool kill_query(MysqlLink *link, Err *err) {
    MysqlLink *second = NULL;
    MysqlCells cells;
    if (!mysql_link_open(link->dsn, NULL, &second, err))
        return err_wrap(err, "stop a query");
    second->give_up_ns = clock_monotonic_ns() + (uint64_t)CONNECT_SECONDS * 1000000000u;
    bool done =
        mysql_link_cells(second, STR("SELECT CONCAT(@@hostname, ' ', @@port)"), second->arena,
                         &cells, err) &&
        (str_eq(cells.cells[0], link->server) ||
         err_fail(err, FAIL_UPSTREAM, "a second connection went to another server")) &&
        run_query(second, str_format(second->arena, "KILL QUERY %lu", mysql_thread_id(link->mysql)),
                  err);
    hang_up(second);
    return done || err_wrap(err, "stop a query");
}

/* Reads rows away, until the end, an error (which ends them, too) or so many bytes. */
static bool drain(MysqlLink *link, size_t bytes_max, Err *err) {
    size_t begun = 0, now = 0;
    const uint8_t *row, *end;
    mariadb_get_infov(link->mysql, MARIADB_CONNECTION_BYTES_READ, &begun);
    for (unsigned count = 0; link->reading; count++) {
        if (!mysql_link_fetch(link, &row, &end, err)) {
            if (link->waiting || statement_errno(link) != MYSQL_ERROR_INTERRUPTED)
                return false;
            err_clear(err);
        }
        if (count % 64 == 0)
            mariadb_get_infov(link->mysql, MARIADB_CONNECTION_BYTES_READ, &now);
        if (now - begun > bytes_max)
            break;
    }
    return true;
}

bool mysql_link_stop(MysqlLink *link, Err *err) {
    if (!link->reading)
        return true;
    if (!drain(link, STOP_DRAIN_BYTES, err))
        return err_wrap(err, "leave rows unread");
    if (!link->reading)
        return true;
    if (!kill_query(link, err) || !drain(link, SIZE_MAX, err))
        return false;
    /* A query that ended just before it was killed leaves that to the next statement. */
    if (run_query(link, STR("DO 0"), err))
        return true;
    if (link->waiting || mysql_errno(link->mysql) != MYSQL_ERROR_INTERRUPTED)
        return false;
    err_clear(err);
    return true;
}

void mysql_link_close(MysqlLink *link) {
    if (link == NULL)
        return;
    /* Given up while the server was thinking: it would think on. */
    if (link->waiting && link->server.length > 0) {
        Err ignored = {0}; /* the connection ends either way */
        if (!kill_query(link, &ignored))
            err_clear(&ignored);
    }
    hang_up(link);
}

#endif
