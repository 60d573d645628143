"""Patches of HunyuanVideo 1.5, which sorts its conditions by masks."""

from __future__ import annotations

import torch
from diffusers.models.transformers import transformer_hunyuan_video15 as hunyuan

from .patch import DYNAMO, TORCHSCRIPT, Patch


def _conditions(
    self: torch.nn.Module,
    streams: tuple[torch.Tensor, ...],
    masks: tuple[torch.Tensor, ...],
    timestep: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The picture, the second and the first text, (B, T, D), and which of their tokens count, (B, T). A picture of zeros is none."""
    text, other, picture = streams
    mask, other_mask = (own.bool() for own in masks)
    is_given = (picture != 0).any()
    embedded = (
        self.image_embedder(picture) * is_given,
        self.context_embedder_2(other),
        self.context_embedder(text, timestep, masks[0]),
    )
    kinds = zip(embedded, (2, 1, 0), strict=True)
    known = [own + self.cond_type_embed(torch.full(own.shape[:2], kind, dtype=torch.long)) for own, kind in kinds]
    return torch.cat(known, 1), torch.cat([is_given.expand(picture.shape[:2]), other_mask, mask], 1)


def _forward(
    self: torch.nn.Module,
    hidden_states: torch.Tensor,
    timestep: torch.Tensor,
    encoder_hidden_states: torch.Tensor,
    encoder_attention_mask: torch.Tensor,
    timestep_r: torch.Tensor | None = None,
    encoder_hidden_states_2: torch.Tensor | None = None,
    encoder_attention_mask_2: torch.Tensor | None = None,
    image_embeds: torch.Tensor | None = None,
    attention_kwargs: object = None,
    return_dict: bool = True,
) -> tuple[torch.Tensor]:
    """The video (B, C, F, H, W) of one step. Conditions stay where they are; their masks hide those that do not count."""
    config = self.config
    patch = (config.patch_size_t, config.patch_size, config.patch_size)
    grid = [size // own for size, own in zip(hidden_states.shape[2:], patch, strict=True)]
    rotary = self.rope(hidden_states)
    temb = self.time_embed(timestep, timestep_r=timestep_r)
    streams = (encoder_hidden_states, encoder_hidden_states_2, image_embeds)
    text, mask = _conditions(self, streams, (encoder_attention_mask, encoder_attention_mask_2), timestep)
    video = self.x_embedder(hidden_states)
    for block in self.transformer_blocks:
        video, text = block(video, text, temb, mask, rotary)
    rows = self.proj_out(self.norm_out(video, temb))
    tiles = rows.reshape(hidden_states.shape[0], *grid, -1, *patch).permute(0, 4, 1, 5, 2, 6, 3, 7)
    return (tiles.flatten(6, 7).flatten(4, 5).flatten(2, 3),)


PATCHES = {
    "hunyuan15_masked_conditions": Patch(
        "Shapes depend on masks: tokens that count are sorted before those that do not. Attention knows no order of the conditions, which have no positions, so "
        "here they stay where they are, hidden by the same masks; whether there is a picture is a tensor.",
        (DYNAMO, TORCHSCRIPT),
        lambda: [(hunyuan.HunyuanVideo15Transformer3DModel, "forward", _forward)],
    ),
}
