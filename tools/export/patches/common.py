"""Patches of torch's own layers."""

from __future__ import annotations

import torch

from .patch import DYNAMO, TORCHSCRIPT, Patch


def _rms_norm_forward(self: torch.nn.RMSNorm, x: torch.Tensor) -> torch.Tensor:
    eps = torch.finfo(x.dtype).eps if self.eps is None else self.eps
    axes = tuple(range(-len(self.normalized_shape), 0))
    normed = x * torch.rsqrt(x.pow(2).mean(axes, keepdim=True) + eps)
    return normed if self.weight is None else normed * self.weight


def _repeat_interleave(self: torch.Tensor, repeats: int, dim: int | None = None) -> torch.Tensor:
    return torch.repeat_interleave(self, repeats, dim=dim if dim is None else dim % self.ndim)


def _squeeze(self: torch.Tensor, dim: int | None = None) -> torch.Tensor:
    if dim is None:
        return torch.squeeze(self)
    return torch.squeeze(self, dim) if self.shape[dim] == 1 else self


def _masked_fill(self: torch.Tensor, mask: torch.Tensor, value: object) -> torch.Tensor:
    if self.dtype != torch.bool:
        return torch.masked_fill(self, mask, value)
    return self | mask if value else self & ~mask


PATCHES = {
    "bool_masked_fill": Patch(
        "a masked_fill of booleans becomes a Where that ONNX Runtime does not implement; the same by And or Or.",
        (DYNAMO, TORCHSCRIPT),
        lambda: [(torch.Tensor, "masked_fill", _masked_fill)],
    ),
    "squeeze_of_more": Patch(
        "torch leaves an axis longer than 1 alone, ONNX refuses to squeeze it; the squeeze is left out.",
        (DYNAMO, TORCHSCRIPT),
        lambda: [(torch.Tensor, "squeeze", _squeeze)],
    ),
    "repeat_last_axis": Patch(
        "TorchScript writes repeat_interleave along axis -1 as a Concat of the wrong rank; the axis is counted from 0.",
        (TORCHSCRIPT,),
        lambda: [(torch.Tensor, "repeat_interleave", _repeat_interleave)],
    ),
    "rms_norm": Patch(
        "TorchScript has no symbolic for aten::rms_norm; the same in pow, mean, rsqrt, mul.",
        (TORCHSCRIPT,),
        lambda: [(torch.nn.RMSNorm, "forward", _rms_norm_forward)],
    ),
}
