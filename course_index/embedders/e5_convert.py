"""Writes multilingual-e5-small as an ONNX graph of 8-bit matrices, with its tokenizer and its table of word vectors.

The word vectors stay outside the graph, in a file that is mapped into memory: of 250,000 rows a library touches few.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from course_index.embedders.e5_weights import Tokens, Weights, read_weights

GRAPH, TOKENIZER, WORDS, POSITIONS, REPLACEMENTS = (
    "network.onnx", "tokenizer.json", "words.npy", "positions.npy", "replacements.json",
)  # fmt: skip
# Pieces in other scripts are left out: with them the tokenizer takes 500 MB of memory instead of 130 (RETRIEVAL.md).
_OTHER_SCRIPTS = re.compile(
    r"[\u0370-\u1cff\u1f00-\u1fff\u2c00-\u2dff\ua000-\ua6ff\ua800-\uabff\uac00-\ud7ff\ufb00-\ufdff\ufe70-\ufeff]"
)


def convert(source: Path, folder: Path, progress: Callable[[str, int, int], None]) -> None:
    """Write all files into a new folder beside `folder`, then name it so: half a model is never seen.

    Two processes may convert at once; the first to finish wins and the other takes its result.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    stage, total = "converting", 4
    try:
        progress(stage, 0, total)
        weights = read_weights(source)
        progress(stage, 1, total)
        kept = _kept_pieces(weights.tokens)
        _write_tokenizer(weights.tokens, kept, work)
        np.save(work / WORDS, weights.tensors["emb.word"][kept].astype(np.float16))
        positions = weights.tensors["emb.pos"].reshape(-1, weights.shape.hidden)
        np.save(work / POSITIONS, positions + weights.tensors["emb.type"].reshape(-1, weights.shape.hidden)[0])
        progress(stage, 2, total)
        onnx.save(_graph(weights), work / "float32.onnx")
        progress(stage, 3, total)
        quantize_dynamic(
            work / "float32.onnx",
            work / GRAPH,
            op_types_to_quantize=["MatMul"],
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,  # without it AVX2's 16-bit sums overflow
            extra_options={"MatMulConstBOnly": True},
        )
        (work / "float32.onnx").unlink()
        _publish(work, folder)
        progress(stage, total, total)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _publish(work: Path, folder: Path) -> None:
    try:
        os.rename(work, folder)
    except OSError:
        if not folder.exists():
            raise


def _kept_pieces(tokens: Tokens) -> NDArray[np.int64]:
    return np.array([n for n, (piece, _) in enumerate(tokens.pieces) if not _OTHER_SCRIPTS.search(piece)])


def _write_tokenizer(tokens: Tokens, kept: NDArray[np.int64], folder: Path) -> None:
    place = {int(old): new for new, old in enumerate(kept)}
    begin, end = place[tokens.begin], place[tokens.end]
    tokenizer = Tokenizer(
        models.Unigram([tokens.pieces[old] for old in kept], unk_id=place[tokens.unknown], byte_fallback=False)
    )
    tokenizer.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    names = [(tokens.pieces[tokens.begin][0], begin), (tokens.pieces[tokens.end][0], end)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{names[0][0]} $A {names[1][0]}", special_tokens=names
    )
    tokenizer.save(str(folder / TOKENIZER))
    (folder / REPLACEMENTS).write_text(json.dumps(tokens.replacements), "utf-8")


class _Graph:
    """Collects nodes and constants; every method returns the name of what it made."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operation: str, *inputs: str, **attributes: Any) -> str:
        output = f"{operation}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [output], **attributes))
        return output


def _graph(weights: Weights) -> onnx.ModelProto:
    """BERT as e5 uses it: (word + position) vectors in, one unit vector a text out."""
    hidden, heads = weights.shape.hidden, weights.shape.heads
    width = hidden // heads
    tensors = weights.tensors
    graph = _Graph()
    graph.constant("split", np.array([0, 0, heads, width], np.int64))
    graph.constant("merge", np.array([0, 0, hidden], np.int64))
    graph.constant("scale", np.array(1 / np.sqrt(width), np.float32))

    def linear(x: str, name: str) -> str:
        product = graph.node("MatMul", x, graph.constant(f"{name}.w", tensors[f"{name}.w"].T))
        return graph.node("Add", product, graph.constant(f"{name}.b", tensors[f"{name}.b"]))

    def norm(x: str, name: str) -> str:
        gain, bias = (graph.constant(f"{name}.{part}", tensors[f"{name}.{part}"]) for part in "wb")
        return graph.node("LayerNormalization", x, gain, bias, axis=-1, epsilon=1e-12)

    def by_head(x: str, order: list[int]) -> str:
        return graph.node("Transpose", graph.node("Reshape", x, "split"), perm=order)

    x = norm("vectors", "emb.ln")
    for layer in range(weights.shape.layers):
        at = f"l{layer}."
        query, value = (by_head(linear(x, at + part), [0, 2, 1, 3]) for part in "qv")
        key = by_head(linear(x, at + "k"), [0, 2, 3, 1])
        scores = graph.node("Mul", graph.node("MatMul", query, key), "scale")
        attention = graph.node("Softmax", graph.node("Add", scores, "mask"), axis=-1)
        context = graph.node("Transpose", graph.node("MatMul", attention, value), perm=[0, 2, 1, 3])
        attended = linear(graph.node("Reshape", context, "merge"), at + "ao")
        x = norm(graph.node("Add", attended, x), at + "aln")
        widened = graph.node("Gelu", linear(x, at + "fi"))
        x = norm(graph.node("Add", linear(widened, at + "fo"), x), at + "oln")
    pooled = graph.node(
        "ReduceSum", graph.node("Mul", x, "present"), graph.constant("sequence", np.array([1])), keepdims=0
    )
    length = graph.node("ReduceL2", pooled, graph.constant("last", np.array([-1])), keepdims=1)
    unit = graph.node("Div", pooled, length)

    inputs: dict[str, list[str | int | None]] = {
        "vectors": ["B", "S", hidden],
        "mask": ["B", 1, 1, "S"],
        "present": ["B", "S", 1],
    }
    made = helper.make_graph(
        graph.nodes,
        "multilingual-e5-small",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(unit, TensorProto.FLOAT, ["B", hidden])],
        graph.constants,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
