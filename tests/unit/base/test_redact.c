/* What redact() shows of DSNs, URLs, statements and servers' messages, by tables of in and out;
 * every output is also redacted once more, which must change nothing. */
#include "unit.h"

#include "base/redact.h"
#include "base/vec.h"

typedef struct RedactCase {
    const char *text, *shown;
} RedactCase;

static void check_cases(RedactKind kind, const RedactCase *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        Arena *arena = arena_create();
        Str shown = redact(kind, str_c(cases[i].text), arena);
        assert_str_equal(shown, cases[i].shown);
        assert_str_equal(redact(kind, shown, arena), cases[i].shown);
        arena_destroy(arena);
    }
}

static void dsns_are_parsed_and_printed_again(void **state) {
    (void)state;
    static const RedactCase cases[] = {
        {"postgres://bob:s@cret@h:1/d?sslmode=require", "postgresql://bob@h:1/d"},
        {"host=/run/postgresql user=bob password='x y'", "postgresql://bob@%2Frun%2Fpostgresql"},
        {"mysql://bob:secret@[::1]/d", "mysql://bob@[::1]/d"},
        {"postgresql://bob:secret@h1,h2/d", "postgresql://..."},
        {"MYSQL://bob:secret%@h", "mysql://..."},
        {"bob:secret@h/d", "..."},
        {"secret", "..."},
        {"", "..."},
    };
    check_cases(REDACT_DSN, cases, ARRAY_LEN(cases));
}

static void urls_keep_scheme_host_port_and_path(void **state) {
    (void)state;
    static const RedactCase cases[] = {
        {"https://example.org/a/b.csv", "https://example.org/a/b.csv"},
        {"HTTPS://bob:secret@example.org:8443/a?token=secret#x", "https://example.org:8443/a"},
        {"http://secret@127.0.0.1:9000", "http://127.0.0.1:9000"},
        {"http://bob:se@cret@h/x", "http://h/x"},
        {"http://bob:secret@[::1]:80/x", "http://[::1]:80/x"},
        {"http://bob:se/cret@h/x", "http://..."},
        {"http://bob:1/secret@h/x", "http://..."},
        {"http://bob:1?secret@h/x", "http://..."},
        {"http://bob:a@se/cret@h/x", "http://..."},
        {"https://example.org/@name/x", "https://example.org/..."},
        {"https://example.org/a;password=x", "https://example.org/..."},
        {"https://example.org/a%3Fpassword%3Dx", "https://example.org/..."},
        {"https://h:99999/x", "https://..."},
        {"https:///x", "https://..."},
        {"secret://h/x", "..."},
        {"not a url", "..."},
        {"", "..."},
    };
    check_cases(REDACT_URL, cases, ARRAY_LEN(cases));
}

static void statements_lose_their_literals(void **state) {
    (void)state;
    static const RedactCase cases[] = {
        {"", ""},
        {"SELECT a, b FROM t WHERE id > 100", "SELECT a, b FROM t WHERE id > 100"},
        {"SELECT * FROM t WHERE a = 'secret' AND b=1", "SELECT * FROM t WHERE a = '...' AND b=1"},
        {"a = 'it''s secret' or b", "a = '...' or b"},
        {"a = E'it\\'s secret' or b", "a = E'...' or b"},
        {"a = 'it\\'s secret' or b", "a = '...'"},
        {"a = 'secret\\' or b", "a = '...'"},
        {"a = 'secret", "a = '...'"},
        {"a = X'5ec7e7' or N'secret'", "a = X'...' or N'...'"},
        {"a = $$secret$$ or $t$sec$$ret$t$ or b", "a = '...' or '...' or b"},
        {"a = $1 or a$b$c = 2", "a = $1 or a$b$c = 2"},
        {"a $a$, ' $a$, secret '", "a '...'"},
        {"a -- secret\nb\tc", "a '...' b c"},
        {"a /* secret /* x */ y */ b", "a '...' b"},
        {"a # secret", "a '...'"},
        {"a /* secret", "a '...'"},
        {"SELECT \"Name\" FROM \"Order Items\"", "SELECT \"...\" FROM \"Order Items\""},
        {"SELECT \"t\".\"Name\" x", "SELECT \"t\".\"Name\" x"},
        {"SELECT a AS \"Label\", b = \"secret\"", "SELECT a AS \"Label\", b = \"...\""},
        {"FROM \"postgresql://bob:secret@h\"", "FROM \"...\""},
        {"TRIM(\"x\" FROM \"secret\")", "TRIM(\"...\" FROM \"...\")"},
        {"(SELECT 1 FROM \"T\")", "(SELECT 1 FROM \"T\")"},
        {"a AS \"x\\\" secret \" b", "a AS \"...\""},
        {"SELECT `Name` FROM `a=b`", "SELECT `Name` FROM '...'"},
        {"'secret''secret' 'secret'", "'...' '...'"},
        {"data #>> '{a}'", "data '...'"},
    };
    check_cases(REDACT_SQL, cases, ARRAY_LEN(cases));
}

static void messages_of_servers_keep_names(void **state) {
    (void)state;
    static const RedactCase cases[] = {
        {"relation \"orders\" does not exist", "relation \"orders\" does not exist"},
        {"column \"a=b\" does not exist", "column \"...\" does not exist"},
        {"password authentication failed for user \"bob\"",
         "password authentication failed for user \"bob\""},
        {"invalid input syntax for type integer: \"secret\"",
         "invalid input syntax for type integer: \"...\""},
        {"invalid input syntax: \"a\" secret \"b\" x", "invalid input syntax: \"...\" x"},
        {"could not translate host name \"db.example\" to address: Name or service not known",
         "could not translate host name \"db.example\" to address: Name or service not known"},
        {"connection to server at \"h\" (127.0.0.1), port 1 failed: Connection refused",
         "connection to server at \"h\" (127.0.0.1), port 1 failed: Connection refused"},
        {"Access denied for user 'bob'@'localhost' (using password: YES)",
         "Access denied for user 'bob'@'localhost' (using password: YES)"},
        {"Table 'shop.t' doesn't exist", "Table 'shop.t' doesn't exist"},
        {"Unknown column 'x' in 'field list'", "Unknown column 'x' in 'field list'"},
        {"Incorrect integer value: 'secret' for column 'a' at row 1",
         "Incorrect integer value: '...' for column 'a' at row 1"},
        {"Duplicate entry 'it's secret' for key 't.PRIMARY'", "Duplicate entry '...'"},
        {"Key (email)=(bob@example.org) already exists.", "Key (...)"},
        {"Failing row contains (1, 5551234).", "Failing row contains (...)"},
        {"near 'secret = 1' at line 1", "near '...' at line 1"},
        {"invalid dsn postgresql://bob:my secret@h/d", "invalid dsn ..."},
        {"no such bob:my secret@h", "no such ..."},
        {"bad password = secret word", "bad ..."},
        {"bad password: secret word", "bad ..."},
        {"options password=secret word", "options ..."},
        {"an open \"secret", "an open \"...\""},
        {"a\nb\x01 c", "a b  c"},
        {"value too long for type character varying(10)",
         "value too long for type character varying(10)"},
    };
    check_cases(REDACT_SERVER, cases, ARRAY_LEN(cases));
}

static void our_own_messages_stop_at_a_dsn(void **state) {
    (void)state;
    static const RedactCase cases[] = {
        {"no dataset 'shop'", "no dataset 'shop'"},
        {"line 1:\n  SELECT 1\n  ^", "line 1:\n  SELECT 1\n  ^"},
        {"cannot read 'postgresql://bob:secret@h/d': gone", "cannot read ..."},
        {"no route '/postgres://bob:my secret@h'", "no route ..."},
        {"cannot read 'bob:secret@h/d'", "cannot read ..."},
        {"no route '/x/bob%3Asecret%40h'", "no route ..."},
        {"no route '/x/a%20b%zz'", "no route '/x/a%20b%zz'"},
        {"no route '/x/mysql%3A%2F%2Fbob%3Asecret%4'", "no route ..."},
        {"no route '/mysql://bob:secret", "no route ..."},
        {"'mode' cannot be 'bob:secretsecretsecretsecretsecretsecretsecretsecret'",
         "'mode' cannot be ..."},
        {"see https://example.org/a?b=c", "see https://example.org/a?b=c"},
        {"'mode' cannot be 'x?password=secret'", "'mode' cannot be ..."},
        {"'mode' cannot be 'host=h PWD=secret'", "'mode' cannot be 'host=h ..."},
        {"load 'postgresql://bob@h:1/d': refused", "load 'postgresql://bob@h:1/d': refused"},
        {"connect to mysql://bob@%2Frun%2Fx.sock/d: gone",
         "connect to mysql://bob@%2Frun%2Fx.sock/d: gone"},
        {"no server answers at http://127.0.0.1:1", "no server answers at http://127.0.0.1:1"},
        {"begin it with postgresql:// or mysql://", "begin it with postgresql:// or mysql://"},
        {"'x' cannot be 'bob::secret@h'", "'x' cannot be ..."},
        {"near a::jsonb@>'{}' and sum(amount)::DECIMAL(18,2)/count(*)::DOUBLE+coalesce(other,0)",
         "near a::jsonb@>'{}' and sum(amount)::DECIMAL(18,2)/count(*)::DOUBLE+coalesce(other,0)"},
        {"at 12:30 bob@example.org", "at 12:30 bob@example.org"},
    };
    check_cases(REDACT_MESSAGE, cases, ARRAY_LEN(cases));
    Err err = {0};
    err_fail(&err, FAIL_NOT_FOUND, "no dataset '%s'", "mysql://bob:secret@h");
    err_detail(&err, "password=secret");
    redact_err(&err);
    assert_string_equal(err.message, "no dataset ...");
    assert_string_equal(err.detail, "...");
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
}

int suite_test_redact(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dsns_are_parsed_and_printed_again),
        cmocka_unit_test(urls_keep_scheme_host_port_and_path),
        cmocka_unit_test(statements_lose_their_literals),
        cmocka_unit_test(messages_of_servers_keep_names),
        cmocka_unit_test(our_own_messages_stop_at_a_dsn),
    };
    return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
