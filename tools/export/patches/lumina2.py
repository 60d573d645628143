"""Patches of Lumina 2, which takes the length of every text from its mask as a Python number."""

from __future__ import annotations

import torch
from diffusers.models.transformers import transformer_lumina2 as lumina2

from .complex_pairs import rotate, tables
from .patch import DYNAMO, TORCHSCRIPT, Patch


def _positions(mask: torch.Tensor, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Positions of the text (B, T, 3) and the picture (B, height * width, 3), which begins behind the text that mask (B, T) keeps."""
    batch, length = mask.shape
    text = torch.zeros(length, 3, dtype=torch.int64)
    text = torch.cat([torch.arange(length)[:, None], text[:, 1:]], 1).expand(batch, -1, -1)
    rows = torch.arange(height)[:, None].expand(-1, width).flatten()
    columns = torch.arange(width)[None, :].expand(height, -1).flatten()
    begin = mask.sum(1)[:, None].expand(-1, height * width)
    return text, torch.stack([begin, rows.expand(batch, -1), columns.expand(batch, -1)], -1)


def _forward(
    self: torch.nn.Module,
    hidden_states: torch.Tensor,
    timestep: torch.Tensor,
    encoder_hidden_states: torch.Tensor,
    encoder_attention_mask: torch.Tensor,
    attention_kwargs: object = None,
    return_dict: bool = True,
) -> tuple[torch.Tensor]:
    """The picture (B, C, H, W) of one step. The text keeps its padding, and the mask hides it from every other token."""
    temb, text = self.time_caption_embed(hidden_states, timestep, encoder_hidden_states)
    batch, channels, height, width = hidden_states.shape
    p = self.config.patch_size
    height, width = height // p, width // p
    own = self.rope_embedder.freqs_cis
    text_table, table = (tables(own, ids) for ids in _positions(encoder_attention_mask, height, width))
    patches = hidden_states.view(batch, channels, height, p, width, p).permute(0, 2, 4, 3, 5, 1)
    picture = self.x_embedder(patches.flatten(3).flatten(1, 2))
    for layer in self.context_refiner:
        text = layer(text, encoder_attention_mask, text_table)
    for layer in self.noise_refiner:
        picture = layer(picture, None, table, temb)
    mask = torch.cat([encoder_attention_mask.bool(), picture.new_ones(batch, height * width, dtype=torch.bool)], 1)
    both, both_tables = torch.cat([text, picture], 1), torch.cat([text_table, table], 1)
    for layer in self.layers:
        both = layer(both, mask, both_tables, temb)
    rows = self.norm_out(both, temb)[:, text.shape[1] :]
    tiles = rows.view(batch, height, width, p, p, self.out_channels).permute(0, 5, 1, 3, 2, 4)
    return (tiles.flatten(4, 5).flatten(2, 3),)


def _rotate(x: torch.Tensor, freqs_cis: torch.Tensor, use_real: bool = False) -> torch.Tensor:
    return rotate(x, freqs_cis.unsqueeze(2))


PATCHES = {
    "lumina2_masked_text": Patch(
        "Shapes depend on the mask: the text is cut to its length before it is joined with the picture. Here it keeps its padding, which the same "
        "mask hides, and positions are computed from the mask as tensors, complex ones as pairs.",
        (DYNAMO, TORCHSCRIPT),
        lambda: [(lumina2.Lumina2Transformer2DModel, "forward", _forward), (lumina2, "apply_rotary_emb", _rotate)],
    ),
}
