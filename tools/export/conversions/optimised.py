"""What ONNX Runtime's optimisers write, in float32 and float16."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import onnx
import onnxruntime as ort
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.float16 import convert_float_to_float16

from .source import Source, steps

# Operators whose sums are kept in float32.
_SENSITIVE = ["Softmax", "LayerNormalization"]
# The optimiser has patterns by kind of model; the first that is part of a file's name is taken, else those of BERT.
_KINDS = {"gpt2": "gpt2", "vit": "vit", "clip": "clip", "unet": "unet", "t5": "t5", "sd3": "mmdit", "flux": "mmdit"}


def level(name: str) -> Callable[[Source], None]:
    """The graph as a session at this level saves it."""

    def convert(source: Source) -> None:
        options = ort.SessionOptions()
        options.log_severity_level = 4
        options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, f"ORT_ENABLE_{name}")
        options.optimized_model_filepath = str(source.out)
        ort.InferenceSession(source.path, options, providers=["CPUExecutionProvider"])

    return convert


def _kind(path: Path) -> str:
    return next((kind for part, kind in _KINDS.items() if part in path.name), "bert")


def fused(opt_level: int, is_half: bool = False) -> Callable[[Source], None]:
    """The graph after onnxruntime.transformers.optimizer, which finds the numbers of heads itself."""

    def convert(source: Source) -> None:
        model = optimizer.optimize_model(str(source.path), model_type=_kind(source.path), opt_level=opt_level)
        if is_half:
            model.convert_float_to_float16(keep_io_types=True)
        model.save_model_to_file(str(source.out))

    return convert


def mixed(source: Source) -> None:
    """float16, but for Softmax and LayerNormalization."""
    block = [*_SENSITIVE, "Resize"]
    source.save(convert_float_to_float16(source.model(), keep_io_types=True, op_block_list=block))


def versioned(opset: int) -> Callable[[Source], None]:
    return lambda source: source.save(onnx.version_converter.convert_version(source.model(), opset))


OPTIMISED: Mapping[str, Callable[[Source], None]] = {
    "extended": level("EXTENDED"),
    "all": level("ALL"),
    "fused0": fused(0),
    "fused1": fused(1),
    "fused0-float16": fused(0, is_half=True),
    "mixed": mixed,
    "fused0-extended": steps(fused(0), level("EXTENDED")),
    "opset21": versioned(21),
    "opset25": versioned(25),
}
