"""Forms in which exports reach users: with 8-bit weights, or without the names of modules. Knows no family."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import onnx

from .clean import graphs


def quantised(path: Path) -> None:
    """The file with 8-bit weights, and activations that are quantised as they come."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(path, path, weight_type=QuantType.QInt8)


def unnamed(path: Path) -> None:
    """The file as an optimiser leaves it: numbers for the names of nodes and values, and no modules."""
    model = onnx.load(path)
    own = {value.name for value in (*model.graph.input, *model.graph.output)}
    names: dict[str, str] = {"": ""}

    def renamed(name: str) -> str:
        return name if name in own else names.setdefault(name, f"v{len(names)}")

    for graph in graphs(model.graph):
        del graph.value_info[:]
        for at, node in enumerate(graph.node):
            del node.metadata_props[:]
            node.name = f"n{at}"
            node.input[:] = [renamed(name) for name in node.input]
            node.output[:] = [renamed(name) for name in node.output]
        for tensor in graph.initializer:
            tensor.name = renamed(tensor.name)
        if graph is not model.graph:
            for value in (*graph.input, *graph.output):
                value.name = renamed(value.name)
    onnx.save(model, path)


VARIANTS: Mapping[str, Callable[[Path], None]] = {"quantised": quantised, "unnamed": unnamed}
