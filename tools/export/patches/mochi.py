"""Patches of Mochi, whose attention picks the text tokens that a mask keeps."""

from __future__ import annotations

import torch
from diffusers.models import attention_processor as processors

from .patch import DYNAMO, TORCHSCRIPT, Patch


def _rotate(x: torch.Tensor, tables: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """x (B, S, H, D) by cos and sin (S, H, D / 2), even channels against odd ones."""
    cos, sin = tables
    even, odd = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2).to(x.dtype)


def _attend(
    self: object,
    attn: torch.nn.Module,
    hidden_states: torch.Tensor,
    encoder_hidden_states: torch.Tensor,
    attention_mask: torch.Tensor,
    image_rotary_emb: tuple[torch.Tensor, torch.Tensor] | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention of the video (B, S, D) and the text (B, T, E) to both; keys that attention_mask (B, T) excludes are hidden."""

    def heads(layers: tuple, norms: tuple, x: torch.Tensor) -> list[torch.Tensor]:
        own = [layer(x).unflatten(2, (attn.heads, -1)) for layer in layers]
        return [norm(one) if norm is not None else one for norm, one in zip(norms, own, strict=True)]

    video = heads((attn.to_q, attn.to_k, attn.to_v), (attn.norm_q, attn.norm_k, None), hidden_states)
    added = (attn.add_q_proj, attn.add_k_proj, attn.add_v_proj)
    text = heads(added, (attn.norm_added_q, attn.norm_added_k, None), encoder_hidden_states)
    if image_rotary_emb is not None:
        video[:2] = [_rotate(x, image_rotary_emb) for x in video[:2]]
    query, key, value = (torch.cat(pair, 1).transpose(1, 2) for pair in zip(video, text, strict=True))
    keys = torch.cat([hidden_states.new_ones(hidden_states.shape[:2], dtype=torch.bool), attention_mask.bool()], 1)
    result = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=keys[:, None, None, :])
    result = result.transpose(1, 2).flatten(2)
    length = hidden_states.shape[1]
    own = attn.to_out[0](result[:, :length])
    return own, attn.to_add_out(result[:, length:]) if hasattr(attn, "to_add_out") else result[:, length:]


PATCHES = {
    "mochi_masked_text": Patch(
        "Shapes depend on the mask: the tokens that it keeps are picked for each element of the batch. Here the text keeps its padding, which must be at its "
        "end, and the mask hides it from every other token.",
        (DYNAMO, TORCHSCRIPT),
        lambda: [(processors.MochiAttnProcessor2_0, "__call__", _attend)],
    ),
}
