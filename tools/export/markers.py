"""Marks module boundaries in an export: every tensor that a plan names passes a `cp::Boundary` identity node.

The node's attributes are `module` (path of the module), `kind` ("input" or "output"), `param` (the parameter's name, or
the output's index), and for a member of a list or tuple also `element` (its position).
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Iterator

import torch

from .plan_json import Plan, entry_points

DOMAIN = "cp"
OPERATOR = "Boundary"
Mark = Callable[[torch.Tensor, dict[str, object]], torch.Tensor]


class _TorchScriptMark(torch.autograd.Function):
    """The identity whose symbolic form is the marker node."""

    @staticmethod
    def forward(ctx: object, x: torch.Tensor, attributes: dict[str, object]) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def symbolic(g: object, x: object, attributes: dict[str, object]) -> object:
        suffixed = {f"{key}_{'i' if isinstance(value, int) else 's'}": value for key, value in attributes.items()}
        return g.op(f"{DOMAIN}::{OPERATOR}", x, **suffixed).setType(x.type())


def torchscript_mark(x: torch.Tensor, attributes: dict[str, object]) -> torch.Tensor:
    """The marker as the TorchScript exporter understands it."""
    return _TorchScriptMark.apply(x, attributes)


def dynamo_mark(x: torch.Tensor, attributes: dict[str, object]) -> torch.Tensor:
    """The marker as the dynamo exporter understands it."""
    return torch.onnx.ops.symbolic(f"{DOMAIN}::{OPERATOR}", (x,), attributes, dtype=x.dtype, shape=x.shape, version=1)


def _mark(mark: Mark, value: object, attributes: dict[str, object]) -> object:
    if isinstance(value, torch.Tensor):
        return mark(value, attributes)
    if isinstance(value, (list, tuple)):
        marked = [_mark(mark, item, {**attributes, "element": i}) for i, item in enumerate(value)]
        return type(value)(marked)
    return value


def _modules(model: torch.nn.Module, pattern: str) -> list[tuple[str, torch.nn.Module]]:
    expression = re.compile("[^.]+".join(re.escape(part) for part in pattern.split("*")))
    return [(path, module) for path, module in model.named_modules() if expression.fullmatch(path)]


def _mark_inputs(mark: Mark, path: str, module: torch.nn.Module, names: list[str]) -> object:
    positions = list(inspect.signature(module.forward).parameters)

    def before(_: torch.nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        args, kwargs = list(args), dict(kwargs)
        for name in names:
            attributes = {"module": path, "kind": "input", "param": name}
            if name in kwargs:
                kwargs[name] = _mark(mark, kwargs[name], attributes)
            elif name in positions and positions.index(name) < len(args):
                at = positions.index(name)
                args[at] = _mark(mark, args[at], attributes)
        return tuple(args), kwargs

    return module.register_forward_pre_hook(before, with_kwargs=True)


def _mark_outputs(mark: Mark, path: str, module: torch.nn.Module, indices: list[int]) -> object:
    def after(_: torch.nn.Module, args: tuple, output: object) -> object:
        parts = list(output) if isinstance(output, (list, tuple)) else [output]
        for index in indices:
            parts[index] = _mark(mark, parts[index], {"module": path, "kind": "output", "param": str(index)})
        return type(output)(parts) if isinstance(output, (list, tuple)) else parts[0]

    return module.register_forward_hook(after)


@contextlib.contextmanager
def boundaries(model: torch.nn.Module, plan: Plan, mark: Mark) -> Iterator[None]:
    """Inside this context, the model's forward marks every boundary that the plan names.

    A boundary that several entries name is marked once. Names that the model does not have are left to the compiler,
    which reports them.
    """
    inputs: dict[str, dict[str, None]] = {}
    outputs: dict[str, dict[int, None]] = {}
    for pattern, entry in plan.items():
        names, indices = entry_points(entry)
        for path, _ in _modules(model, pattern):
            inputs.setdefault(path, {}).update(dict.fromkeys(names))
            outputs.setdefault(path, {}).update(dict.fromkeys(indices))
    modules = dict(model.named_modules())
    handles = [_mark_inputs(mark, path, modules[path], list(names)) for path, names in inputs.items() if names]
    handles += [_mark_outputs(mark, path, modules[path], list(at)) for path, at in outputs.items() if at]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
