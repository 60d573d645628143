"""What ONNX Runtime's quantisers write: at run time, from samples, and weights alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

from .optimised import fused, level
from .source import Source, steps

# Weights that share a scale.
_BLOCK = 16


class _Samples(CalibrationDataReader):
    def __init__(self, samples: tuple[Mapping[str, np.ndarray], ...]) -> None:
        self._rest = iter(samples)

    def get_next(self) -> Mapping[str, np.ndarray] | None:
        return next(self._rest, None)


def dynamic(weights: QuantType, per_channel: bool = False) -> Callable[[Source], None]:
    return lambda source: quantize_dynamic(source.path, source.out, weight_type=weights, per_channel=per_channel)


def static(
    activations: QuantType, weights: QuantType, form: QuantFormat = QuantFormat.QDQ, per_channel: bool = False
) -> Callable[[Source], None]:
    """Ranges of activations are those of the first sample: the calibrator joins values of one shape only."""

    def convert(source: Source) -> None:
        quantize_static(
            source.path,
            source.out,
            _Samples(source.samples[:1]),
            quant_format=form,
            activation_type=activations,
            weight_type=weights,
            per_channel=per_channel,
        )

    return convert


def few_bits(form: QuantFormat, operators: tuple[str, ...] = ("MatMul",)) -> Callable[[Source], None]:
    """Weights of 4 bits."""

    def convert(source: Source) -> None:
        # Types of 4 bits need a newer operator set than most exports have.
        model = source.model() if form is QuantFormat.QOperator else onnx.version_converter.convert_version(source.model(), 21)
        quantiser = MatMulNBitsQuantizer(
            model, block_size=_BLOCK, is_symmetric=True, quant_format=form, op_types_to_quantize=operators
        )
        quantiser.process()
        quantiser.model.save_model_to_file(str(source.out))

    return convert


_BYTES = static(QuantType.QUInt8, QuantType.QUInt8)

QUANTISED: Mapping[str, Callable[[Source], None]] = {
    "int8": dynamic(QuantType.QInt8),
    "int8-channel": dynamic(QuantType.QInt8, per_channel=True),
    "uint8": dynamic(QuantType.QUInt8),
    "fused0-int8": steps(fused(0), dynamic(QuantType.QInt8)),
    "int8-all": steps(dynamic(QuantType.QInt8), level("ALL")),
    "qdq-uint8": _BYTES,
    "qdq-channel": static(QuantType.QUInt8, QuantType.QInt8, per_channel=True),
    "qdq-int8": static(QuantType.QInt8, QuantType.QInt8),
    "qdq-uint16": static(QuantType.QUInt16, QuantType.QUInt8),
    "qdq-extended": steps(_BYTES, level("EXTENDED")),
    "qdq-all": steps(_BYTES, level("ALL")),
    "qlinear": static(QuantType.QUInt8, QuantType.QUInt8, QuantFormat.QOperator),
    "int4": few_bits(QuantFormat.QOperator),
    "int4-tables": few_bits(QuantFormat.QOperator, ("MatMul", "Gather")),
    "int4-qdq": few_bits(QuantFormat.QDQ),
}
