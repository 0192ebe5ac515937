"""What the tests of loads from databases share."""
import databases


def series(database, count):
    """Something for FROM with the column seq = 1..count."""
    if database.kind == "postgresql":
        return f"generate_series(1, {count}) AS seq"
    if database.kind == "mariadb":
        return f"seq_1_to_{count}"
    database.sql(f"SET GLOBAL cte_max_recursion_depth = {count + 1}")
    return f"(WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < {count}) SELECT seq FROM s) s"


def numbers(database, count, *, key=True, table="numbers"):
    """Rows 1..count: id, amount, label."""
    label = "'row ' || seq" if database.kind == "postgresql" else "concat('row ', seq)"
    database.sql(f"""CREATE TABLE {table} (id int {'PRIMARY KEY' if key else ''}, amount decimal(12,2), label varchar(40));
        INSERT INTO {table} SELECT seq, seq * 1.25, {label} FROM {series(database, count)}""")


def assert_numbers(server, dataset, count):
    """Exactly the rows of numbers(): none lost, none twice, none changed."""
    assert server.sql(f"""SELECT count(*), count(DISTINCT id), min(id), max(id), sum(amount)::VARCHAR,
        count(*) FILTER (amount <> id * 1.25 OR label <> 'row ' || id) FROM {dataset}""") == [
        [count, count, 1, count, f"{count * (count + 1) // 2 * 125 // 100}.{count * (count + 1) // 2 * 125 % 100:02}", 0]]


def head(server, dataset):
    return server.get(f"/catalog/datasets/{dataset}").json()["snapshot_id"]


def columns(server, dataset):
    return {column["name"]: column["type"] for column in server.get(f"/catalog/datasets/{dataset}").json()["columns"]}


def problem(answer, status, kind):
    assert answer.status == status, answer
    body = answer.json()
    assert body["type"] == f"urn:lakehouse:{kind}", body
    assert databases.PASSWORD not in answer.text
    return body


def assert_verified(server, database, dataset, **fields):
    """Both sides, read again and compared as canonical texts, are equal."""
    answer = server.post(f"/ingest/verify/{dataset}", json={"dsn": database.dsn(), **fields})
    assert answer.status == 200, answer
    result = answer.json()
    assert result["equal"], {**result, "columns": [column for column in result["columns"] if not column["equal"]]}
    return result
