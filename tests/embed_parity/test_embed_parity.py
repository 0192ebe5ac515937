"""The built-in embedder against the `tokenizers` library and a forward pass in float64."""
import json
import os
import pathlib
import struct
import subprocess
import sys

import numpy
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import reference  # noqa: E402
import texts as corpus  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = pathlib.Path(os.environ.get("LAKEHOUSE_DEPS", ROOT / ".deps")) / "models/all-minilm-l6-v2"
COSINE_MIN = 0.99999


@pytest.fixture(scope="session")
def dump():
    program = os.environ.get("LAKEHOUSE_EMBED_DUMP")
    if program is None:
        subprocess.run(["cmake", "--preset", "release"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["cmake", "--build", "build/release", "--target", "embed_dump"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        program = ROOT / "build/release/src/embed/embed_dump"

    def run(what, texts, kernels="auto", folder=MODEL):
        data = b"".join(struct.pack("<I", len(t)) + t for t in (text.encode() for text in texts))
        done = subprocess.run([program, folder, kernels, what], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if b"this machine cannot run" in done.stderr:
            pytest.skip(done.stderr.decode().strip())
        assert done.returncode == 0, done.stderr.decode()
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(lines) == len(texts)
        return lines

    return run


@pytest.fixture(scope="session")
def model():
    return reference.Reference(MODEL)


@pytest.fixture(scope="session")
def texts():
    out = corpus.texts()
    assert len(out) == corpus.COUNT
    return out


@pytest.fixture(scope="session")
def expected_vectors(model, texts):
    return numpy.array([model.vector(ids) for ids in model.ids(texts)])


def wrong_ids(got, expected, texts):
    return [(text[:60], g["ids"][:20], e[:20]) for text, g, e in zip(texts, got, expected) if g["ids"] != e]


def test_ids_equal_the_library(dump, model, texts):
    expected = model.ids(texts)
    got = dump("ids", texts)
    assert wrong_ids(got, expected, texts) == []
    model.tokenizer.no_truncation()
    whole = [len(ids) for ids in model.ids(texts)]
    model.tokenizer.enable_truncation(model.limit)
    assert [g["truncated"] for g in got] == [n > model.limit for n in whole]
    assert any(n > model.limit for n in whole)


def test_ids_from_vocab_txt_alone(dump, model, texts, tmp_path):
    for path in MODEL.iterdir():
        if path.name != "tokenizer.json":
            (tmp_path / path.name).symlink_to(path)
    assert wrong_ids(dump("ids", texts, folder=tmp_path), model.ids(texts), texts) == []


def test_ids_of_every_code_point(dump, model):
    points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    texts = [f"a{chr(c)}b {chr(c)} X{chr(c)}" for c in points]
    wrong = [hex(c) for c, g, e in zip(points, dump("ids", texts), model.ids(texts)) if g["ids"] != e]
    assert wrong == []


@pytest.mark.parametrize("kernels", ["auto", "avx512vnni", "avx512", "avx2", "scalar"])
def test_vectors_equal_float64(dump, texts, expected_vectors, kernels):
    step = 1 if kernels == "auto" else 5  # all texts for what users get, a sample for the rest
    texts, expected_vectors = texts[::step], expected_vectors[::step]
    got = numpy.array([line["vector"] for line in dump("vectors", texts, kernels)])
    assert numpy.isfinite(got).all()
    cosines = (got * expected_vectors).sum(axis=1) / numpy.linalg.norm(got, axis=1)
    worst = int(cosines.argmin())
    print(f"{kernels}: least cosine {cosines[worst]:.9f} (1 - {1 - cosines[worst]:.2e}), "
          f"largest difference {numpy.abs(got - expected_vectors).max():.2e}")
    assert cosines[worst] > COSINE_MIN, texts[worst][:80]
