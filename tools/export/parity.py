"""Compares an exported model under ONNX Runtime with the tensors from torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from .clean import graphs
from .markers import DOMAIN

Arrays = Mapping[str, np.ndarray]


def _markers_to_identities(model: onnx.ModelProto) -> None:
    """No runtime knows the boundary markers."""
    for graph in graphs(model.graph):
        for node in graph.node:
            if node.domain == DOMAIN:
                node.domain, node.op_type = "", "Identity"
                del node.attribute[:]
    kept = [entry for entry in model.opset_import if entry.domain != DOMAIN]
    del model.opset_import[:]
    model.opset_import.extend(kept)


def _expand_attention_masks(model: onnx.ModelProto) -> None:
    """ONNX Runtime's `Attention` wants one mask row per query, where the standard lets a single row stand for all."""
    nodes = list(model.graph.node)
    for node in list(nodes):
        if node.op_type != "Attention" or len(node.input) < 4 or not node.input[3]:
            continue
        name = f"{node.output[0]}/mask"
        ones = onnx.numpy_helper.from_array(np.ones(2, np.int64), f"{name}/ones")
        one = onnx.numpy_helper.from_array(np.ones(1, np.int64), f"{name}/one")
        model.graph.initializer.extend([ones, one])
        at = nodes.index(node)
        nodes[at:at] = [
            onnx.helper.make_node("Shape", [node.input[0]], [f"{name}/queries"], start=2, end=3),
            onnx.helper.make_node("Concat", [ones.name, f"{name}/queries", one.name], [f"{name}/shape"], axis=0),
            onnx.helper.make_node("Expand", [node.input[3], f"{name}/shape"], [name]),
        ]
        node.input[3] = name
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(copies)


def session_of(model: onnx.ModelProto, folder: Path) -> onnxruntime.InferenceSession:
    """A CPU session of a copy of the model that ONNX Runtime takes; external weights are in `folder`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    _markers_to_identities(copy)
    _expand_attention_masks(copy)
    content = copy.SerializeToString()
    providers = ["CPUExecutionProvider"]
    if not any(onnx.external_data_helper.uses_external_data(tensor) for tensor in copy.graph.initializer):
        return onnxruntime.InferenceSession(content, options, providers=providers)
    # ONNX Runtime looks for external weights beside the file that it is given.
    file = folder / "parity.tmp.onnx"
    file.write_bytes(content)
    try:
        return onnxruntime.InferenceSession(file, options, providers=providers)
    finally:
        file.unlink()


def largest_difference(session: onnxruntime.InferenceSession, inputs: Arrays, expected: Arrays) -> float:
    """The largest difference over all outputs, relative to the largest number of its output; ValueError where shapes differ."""
    fed = {item.name for item in session.get_inputs()}
    outputs = session.run(list(expected), {name: value for name, value in inputs.items() if name in fed})
    worst = 0.0
    for (name, want), got in zip(expected.items(), outputs, strict=True):
        if want.shape != got.shape:
            raise ValueError(f"output {name}: shape {got.shape}, torch gives {want.shape}")
        wide = np.asarray(want, np.float64)
        size = float(np.max(np.abs(wide), initial=0.0))
        difference = float(np.max(np.abs(wide - got), initial=0.0))
        # NaN compares as false with everything.
        if not np.isfinite(difference):
            raise ValueError(f"output {name}: not all numbers are finite, in torch or in ONNX Runtime")
        worst = max(worst, difference / size if size > 0 else difference)
    return worst
