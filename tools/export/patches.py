"""Changes to model code without which an export fails or is wrong. Each is named, explained, undone afterwards.

A patch keeps the mathematics of the model. It applies to the exporters that need it, and to nothing else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from unittest import mock

import torch

DYNAMO = "dynamo"
TORCHSCRIPT = "torchscript"


@dataclass(frozen=True)
class Patch:
    """`apply` is entered around the export; `why` is what happens without it."""

    why: str
    exporters: tuple[str, ...]
    apply: Callable[[], contextlib.AbstractContextManager[object]]


def _rms_norm_forward(self: torch.nn.RMSNorm, x: torch.Tensor) -> torch.Tensor:
    eps = torch.finfo(x.dtype).eps if self.eps is None else self.eps
    axes = tuple(range(-len(self.normalized_shape), 0))
    normed = x * torch.rsqrt(x.pow(2).mean(axes, keepdim=True) + eps)
    return normed if self.weight is None else normed * self.weight


PATCHES: dict[str, Patch] = {
    "rms_norm": Patch(
        "TorchScript has no symbolic for aten::rms_norm; the same in pow, mean, rsqrt, mul.",
        (TORCHSCRIPT,),
        lambda: mock.patch.object(torch.nn.RMSNorm, "forward", _rms_norm_forward),
    ),
}


@contextlib.contextmanager
def applied(names: Iterable[str], exporter: str) -> Iterator[None]:
    """Enters those of the named patches that the exporter ("dynamo" or "torchscript") needs."""
    with contextlib.ExitStack() as stack:
        for name in names:
            if exporter in PATCHES[name].exporters:
                stack.enter_context(PATCHES[name].apply())
        yield
