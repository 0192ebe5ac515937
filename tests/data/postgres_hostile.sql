-- Every type of PostgreSQL that a load must not change, with its extremes, a NULL in each column,
-- and names that punish whoever pastes them into a statement. PostgreSQL 12 or later; UTF8 database.
-- Reading it exactly gives no error and no row left out.

CREATE SCHEMA hostile;
CREATE SCHEMA "Odd ""schema"".x";
SET search_path = hostile, public;

CREATE TYPE mood AS ENUM ('sad', 'ok', 'very "happy"', 'größer', '');
CREATE TYPE pair AS (a integer, "B b" text);
CREATE TYPE nested AS (p pair, list pair[], at timestamptz);
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN price AS numeric(12, 3);
CREATE DOMAIN tags AS text[];
CREATE DOMAIN home AS pair;

-- Numbers and truth -----------------------------------------------------------------------------
CREATE TABLE numbers (
    id integer PRIMARY KEY,
    yes boolean,
    small smallint,
    whole integer,
    big bigint,
    reference oid,
    real4 real,
    real8 double precision,
    dec10_2 numeric(10, 2),
    dec38_0 numeric(38, 0),
    dec38_38 numeric(38, 38),
    dec18_18 numeric(18, 18),
    dec39_1 numeric(39, 1),   -- wider than DECIMAL, though its values here would fit
    dec_free numeric,         -- fits DECIMAL
    dec_long numeric,         -- does not
    dec_special numeric,      -- NaN and infinities (PostgreSQL 14 for the latter)
    dec_nan numeric(6, 2),    -- NaN where the type does not say so
    cash money,
    "positive" positive,
    price price
);
INSERT INTO numbers VALUES
    (1, true, -32768, -2147483648, -9223372036854775808, 0, '-3.4028235e38', '-1.7976931348623157e308',
     -99999999.99, '-99999999999999999999999999999999999999', '-0.99999999999999999999999999999999999999',
     -0.999999999999999999, '-99999999999999999999999999999999999999.9', -1234567.12345,
     ('-' || repeat('9', 50) || '.' || repeat('7', 60))::numeric, '-Infinity', -9999.99, -92233720368547758.08, 1, -999999999.999),
    (2, false, 32767, 2147483647, 9223372036854775807, 4294967295, '3.4028235e38', '1.7976931348623157e308',
     99999999.99, '99999999999999999999999999999999999999', '0.99999999999999999999999999999999999999',
     0.999999999999999999, '99999999999999999999999999999999999999.9', 0.00001,
     ('1e130000')::numeric, 'Infinity', 'NaN', 92233720368547758.07, 2147483647, 999999999.999),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL),
    (4, true, 0, 0, 0, 26, '-0', '-0', 0, 0, 0, 0, 0, 0, 0, 'NaN', 0, 0, 7, 0),
    (5, false, -1, -1, -1, 1, 'NaN', 'NaN', 0.01, 1, '0.00000000000000000000000000000000000001',
     0.000000000000000001, 0.1, 100000, 1.50, 1.50, 0.01, 0.01, 8, 0.001),
    (6, true, 1, 1, 1, 2, 'Infinity', 'Infinity', 10000, 10000, 0.0001, 0.0001, 10000, 9999, '1e-1000', 0, 99.99, 1, 9, 10000),
    (7, true, 1, 1, 9007199254740993, 2, '-Infinity', '-Infinity', 9999.5, 99990000, 0.00010001, 0.1,
     1e37, 12345678.9, 1e-20, -1e-20, -0.01, -0.01, 10, 1.5),
    (8, true, 1, 1, 1, 2, '1e-45', '5e-324', 1, 1e37, 0.1, 0.5, 1, 1, 1, 1, 1, 1, 11, 1),
    (9, true, 1, 1, 1, 2, 16777217, 0.1, 1.10, 123456789012345678901234567890, 0.12345678901234567890,
     0.1234567890, 1.0, 1.10, 123456789012345678901234567890.123456789, 1.1000, 1.10, 12.34, 12, 1.100);

-- Text and bytes --------------------------------------------------------------------------------
CREATE TABLE texts (
    id bigint PRIMARY KEY,
    plain text,
    short varchar(5),
    padded char(6),
    one "char",
    ident name,
    feeling mood,
    doc json,
    docb jsonb,
    markup xml,
    bytes bytea
);
INSERT INTO texts VALUES
    (1, '', '', '', '', '', '', '{}', '{}', '<a/>', ''),
    (2, E'tab\t newline\n return\r quote'' double" back\\slash', 'a,b;c', 'ab', 'x', 'odd name', 'very "happy"',
     '{"a" :  1, "a": 2}', '{"b":1,"a":[null,1.10,"\u00e9"]}', '<x y="1">&amp;</x>', '\x00010203fffe'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 'naïve 北京 🚀 עברית e' || U&'\0301', 'ééééé', ' é', 'é', 'größe', 'größer', '"\u0041"', '"é"', 'text', '\xdeadbeef'),
    (5, 'NULL', '\N', 'NULL', E'\\200', 'null', 'ok', 'null', 'null', '<?xml version="1.0"?><r/>', '\x27225c'),
    (6, repeat('0123456789abcdef', 65536), '     ', '      ', ' ', repeat('n', 63), 'sad', '[1,2 ,3]', '1e400',
     '<!-- c --><a/>', decode(repeat('00ff', 300000), 'hex')),
    (7, U&'\FEFFbom \200B\202E\0001\007F', U&'\+10FFFF', 'a', '1', 'x', 'ok', '1.0', '1.0', 'a<b/>c', '\x5c78');

-- Time ------------------------------------------------------------------------------------------
SET TimeZone = 'UTC';
CREATE TABLE times (
    id smallint PRIMARY KEY,
    day date,
    clock time,
    clock_zone timetz,
    moment timestamp,
    moment_zone timestamptz,
    seconds timestamp(0),
    span interval
);
INSERT INTO times VALUES
    (1, 'infinity', '24:00:00', '24:00:00+15:59', 'infinity', 'infinity', 'infinity', '178000000 years'),
    (2, '-infinity', '00:00:00', '00:00:00-15:59', '-infinity', '-infinity', '-infinity', '-178000000 years'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, '4713-01-01 BC', '23:59:59.999999', '23:59:59.999999+05:45', '4713-01-01 00:00:00 BC',
     '4713-01-02 00:00:00+00 BC', '4713-01-01 00:00:00 BC', '1 year 2 mons -3 days 04:05:06.789'),
    (5, '5874897-12-31', '12:00', '12:00+00', '294246-12-31 23:59:59.999999', '294246-12-31 23:59:59.999999+00',
     '9999-12-31 23:59:59', '00:00:00.000001'),
    (6, '0001-12-31 BC', '00:00:00.000001', '01:02:03.4-08', '0001-12-31 23:59:59.999999 BC',
     '1969-12-31 23:59:59.999999+00', '1970-01-01', '-00:00:00.000001'),
    (7, '2000-02-29', '13:14:15.16', '13:14:15.16+02', '2024-03-31 02:30:00', '2024-03-31 02:30:00+02', '2000-01-01',
     '-1 mons +1 day'),
    (8, '10000-01-01', '01:01:01', '01:01:01+14', '1999-12-31 23:59:59.5', '10000-01-01 00:00:00+00', '1900-01-01', '0');

-- Timestamps behind the end of microseconds since 1970 in 64 bits: the column becomes text.
CREATE TABLE far_times (id integer PRIMARY KEY, moment timestamp, moment_zone timestamptz);
INSERT INTO far_times VALUES
    (1, '2024-01-01', '2024-01-01'),
    (2, '294247-01-10 04:00:54.775806', '294247-01-10 04:00:54.775806+00'),
    (3, '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00'),
    (4, NULL, NULL);

-- Everything that the server prints ---------------------------------------------------------------
CREATE TABLE others (
    id uuid PRIMARY KEY,
    ints integer[],
    grid integer[][],
    words text[],
    nums numeric[],
    stamps timestamptz[],
    pairs pair[],
    moods mood[],
    docs jsonb[],
    pair pair,
    nest nested,
    home home,
    tag_list tags,
    span int4range,
    days daterange,
    moments tstzrange,
    amounts numrange,
    host inet,
    net cidr,
    mac macaddr,
    mac8 macaddr8,
    flags bit(5),
    more_flags bit varying(9),
    words_vector tsvector,
    question tsquery,
    spot point,
    track path,
    area polygon,
    round circle,
    frame box,
    edge lseg,
    endless line,
    log_place pg_lsn,
    kind regclass,
    steps int2vector,
    row_xid xid
);
INSERT INTO others VALUES
    ('00000000-0000-0000-0000-000000000000', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', ROW(NULL, NULL), ROW(NULL, NULL, NULL),
     ROW(1, ''), '{}', 'empty', 'empty', 'empty', 'empty', '0.0.0.0/0', '0.0.0.0/0', '00:00:00:00:00:00', '00:00:00:00:00:00:00:00',
     B'00000', B'', '', '', '(0,0)', '[(0,0)]', '((0,0))', '<(0,0),0>', '((0,0),(0,0))', '[(0,0),(0,0)]', '{1,0,0}', '0/0', 'pg_class', '', '0'),
    ('ffffffff-ffff-ffff-ffff-ffffffffffff', '{1,NULL,-2147483648}', '{{1,2},{3,NULL}}',
     '{"",NULL,"NULL","a,b","q\"uote","back\\slash","{brace}",é}', '{NaN,1.50,1e30}', '{infinity,"2024-01-01 00:00:00+00"}',
     ARRAY[ROW(1, 'x')::pair, NULL, ROW(NULL, 'quote" ,)')::pair], '{ok,"very \"happy\""}', ARRAY['{"a":1}', 'null']::jsonb[],
     ROW(-1, 'comma, (paren) "quote" \back'), ROW(ROW(1, NULL), ARRAY[ROW(2, 'y')::pair], '2024-01-01 00:00:00+00'),
     ROW(2, 'b'), '{a,b}', '[1,10)', '[2024-01-01,infinity)', '["2024-01-01 00:00:00+00",)', '(,1.50]', '192.168.0.1', '10.0.0.0/8',
     '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', B'10101', B'101010101', 'fat:2,4 cat:3 ''odd word''', 'fat & !(rat | ''x y'')',
     '(1.5,-2e300)', '((1,2),(3,4))', '((0,0),(1,0),(1,1))', '<(1,2),3.5>', '((3,4),(1,2))', '[(1,2),(3,4)]', '{1,-1,0.5}',
     'FFFFFFFF/FFFFFFFF', 'hostile.numbers', '1 2 -3', '4294967295'),
    ('5b30857f-0bfa-48b5-ac0b-5c64e28078d1', '[0:2]={7,8,9}', '[-1:0][2:3]={{1,2},{3,4}}', '{{a,b},{c,d}}', '{0.10}', '{}',
     '[5:5]={"(1,z)"}', '{}', '{}', ROW(7, NULL), NULL, NULL, NULL, '(,)', '(,)', '(,)', '[0,0]', '::1', '::/0', 'ff:ff:ff:ff:ff:ff',
     'ff:ff:ff:ff:ff:ff:ff:ff', B'11111', B'1', 'a', 'a:*', '(NaN,Infinity)', '[(0,0),(1,1)]', '((0,0),(1,1))', '<(0,0),1e-300>',
     '((1,1),(0,0))', '[(0,0),(0,0)]', '{0,1,0}', '16/B374D848', '12345678', '7', '3'),
    ('123e4567-e89b-12d3-a456-426614174000', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- Names -------------------------------------------------------------------------------------------
CREATE TABLE "Odd ""schema"".x"."Tab'le "";--" (
    "select" integer NOT NULL,
    "Column One" text NOT NULL,
    "q""uote" text,
    "semi;colon--" text,
    "ünïcödé 表" text,
    "tab	inside" text,
    "$1" text,
    "c1" text,        -- the name that a statement of ours may use
    "q" text,
    "C2" text,
    "back\slash" text,
    "per%cent %s" text,
    PRIMARY KEY ("Column One", "select")
);
INSERT INTO "Odd ""schema"".x"."Tab'le "";--" VALUES
    (1, 'it''s', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'),
    (2, 'back\slash', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (3, 'it''s', '''; DROP TABLE x; --', '', '', '', '', '', '', '', '', ''),
    (-4, E'line\nbreak', '', '', '', '', '', '', '', '', '', ''),
    (5, 'ß', '', '', '', '', '', '', '', '', '', '');

-- Two columns whose names differ in case only: legal here, refused by a load that must not mix them up.
CREATE TABLE case_pair ("c" integer PRIMARY KEY, "C" integer);
INSERT INTO case_pair VALUES (1, 2);

-- Shapes of relations -----------------------------------------------------------------------------
CREATE TABLE parted (region text NOT NULL, id integer NOT NULL, amount numeric(10, 2), PRIMARY KEY (region, id))
    PARTITION BY LIST (region);
CREATE TABLE parted_north PARTITION OF parted FOR VALUES IN ('north');
CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
INSERT INTO parted SELECT CASE WHEN i % 3 = 0 THEN 'north' ELSE 'r' || i % 3 END, i, i * 1.25 FROM generate_series(1, 300) i;

CREATE TABLE parent (id integer PRIMARY KEY, t text);
CREATE TABLE child (extra integer) INHERITS (parent);
INSERT INTO parent VALUES (1, 'a'), (2, 'b');
INSERT INTO child VALUES (1, 'the same id again', 5);

CREATE VIEW numbers_view AS SELECT id, dec10_2 * 2 AS twice, yes FROM numbers;
CREATE MATERIALIZED VIEW numbers_stored AS SELECT id, big FROM numbers;
CREATE TABLE empty (id integer PRIMARY KEY, n numeric, t text);
CREATE TABLE no_columns ();

-- Keys that are as good as a primary one, and some that are not -----------------------------------
CREATE TABLE unique_key (a text NOT NULL, b date NOT NULL, v integer, UNIQUE (a, b));
INSERT INTO unique_key SELECT 'k' || i % 7, date '2024-01-01' + i, i FROM generate_series(1, 50) i;
CREATE TABLE no_key_partial (id integer NOT NULL, v text);
CREATE UNIQUE INDEX ON no_key_partial (id) WHERE v IS NOT NULL;
CREATE TABLE no_key_deferred (id integer NOT NULL UNIQUE DEFERRABLE);
CREATE TABLE no_key_nullable (id integer UNIQUE);
CREATE TABLE no_key_float (id double precision PRIMARY KEY);
CREATE COLLATION hostile.no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE no_key_collation (id text COLLATE hostile.no_case PRIMARY KEY);
INSERT INTO no_key_partial VALUES (1, NULL), (1, NULL), (2, 'x');
INSERT INTO no_key_deferred VALUES (1), (2);
INSERT INTO no_key_nullable VALUES (1), (NULL), (NULL);
INSERT INTO no_key_float VALUES (0.1), ('NaN');
INSERT INTO no_key_collation VALUES ('a'), ('b');
