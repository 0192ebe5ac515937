/* DSNs as people write them: what is read, what is refused, what is shown, and that a refusal
 * repeats nothing of the text. */
#include "unit.h"

#include <stdlib.h>

#include "base/dsn.h"
#include "base/vec.h"

typedef struct GoodDsn {
    const char *text, *user, *password, *host;
    unsigned port;
    const char *database, *shown;
} GoodDsn;

static void check_good(const GoodDsn *good) {
    Arena *arena = arena_create();
    Dsn dsn;
    Err err = {0};
    if (!dsn_parse(str_c(good->text), arena, &dsn, &err))
        fail_msg("%s: %s", good->text, err.message);
    assert_str_equal(dsn.user, good->user);
    assert_int_equal(dsn.has_password, good->password != NULL);
    assert_str_equal(dsn.password, good->password != NULL ? good->password : "");
    assert_str_equal(dsn.host, good->host);
    assert_int_equal(dsn.port, good->port);
    assert_str_equal(dsn.database, good->database);
    assert_str_equal(dsn_show(&dsn, arena), good->shown);
    assert_true(dsn_looks_like(str_c(good->text)));
    arena_destroy(arena);
}

static void the_parts_of_a_url(void **state) {
    (void)state;
    static const GoodDsn good[] = {
        {"postgresql://bob:pw@db.example:5433/shop", "bob", "pw", "db.example", 5433, "shop",
         "postgresql://bob@db.example:5433/shop"},
        {"POSTGRES://bob@h", "bob", NULL, "h", 0, "", "postgresql://bob@h"},
        {"MariaDB://bob:@h/", "bob", "", "h", 0, "", "mysql://bob@h"},
        {"mysql://h:3307/d", "", NULL, "h", 3307, "d", "mysql://h:3307/d"},
        {"mysql://@h:/d?", "", NULL, "h", 0, "d", "mysql://h/d"},
        {"postgresql://bob:pw@[::1]:5432/d", "bob", "pw", "::1", 5432, "d",
         "postgresql://bob@[::1]:5432/d"},
        {"postgresql://b@[fe80::1%25eth0]/d", "b", NULL, "fe80::1%eth0", 0, "d",
         "postgresql://b@[fe80::1%25eth0]/d"},
        {"postgresql://b@%2Frun%2Fpostgresql/d", "b", NULL, "/run/postgresql", 0, "d",
         "postgresql://b@%2Frun%2Fpostgresql/d"},
        {"mysql://b:pw@/d?socket=/run/mysqld/mysqld.sock", "b", "pw", "/run/mysqld/mysqld.sock", 0,
         "d", "mysql://b@%2Frun%2Fmysqld%2Fmysqld.sock/d"},
        {"postgresql:///d?host=/tmp&user=bob&password=p%26w&port=1", "bob", "p&w", "/tmp", 1, "d",
         "postgresql://bob@%2Ftmp:1/d"},
        {"postgresql://bob@corp:pw@h/d", "bob@corp", "pw", "h", 0, "d",
         "postgresql://bob%40corp@h/d"},
        {"postgresql://bob%40corp@h/d", "bob@corp", NULL, "h", 0, "d",
         "postgresql://bob%40corp@h/d"},
        {"postgresql://b\xc3\xb6"
         "b@h/M%C3%BCnchen",
         "b\xc3\xb6"
         "b",
         NULL, "h", 0, "M\xc3\xbcnchen", "postgresql://b%C3%B6b@h/M%C3%BCnchen"},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        check_good(&good[i]);
}

static void odd_passwords_raw_and_encoded(void **state) {
    (void)state;
    static const char *const odd[][2] = {
        {"s@cret", "s@cret"},   {"@", "@"},
        {"a@b@c", "a@b@c"},     {"s#cret", "s#cret"},
        {"s:cret:", "s:cret:"}, {"s/cret/", "s/cret/"},
        {"s?cret", "s?cret"},   {"5432/x", "5432/x"},
        {"a@b/c?d", "a@b/c?d"}, {"[s]c[ret", "[s]c[ret"},
        {"p w ", "p w "},       {"%40%23%3A%2F%3F%25%5B%5D%20", "@#:/?%[] "},
        {"%0A%FF", "\n\xff"},   {"a+b", "a+b"},
        {"'\"\\`$", "'\"\\`$"}, {"p&host=x", "p&host=x"},
    };
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        char text[200];
        snprintf(text, sizeof text, "postgresql://bob:%s@h:1/d?sslmode=require", odd[i][0]);
        check_good(&(GoodDsn){text, "bob", odd[i][1], "h", 1, "d", "postgresql://bob@h:1/d"});
        snprintf(text, sizeof text, "mysql://bob:%s@h", odd[i][0]);
        check_good(&(GoodDsn){text, "bob", odd[i][1], "h", 0, "", "mysql://bob@h"});
    }
}

static void passwords_as_options(void **state) {
    (void)state;
    static const GoodDsn good[] = {
        {"postgresql://h/d?user=bob&password=s@cret", "bob", "s@cret", "h", 0, "d",
         "postgresql://bob@h/d"},
        {"postgresql://bob@h/d?sslmode=prefer&password=a/b?c#d:e@f=g", "bob", "a/b?c#d:e@f=g", "h",
         0, "d", "postgresql://bob@h/d"},
        {"postgresql://bob@h?password=x", "bob", "x", "h", 0, "", "postgresql://bob@h"},
        {"mysql://bob@h?PASSWORD=x%20y", "bob", "x y", "h", 0, "", "mysql://bob@h"},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        check_good(&good[i]);
}

static void key_value_dsns(void **state) {
    (void)state;
    static const GoodDsn good[] = {
        {"host=db.example user=bob password='p w' dbname=shop", "bob", "p w", "db.example", 0,
         "shop", "postgresql://bob@db.example/shop"},
        {"host=h user=bob password='it\\'s \\\\ a @#:/?%[] one'", "bob", "it's \\ a @#:/?%[] one",
         "h", 0, "", "postgresql://bob@h"},
        {"host=h user=bob password=it's\\ raw@:/", "bob", "it's raw@:/", "h", 0, "",
         "postgresql://bob@h"},
        {"password='' user=bob host=::1 port='5433'", "bob", "", "::1", 5433, "",
         "postgresql://bob@[::1]:5433"},
        {"host=/run/postgresql dbname='my shop'", "", NULL, "/run/postgresql", 0, "my shop",
         "postgresql://%2Frun%2Fpostgresql/my%20shop"},
        {"  host = h user = bob  ", "bob", NULL, "h", 0, "", "postgresql://bob@h"},
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        check_good(&good[i]);
}

static void tls_and_timeouts(void **state) {
    (void)state;
    static const struct {
        const char *options;
        DsnTls tls;
        const char *root;
        unsigned timeout_s;
    } cases[] = {
        {"", DSN_TLS_PREFER, "", 0},
        {"?sslmode=disable", DSN_TLS_DISABLE, "", 0},
        {"?sslmode=allow&connect_timeout=7", DSN_TLS_ALLOW, "", 7},
        {"?sslmode=VERIFY-CA", DSN_TLS_VERIFY_CA, "", 0},
        {"?sslrootcert=/etc/ca.pem", DSN_TLS_VERIFY_FULL, "/etc/ca.pem", 0},
        {"?sslrootcert=/etc/ca.pem&sslmode=require", DSN_TLS_REQUIRE, "/etc/ca.pem", 0},
        {"?ssl-mode=VERIFY_IDENTITY&ssl-ca=ca.pem", DSN_TLS_VERIFY_FULL, "ca.pem", 0},
        {"?ssl-mode=PREFERRED&ssl-cert=c&ssl-key=k", DSN_TLS_PREFER, "", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Arena *arena = arena_create();
        Dsn dsn;
        Err err = {0};
        Str text = str_format(arena, "mysql://bob@h/d%s", cases[i].options);
        assert_ok(dsn_parse(text, arena, &dsn, &err), &err);
        assert_int_equal(dsn.tls, cases[i].tls);
        assert_str_equal(dsn.tls_root_cert, cases[i].root);
        assert_int_equal(dsn.connect_timeout_s, cases[i].timeout_s);
        arena_destroy(arena);
    }
}

/* --- refusals -------------------------------------------------------------------------------- */

static void assert_says_nothing_of(const Err *err, const char *secret, const char *text) {
    const char *const said[] = {err->message, err->detail, err->hint, err->field};
    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        if (strstr(said[i], secret) != NULL)
            fail_msg("%s: '%s' is said in '%s'", text, secret, said[i]);
}

static void refusals_say_why_and_repeat_nothing(void **state) {
    (void)state;
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "is empty"},
        {"postgresql://", "names no host"},
        {"postgresql:", "not followed by '://'"},
        {"postgresql:/bob:MARK@h", "not followed by '://'"},
        {"bob:MARK@h/d", "known scheme"},
        {"jdbc:postgresql://bob:MARK@h/d", "known scheme"},
        {"MARK://bob@h", "known scheme"},
        {" postgresql://bob:MARK@h", "known scheme"},
        {"postgresql://bob:MARK@", "names no host"},
        {"postgresql://:MARK@h", "no user"},
        {"postgresql://bob:MARK@h1,h2:5/d", "several hosts"},
        {"host=h1,h2 user=bob password=MARK", "several hosts"},
        {"postgresql://bob:MARK@h:0", "port"},
        {"postgresql://bob:MARK@h:65536", "port"},
        {"postgresql://bob:MARK@h:99999999999999999999999", "port"},
        {"postgresql://bob:MARK@h:5x", "cannot be read"},
        {"postgresql://bob:MARK@[::1/d", "cannot be read"},
        {"postgresql://bob:MARK@[h]/d", "brackets"},
        {"postgresql://bob:MARK@[::g:1]/d", "host is not"},
        {"postgresql://bob:MARK@[:::1]/d", "host is not"},
        {"postgresql://bob:MARK@h..x/d", "host is not"},
        {"postgresql://bob:MARK@h%zz/d", "host has a '%'"},
        {"postgresql://bob:MARK%@h", "password has a '%'"},
        {"postgresql://bob:MARK%4@h", "password has a '%'"},
        {"postgresql://bob:MARK%00@h", "NUL"},
        {"postgresql://bob%0A:MARK@h", "user is not clean"},
        {"postgresql://bob:MARK@h/%FF", "database is not clean"},
        {"postgresql://bob:MARK\n@h", "control character"},
        {"postgresql://bob:MARK\x7f@h", "control character"},
        {"postgresql://bob:MARK\xff@h", "UTF-8"},
        {"postgresql://bob:x@MARK?password=y@h", "more than one way"},
        {"postgresql://bob:x@MARK/d?port=1@h/d", "more than one way"},
        {"postgresql://bob:x@h/d?password=MARK@MARK", "more than one way"},
        {"postgresql://h:1/d?password=x@MARK", "more than one way"},
        {"postgresql://h/d?password=a&MARK", "option 2 of the dsn has no '='"},
        {"postgresql://h/d?password=a&MARK=x", "option 2 of the dsn is not known"},
        {"postgresql://h/d?MARK=x", "option 1 of the dsn is not known"},
        {"postgresql://bob@h/d?pwd=MARK", "'pwd' is not supported"},
        {"postgresql://bob@h/d?sslpassword=MARK", "'sslpassword' is not supported"},
        {"postgresql://bob:MARK@h/d?password=MARK", "password twice"},
        {"postgresql://bob:MARK@h/d?host=x", "host twice"},
        {"postgresql://bob:MARK@h/d?sslmode=MARK", "sslmode is not known"},
        {"postgresql://bob:MARK@h/d?connect_timeout=MARK", "connect_timeout"},
        {"postgresql://bob:MARK@h/d?connect_timeout=99999", "connect_timeout"},
        {"postgresql://bob:MARK@h/d#MARK", "cannot be read"},
        {"postgresql://bob:MARK@h/d/MARK", "cannot be read"},
        {"host=h dbname='postgres://bob:MARK@h/d'", "like a dsn"},
        {"host=h dbname='password=MARK'", "like a dsn"},
        {"host=h user=bob password=MARK x", "not written name=value"},
        {"host=h user=bob password=my MARK", "not written name=value"},
        {"host=h user=bob password='MARK", "quote without an end"},
        {"host=h user=bob password='MA'MARK", "closing quote"},
        {"host=h user=bob password=MARK\\", "ends in a backslash"},
        {"host=h user=bob password=MARK =x", "not written name=value"},
        {"host=h user=bob password=x MARK=x", "option 4 of the dsn is not known"},
        {"host=h hostaddr=MARK", "'hostaddr' is not supported"},
        {"host=@MARK user=bob", "host is not"},
        {"host='MARK MARK' user=bob", "host is not"},
        {"user=bob password=MARK", "names no host"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Arena *arena = arena_create();
        Dsn dsn;
        Err err = {0};
        assert_fails(dsn_parse(str_c(bad[i].text), arena, &dsn, &err), &err, FAIL_INVALID);
        if (strstr(err.message, bad[i].why) == NULL)
            fail_msg("%s: '%s' does not say '%s'", bad[i].text, err.message, bad[i].why);
        assert_string_equal(err.field, "dsn");
        assert_says_nothing_of(&err, "MARK", bad[i].text);
        arena_destroy(arena);
    }
}

static void junk_of_any_length_is_refused(void **state) {
    (void)state;
    enum { JUNK_BYTES = 64 * 1024 };
    static const char fill[] = "@:/?#%[]=&,' x\\";
    char *junk = malloc(JUNK_BYTES);
    assert_non_null(junk);
    for (size_t f = 0; f < sizeof fill - 1; f++) {
        static const size_t sizes[] = {8192, JUNK_BYTES};
        for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
            Arena *arena = arena_create();
            Dsn dsn;
            Err err = {0};
            memset(junk, fill[f], sizes[s]);
            memcpy(junk, "postgresql://", 13);
            assert_fails(dsn_parse(str_make(junk, sizes[s]), arena, &dsn, &err), &err,
                         FAIL_INVALID);
            arena_destroy(arena);
        }
    }
    free(junk);
}

static void names_too_long_or_odd_are_not_shown(void **state) {
    (void)state;
    Arena *arena = arena_create();
    Dsn dsn;
    Err err = {0};
    assert_ok(dsn_parse(STR("postgresql://bob%3Asecret@h/d%2Fe"), arena, &dsn, &err), &err);
    assert_str_equal(dsn.user, "bob:secret");
    assert_str_equal(dsn.database, "d/e");
    assert_str_equal(dsn_show(&dsn, arena), "postgresql://...@h/...");
    StrBuf text = strbuf_make(arena);
    strbuf_append_c(&text, "postgresql://");
    for (int i = 0; i < 200; i++)
        strbuf_append_char(&text, 'u');
    strbuf_append_c(&text, "@h");
    assert_ok(dsn_parse(strbuf_str(&text), arena, &dsn, &err), &err);
    assert_str_equal(dsn_show(&dsn, arena), "postgresql://...@h");
    arena_destroy(arena);
}

static void files_are_told_from_dsns(void **state) {
    (void)state;
    static const char *const files[] = {
        "orders.csv",
        "data/orders.parquet",
        "/home/bob:x@y/o.csv",
        "./bob:secret@host/db",
        "../password=x",
        "a@b.csv",
        "C:report.csv",
        "year=2024/part.csv",
        "-",
        "",
        "postgres.csv",
        "a b=c.csv",
        "x.csv?y=password",
    };
    static const char *const dsns[] = {
        "bob:secret@host/db",
        ":secret@host",
        "password=secret",
        "PASSWORD = secret",
        "host/db?password=x",
        "h?x=1&pwd=secret",
        "jdbc:mysql://x",
        "postgres:x",
        "mysql://",
        "https://u:p@h/x",
        " mysql://u:p@h",
        "user=bob password=x",
        "a:b:c@d",
        "h/d;password=x",
        "dbname=x pass='x'",
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        if (dsn_looks_like(str_c(files[i])))
            fail_msg("'%s' is a file", files[i]);
    for (size_t i = 0; i < ARRAY_LEN(dsns); i++)
        if (!dsn_looks_like(str_c(dsns[i])))
            fail_msg("'%s' is a dsn", dsns[i]);
}

int suite_test_dsn(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_of_a_url),
        cmocka_unit_test(odd_passwords_raw_and_encoded),
        cmocka_unit_test(passwords_as_options),
        cmocka_unit_test(key_value_dsns),
        cmocka_unit_test(tls_and_timeouts),
        cmocka_unit_test(refusals_say_why_and_repeat_nothing),
        cmocka_unit_test(junk_of_any_length_is_refused),
        cmocka_unit_test(names_too_long_or_odd_are_not_shown),
        cmocka_unit_test(files_are_told_from_dsns),
    };
    return cmocka_run_group_tests_name("dsn", tests, NULL, NULL);
}
