"""Makes an exported protobuf shareable and reproducible: removes every trace of the exporting machine."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import onnx

# Module scopes are what a plan is bound by; classes are for people. The rest are traces, or large.
SCOPES = "pkg.torch.onnx.name_scopes"
CLASSES = "pkg.torch.onnx.class_hierarchy"
# Where this interpreter, its packages and its user live; the root alone would be in every text.
_PLACES = {sys.prefix, sys.base_prefix, tempfile.gettempdir(), str(Path.home()), str(Path.cwd())} - {"/"}
_TRACES = ["site-packages", "dist-packages", '.py"', 'file "', 'File "', *(f"{place}/" for place in _PLACES)]
_MACHINE = re.compile("|".join(map(re.escape, _TRACES)).encode())


def graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from graphs(attribute.g)


def _keep(message: object, keys: tuple[str, ...]) -> None:
    kept = [(entry.key, entry.value) for entry in message.metadata_props if entry.key in keys]
    del message.metadata_props[:]
    for key, value in kept:
        message.metadata_props.add(key=key, value=value)
    message.doc_string = ""


def clean(model: onnx.ModelProto, classes: bool = True) -> onnx.ModelProto:
    """The same model without traces, documentation strings and exporter bookkeeping, and with module scopes.

    Raises ValueError if a path of this machine is still in it.
    """
    _keep(model, ())
    for graph in graphs(model.graph):
        _keep(graph, ())
        for node in graph.node:
            _keep(node, (SCOPES, CLASSES) if classes else (SCOPES,))
        for message in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
            _keep(message, ())
    found = _MACHINE.search(_without_weights(model).SerializeToString())
    if found:
        raise ValueError(f"the exported model still contains {found.group().decode()!r}")
    return model


def _without_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose initialisers hold no bytes, since weights may look like anything."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for tensor in copy.graph.initializer:
        tensor.ClearField("raw_data")
    return copy
