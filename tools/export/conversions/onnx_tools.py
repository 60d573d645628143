"""What tools around ONNX write: simplifiers, float16, local functions, weights in files of their own."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

import onnx

from .source import Source

_DOMAIN = "parts"
# Bytes.
_INLINE = 256
_FUNCTIONS = ("MatMul", "Softmax", "LayerNormalization")


def slim(source: Source) -> None:
    import onnxslim

    source.save(onnxslim.slim(source.model()))


def sim(source: Source) -> None:
    import onnxsim

    source.save(onnxsim.simplify(source.model())[0])


def optimizer(source: Source) -> None:
    import onnxoptimizer

    source.save(onnxoptimizer.optimize(source.model()))


def half(keep_io_types: bool) -> Callable[[Source], None]:
    def convert(source: Source) -> None:
        from onnxconverter_common import float16

        source.save(float16.convert_float_to_float16(source.model(), keep_io_types=keep_io_types))

    return convert


def functions(source: Source) -> None:
    """Every product, norm and softmax as a call of a local function."""
    model = source.model()
    imports = [entry for entry in model.opset_import if entry.domain == ""]
    made: dict[bytes, str] = {}
    for node in model.graph.node:
        if node.op_type not in _FUNCTIONS or node.domain:
            continue
        body = copy.deepcopy(node)
        body.ClearField("metadata_props")
        body.input[:] = [f"i{at}" for at in range(len(node.input))]
        body.output[:] = [f"o{at}" for at in range(len(node.output))]
        body.name = ""
        key = body.SerializeToString(deterministic=True)
        if key not in made:
            made[key] = f"{node.op_type}{len(made)}"
            model.functions.append(
                onnx.helper.make_function(_DOMAIN, made[key], list(body.input), list(body.output), [body], imports)
            )
        node.op_type, node.domain = made[key], _DOMAIN
        del node.attribute[:]
    model.opset_import.append(onnx.helper.make_opsetid(_DOMAIN, 1))
    source.save(model)


def scattered(source: Source) -> None:
    """Each weight in a file of its own, beside the model; small tensors, of which shapes are made, stay inside."""
    model = source.model()
    for at, tensor in enumerate(tensor for tensor in model.graph.initializer if len(tensor.raw_data) > _INLINE):
        name = f"{source.out.stem}.{at}.weight"
        (source.out.parent / name).write_bytes(tensor.raw_data)
        onnx.external_data_helper.set_external_data(tensor, name)
        tensor.ClearField("raw_data")
    source.out.write_bytes(model.SerializeToString())


ONNX_TOOLS: Mapping[str, Callable[[Source], None]] = {
    "onnxslim": slim,
    "onnxsim": sim,
    "onnxoptimizer": optimizer,
    "float16": half(keep_io_types=False),
    "float16-io": half(keep_io_types=True),
    "functions": functions,
    "scattered": scattered,
}
