"""Runs torch's ONNX exporters on a model and returns the bare protobuf. Knows no family and no file."""

from __future__ import annotations

import functools
import inspect
import io
import logging
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import onnx
import onnx_ir
import torch

from . import markers, patches
from .inputs import Array
from .patches.patch import DYNAMO, TORCHSCRIPT
from .plan_json import Plan

# Exporter name -> (which of torch's two exporters, opset).
EXPORTERS: Mapping[str, tuple[str, int]] = {
    "dynamo18": (DYNAMO, 18),
    "dynamo23": (DYNAMO, 23),
    "torchscript18": (TORCHSCRIPT, 18),
}
UNNAMED = "auto"
Grouped = Mapping[str, tuple[str, ...] | Mapping[str, str]]
# Smaller tensors stay inside the graph, as when onnx_ir writes external data.
_INLINE = 256


@dataclass(frozen=True)
class Request:
    """What to export, and how.

    `dynamic` maps an input to {axis: name of the dimension}; the name "auto" leaves it to the exporter, which then
    gives every axis its own symbol. `plan`, if given, is where boundary markers go. `wrapper` puts the model under an
    outer module, as its attribute of that name. `external` is the model's file if weights shall go beside it, to
    `<external>.data`; they then never pass through one message, which could hold 2 GB at most. `weightless` is the name
    of a data file that the export refers to and nobody writes.
    """

    exporter: str
    inputs: Mapping[str, torch.Tensor]
    constants: Mapping[str, object]
    outputs: tuple[str, ...]
    dynamic: Mapping[str, Mapping[int, str]]
    plan: Plan | None = None
    patches: Iterable[str] = ()
    wrapper: str | None = None
    external: Path | None = None
    weightless: str | None = None
    grouped: Grouped = field(default_factory=dict)


def _bound(forward: Callable[..., object], request: Request) -> Callable[..., object]:
    """`forward` with the inputs as its only parameters: exporters would make graph inputs of numbers too."""
    signature = inspect.signature(forward)
    names = list(request.inputs)

    def call(*args: object, **kwargs: object) -> object:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        results = forward(**_arguments(given, request.grouped), **request.constants)
        return tuple(_tensors(results, len(request.outputs)))

    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [signature.parameters.get(name, inspect.Parameter(name, keyword)) for name in names]
    call.__signature__ = signature.replace(parameters=[one.replace(default=inspect.Parameter.empty, kind=keyword) for one in parameters])
    return call


def _arguments(inputs: Mapping[str, torch.Tensor], grouped: Grouped) -> dict[str, object]:
    """The arguments of the forward: inputs that it takes together are one."""
    together = {name for names in grouped.values() for name in (names.values() if isinstance(names, Mapping) else names)}
    arguments: dict[str, object] = {name: value for name, value in inputs.items() if name not in together}
    for parameter, names in grouped.items():
        if isinstance(names, Mapping):
            arguments[parameter] = {key: inputs[name] for key, name in names.items()}
        else:
            arguments[parameter] = [inputs[name] for name in names]
    return arguments


def _tensors(results: object, count: int) -> list[torch.Tensor]:
    """The first results of a model, however they are nested."""
    leaves = torch.utils._pytree.tree_leaves(results)
    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)][:count]


def _wrapped(model: torch.nn.Module, name: str) -> torch.nn.Module:
    """An outer module that passes its arguments on."""
    outer = torch.nn.Module()
    outer.add_module(name, model)
    # A signature is what both exporters read parameter names from, so the model's own is shown.
    outer.forward = functools.wraps(model.forward)(lambda *args, **kwargs: getattr(outer, name)(*args, **kwargs))
    return outer


def _dynamic_shapes(request: Request) -> dict[str, dict[int, object]]:
    names = {name for axes in request.dynamic.values() for name in axes.values() if name != UNNAMED}
    dims = {name: torch.export.Dim(name) for name in names} | {UNNAMED: torch.export.Dim.AUTO}
    return {name: {axis: dims[dim] for axis, dim in request.dynamic.get(name, {}).items()} for name in request.inputs}


def _without_weights(model: onnx_ir.Model, location: str) -> onnx.ModelProto:
    """The protobuf, as if the weights had been written to the file `location` next to it."""
    end = 0
    for value in model.graph.initializers.values():
        tensor = value.const_value
        if tensor.nbytes < _INLINE:
            continue
        value.const_value = onnx_ir.ExternalTensor(
            location, end, tensor.nbytes, tensor.dtype, shape=tensor.shape, name=value.name
        )
        end += tensor.nbytes
    return onnx_ir.to_proto(model)


def _export_dynamo(model: torch.nn.Module, request: Request, opset: int) -> onnx.ModelProto:
    program = torch.onnx.export(
        model,
        (),
        kwargs=dict(request.inputs),
        input_names=list(request.inputs),
        output_names=list(request.outputs),
        opset_version=opset,
        dynamo=True,
        dynamic_shapes=_dynamic_shapes(request) if request.dynamic else None,
        verbose=False,
    )
    if request.weightless:
        return _without_weights(program.model, request.weightless)
    if not request.external:
        return onnx.load_from_string(program.model_proto.SerializeToString())
    program.save(request.external, external_data=True)
    return onnx.load(request.external, load_external_data=False)


def _export_torchscript(model: torch.nn.Module, request: Request, opset: int) -> onnx.ModelProto:
    file = io.BytesIO()
    torch.onnx.export(
        model,
        (),
        file,
        kwargs=dict(request.inputs),
        input_names=list(request.inputs),
        output_names=list(request.outputs),
        opset_version=opset,
        dynamo=False,
        dynamic_axes={name: dict(axes) for name, axes in request.dynamic.items()},
        custom_opsets={markers.DOMAIN: 1} if request.plan else None,
    )
    exported = onnx.load_from_string(file.getvalue())
    if not request.external:
        return exported
    data = f"{request.external.name}.data"
    onnx.save_model(exported, request.external, save_as_external_data=True, location=data, size_threshold=256)
    return onnx.load(request.external, load_external_data=False)


def export(model: torch.nn.Module, request: Request) -> onnx.ModelProto:
    """Exports `model`; its forward is restored afterwards. With `external`, both files are there on return."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    kind, opset = EXPORTERS[request.exporter]
    is_dynamo = kind == DYNAMO
    mark = markers.dynamo_mark if is_dynamo else markers.torchscript_mark
    # A patch may replace the forward itself.
    with patches.applied(request.patches, kind):
        model.forward = _bound(model.forward, request)
        try:
            root = _wrapped(model, request.wrapper) if request.wrapper else model
            with markers.boundaries(model, request.plan or {}, mark), torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return (_export_dynamo if is_dynamo else _export_torchscript)(root, request, opset)
        finally:
            del model.forward


def run_torch(
    model: torch.nn.Module,
    outputs: tuple[str, ...],
    inputs: Mapping[str, torch.Tensor],
    constants: Mapping[str, object],
    grouped: Grouped,
) -> dict[str, Array]:
    """The model's own outputs, by output name."""
    with torch.no_grad():
        values = _tensors(model(**_arguments(inputs, grouped), **constants), len(outputs))
    return {name: value.numpy() for name, value in zip(outputs, values, strict=True)}
