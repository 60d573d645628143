"""Patches of LTX-2."""

from __future__ import annotations

import torch
from diffusers.models.transformers import transformer_ltx2 as ltx2

from .patch import TORCHSCRIPT, Patch


def _split_rotary(x: torch.Tensor, freqs: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Rotates x (B, S, H * 2R) by cos and sin (B, H, S, R): the first half of each head against the second."""
    cos, sin = freqs
    batch, heads, length, half = cos.shape
    first, second = x.reshape(batch, length, heads, 2 * half).swapaxes(1, 2).float().chunk(2, dim=-1)
    rotated = torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)
    return rotated.swapaxes(1, 2).reshape(batch, length, -1).to(x.dtype)


PATCHES = {
    "ltx2_split_rope": Patch(
        "TorchScript loses additions in place on slices, and the result is silently wrong; here none is in place.",
        (TORCHSCRIPT,),
        lambda: [(ltx2, "apply_split_rotary_emb", _split_rotary)],
    ),
}
