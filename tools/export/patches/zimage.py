"""Patches of Z-Image, whose rotary tables are complex numbers."""

from __future__ import annotations

import torch
from diffusers.models.transformers import transformer_z_image as zimage

from .complex_pairs import rotate, tables
from .patch import DYNAMO, TORCHSCRIPT, Patch


def _rope(self: object, ids: torch.Tensor) -> torch.Tensor:
    """The table (S, D) of the positions ids (S, axes), real and imaginary parts alternating; nothing is kept for the next call."""
    own = self.precompute_freqs_cis(self.axes_dims, self.axes_lens, theta=self.theta)
    return tables(own, ids)


def _attend(
    self: object,
    attn: torch.nn.Module,
    hidden_states: torch.Tensor,
    encoder_hidden_states: torch.Tensor | None = None,
    attention_mask: torch.Tensor | None = None,
    freqs_cis: torch.Tensor | None = None,
) -> torch.Tensor:
    """Attention of hidden_states (B, S, D) to themselves, positions rotated by pairs."""
    heads = [project(hidden_states).unflatten(-1, (attn.heads, -1)) for project in (attn.to_q, attn.to_k, attn.to_v)]
    query, key = (norm(x) if norm else x for norm, x in zip((attn.norm_q, attn.norm_k), heads, strict=False))
    if freqs_cis is not None:
        query, key = (rotate(x, freqs_cis.unsqueeze(2)) for x in (query, key))
    mask = attention_mask[:, None, None, :] if attention_mask is not None else None
    query, key, value = (x.transpose(1, 2) for x in (query, key, heads[2]))
    result = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    return attn.to_out[0](result.transpose(1, 2).flatten(2))


PATCHES = {
    "zimage_real_rope": Patch(
        "No exporter takes complex numbers: the rotary tables and the rotation are written with real ones.",
        (DYNAMO, TORCHSCRIPT),
        lambda: [
            (zimage.RopeEmbedder, "__call__", _rope),
            (zimage.ZSingleStreamAttnProcessor, "__call__", _attend),
        ],
    ),
}
