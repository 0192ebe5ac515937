"""The files of an index, read by pyarrow and by docs/formats.md alone: no code of ours."""
import json
import struct

import pyarrow as pa
import pyarrow.parquet as pq


def tombstones(path):
    raw = path.read_bytes()
    assert raw[:8] == b"LHTOMBS\n" and struct.unpack_from("<I", raw, 8) == (1,)
    (count,) = struct.unpack_from("<Q", raw, 16)
    ids, at, value = [], 24, 0
    while at < len(raw):
        step = shift = 0
        while True:
            byte, at = raw[at], at + 1
            step |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        value += step
        ids.append(value)
    assert len(ids) == count
    return set(ids)


def living_rows(server, index):
    bucket = server.data_dir / "primary"
    head = json.loads((bucket / f"vectors/{index}/head.json").read_text())
    tables = [pq.read_table(bucket / segment["key"]) for segment in head["segments"]]
    assert [table.num_rows for table in tables] == [segment["rows"] for segment in head["segments"]]
    dead = tombstones(bucket / head["tombstones"]["key"]) if head["tombstones"] else set()
    rows = [row for table in tables for row in table.to_pylist() if row["row_id"] not in dead]
    assert len(rows) == head["chunk_count"]
    return head, tables, rows


def test_segments_are_parquet_that_others_read(server):
    texts = {n: f"text number {n}, with a few words" for n in range(500)}
    server.ingest("files", "id,text\n" + "\n".join(f'{n},"{text}"' for n, text in texts.items()))
    server.refresh("files", "files")
    head, tables, rows = living_rows(server, "files")
    schema = tables[0].schema
    assert {field.name: str(field.type) for field in schema if field.name != "vector"} == {
        "row_id": "uint64", "doc_id": "string", "chunk_idx": "int32", "chunk_text": "string",
        "source": "string", "content_hash": "string"}
    assert pa.types.is_list(schema.field("vector").type) and schema.field("vector").type.value_type == pa.float32()
    assert {row["doc_id"]: row["chunk_text"] for row in rows} == {str(n): text for n, text in texts.items()}
    assert {row["source"] for row in rows} == {"files"}
    for row in rows[:50]:
        assert len(row["vector"]) == head["dimensions"]
        assert abs(sum(x * x for x in row["vector"]) - 1) < 1e-4
    ids = [row["row_id"] for row in rows]
    assert ids == sorted(set(ids))


def test_what_is_deleted_can_be_told_from_the_files(server):
    server.ingest("marked", "id,text\n" + "\n".join(f"{n},text {n}" for n in range(300)))
    server.refresh("marked", "marked")
    server.ingest("marked", "id,text\n" + "\n".join(f"{n},text {n}{' edited' if n < 20 else ''}" for n in range(270)))
    server.refresh("marked", "marked")
    head, _, rows = living_rows(server, "marked")
    assert head["tombstones"]["count"] == 50
    assert {row["doc_id"] for row in rows} == {str(n) for n in range(270)}
    assert sum("edited" in row["chunk_text"] for row in rows) == 20
