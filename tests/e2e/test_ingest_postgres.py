"""What only PostgreSQL has: its names, its types, its ways in."""
import pytest

import databases
from table_loads import assert_numbers, assert_verified, columns, numbers, problem

# Two good rows, one of NULLs and one of extremes, in every type that a column may have.
HOSTILE = """
CREATE TYPE mood AS ENUM ('sad', 'it''s "ok"', '');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN positive AS numeric(8,3) CHECK (VALUE > 0);
CREATE TABLE hostile (
    id int PRIMARY KEY, small smallint, big bigint, plain numeric, fixed numeric(20,6), wide numeric(60,10), negative_scale numeric(5,-2),
    f4 real, f8 double precision, yes boolean, one "char", c5 char(5), v varchar(10), t text, bytes bytea,
    d date, tm time, tmtz timetz, ts timestamp, tstz timestamptz, iv interval, u uuid, j json, jb jsonb, x xml,
    ints int[], texts text[], grid int[][], m mood, p pair, dom positive, i4r int4range, nr numrange, tsr tstzrange, im int4multirange,
    addr inet, net cidr, mac macaddr, bits bit(5), vbits bit varying(20), pt point, pol polygon, cash money, o oid, rc regclass, lsn pg_lsn,
    tsv tsvector, tsq tsquery, jp jsonpath, nm name, low numeric(3,3));
INSERT INTO hostile VALUES
 (1, 1, 1, 1, 1, 1, 100, 1, 1, true, 'a', 'ab', 'abc', 'abc', '\\x6162', '2024-02-29', '23:59:59.5', '12:00:00+02', '2024-02-29 23:59:59.5',
  '2024-02-29 23:59:59.5+05:30', '1 year 2 mons 3 days 04:05:06.7', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": 1,  "a": 2}', '{"b": [1, null]}', '<a>&amp;</a>',
  '{1,2,3}', '{a,"b c",NULL,"\\""}', '{{1,2},{3,4}}', 'sad', '(1,"x,y")', 1.5, '[1,10)', '(1.5,)', '[2024-01-01,2024-02-01)', '{[1,3),[5,7)}',
  '192.168.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '10101', '1', '(1,2)', '((0,0),(1,1),(1,0))', 12.34, 4000000000, 'pg_class', '16/B374D848',
  'a fat cat', 'fat & cat', '$.a[*]', 'name', 0.123),
 (2, -32768, -9223372036854775808, 'NaN', -99999999999999.999999, 12345678901234567890123456789012345678901234567890.0123456789, -99900,
  'Infinity', '-Infinity', false, '', '', '', E'tab\\tnewline\\nquote"''back\\\\slash', '', '0044-03-15 BC', '24:00:00', '00:00:00-15:59', '-infinity',
  'infinity', '-178000000 years', '00000000-0000-0000-0000-000000000000', 'null', '"\\u00e9"', '',
  '{}', '{}', '{}', '', '(,)', 99999.999, 'empty', '(,)', '(,)', '{}', '::1', '::/0', 'ff:ff:ff:ff:ff:ff', '00000', '', '(NaN,Infinity)',
  '((1e300,-1e-300))', -92233720368547758.08, 0, '-', '0/0', '', '', '$', '', -0.999),
 (3, 32767, 9223372036854775807, 'Infinity', 0.000001, -0.0000000001, 0, '1e-45', '5e-324', NULL, 'z', '日本', '日本語 ✓', '🐘' || chr(1) || 'x', '\\x00ff0a',
  '294276-12-31', '00:00:00', '23:59:59.999999+00', '294276-12-31 23:59:59.999999', '4714-11-24 00:00:00+00 BC', '-00:00:00.000001',
  'ffffffff-ffff-ffff-ffff-ffffffffffff', '[]', '{}', 'text only', '[-1:1]={7,8,9}', '{"NULL","null"}', '{{NULL}}', 'it''s "ok"', '(2,NULL)', 0.001, '(,5]',
  '[1e50,1e51]', '[infinity,infinity]', '{(,1),[9,)}', '255.255.255.255', '2001:db8::/32', '00:00:00:00:00:00', '11111', '11111111111111111111', '(-0,0)',
  '((1,1))', 0, 4294967295, 'hostile', 'FFFFFFFF/FFFFFFFF', $$'odd':1A,2B$$, $$!'odd' | x:*$$, 'strict $.x ? (@ > 1)', 'Ünï', 0),
 (5, 0, 0, 0.10, 0, 0, 0, '-0', '-0', true, NULL, 'tail  ', ' pad ', 'NULL', 'NULL', '1970-01-01', '00:00:00.000001', '00:00:00+00', '1970-01-01', '1970-01-01 00:00:00+00',
  '0', NULL, ' {"x" : 1.50}', '1.50', '<?xml version="1.0"?><a/>', '{NULL}', '{""}', '{{1}}', 'sad', '(0,"\\\\")', 1, '[5,5]', '[0,0]', '(-infinity,infinity)', '{}', '0.0.0.0/0', '0.0.0.0/0',
  '08:00:2b:01:02:03', '10000', '0', '(0,0)', '((0,0))', 0.01, 1, 'hostile', '0/1', 'x', 'x', '$', 'NULL', NULL);
INSERT INTO hostile (id) VALUES (4);
"""


def test_hostile_types_arrive_unchanged(server, postgres):
    postgres.sql(HOSTILE)
    result = server.loaded(postgres, "hostile_pg", table="hostile")
    assert result["rows_written"] == 5 and result["rows_rejected"] == 0
    assert_verified(server, postgres, "hostile_pg")
    types = columns(server, "hostile_pg")
    assert (types["fixed"], types["big"], types["f4"], types["dom"], types["u"]) == ("DECIMAL(20,6)", "BIGINT", "FLOAT", "DECIMAL(8,3)", "VARCHAR")
    empty = server.sql("SELECT COLUMNS(*) IS NULL FROM hostile_pg WHERE id = 4")[0]
    assert empty == [False] + [True] * (len(types) - 1), "NULL is NULL in each type"
    found = dict(zip(["fixed", "plain", "t", "v", "j", "m"],
                     server.sql("SELECT fixed::VARCHAR, plain::VARCHAR, t, v, j, m FROM hostile_pg WHERE id = 2")[0]))
    assert found == {"fixed": "-99999999999999.999999", "plain": "NaN", "t": "tab\tnewline\nquote\"'back\\slash", "v": "", "j": "null", "m": ""}
    counted = {coercion["column"] for coercion in result["coercions"]}
    assert {"u", "plain", "wide", "iv"} <= counted, "what is stored as another type is counted"


def test_reference_types_of_everything(server, postgres):
    postgres.sql(HOSTILE)
    server.loaded(postgres, "hostile_reference_pg", table="hostile", types="reference")
    types = columns(server, "hostile_reference_pg")
    assert (types["id"], types["big"], types["fixed"], types["f4"], types["yes"]) == ("INTEGER", "BIGINT", "DOUBLE", "DOUBLE", "BOOLEAN")
    assert {types[name] for name in ("d", "ts", "u", "bytes", "ints", "jb")} == {"VARCHAR"}
    assert server.sql("SELECT d, ts, bytes FROM hostile_reference_pg WHERE id = 1") == [["2024-02-29", "2024-02-29 23:59:59.5", "\\x6162"]]


def test_names_views_partitions_and_children(server, postgres):
    postgres.sql("""CREATE SCHEMA "Odd schema"; CREATE TABLE "Odd schema"."T.1" (id int); INSERT INTO "Odd schema"."T.1" VALUES (1);
        CREATE SCHEMA sales; CREATE TABLE sales.orders (id int, total numeric(10,2)); INSERT INTO sales.orders VALUES (1, 2.50);
        CREATE MATERIALIZED VIEW sales.sums AS SELECT sum(total) AS total FROM sales.orders;
        CREATE TABLE events (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
        CREATE TABLE events_2 PARTITION OF events DEFAULT;
        INSERT INTO events SELECT i, date '2024-01-01' + i % 60 FROM generate_series(1, 1000) i;
        CREATE TABLE parent (id int); CREATE TABLE child (more int) INHERITS (parent);
        INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2, 3);
        CREATE TABLE made (id int GENERATED ALWAYS AS IDENTITY, a int, twice int GENERATED ALWAYS AS (a * 2) STORED, gone int);
        INSERT INTO made (a) VALUES (21); ALTER TABLE made DROP COLUMN gone;""")
    rows = lambda table: server.loaded(postgres, "names_pg", table=table)["rows_written"]
    assert rows('"Odd schema"."T.1"') == 1 and rows("sales.orders") == 1 and rows("sales.sums") == 1
    assert rows("events") == 1000 and rows("events_1") == 526
    assert rows("parent") == 2 and rows("made") == 1
    assert server.sql("SELECT * FROM names_pg") == [[1, 21, 42]]
    problem(server.load(postgres, "never", table="orders"), 404, "not_found")
    problem(server.load(postgres, "never", table='"SALES".orders'), 404, "not_found")


def test_a_partitioned_table_resumes_by_its_key(server, postgres):
    postgres.sql("""CREATE TABLE events (day date, id int, PRIMARY KEY (id, day)) PARTITION BY HASH (id);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE events_2 PARTITION OF events FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO events SELECT date '2024-01-01' + i % 7, i FROM generate_series(1, 10000) i""")
    server.loaded(postgres, "parted", table="events", batch_rows=700)
    assert server.sql("SELECT count(*), count(DISTINCT id), sum(id)::BIGINT FROM parted") == [[10000, 10000, 50005000]]


def test_large_values(server, postgres):
    postgres.sql("CREATE TABLE large AS SELECT i AS id, repeat(md5(i::text), 200000) AS body, decode(repeat('00ff', 1000000), 'hex') AS bytes FROM generate_series(1, 3) i")
    server.loaded(postgres, "large_pg", table="large")
    assert server.sql("SELECT id, length(body), octet_length(bytes), md5(body) FROM large_pg ORDER BY id") == [
        [int(row[0]), 6400000, 2000000, row[1]] for row in postgres.rows("SELECT id, md5(body) FROM large ORDER BY id")]


def test_other_encodings(server, postgres_server):
    names = {"LATIN1": "grüße", "EUC_JP": "日本語", "WIN1251": "привет"}
    for encoding, text in names.items():
        name = f"encoded_{encoding.lower()}"
        databases.Database(postgres_server, "postgres").sql(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'")
        with databases.Database(postgres_server, name) as database:
            database.sql(f"CREATE TABLE t (a text); INSERT INTO t VALUES ('{text}')")
            server.loaded(database, name, table="t")
            assert server.sql(f"SELECT a FROM {name}") == [[text]]


def test_text_that_is_no_utf8_is_rejected_row_by_row(server, postgres_server):
    databases.Database(postgres_server, "postgres").sql("CREATE DATABASE bytes_as_text TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    with databases.Database(postgres_server, "bytes_as_text") as database:
        database.sql(r"SET client_encoding = 'SQL_ASCII'; CREATE TABLE t (id int PRIMARY KEY, a text);"
                     r"INSERT INTO t VALUES (1, 'fine'), (2, E'\xff\xfe'), (3, E'\xc3\xa9')")
        result = server.loaded(database, "some_utf8", table="t")
        assert (result["rows_read"], result["rows_written"], result["rows_rejected"]) == (3, 2, 1)
        assert result["rejects"][0]["column"] == "a" and "UTF-8" in result["rejects"][0]["reason"]
        assert server.sql("SELECT * FROM some_utf8 ORDER BY id") == [[1, "fine"], [3, "é"]]


def test_ways_in(server, postgres, certificates):
    numbers(postgres, 3)
    port, folder = postgres.server.port, postgres.server.folder
    loads = lambda dsn: server.loaded(postgres, "ways_in", table="numbers", dsn=dsn)
    secret = databases.PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
    word = databases.urllib.parse.quote(databases.PASSWORD, safe="")
    loads(f"host=127.0.0.1 port={port} user={databases.USER} dbname={postgres.name} password='{secret}'")
    loads(postgres.dsn(scheme="postgres"))
    loads(postgres.dsn(password=None) + "?password=" + word)
    loads(f"postgresql://{databases.USER}:{word}@/{postgres.name}?host={folder}&port={port}")  # the Unix socket
    loads(postgres.dsn(user=databases.CERTIFICATE_USER, password=None, host="localhost", sslmode="verify-full", sslrootcert=certificates.ca,
                       sslcert=certificates.client_certificate, sslkey=certificates.client_key))
    problem(server.load(postgres, "ways_in", table="numbers", dsn=postgres.dsn(user=databases.CERTIFICATE_USER)), 403, "denied")
    assert_numbers(server, "ways_in", 3)


def test_rights_of_columns(server, postgres):
    postgres.sql(f"""CREATE TABLE staff (id int, salary int); INSERT INTO staff VALUES (1, 100);
        DROP ROLE IF EXISTS clerk; CREATE ROLE clerk LOGIN PASSWORD '{databases.PASSWORD.replace("'", "''")}'; GRANT SELECT (id) ON staff TO clerk;""")
    try:
        dsn = postgres.dsn(user="clerk")
        problem(server.load(postgres, "staff", table="staff", dsn=dsn), 403, "denied")
        server.loaded(postgres, "staff", query="SELECT id FROM staff", dsn=dsn)
        assert server.sql("SELECT * FROM staff") == [[1]]
    finally:
        postgres.sql("DROP OWNED BY clerk; DROP ROLE clerk")


@pytest.mark.parametrize("query", ["SELECT nextval('counter')", "SELECT lo_create(0)", "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
                                   "SELECT set_config('x.y', 'z', false)); DROP TABLE t; --"])
def test_a_query_cannot_write(server, postgres, query):
    postgres.sql("CREATE SEQUENCE counter; CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
    # PostgreSQL 15 makes large objects in a read-only transaction, too; it is never committed.
    assert server.load(postgres, "query_writes", query=query).status in ((200,) if "lo_create" in query else (400, 403, 422))
    assert postgres.rows("SELECT (SELECT count(*) FROM t), (SELECT is_called FROM counter), (SELECT count(*) FROM pg_largeobject_metadata)") == [["1", "f", "0"]]
