"""The released encoder (trunk and tagging branch) as an ONNX graph, written from its safetensors, then optimised by
onnxruntime's own transformer optimiser: the peer that the benchmark compares with.

The graph follows the shape of the usual export of a BERT, so that attention, GELU and LayerNorm are fused."""
import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file


def weights(model: pathlib.Path, file: str) -> dict:
    """f32 arrays by name; int8 matrices are multiplied by the step of each row."""
    raw = load_file(model / file)
    return {
        name: value.astype(np.float32) * (raw[name + ".scale"][:, None] if value.dtype == np.int8 else 1)
        for name, value in raw.items()
        if not name.endswith(".scale")
    }


class Graph:
    """Nodes and constants as they are added."""

    def __init__(self):
        self.nodes, self.constants, self.count = [], {}, 0

    def constant(self, value, name=None):
        name = name or f"constant_{len(self.constants)}"
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def add(self, operation, *inputs, **attributes):
        self.count += 1
        out = f"{operation.lower()}_{self.count}"
        self.nodes.append(helper.make_node(operation, list(inputs), [out], name=f"{operation}_{self.count}", **attributes))
        return out

    def dense(self, x, w, name):
        product = self.add("MatMul", x, self.constant(w[name + ".weight"].T, name + ".weight"))
        return self.add("Add", product, self.constant(w[name + ".bias"], name + ".bias"))

    def norm(self, x, w, name, eps):
        parts = [self.constant(w[f"{name}.{part}"], f"{name}.{part}") for part in ("weight", "bias")]
        return self.add("LayerNormalization", x, *parts, axis=-1, epsilon=eps)


def build(model: pathlib.Path, target: pathlib.Path) -> dict:
    """Writes the plain graph; returns the model's config."""
    manifest = json.loads((model / "manifest.json").read_text())
    config = manifest["config"]
    w = {**weights(model, "trunk.safetensors"), **weights(model, "tagging.safetensors")}
    g, eps = Graph(), max(config["layer_norm_eps"], 1e-12)
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    size = hidden // heads
    words = g.add("Gather", g.constant(w["embeddings.word_embeddings.weight"], "words"), "input_ids")
    types = g.add("Gather", g.constant(w["embeddings.token_type_embeddings.weight"], "types"), "token_type_ids")
    positions = g.add("Gather", g.constant(w["embeddings.position_embeddings.weight"], "positions"), "position_ids")
    x = g.norm(g.add("Add", g.add("Add", words, types), positions), w, "embeddings.LayerNorm", eps)
    mask = g.add("Unsqueeze", "attention_mask", g.constant(np.array([1], np.int64)))
    mask = g.add("Unsqueeze", mask, g.constant(np.array([2], np.int64)))
    mask = g.add("Cast", mask, to=TensorProto.FLOAT)
    mask = g.add("Sub", g.constant(np.array(1, np.float32)), mask)
    mask = g.add("Mul", mask, g.constant(np.array(-10000, np.float32)))
    split = g.constant(np.array([0, 0, heads, size], np.int64))
    joined = g.constant(np.array([0, 0, hidden], np.int64))
    for i in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{i}."
        parts = []
        for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
            heads_of = g.add("Reshape", g.dense(x, w, f"{name}attention.self.{part}"), split)
            parts.append(g.add("Transpose", heads_of, perm=order))
        scores = g.add("Div", g.add("MatMul", parts[0], parts[1]), g.constant(np.array(size**0.5, np.float32)))
        attention = g.add("Softmax", g.add("Add", scores, mask), axis=-1)
        context = g.add("Transpose", g.add("MatMul", attention, parts[2]), perm=[0, 2, 1, 3])
        context = g.dense(g.add("Reshape", context, joined), w, name + "attention.output.dense")
        x = g.norm(g.add("Add", context, x), w, name + "attention.output.LayerNorm", eps)
        wide = g.dense(x, w, name + "intermediate.dense")
        erf = g.add("Erf", g.add("Div", wide, g.constant(np.array(2**0.5, np.float32))))
        wide = g.add("Mul", wide, g.add("Add", erf, g.constant(np.array(1, np.float32))))
        wide = g.add("Mul", wide, g.constant(np.array(0.5, np.float32)))
        x = g.norm(g.add("Add", g.dense(wide, w, name + "output.dense"), x), w, name + "output.LayerNorm", eps)
    g.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"]))
    value = lambda name, kind, shape: helper.make_tensor_value_info(name, kind, shape)
    inputs = [value(n, TensorProto.INT64, ["batch", "length"]) for n in
              ("input_ids", "attention_mask", "token_type_ids", "position_ids")]
    outputs = [value("last_hidden_state", TensorProto.FLOAT, ["batch", "length", hidden])]
    graph = helper.make_graph(g.nodes, "bert", inputs, outputs, list(g.constants.values()))
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(proto)
    onnx.save(proto, target)
    return config


def make(model: pathlib.Path, folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """The optimised graphs in f32 and in int8 (dynamic, per channel)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers.optimizer import optimize_model

    folder.mkdir(parents=True, exist_ok=True)
    plain, f32, int8 = (folder / f"{name}.onnx" for name in ("plain", "f32", "int8"))
    config = build(model, plain)
    optimised = optimize_model(str(plain), model_type="bert", num_heads=config["num_attention_heads"],
                               hidden_size=config["hidden_size"], opt_level=0, use_gpu=False)
    fused = optimised.get_fused_operator_statistics()
    if fused.get("Attention", 0) != config["num_hidden_layers"]:
        raise SystemExit(f"attention was not fused: {fused}")
    print("fused operators:", {k: v for k, v in fused.items() if v}, flush=True)
    optimised.save_model_to_file(str(f32))
    quantize_dynamic(str(f32), str(int8), per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Attention"],
                     extra_options={"DefaultTensorType": TensorProto.FLOAT})
    return f32, int8
