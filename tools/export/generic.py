"""Describes a class of diffusers that has no family, from what the command line says of its inputs. Knows no exporter."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping, Sequence

import torch

from .family import Axis, Family, Input
from .inputs import FILLS

# Of the example and the samples, where --lengths gives no other.
LENGTH = 12
_DTYPES = ("float32", "int64", "bool")


def parse_input(text: str) -> tuple[str, Input]:
    """`NAME=AXIS,AXIS[:FILL][:DTYPE]`; a ValueError says what is wrong."""
    name, equals, rest = text.partition("=")
    axes, *words = rest.split(":")
    fills = [word for word in words if word in FILLS]
    dtypes = [word for word in words if word in _DTYPES]
    once = len(fills) < 2 and len(dtypes) < 2 and len(fills) + len(dtypes) == len(words)
    if not (equals and name.isidentifier() and once):
        raise ValueError(
            f'"{text}" is not of the form NAME=AXIS,AXIS[:FILL][:DTYPE], for example timestep=batch:uniform; '
            f"fills are {', '.join(FILLS)}; types are {', '.join(_DTYPES)}"
        )
    shape: list[Axis] = [int(axis) if axis.isdecimal() else axis for axis in axes.split(",") if axis]
    dtype = dtypes[0] if dtypes else "int64" if fills == ["integers"] else "float32"
    return name, Input(tuple(shape), fills[0] if fills else "normal", dtype)


def parse_constant(text: str) -> tuple[str, object]:
    """`NAME=VALUE` with a Python literal."""
    name, _, value = text.partition("=")
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f'"{text}" is not of the form NAME=VALUE with a Python literal') from error


def describe(
    model: torch.nn.Module,
    inputs: Mapping[str, Input],
    constants: Mapping[str, object],
    outputs: Sequence[str],
) -> Family:
    """The family of one model. ValueError where its forward does not take what is given, or needs more."""
    name = type(model).__name__
    parameters = dict(inspect.signature(model.forward).parameters)
    parameters.pop("return_dict", None)
    known = ", ".join(parameters)
    for given in (*inputs, *constants):
        if given not in parameters:
            raise ValueError(f'{name} has no parameter "{given}"; it has {known}')
    needed = [
        key
        for key, value in parameters.items()
        if value.default is inspect.Parameter.empty and value.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    missing = [key for key in needed if key not in inputs and key not in constants]
    if missing or not inputs:
        what = ", ".join(missing) or known
        raise ValueError(
            f"no family describes {name}; describe its inputs, each with --input NAME=AXIS,AXIS[:FILL][:DTYPE] or "
            f"--constant NAME=VALUE: {what}"
        )
    config = dict(model.config)
    words = (word for spec in inputs.values() for axis in spec.shape for word in re.findall(r"[A-Za-z_]\w*", str(axis)))
    lengths = list(dict.fromkeys(word for word in words if word not in config))
    return Family(
        name=name,
        model=name,
        config=config,
        inputs=dict(inputs),
        outputs=tuple(outputs),
        # One element is a batch for most, and the plan of a batch of two is the same.
        lengths={length: 2 if length == "batch" else LENGTH for length in lengths},
        dynamic=tuple(lengths),
        constants=dict(constants),
        # Does nothing where the model has no such norm.
        patches=("rms_norm",),
    )
