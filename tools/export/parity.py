"""Compares an exported model under ONNX Runtime with the tensors that torch gave."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
import onnxruntime

from .clean import strip_markers
from .markers import DOMAIN

Arrays = Mapping[str, np.ndarray]


def session_of(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """A CPU session of the model; boundary markers, which no runtime knows, become identities."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    content = strip_markers(model, DOMAIN).SerializeToString()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def largest_difference(session: onnxruntime.InferenceSession, inputs: Arrays, expected: Arrays) -> float:
    """The largest absolute difference over all outputs; ValueError where shapes differ."""
    fed = {item.name for item in session.get_inputs()}
    outputs = session.run(list(expected), {name: value for name, value in inputs.items() if name in fed})
    worst = 0.0
    for (name, want), got in zip(expected.items(), outputs, strict=True):
        if want.shape != got.shape:
            raise ValueError(f"output {name}: shape {got.shape}, torch gives {want.shape}")
        worst = max(worst, float(np.max(np.abs(want - got))))
    return worst
