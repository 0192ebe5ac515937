/* source_postgres.c - a connection to PostgreSQL: the only file that sees libpq.
 *
 * libpq gets fields, never the text of a DSN, and never waits by itself: we poll its socket in
 * short slices and look at the load's cancel flag in between. (Looking up the host's name is the
 * one thing that libpq does without asking.) COPY data come one message, which is one row, at a
 * time.
 *
 * Settings are LOCAL to the one transaction, so that they end with it behind a connection pooler:
 * dates and zones print in one form, floats with all their digits, no timeout cuts a long read.
 * lc_monetary stays as it is: it says how many decimals the stored amounts have.
 *
 * Password files and variables of the account that runs us are not for other people's connections:
 * they are switched off. Nothing of a server's text leaves unredacted (postgres_error.c); notices
 * are dropped.
 *
 * Tested by: the contract suite and e2e, against real servers; with a row_source made by hand in
 * test_postgres_rows.c for everything above it. */
#include "source/source_backends.h"

#ifdef LAKEHOUSE_POSTGRES

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "source/postgres_error.h"
#include "source/postgres_rows.h"

enum {
    POLL_MS = 100,
    CONNECT_TIMEOUT_S = 10,
    OLDEST_SERVER = 100000,
    CANCEL_TEXT_BYTES = 256,
    DRAIN_S = 10
};

/* Sent when a password is asked for and none was given: an empty one would be taken from the
 * environment of the account that runs us. */
static const char NO_PASSWORD[] = "(none)";

typedef struct PgConnection {
    PgClient base;
    PGconn *conn;
    Progress *progress;
    bool has_password;
    char *piece; /* of the COPY: libpq's memory */
    bool copying;
} PgConnection;

static PgConnection *connection_of(PgClient *client) {
    return (PgConnection *)client;
}

/* ---- waiting ---- */

/* One slice; *out_ready: the socket has something for us. */
static bool wait_slice(PgConnection *self, short events, bool *out_ready, Err *err) {
    struct pollfd socket = {.fd = PQsocket(self->conn), .events = events};
    *out_ready = false;
    if (!progress_check(self->progress, err))
        return false;
    if (socket.fd < 0)
        return err_fail(err, FAIL_UPSTREAM, "the connection to PostgreSQL is closed");
    int ready = poll(&socket, 1, POLL_MS);
    if (ready < 0 && errno != EINTR)
        return err_fail_errno(err, errno, "wait for PostgreSQL");
    *out_ready = ready > 0;
    return true;
}

static bool connection_lost(PgConnection *self, Err *err) {
    return pg_error_statement(STR_EMPTY, str_c(PQerrorMessage(self->conn)), err);
}

/* The next result without blocking; NULL in *out: the statement is over. */
static bool wait_result(PgConnection *self, PGresult **out, Err *err) {
    while (PQisBusy(self->conn)) {
        bool ready = false;
        if (!wait_slice(self, POLLIN, &ready, err))
            return false;
        if (ready && !PQconsumeInput(self->conn))
            return connection_lost(self, err);
    }
    *out = PQgetResult(self->conn);
    return true;
}

/* ---- results ---- */

static bool result_error(const PGresult *result, Err *err) {
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (message == NULL)
        message = PQresultErrorMessage(result);
    return pg_error_statement(str_c(state), str_c(message), err);
}

static bool is_good(ExecStatusType status) {
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static bool is_copy(ExecStatusType status) {
    return status == PGRES_COPY_OUT || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH;
}

static void stop_statement(PgConnection *self);

/* Results up to the statement's end; the last good one is *out (NULL: not wanted). */
static bool take_results(PgConnection *self, PGresult **out, Err *err) {
    PGresult *kept = NULL;
    bool ok = true;
    for (;;) {
        PGresult *result = NULL;
        Err later = {0};
        if (!wait_result(self, &result, ok ? err : &later)) {
            PQclear(kept);
            stop_statement(self);
            return false;
        }
        if (result == NULL)
            break;
        ExecStatusType status = PQresultStatus(result);
        if (!is_good(status) && ok)
            ok = result_error(result, err);
        PQclear(kept);
        kept = result;
        if (is_copy(status)) { /* asked for by nobody; libpq would repeat it for ever */
            PQclear(kept);
            stop_statement(self);
            return false;
        }
    }
    if (ok && out != NULL) {
        *out = kept;
        return kept != NULL || err_fail(err, FAIL_UPSTREAM, "PostgreSQL gave no answer");
    }
    PQclear(kept);
    return ok;
}

static bool client_run(PgClient *client, const char *sql, Err *err) {
    PgConnection *self = connection_of(client);
    if (!PQsendQuery(self->conn, sql))
        return connection_lost(self, err);
    return take_results(self, NULL, err);
}

static PgTable copy_table(const PGresult *result, Arena *arena) {
    size_t rows = (size_t)PQntuples(result);
    size_t columns = (size_t)PQnfields(result);
    Str *cells = ARENA_ARRAY(arena, Str, rows * columns);
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < columns; column++) {
            int y = (int)row;
            int x = (int)column;
            if (!PQgetisnull(result, y, x))
                cells[row * columns + column] = str_dup(
                    arena, str_make(PQgetvalue(result, y, x), (size_t)PQgetlength(result, y, x)));
        }
    }
    return (PgTable){rows, columns, cells};
}

static bool client_query(PgClient *client, const char *sql, const Str *params, size_t param_count,
                         Arena *arena, PgTable *out, Err *err) {
    PgConnection *self = connection_of(client);
    const char **values = ARENA_ARRAY(arena, const char *, param_count);
    for (size_t i = 0; i < param_count; i++)
        values[i] = str_to_c(arena, params[i]);
    PGresult *result = NULL;
    if (!PQsendQueryParams(self->conn, sql, (int)param_count, NULL, values, NULL, NULL, 0))
        return connection_lost(self, err);
    if (!take_results(self, &result, err))
        return false;
    *out = copy_table(result, arena);
    PQclear(result);
    return true;
}

static bool client_describe(PgClient *client, const char *sql, Arena *arena, PgField **out,
                            size_t *out_count, Err *err) {
    PgConnection *self = connection_of(client);
    if (!PQsendPrepare(self->conn, "", sql, 0, NULL))
        return connection_lost(self, err);
    if (!take_results(self, NULL, err))
        return false;
    PGresult *result = NULL;
    if (!PQsendDescribePrepared(self->conn, ""))
        return connection_lost(self, err);
    if (!take_results(self, &result, err))
        return false;
    if (PQnparams(result) > 0) {
        PQclear(result);
        return err_fail(err, FAIL_UNPROCESSABLE, "the statement has parameters");
    }
    size_t count = (size_t)PQnfields(result);
    PgField *fields = ARENA_ARRAY(arena, PgField, count);
    for (size_t i = 0; i < count; i++) {
        int column = (int)i;
        fields[i] = (PgField){.name = str_dup(arena, str_c(PQfname(result, column))),
                              .type_oid = PQftype(result, column),
                              .typmod = PQfmod(result, column),
                              .attribute = (int16_t)PQftablecol(result, column)};
    }
    PQclear(result);
    *out = fields;
    *out_count = count;
    return true;
}

/* ---- COPY ---- */

static bool client_copy_begin(PgClient *client, const char *sql, Err *err) {
    PgConnection *self = connection_of(client);
    PGresult *result = NULL;
    /* The extended protocol takes one statement only. */
    if (!PQsendQueryParams(self->conn, sql, 0, NULL, NULL, NULL, NULL, 0))
        return connection_lost(self, err);
    if (!wait_result(self, &result, err)) {
        stop_statement(self);
        return false;
    }
    bool ok = PQresultStatus(result) == PGRES_COPY_OUT;
    self->copying = ok;
    if (!ok) {
        result_error(result, err);
        stop_statement(self);
    }
    PQclear(result);
    return ok;
}

static void free_piece(PgConnection *self) {
    PQfreemem(self->piece);
    self->piece = NULL;
}

static bool client_copy_read(PgClient *client, Str *out_chunk, Err *err) {
    PgConnection *self = connection_of(client);
    free_piece(self);
    for (;;) {
        int length = PQgetCopyData(self->conn, &self->piece, 1);
        if (length > 0) {
            *out_chunk = str_make(self->piece, (size_t)length);
            return true;
        }
        if (length == -2) {
            self->copying = false;
            return connection_lost(self, err);
        }
        if (length == -1) {
            self->copying = false;
            if (!take_results(self, NULL, err)) /* errors that came after the last row */
                return false;
            *out_chunk = STR_EMPTY;
            return true;
        }
        bool ready = false;
        if (!wait_slice(self, POLLIN, &ready, err))
            return false;
        if (ready && !PQconsumeInput(self->conn))
            return connection_lost(self, err);
    }
}

static void ask_to_stop(PgConnection *self) {
    char text[CANCEL_TEXT_BYTES];
    if (PQtransactionStatus(self->conn) != PQTRANS_ACTIVE)
        return;
    PGcancel *cancel = PQgetCancel(self->conn);
    if (cancel != NULL)
        (void)PQcancel(cancel, text, sizeof text); /* else it just takes until the end */
    PQfreeCancel(cancel);
}

/* Reads away what is on its way; true when the statement is over. */
static bool drop_input(PgConnection *self) {
    for (;;) {
        while (self->copying) {
            int length = PQgetCopyData(self->conn, &self->piece, 1);
            free_piece(self);
            if (length == 0)
                return false;
            self->copying = length > 0;
        }
        if (PQisBusy(self->conn))
            return false;
        PGresult *result = PQgetResult(self->conn);
        if (result == NULL)
            return true;
        /* A COPY that began just when it was not wanted any more: rows may follow. */
        ExecStatusType status = PQresultStatus(result);
        PQclear(result);
        self->copying = status == PGRES_COPY_OUT;
        if (is_copy(status) && !self->copying)
            return false; /* a server that is none */
    }
}

/* Asks the server to stop, and reads until it has. When it does not within DRAIN_S, the connection
 * stays busy and whatever is asked of it next fails. */
static void stop_statement(PgConnection *self) {
    uint64_t started_ns = clock_monotonic_ns();
    free_piece(self);
    ask_to_stop(self);
    while (!drop_input(self) && clock_seconds_since(started_ns) < DRAIN_S) {
        struct pollfd socket = {.fd = PQsocket(self->conn), .events = POLLIN};
        if (socket.fd < 0)
            return;
        if (poll(&socket, 1, POLL_MS) > 0 && !PQconsumeInput(self->conn))
            return;
    }
}

static void client_copy_stop(PgClient *client) {
    PgConnection *self = connection_of(client);
    if (self->copying)
        stop_statement(self);
    free_piece(self);
}

static void client_close(PgClient *client) {
    PgConnection *self = connection_of(client);
    free_piece(self);
    ask_to_stop(self);
    PQfinish(self->conn);
    free(self);
}

static const PgClientOps connection_ops = {.run = client_run,
                                           .query = client_query,
                                           .describe = client_describe,
                                           .copy_begin = client_copy_begin,
                                           .copy_read = client_copy_read,
                                           .copy_stop = client_copy_stop,
                                           .close = client_close};

/* ---- connecting ---- */

typedef struct ConnectOptions {
    const char *names[24];
    const char *values[24];
    size_t count;
} ConnectOptions;

/* Empty values are left to libpq, which would do so anyway. */
static void add_option(ConnectOptions *options, const char *name, const char *value) {
    if (value == NULL || value[0] == '\0' || options->count + 1 >= 24)
        return;
    options->names[options->count] = name;
    options->values[options->count++] = value;
}

static const char *tls_mode(DsnTls tls) {
    static const char *const names[] = {"disable", "allow",     "prefer",
                                        "require", "verify-ca", "verify-full"};
    return names[tls];
}

static void fill_options(const Dsn *dsn, Arena *arena, ConnectOptions *out) {
    add_option(out, "host", dsn->host.length > 0 ? str_to_c(arena, dsn->host) : "localhost");
    add_option(out, "port", str_format(arena, "%u", dsn->port == 0 ? 5432u : dsn->port).data);
    add_option(out, "user", str_to_c(arena, dsn->user));
    add_option(out, "password",
               dsn->password.length > 0 ? str_to_c(arena, dsn->password) : NO_PASSWORD);
    add_option(out, "dbname", str_to_c(arena, dsn->database));
    add_option(out, "sslmode", tls_mode(dsn->tls));
    add_option(out, "sslrootcert", str_to_c(arena, dsn->tls_root_cert));
    add_option(out, "sslcert", str_to_c(arena, dsn->tls_cert));
    add_option(out, "sslkey", str_to_c(arena, dsn->tls_key));
    add_option(out, "gssencmode", "disable");
    add_option(out, "passfile", "/nonexistent");
    add_option(out, "client_encoding", "UTF8");
    add_option(out, "application_name", "lakehouse");
    add_option(out, "keepalives_idle", "60");
    add_option(out, "keepalives_interval", "15");
    add_option(out, "keepalives_count", "4");
}

static void drop_notice(void *context, const PGresult *result) {
    (void)context, (void)result;
}

static bool connection_refused(PgConnection *self, Err *err) {
    pg_error_connect(str_c(PQerrorMessage(self->conn)), err);
    if (self->has_password || strstr(err->message, "28P01") == NULL)
        return false;
    err_fail(err, FAIL_DENIED, "PostgreSQL wants a password"); /* what was wrong is NO_PASSWORD */
    return err_field(err, "dsn");
}

static bool wait_connected(PgConnection *self, uint32_t timeout_s, Err *err) {
    uint64_t started_ns = clock_monotonic_ns();
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED)
            return connection_refused(self, err);
        bool ready = false;
        if (!wait_slice(self, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, &ready, err))
            return false;
        if (ready)
            state = PQconnectPoll(self->conn);
        else if (clock_seconds_since(started_ns) > timeout_s)
            return err_fail(err, FAIL_UPSTREAM, "PostgreSQL did not answer within %u seconds",
                            timeout_s);
    }
    return true;
}

static bool begin(PgConnection *self, Err *err) {
    int version = PQserverVersion(self->conn);
    const char *integers = PQparameterStatus(self->conn, "integer_datetimes");
    if (version < OLDEST_SERVER || (integers != NULL && strcmp(integers, "on") != 0))
        return err_fail(err, FAIL_UNSUPPORTED, "PostgreSQL 10 or later is needed");
    const char *text = PQparameterStatus(self->conn, "server_version");
    (void)str_cut(str_c(text), ' ', &self->base.version_text);
    self->base.server_version = version;
    if (!client_run(&self->base,
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL TimeZone = 'UTC'; "
                    "SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; "
                    "SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; "
                    "SET LOCAL xmloption = 'content'; SET LOCAL synchronize_seqscans = off; "
                    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s'; "
                    "SET LOCAL idle_in_transaction_session_timeout = 0",
                    err))
        return false;
    if (version >= 170000 && !client_run(&self->base, "SET LOCAL transaction_timeout = 0", err))
        return false;
    /* Such a database holds any bytes; asked for UTF8, it fails at the first that are not, where we
     * leave out one row. */
    const char *encoding = PQparameterStatus(self->conn, "server_encoding");
    return encoding == NULL || strcmp(encoding, "SQL_ASCII") != 0 ||
           client_run(&self->base, "SET LOCAL client_encoding = 'SQL_ASCII'", err);
}

static bool connect_to(PgConnection *self, const Dsn *dsn, Err *err) {
    Arena *arena = arena_create();
    ConnectOptions options = {.count = 0};
    fill_options(dsn, arena, &options);
    self->conn = PQconnectStartParams(options.names, options.values, 0);
    bool ok = self->conn != NULL || err_fail(err, FAIL_NO_MEMORY, "no memory for a connection");
    if (ok && PQstatus(self->conn) == CONNECTION_BAD)
        ok = connection_refused(self, err);
    if (ok) {
        (void)PQsetNoticeReceiver(self->conn, drop_notice, NULL);
        /* The only way to the SQLSTATE of a refused connection. */
        (void)PQsetErrorVerbosity(self->conn, PQERRORS_VERBOSE);
        ok = wait_connected(
            self, dsn->connect_timeout_s > 0 ? dsn->connect_timeout_s : CONNECT_TIMEOUT_S, err);
    }
    arena_destroy(arena);
    return ok && begin(self, err);
}

bool source_postgres_open(const Dsn *dsn, const SourceSpec *spec, RowSource **out, Err *err) {
    PgConnection *self = calloc(1, sizeof *self);
    if (self == NULL)
        return err_fail(err, FAIL_NO_MEMORY, "no memory for a connection");
    self->base.ops = &connection_ops;
    self->progress = spec->progress;
    self->has_password = dsn->password.length > 0;
    if (!connect_to(self, dsn, err)) {
        client_close(&self->base);
        return false;
    }
    Arena *scratch = arena_create();
    bool ok = postgres_rows_open(&self->base, spec, dsn_show(dsn, scratch), out, err);
    arena_destroy(scratch);
    return ok;
}

#endif
