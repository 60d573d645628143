"""Patches of Qwen-Image 2.1, which reads the layout of its sequence from a mask."""

from __future__ import annotations

import torch
from diffusers.models.transformers import transformer_qwenimage21 as qwen

from .complex_pairs import rotate, tables
from .patch import DYNAMO, TORCHSCRIPT, Patch


def _positions(length: int, height: int, width: int) -> torch.Tensor:
    """Positions (T + H * W, 3) of a text and the picture behind it: the text counts on all axes, the picture has its centre at 0."""
    text = torch.arange(length)[:, None].expand(-1, 3)
    rows = torch.arange(height)[:, None].expand(-1, width).flatten() - (height - height // 2)
    columns = torch.arange(width)[None, :].expand(height, -1).flatten() - (width - width // 2)
    frame = torch.full_like(rows, 1) * length
    return torch.cat([text, torch.stack([frame, rows, columns], -1)])


def _forward(
    self: torch.nn.Module,
    hidden_states: torch.Tensor,
    encoder_hidden_states: torch.Tensor,
    timestep: torch.Tensor,
    img_shapes: list[list[tuple[int, int, int]]],
    img_mask: torch.Tensor,
    encoder_hidden_states_mask: torch.Tensor | None = None,
    attention_kwargs: object = None,
    kv_cache: object = None,
    kv_cache_mode: str | None = None,
    return_dict: bool = True,
) -> tuple[torch.Tensor]:
    """The rows (B, T + S, D) of one step: a text and, behind it, one picture. img_mask is not read."""
    if len(img_shapes[0]) != 1:
        raise ValueError(f"the export is for one picture behind its text, but img_shapes has {len(img_shapes[0])}")
    text, picture = self.txt_in(encoder_hidden_states), self.img_in(hidden_states)
    batch, length = text.shape[:2]
    _, height, width = img_shapes[0][0]
    joint = torch.cat([text, picture], 1)
    # Tables have the negative positions behind the others, so that -1 is the last one.
    ids = _positions(length, height, width)
    ids = torch.stack([torch.where(ids[:, at] < 0, ids[:, at] + len(own), ids[:, at]) for at, own in enumerate(self.pos_embed.freqs)], -1)
    rotary = tables(self.pos_embed.freqs, ids)
    is_picture = torch.cat([torch.zeros(length, dtype=torch.bool), torch.ones(picture.shape[1], dtype=torch.bool)])
    target = is_picture if self.config.causal_condition else None
    if target is not None:
        timestep = torch.cat([timestep.to(joint.dtype), timestep.new_zeros(1).to(joint.dtype)])
    temb = self.time_text_embed(timestep, joint)
    modulation = self.modulation(temb)
    valid = None
    if encoder_hidden_states_mask is not None:
        valid = torch.cat([encoder_hidden_states_mask.bool(), joint.new_ones(batch, picture.shape[1], dtype=torch.bool)], 1)
    for block in self.transformer_blocks:
        joint = block(
            joint, modulation, rotary, target_token_mask=target, segments=[(0, length, True)], key_valid=valid
        )
    return (self.proj_out(self.norm_out(joint, temb, target)),)


def _rotate(x: torch.Tensor, freqs_cis: torch.Tensor, use_real: bool = False) -> torch.Tensor:
    return rotate(x, freqs_cis.unsqueeze(1))


PATCHES = {
    "qwen21_text_then_picture": Patch(
        "Lengths and places of tokens are read from a mask as Python numbers. Here they follow from the sizes, for one picture behind its text; complex "
        "rotary tables are written with real ones.",
        (DYNAMO, TORCHSCRIPT),
        lambda: [(qwen.QwenImage21Transformer2DModel, "forward", _forward), (qwen, "apply_rotary_emb_qwen", _rotate)],
    ),
}
