"""Makes the tensors that a family's forward takes, and reproducible weights. Knows no exporter."""

from __future__ import annotations

import ast
import operator
import zlib
from collections.abc import Callable, Mapping

import numpy as np
import torch

from .family import Axis, Family, Input, Lengths

Array = np.ndarray
Fill = Callable[..., Array]

_ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


def axis_size(axis: Axis, names: Mapping[str, object]) -> int:
    """The number that an axis of a shape stands for: a number, a name, or arithmetic of both."""

    def value(node: ast.expr) -> int:
        if isinstance(node, ast.Constant):
            return int(node.value)
        if isinstance(node, ast.Name):
            if node.id not in names:
                raise ValueError(f"axis {axis!r}: {node.id!r} is neither a length nor a config key")
            return int(names[node.id])
        if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
            return _ARITHMETIC[type(node.op)](value(node.left), value(node.right))
        raise ValueError(f"axis {axis!r}: only + - * // of names and numbers")

    return axis if isinstance(axis, int) else value(ast.parse(axis, mode="eval").body)


def _grid(_: np.random.Generator, shape: tuple[int, ...], last: int = 2, width: int = 12) -> Array:
    """Row and column of each token, the column of the picture standing in column `last` of the ids."""
    ids = np.zeros(shape)
    ids[..., last - 1], ids[..., last] = np.divmod(np.arange(shape[-2]), width)
    return ids


def _line(_: np.random.Generator, shape: tuple[int, ...], column: int = 0) -> Array:
    """The token's number in one column."""
    ids = np.zeros(shape)
    ids[..., column] = np.arange(shape[-2])
    return ids


def _segments(
    _: np.random.Generator, shape: tuple[int, ...], bounds: tuple[int, ...], values: tuple[int, ...]
) -> Array:
    """values[0] up to bounds[0], then values[1], and so on."""
    return np.asarray(values)[np.searchsorted(bounds, np.arange(shape[0]), side="right")]


def _mask(_: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Ones with padding at the end, a different amount in each row; about a quarter, at least one."""
    rows, columns = shape
    padding = max(1, columns // 4) - np.arange(rows)
    return np.arange(columns) < columns - np.maximum(padding, 0)[:, None]


def _video(_: np.random.Generator, shape: tuple[int, ...], rows: int = 4, columns: int = 12) -> Array:
    """Frame, row and column of each token in the uncompressed video, on the axis before the last."""
    token = np.arange(shape[-1])
    frame, place = np.divmod(token, rows * columns)
    row, column = np.divmod(place, columns)
    return np.broadcast_to(np.stack([8 * frame, 32 * row, 32 * column]), shape)


def _video_bounds(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Begin and end of each token along each axis of the video; time in seconds at 24 frames."""
    begin = _video(rng, shape[:-1])
    bounds = np.stack([begin, begin + np.array([8, 32, 32])[:, None]], -1).astype(float)
    bounds[:, 0] /= 24
    return bounds


def _audio_bounds(_: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Begin and end of each token in seconds."""
    begin = np.arange(shape[-2]) / 25
    return np.broadcast_to(np.stack([begin, begin + 1 / 25], -1), shape)


FILLS: Mapping[str, Fill] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "uniform": lambda rng, shape, low=0.1, high=0.9: rng.uniform(low, high, shape),
    "integers": lambda rng, shape, low=0, high=10: rng.integers(low, high, shape),
    "count": lambda rng, shape, first=0: np.broadcast_to(first + np.arange(shape[-1]), shape),
    "grid": _grid,
    "line": _line,
    "segments": _segments,
    "mask": _mask,
    "video": _video,
    "video_bounds": _video_bounds,
    "audio_bounds": _audio_bounds,
}


def _resolved(value: object, names: Mapping[str, object]) -> object:
    """A fill's option, whose texts are arithmetic like those of a shape."""
    if isinstance(value, tuple):
        return tuple(_resolved(item, names) for item in value)
    return axis_size(value, names) if isinstance(value, str) else value


def present_inputs(family: Family, config: Mapping[str, object]) -> dict[str, Input]:
    """The parameters that this config is called with."""
    return {name: spec for name, spec in family.inputs.items() if spec.when is None or config.get(spec.when)}


def make_inputs(family: Family, config: Mapping[str, object], lengths: Lengths, seed: int) -> dict[str, torch.Tensor]:
    """One tensor per parameter; the same for the same seed, name and lengths."""
    names = {**config, **lengths}
    tensors = {}
    for name, spec in present_inputs(family, config).items():
        shape = tuple(axis_size(axis, names) for axis in spec.shape)
        rng = np.random.default_rng([seed, zlib.crc32(name.encode()), *shape])
        options = {key: _resolved(value, names) for key, value in spec.options.items()}
        array = FILLS[spec.fill](rng, shape, **options)
        tensors[name] = torch.from_numpy(np.asarray(array).astype(spec.dtype))
    return tensors


def randomise(model: torch.nn.Module, seed: int) -> None:
    """Sets every parameter from the seed and its name.

    Independent of torch's own initialisation, and nothing stays zero: modulation tables and output layers that a
    fresh model starts at zero would make whole blocks invisible in the output.
    """
    norms = {
        f"{path}.weight"
        for path, module in model.named_modules()
        if isinstance(module, (torch.nn.LayerNorm, torch.nn.GroupNorm)) or "RMSNorm" in type(module).__name__
    }
    for name, parameter in model.named_parameters():
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        noise = rng.standard_normal(tuple(parameter.shape))
        if name in norms:
            values = 1 + 0.2 * noise
        elif parameter.ndim < 2 or name.endswith("table"):
            values = 0.1 * noise
        else:
            # Larger weights only amplify the rounding of the timestep's sine, which differs between runtimes.
            values = 0.7 * noise / np.sqrt(np.prod(parameter.shape[1:]))
        with torch.no_grad():
            # Arithmetic on an array without axes gives a number.
            parameter.copy_(torch.from_numpy(np.asarray(values)))
