"""Patches of torch's own layers."""

from __future__ import annotations

import torch

from .patch import TORCHSCRIPT, Patch


def _rms_norm_forward(self: torch.nn.RMSNorm, x: torch.Tensor) -> torch.Tensor:
    eps = torch.finfo(x.dtype).eps if self.eps is None else self.eps
    axes = tuple(range(-len(self.normalized_shape), 0))
    normed = x * torch.rsqrt(x.pow(2).mean(axes, keepdim=True) + eps)
    return normed if self.weight is None else normed * self.weight


PATCHES = {
    "rms_norm": Patch(
        "TorchScript has no symbolic for aten::rms_norm; the same in pow, mean, rsqrt, mul.",
        (TORCHSCRIPT,),
        lambda: [(torch.nn.RMSNorm, "forward", _rms_norm_forward)],
    ),
}
