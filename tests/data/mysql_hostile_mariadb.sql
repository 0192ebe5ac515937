-- What only MariaDB has.
CREATE TABLE named_types (id UUID NOT NULL PRIMARY KEY, four INET4, six INET6, j JSON) ENGINE=InnoDB;
INSERT INTO named_types VALUES ('00112233-4455-6677-8899-aabbccddeeff', '192.0.2.1', '2001:db8::1', '{"a": 1}'), ('ffffffff-0000-0000-0000-000000000001', NULL, '::', NULL);
CREATE TABLE invisible (id INT NOT NULL PRIMARY KEY, hidden INT INVISIBLE DEFAULT 7, shown INT) ENGINE=InnoDB;
INSERT INTO invisible (id, shown) VALUES (1, 1);
CREATE TABLE aria_table (id INT NOT NULL PRIMARY KEY) ENGINE=Aria;
INSERT INTO aria_table VALUES (1);
