-- What only MySQL 8 has.
CREATE TABLE functional_key (id INT, n INT NOT NULL, UNIQUE KEY plain (n)) ENGINE=InnoDB;
INSERT INTO functional_key VALUES (1, 2), (NULL, 3);
CREATE TABLE sorted_ai (name VARCHAR(30) COLLATE utf8mb4_0900_ai_ci NOT NULL PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO sorted_ai VALUES ('b'), ('Á'), ('c'), ('B '), (' a');
