"""Complex numbers as pairs of real ones, which exporters take: real and imaginary parts alternate along the last axis."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def tables(own: Sequence[torch.Tensor], ids: torch.Tensor) -> torch.Tensor:
    """Rows of the complex tables (length, D / 2) at the positions ids (..., tables), side by side: (..., D)."""
    rows = [torch.view_as_real(table)[ids[..., at].long()].flatten(-2) for at, table in enumerate(own)]
    return torch.cat(rows, -1)


def rotate(x: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """x times the table, both (..., D) and read as complex numbers."""
    real, imaginary = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    cos, sin = table.unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([real * cos - imaginary * sin, real * sin + imaginary * cos], -1).flatten(-2).type_as(x)
