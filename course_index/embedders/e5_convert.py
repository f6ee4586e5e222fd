"""Writes multilingual-e5-small as an ONNX graph of 8-bit matrices.

Pieces come in as vectors: the table of 250,000 stays in the wheel's file, where a library touches few of its rows.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from course_index.embedders.e5_weights import Floats, Shape

# A weight is one of 64 steps up or down, not of 127: with more, the 16-bit sums of AVX2 overflow.
_WEIGHT_STEPS = 64
_VALUE_STEPS = 127


class Tensors(Protocol):
    """A network's sizes and its tensors by name, as e5_weights.Weights has them."""

    @property
    def shape(self) -> Shape:
        """The sizes of the network."""
        ...

    def vector(self, name: str) -> Floats:
        """Shape (n,)."""
        ...

    def matrix(self, name: str) -> Floats:
        """Shape (out, in)."""
        ...


def write_int8_graph(weights: Tensors, path: Path, progress: Callable[[int, int], None]) -> None:
    """Write the graph that embeds one text."""
    _write(_int8_graph(weights, progress), path)


def write_int8_pair_graph(
    weights: Tensors, apart: int, kinds: Floats, path: Path, progress: Callable[[int, int], None]
) -> None:
    """Write the graph that reads two texts together: the first `apart` layers each by itself, the others both.

    `kinds`, (2, hidden), is what is added between the two to a token of the first text and to one of the second.
    """
    _write(_int8_pair_graph(weights, apart, kinds, progress), path)


def _write(graph: onnx.ModelProto, path: Path) -> None:
    """Write to the disk itself: what is renamed afterwards must not turn out empty after a power cut."""
    with path.open("wb") as file:
        file.write(graph.SerializeToString())
        file.flush()
        os.fsync(file.fileno())


def _int8_graph(weights: Tensors, progress: Callable[[int, int], None]) -> onnx.ModelProto:
    """BERT as e5 uses it: (piece + position) vectors and which are not padding in, its outputs and their sum out."""
    shape, graph = weights.shape, _Graph(weights)
    by_head, by_text = _shapes(graph, weights, "present")
    x = graph.norm(graph.node("Reshape", "vectors", "tokens"), "emb.ln")
    for layer in range(shape.layers):
        progress(layer, shape.layers)
        x = _layer(graph, x, f"l{layer}.", by_head, "mask")
    outputs = graph.node("Mul", graph.node("Reshape", x, by_text), "present")
    pooled = graph.node("ReduceSum", outputs, graph.constant("each token", np.array([1])), keepdims=0)
    progress(shape.layers, shape.layers)
    return graph.model(
        {"vectors": ["B", "S", shape.hidden], "mask": ["B", 1, 1, "S"], "present": ["B", "S", 1]},
        {pooled: ["B", shape.hidden], outputs: ["B", "S", shape.hidden]},
    )


def _int8_pair_graph(
    weights: Tensors, apart: int, kinds: Floats, progress: Callable[[int, int], None]
) -> onnx.ModelProto:
    """(piece + position) vectors, of which text each token is, and what sees what in; the outputs of all tokens out."""
    shape, graph = weights.shape, _Graph(weights)
    by_head, by_text = _shapes(graph, weights, "kind")
    x = graph.norm(graph.node("Reshape", "vectors", "tokens"), "emb.ln")
    for layer in range(shape.layers):
        progress(layer, shape.layers)
        if layer == apart:
            kind = graph.node("MatMul", "kind", graph.constant("kinds", kinds))
            x = graph.node("Add", x, graph.node("Reshape", kind, "tokens"))
        x = _layer(graph, x, f"l{layer}.", by_head, "apart" if layer < apart else "together")
    outputs = graph.node("Reshape", x, by_text)
    progress(shape.layers, shape.layers)
    seen = {"apart": ["B", 1, "S", "S"], "together": ["B", 1, 1, "S"]}
    return graph.model(
        {"vectors": ["B", "S", shape.hidden], "kind": ["B", "S", 2], **seen}, {outputs: ["B", "S", shape.hidden]}
    )


def _shapes(graph: "_Graph", weights: Tensors, given: str) -> tuple[str, str]:
    """The shapes (texts, tokens, heads, width) and (texts, tokens, hidden), by an input that has the first two."""
    shape = weights.shape
    width = shape.hidden // shape.heads
    texts_and_tokens = graph.node("Shape", given, start=0, end=2)
    graph.constant("tokens", np.array([-1, shape.hidden]))
    graph.constant("attention scale", np.array(1 / np.sqrt(width), np.float32))
    by_head = graph.node("Concat", texts_and_tokens, graph.constant("head", np.array([shape.heads, width])), axis=0)
    by_text = graph.node("Concat", texts_and_tokens, graph.constant("hidden", np.array([shape.hidden])), axis=0)
    return by_head, by_text


def _layer(graph: "_Graph", x: str, at: str, by_head: str, mask: str) -> str:
    """Attention among the tokens of a text, then what is done to each token alone; x has the shape (tokens, hidden)."""

    def heads(y: str, order: list[int]) -> str:
        return graph.node("Transpose", graph.node("Reshape", y, by_head), perm=order)

    seen = graph.quantized(x)
    query, value = (heads(graph.linear(seen, at + part), [0, 2, 1, 3]) for part in "qv")
    key = heads(graph.linear(seen, at + "k"), [0, 2, 3, 1])
    scores = graph.node("Mul", graph.node("MatMul", query, key), "attention scale")
    attention = graph.node("Softmax", graph.node("Add", scores, mask), axis=-1)
    context = graph.node("Transpose", graph.node("MatMul", attention, value), perm=[0, 2, 1, 3])
    attended = graph.linear(graph.quantized(graph.node("Reshape", context, "tokens")), at + "ao")
    x = graph.norm(graph.node("Add", attended, x), at + "aln")
    widened = graph.node("Gelu", graph.linear(graph.quantized(x), at + "fi"))
    return graph.norm(graph.node("Add", graph.linear(graph.quantized(widened), at + "fo"), x), at + "oln")


class _Graph:
    """Collects nodes and constants; a method that makes one returns its name."""

    def __init__(self, weights: Tensors) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self.constant("last axis", np.array([-1]))
        self.constant("step", np.array(1 / _VALUE_STEPS, np.float32))
        self.constant("zero", np.array(128, np.uint8))

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operation: str, *inputs: str, **attributes: Any) -> str:
        output = f"{operation} {len(self._nodes)}"
        self._nodes.append(helper.make_node(operation, inputs, [output], **attributes))
        return output

    def quantized(self, x: str) -> tuple[str, str]:
        """8-bit values, and the scale of each token.

        onnxruntime's own dynamic quantization has one scale for all tokens of a batch: as fast, but a text's vector
        then changes with its neighbours, and is three times as far from the original (cosine .9971 against .9991).
        """
        scale = self.node("Mul", self.node("ReduceMax", self.node("Abs", x), "last axis", keepdims=0), "step")
        zeros = self.node("Expand", "zero", self.node("Shape", scale))
        return self.node("QuantizeLinear", x, scale, zeros, axis=0), self.node("Unsqueeze", scale, "last axis")

    def linear(self, x: tuple[str, str], name: str) -> str:
        values, scale_of_token = x
        matrix, scales = _int8_columns(self._weights.matrix(f"{name}.w").T)
        steps = self.node("MatMulInteger", values, self.constant(f"{name}.w", matrix), "zero")
        product = self.node("Mul", self.node("Cast", steps, to=TensorProto.FLOAT), self.constant(f"{name}.s", scales))
        bias = self.constant(f"{name}.b", self._weights.vector(f"{name}.b"))
        return self.node("Add", self.node("Mul", product, scale_of_token), bias)

    def norm(self, x: str, name: str) -> str:
        gain, bias = (self.constant(f"{name}.{part}", self._weights.vector(f"{name}.{part}")) for part in "wb")
        return self.node("LayerNormalization", x, gain, bias, axis=-1, epsilon=1e-12)

    def model(self, inputs: dict[str, list[Any]], outputs: dict[str, list[Any]]) -> onnx.ModelProto:
        given, made = (
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in named.items()]
            for named in (inputs, outputs)
        )
        graph = helper.make_graph(self._nodes, "multilingual-e5-small", given, made, self._constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def _int8_columns(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Every column in steps of its own size, and the sizes."""
    scales = np.abs(matrix).max(axis=0) / _WEIGHT_STEPS
    return np.rint(matrix / scales).astype(np.int8), scales
