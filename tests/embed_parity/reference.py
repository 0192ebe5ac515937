"""BERT's forward pass in float64 with numpy, written from the paper and the published tensors' names
without a look at the C code. Slow and exact: the yardstick for tests/embed_parity and bench/embed."""
import json
import math
import pathlib

import numpy
from safetensors.numpy import load_file
from tokenizers import Tokenizer

# erf on a fine grid with its exact slope between: cubic Hermite, within 1e-13 of math.erf.
_STEP = 1.0 / 1024
_GRID = numpy.arange(-6144, 6146) * _STEP
_VALUE = numpy.array([math.erf(x) for x in _GRID])
_SLOPE = 2 / math.sqrt(math.pi) * numpy.exp(-_GRID * _GRID) * _STEP


def erf(x):
    x = numpy.clip(x, -6.0, 6.0)
    place = (x + 6.0) / _STEP
    i = place.astype(numpy.int64)
    t = place - i
    u = 1 - t
    return (u * u * (1 + 2 * t) * _VALUE[i] + t * t * (3 - 2 * t) * _VALUE[i + 1]
            + u * u * t * _SLOPE[i] - t * t * u * _SLOPE[i + 1])


def norm(x, gain, shift, epsilon):
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / numpy.sqrt((centred * centred).mean(axis=-1, keepdims=True) + epsilon) * gain + shift


class Reference:
    """all-MiniLM-L6-v2 and its like: mean pooling, normalised."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.config = json.loads((folder / "config.json").read_text())
        self.limit = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
        self.weights = {k: v.astype(numpy.float64) for k, v in load_file(folder / "model.safetensors").items() if v.dtype.kind == "f"}
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(self.limit)

    def ids(self, texts):
        return [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]

    def linear(self, stem, x):
        return x @ self.weights[stem + ".weight"].T + self.weights[stem + ".bias"]

    def norm(self, stem, x):
        return norm(x, self.weights[stem + ".weight"], self.weights[stem + ".bias"], self.config["layer_norm_eps"])

    def attention(self, stem, x):
        heads = self.config["num_attention_heads"]
        q, k, v = (self.linear(f"{stem}.self.{part}", x).reshape(len(x), heads, -1).transpose(1, 0, 2) for part in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        scores = numpy.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return self.linear(f"{stem}.output.dense", (scores @ v).transpose(1, 0, 2).reshape(len(x), -1))

    def vector(self, ids):
        w = self.weights
        x = (w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:len(ids)]
             + w["embeddings.token_type_embeddings.weight"][0])
        x = self.norm("embeddings.LayerNorm", x)
        for i in range(self.config["num_hidden_layers"]):
            layer = f"encoder.layer.{i}"
            x = self.norm(f"{layer}.attention.output.LayerNorm", x + self.attention(f"{layer}.attention", x))
            wide = self.linear(f"{layer}.intermediate.dense", x)
            wide = 0.5 * wide * (1 + erf(wide / math.sqrt(2)))
            x = self.norm(f"{layer}.output.LayerNorm", x + self.linear(f"{layer}.output.dense", wide))
        mean = x.mean(axis=0)
        return mean / numpy.linalg.norm(mean)
