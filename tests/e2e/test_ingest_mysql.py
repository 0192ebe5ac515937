"""What only MariaDB and MySQL have: their names, their types, their engines."""
import databases
from table_loads import assert_numbers, assert_verified, columns, numbers, problem

HOSTILE = """
SET sql_mode = '';
CREATE TABLE hostile (
    id int PRIMARY KEY, ti tinyint, tu tinyint unsigned, flag tinyint(1), si smallint, su smallint unsigned, mi mediumint, mu mediumint unsigned,
    i int, iu int unsigned, zf int(8) unsigned zerofill, bi bigint, bu bigint unsigned, de decimal(20,6), dw decimal(65,30), du decimal(10,2) unsigned,
    f float, d double, b1 bit(1), b9 bit(9), b64 bit(64), y year, da date, dt datetime, dt6 datetime(6), ts timestamp NULL, ts3 timestamp(3) NULL,
    tm time, tm6 time(6), c char(10), v varchar(20), vl varchar(20) character set latin1, vu varchar(20) character set utf16, bn binary(4),
    vb varbinary(10), tt tinytext, tx text, mt mediumtext, tb tinyblob, bl blob, e enum('a', 'it''s', ''), s set('x', 'y', 'z'), j json,
    g geometry, twice int AS (i * 2) STORED, virt varchar(30) AS (concat(v, '!')) VIRTUAL);
INSERT INTO hostile (id, ti, tu, flag, si, su, mi, mu, i, iu, zf, bi, bu, de, dw, du, f, d, b1, b9, b64, y, da, dt, dt6, ts, ts3, tm, tm6, c, v, vl, vu, bn, vb,
    tt, tx, mt, tb, bl, e, s, j, g) VALUES
 (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.5, 1.5, 1.5, 1.5, 1.5, b'1', b'101', b'1', 2024, '2024-02-29', '2024-02-29 23:59:59', '2024-02-29 23:59:59.5',
  '2024-02-29 23:59:59', '2024-02-29 23:59:59.123', '23:59:59', '23:59:59.5', 'ab', 'abc', 'grüße', '日本', 'ab', 'abc', 'a', 'b', 'c', 'd', 'e', 'a', 'x,z', '{"a": 1}', POINT(1, 2)),
 (2, -128, 255, 2, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295, 42, -9223372036854775808, 18446744073709551615, -99999999999999.999999,
  12345678901234567890123456789012345.012345678901234567890123456789, 99999999.99, 3.402823e38, 1.7976931348623157e308, b'0', b'111111111',
  0xffffffffffffffff, 1901, '0000-00-00', '0000-00-00 00:00:00', '2024-00-00 00:00:00.000001', '1970-01-01 00:00:01', '2038-01-19 03:14:07.999', '838:59:59',
  '-838:59:58.999999', '', '', '', '', '', '', '', '', '', '', '', '', '', 'null', NULL),
 (3, 127, 0, 0, 32767, 0, 8388607, 0, 2147483647, 0, 0, 9223372036854775807, 0, 0.000001, -0.000000000000000000000000000001, 0, -1.4e-45, -5e-324, b'0', b'0',
  b'0', 2155, '9999-12-31', '9999-12-31 23:59:59', '1000-01-01 00:00:00', '2024-06-30 12:00:00', NULL, '-00:00:01', '00:00:00.000001', 'tail', ' pad ', 'ÿ', '🐬', 0x00ff0a0d,
  0x00, 'tab\\tx', 'line\\nx', 'quote"''\\\\', 0x0001, 0xfffe, 'it''s', 'x,y,z', '[]', POINT(0, 0)),
 (5, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -0.0, -0.0, b'0', b'0', b'0', 0, '2024-02-00', '2024-01-00 10:00:00', '0001-01-01', '2000-01-01', '2000-01-01', '24:00:00', '-00:00:00.5',
  'NULL', 'NULL', 'NULL', 'NULL', 'NULL', 'NULL', 'NULL', 'NULL', 'NULL', 'NULL', 'NULL', 'a', 'y', '"x"', NULL);
INSERT INTO hostile (id) VALUES (4);
"""


def test_hostile_types_arrive_unchanged(server, mysql):
    mysql.sql(HOSTILE)
    name = f"hostile_{mysql.kind}"
    result = server.loaded(mysql, name, table="hostile")
    assert result["rows_written"] == 5 and result["rows_rejected"] == 0
    assert_verified(server, mysql, name)
    types = columns(server, name)
    assert (types["bu"], types["iu"], types["de"], types["dw"]) == ("DECIMAL(20,0)", "BIGINT", "DECIMAL(20,6)", "VARCHAR")
    empty = server.sql(f"SELECT COLUMNS(*) IS NULL FROM {name} WHERE id = 4")[0]
    assert empty == [False] + [True] * (len(types) - 1), "NULL is NULL in each type"
    assert server.sql(f"SELECT bu::VARCHAR, da::VARCHAR, dt6::VARCHAR, tm::VARCHAR, flag::VARCHAR, vl FROM {name} WHERE id = 2") == [
        ["18446744073709551615", "0000-00-00", "2024-00-00 00:00:00.000001", "838:59:59", "2", ""]]
    assert server.sql(f"SELECT vl, vu, tx, twice, virt FROM {name} WHERE id = 3") == [["ÿ", "🐬", "line\nx", 2147483647, " pad !"]]
    counted = {coercion["column"] for coercion in result["coercions"]}
    assert {"da", "dt", "dt6", "tm", "flag", "bu"} <= counted, "what is stored as another type is counted"


def test_reference_types_of_everything(server, mysql):
    mysql.sql(HOSTILE)
    name = f"hostile_reference_{mysql.kind}"
    server.loaded(mysql, name, table="hostile", types="reference")
    types = columns(server, name)
    assert (types["id"], types["bi"], types["de"], types["f"]) == ("INTEGER", "BIGINT", "DOUBLE", "DOUBLE")
    assert {types[column] for column in ("da", "dt", "tm", "e", "j", "y")} == {"VARCHAR"}
    assert server.sql(f"SELECT da, dt, tm FROM {name} WHERE id = 1") == [["2024-02-29", "2024-02-29 23:59:59", "23:59:59"]]


def test_a_boolean_stays_one_while_it_is(server, mysql):
    mysql.sql("CREATE TABLE flags (id int PRIMARY KEY, yes tinyint(1), bit1 bit(1)); INSERT INTO flags VALUES (1, 1, b'1'), (2, 0, b'0'), (3, NULL, NULL)")
    name = f"flags_{mysql.kind}"
    server.loaded(mysql, name, table="flags")
    assert columns(server, name)["yes"] == "BOOLEAN"
    assert server.sql(f"SELECT yes FROM {name} ORDER BY id") == [[True], [False], [None]]


def test_names_other_databases_and_partitions(server, mysql):
    mysql.sql(f"""CREATE TABLE `odd ``name` (`a b` int); INSERT INTO `odd ``name` VALUES (7);
        CREATE TABLE events (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (to_days(day))
            (PARTITION p1 VALUES LESS THAN (to_days('2024-02-01')), PARTITION p2 VALUES LESS THAN MAXVALUE);
        INSERT INTO events VALUES (1, '2024-01-01'), (2, '2024-03-01');""")
    rows = lambda table: server.loaded(mysql, f"names_{mysql.kind}", table=table)["rows_written"]
    assert rows("`odd ``name`") == 1 and rows("events") == 2 and rows(f"{mysql.name}.events") == 2
    with mysql.server.database() as other:
        numbers(other, 4)
        assert rows(f"`{other.name}`.`numbers`") == 4
    problem(server.load(mysql, "never", table="no_such_db.events"), 404, "not_found") if mysql.kind == "mariadb" else None


def test_a_table_without_snapshots_is_said_to_be_one(server, mysql):
    mysql.sql("CREATE TABLE old (id int PRIMARY KEY) ENGINE=MyISAM; INSERT INTO old VALUES (1), (2)")
    notes = server.loaded(mysql, f"myisam_{mysql.kind}", table="old")["notes"]
    assert any("snapshot" in note for note in notes), notes
    mysql.sql("CREATE TABLE fresh (id int PRIMARY KEY) ENGINE=InnoDB; INSERT INTO fresh VALUES (1)")
    assert server.loaded(mysql, f"innodb_{mysql.kind}", table="fresh")["notes"] == []


def test_large_values(server, mysql):
    mysql.sql("CREATE TABLE large (id int, body longtext, bytes longblob);"
              "INSERT INTO large SELECT 1, repeat(md5(1), 100000), repeat(unhex('00ff'), 1000000); INSERT INTO large SELECT 2, 'small', ''")
    name = f"large_{mysql.kind}"
    server.loaded(mysql, name, table="large")
    assert server.sql(f"SELECT id, length(body), octet_length(bytes), md5(body) FROM {name} ORDER BY id") == [
        [int(row[0]), int(row[1]), int(row[2]), row[3]] for row in mysql.rows("SELECT id, char_length(body), length(bytes), md5(body) FROM large ORDER BY id")]


def test_a_reader_that_is_slow_is_waited_for(server, mysql):
    """The database gives a client net_write_timeout seconds to take rows; a load asks for more."""
    numbers(mysql, 300_000)
    mysql.sql("SET GLOBAL net_write_timeout = 1")
    try:
        server.loaded(mysql, f"patient_{mysql.kind}", table="numbers", batch_rows=20_000)
        assert_numbers(server, f"patient_{mysql.kind}", 300_000)
    finally:
        mysql.sql("SET GLOBAL net_write_timeout = DEFAULT")


def test_ways_in(server, mysql, certificates):
    numbers(mysql, 3)
    name = f"ways_in_{mysql.kind}"
    loads = lambda dsn: server.loaded(mysql, name, table="numbers", dsn=dsn)
    loads(mysql.dsn(scheme="mariadb"))
    loads(mysql.dsn(host="localhost", **{"ssl-mode": "VERIFY_IDENTITY", "ssl-ca": certificates.ca}))
    word = databases.urllib.parse.quote(databases.PASSWORD, safe="")
    loads(f"mysql://{databases.USER}:{word}@/{mysql.name}?host={mysql.server.folder / 'socket'}")
    problem(server.load(mysql, name, table="numbers", dsn=mysql.dsn(user="root", password="wrong")), 403, "denied")


def test_names_and_texts_beyond_ascii(server, mysql):
    mysql.sql("CREATE TABLE `größe` (`naïve` varchar(10) character set latin1 collate latin1_german1_ci); INSERT INTO `größe` VALUES ('straße')")
    server.loaded(mysql, f"unicode_{mysql.kind}", table="`größe`")
    assert server.sql(f'SELECT "naïve" FROM unicode_{mysql.kind}') == [["straße"]]
    assert databases.PASSWORD not in server.log()
