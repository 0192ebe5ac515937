"""One peer, measured as bench_embed.c measures us: prints one JSON line.

    python peers.py ENGINE MODEL THREADS SECONDS TEXTS QUERIES VECTORS

Engines: onnx (graph in standard operators, every optimisation on), onnx-fused (ONNX Runtime's own
transformer operators: what its optimizer tool makes of BERT), torch (eager), torch-compiled
(inductor with frozen weights), llama.cpp (its server in this process, weights in f32). All but the
last get token ids ready made, which we must make ourselves.
"""
import json
import pathlib
import sys
import tempfile
import time

import numpy
from safetensors.numpy import load_file
from tokenizers import Tokenizer

BATCH = 32


class Model:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.config = json.loads((folder / "config.json").read_text())
        self.weights = {k: v for k, v in load_file(folder / "model.safetensors").items() if v.dtype.kind == "f"}
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(256)

    def ids(self, texts):
        return numpy.array([e.ids for e in self.tokenizer.encode_batch(texts)], dtype=numpy.int64)

    def stacked(self, layer):
        parts = [f"encoder.layer.{layer}.attention.self.{p}" for p in ("query", "key", "value")]
        return (numpy.concatenate([self.weights[p + ".weight"] for p in parts]), numpy.concatenate([self.weights[p + ".bias"] for p in parts]))


# --- ONNX Runtime --------------------------------------------------------------------------------

def onnx_session(model, threads, fused):
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], []
    hidden, heads = model.config["hidden_size"], model.config["num_attention_heads"]
    epsilon = model.config["layer_norm_eps"]

    def constant(name, value):
        constants.append(numpy_helper.from_array(numpy.ascontiguousarray(value), name))
        return name

    def weight(name, transpose=False):
        value = model.weights[name]
        return constant(name, value.T if transpose else value)

    def node(kind, inputs, name, domain="", count=1, **attributes):
        outputs = [name] if count == 1 else [f"{name}.{i}" if i else name for i in range(count)]
        nodes.append(helper.make_node(kind, inputs, outputs, domain=domain, **attributes))
        return name

    def linear(stem, x):
        product = node("MatMul", [x, weight(stem + ".weight", True)], stem + "/product")
        return node("Add", [product, weight(stem + ".bias")], stem + "/sum")

    def norm(stem, x):
        return node("LayerNormalization", [x, weight(stem + ".weight"), weight(stem + ".bias")], stem, axis=-1, epsilon=epsilon)

    def layer_plain(i, x):
        stem = f"encoder.layer.{i}"
        stacked_weight, stacked_bias = model.stacked(i)
        projected = node("Add", [node("MatMul", [x, constant(stem + ".qkv.weight", stacked_weight.T)], stem + "/qkv/p"), constant(stem + ".qkv.bias", stacked_bias)], stem + "/qkv")
        nodes.append(helper.make_node("Split", [projected], [f"{stem}/{n}" for n in "qkv"], axis=-1, num_outputs=3))
        split = {n: node("Reshape", [f"{stem}/{n}", "by_head"], f"{stem}/{n}/heads") for n in "qkv"}
        q = node("Transpose", [split["q"]], stem + "/q/t", perm=[0, 2, 1, 3])
        k = node("Transpose", [split["k"]], stem + "/k/t", perm=[0, 2, 3, 1])
        v = node("Transpose", [split["v"]], stem + "/v/t", perm=[0, 2, 1, 3])
        scores = node("Mul", [node("MatMul", [q, k], stem + "/scores"), "scale"], stem + "/scaled")
        mixed = node("MatMul", [node("Softmax", [scores], stem + "/softmax", axis=-1), v], stem + "/mixed")
        mixed = node("Reshape", [node("Transpose", [mixed], stem + "/mixed/t", perm=[0, 2, 1, 3]), "by_row"], stem + "/mixed/r")
        x = norm(stem + ".attention.output.LayerNorm", node("Add", [linear(stem + ".attention.output.dense", mixed), x], stem + "/add1"))
        wide = node("Gelu", [linear(stem + ".intermediate.dense", x)], stem + "/gelu")
        return norm(stem + ".output.LayerNorm", node("Add", [linear(stem + ".output.dense", wide), x], stem + "/add2"))

    def skip_norm(stem, dense, x, skip):
        product = node("MatMul", [x, weight(dense + ".weight", True)], dense + "/product")
        return node("SkipLayerNormalization", [product, skip, weight(stem + ".weight"), weight(stem + ".bias"), weight(dense + ".bias")], stem, "com.microsoft", epsilon=epsilon)

    def layer_fused(i, x):
        stem = f"encoder.layer.{i}"
        stacked_weight, stacked_bias = model.stacked(i)
        mixed = node("Attention", [x, constant(stem + ".qkv.weight", stacked_weight.T), constant(stem + ".qkv.bias", stacked_bias)], stem + "/attention", "com.microsoft", num_heads=heads)
        x = skip_norm(stem + ".attention.output.LayerNorm", stem + ".attention.output.dense", mixed, x)
        product = node("MatMul", [x, weight(stem + ".intermediate.dense.weight", True)], stem + "/up")
        wide = node("BiasGelu", [product, weight(stem + ".intermediate.dense.bias")], stem + "/gelu", "com.microsoft")
        return skip_norm(stem + ".output.LayerNorm", stem + ".output.dense", wide, x)

    constant("by_head", numpy.array([0, 0, heads, hidden // heads], dtype=numpy.int64))
    constant("by_row", numpy.array([0, 0, hidden], dtype=numpy.int64))
    constant("scale", numpy.array(1 / numpy.sqrt(hidden / heads), dtype=numpy.float32))
    words = node("Gather", [weight("embeddings.word_embeddings.weight"), "ids"], "words")
    positions = model.weights["embeddings.position_embeddings.weight"] + model.weights["embeddings.token_type_embeddings.weight"][0]
    length = node("Slice", [constant("positions", positions), constant("zero", numpy.array([0])), node("Slice", [node("Shape", ["ids"], "shape"), constant("one", numpy.array([1])), constant("two", numpy.array([2]))], "length")], "places")
    x = norm("embeddings.LayerNorm", node("Add", [words, length], "embedded"))
    for i in range(model.config["num_hidden_layers"]):
        x = (layer_fused if fused else layer_plain)(i, x)
    mean = node("ReduceMean", [x, constant("axis1", numpy.array([1]))], "mean", keepdims=0)
    node("LpNormalization", [mean], "vectors", axis=-1, p=2)
    used = {name for n in nodes for name in n.input}
    graph = helper.make_graph(nodes, "bert", [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "length"])],
                              [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", hidden])], [c for c in constants if c.name in used])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return lambda ids: session.run(["vectors"], {"ids": ids})[0]


# --- PyTorch -------------------------------------------------------------------------------------

def torch_model(model, threads, compiled):
    import torch
    from torch.nn import functional as F
    torch.set_num_threads(threads)
    w = {name: torch.from_numpy(value.copy()) for name, value in model.weights.items()}
    heads, epsilon, layers = model.config["num_attention_heads"], model.config["layer_norm_eps"], model.config["num_hidden_layers"]
    stacked = [tuple(map(torch.from_numpy, model.stacked(i))) for i in range(layers)]
    hidden = model.config["hidden_size"]
    positions = w["embeddings.position_embeddings.weight"] + w["embeddings.token_type_embeddings.weight"][0]

    class Bert(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.params = torch.nn.ParameterDict({k.replace(".", "/"): torch.nn.Parameter(v, requires_grad=False) for k, v in w.items()})
            self.qkv = torch.nn.ParameterList([torch.nn.Parameter(t, requires_grad=False) for pair in stacked for t in pair])

        def linear(self, stem, x):
            stem = stem.replace(".", "/")
            return F.linear(x, self.params[stem + "/weight"], self.params[stem + "/bias"])

        def norm(self, stem, x):
            stem = stem.replace(".", "/")
            return F.layer_norm(x, (hidden,), self.params[stem + "/weight"], self.params[stem + "/bias"], epsilon)

        def forward(self, ids):
            batch, length = ids.shape
            x = self.norm("embeddings.LayerNorm", F.embedding(ids, self.params["embeddings/word_embeddings/weight"]) + positions[:length])
            for i in range(layers):
                stem = f"encoder.layer.{i}"
                q, k, v = F.linear(x, self.qkv[2 * i], self.qkv[2 * i + 1]).view(batch, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
                mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, hidden)
                x = self.norm(stem + ".attention.output.LayerNorm", x + self.linear(stem + ".attention.output.dense", mixed))
                wide = F.gelu(self.linear(stem + ".intermediate.dense", x))
                x = self.norm(stem + ".output.LayerNorm", x + self.linear(stem + ".output.dense", wide))
            return F.normalize(x.mean(dim=1), dim=-1)

    bert = Bert().eval()
    if compiled:
        import torch._inductor.config
        torch._inductor.config.freezing = True
        bert = torch.compile(bert, dynamic=False)

    def run(ids):
        with torch.inference_mode() if not compiled else torch.no_grad():
            return bert(torch.from_numpy(ids)).numpy()
    return run


# --- llama.cpp -----------------------------------------------------------------------------------

def write_gguf(model, path):
    import gguf
    c = model.config
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_context_length(c["max_position_embeddings"])
    writer.add_embedding_length(c["hidden_size"])
    writer.add_feed_forward_length(c["intermediate_size"])
    writer.add_block_count(c["num_hidden_layers"])
    writer.add_head_count(c["num_attention_heads"])
    writer.add_layer_norm_eps(c["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    vocabulary = sorted(model.tokenizer.get_vocab().items(), key=lambda item: item[1])
    special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
    pieces = [p if p in special else p[2:] if p.startswith("##") else "\u2581" + p for p, _ in vocabulary]
    writer.add_tokenizer_model("bert")
    writer.add_token_list([p.encode() for p in pieces])
    writer.add_token_types([gguf.TokenType.CONTROL if p in special else gguf.TokenType.NORMAL for p in pieces])
    writer.add_token_type_count(c["type_vocab_size"])
    ids = model.tokenizer.token_to_id
    writer.add_unk_token_id(ids("[UNK]"))
    writer.add_sep_token_id(ids("[SEP]"))
    writer.add_pad_token_id(ids("[PAD]"))
    writer.add_bos_token_id(ids("[CLS]"))
    writer.add_eos_token_id(ids("[SEP]"))
    names = {"embeddings.word_embeddings": "token_embd", "embeddings.position_embeddings": "position_embd",
             "embeddings.token_type_embeddings": "token_types", "embeddings.LayerNorm": "token_embd_norm"}
    parts = {"attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
             "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
             "intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm"}
    for i in range(c["num_hidden_layers"]):
        names.update({f"encoder.layer.{i}.{theirs}": f"blk.{i}.{ours}" for theirs, ours in parts.items()})
    for name, value in model.weights.items():
        stem, _, kind = name.rpartition(".")
        if stem in names:
            writer.add_tensor(f"{names[stem]}.{kind}", value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama_server(model, threads):
    import xllamacpp
    folder = tempfile.mkdtemp()
    write_gguf(model, f"{folder}/model.gguf")
    params = xllamacpp.CommonParams()
    params.model.path = f"{folder}/model.gguf"
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    params.n_parallel = BATCH
    params.n_batch = params.n_ubatch = params.n_ctx = BATCH * 256
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.warmup = params.ui = False
    params.verbosity = -1
    server = xllamacpp.Server(params)

    def run(texts):
        answer = server.handle_embeddings({"input": list(texts)})
        answer = json.loads(answer) if isinstance(answer, str) else answer
        return numpy.array([row["embedding"] for row in sorted(answer["data"], key=lambda row: row["index"])], dtype=numpy.float32)
    return run


ENGINES = {
    "llama.cpp": llama_server,
    "onnx": lambda model, threads: onnx_session(model, threads, False),
    "onnx-fused": lambda model, threads: onnx_session(model, threads, True),
    "torch": lambda model, threads: torch_model(model, threads, False),
    "torch-compiled": lambda model, threads: torch_model(model, threads, True),
}


def main():
    engine, folder, threads, seconds, texts, queries, vectors = sys.argv[1:]
    seconds = float(seconds)
    model = Model(folder)
    prepare = list if engine == "llama.cpp" else model.ids
    documents = prepare(pathlib.Path(texts).read_text().splitlines())
    short = prepare(pathlib.Path(queries).read_text().splitlines())
    run = ENGINES[engine](model, int(threads))
    batches = [documents[i:i + BATCH] for i in range(0, len(documents), BATCH)]
    numpy.concatenate([run(b) for b in batches]).astype(numpy.float32).tofile(vectors)
    done, cpu, start = 0, time.process_time(), time.perf_counter()
    while time.perf_counter() - start < seconds:
        for batch in batches:
            run(batch)
            done += len(batch)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    run(short[:1])
    run(short[1:2])
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < seconds:
        one = time.perf_counter()
        run(short[len(times) % len(short):][:1])
        times.append((time.perf_counter() - one) * 1e3)
    times.sort()
    print(json.dumps({"docs_per_second": round(done / wall, 2), "docs_per_cpu_second": round(done / cpu, 2),
                      "query_ms_p50": round(times[len(times) // 2], 3), "query_ms_p99": round(times[len(times) * 99 // 100], 3)}))


if __name__ == "__main__":
    main()
