"""Patches of QwenImage, whose rotary tables are complex numbers and whose text length becomes a Python int."""

from __future__ import annotations

import torch
from diffusers.models.transformers import transformer_qwenimage as qwen

from .patch import DYNAMO, TORCHSCRIPT, Patch


def _real_tables(self: torch.nn.Module, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """The complex tables (4096, D / 2) as real ones (4096, D / 2, 2)."""
    return torch.view_as_real(self.pos_freqs), torch.view_as_real(self.neg_freqs)


def _rope_forward(
    self: torch.nn.Module, video_fhw: list, device: torch.device | None = None, max_txt_seq_len: object = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Real tables of the image (S, D) and the text (T, D), real and imaginary parts alternating."""
    sample = video_fhw[0] if isinstance(video_fhw, list) else video_fhw
    pictures = sample if isinstance(sample, list) else [sample]
    image = [self._compute_video_freqs(*size, at, device) for at, size in enumerate(pictures)]
    # Text positions begin behind the largest picture, measured from its centre.
    begin = max(max(height, width) // (2 if self.scale_rope else 1) for _, height, width in pictures)
    positions, _ = self._get_device_freqs(device)
    return torch.cat(image), positions[begin : begin + max_txt_seq_len].flatten(1)


def _rotate(x: torch.Tensor, freqs_cis: torch.Tensor, use_real: bool = True) -> torch.Tensor:
    """x (B, S, H, D) times the table (S, D), both read as complex pairs."""
    real, imaginary = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    cos, sin = freqs_cis.unflatten(-1, (-1, 2)).unsqueeze(1).unbind(-1)
    return torch.stack([real * cos - imaginary * sin, real * sin + imaginary * cos], -1).flatten(3).type_as(x)


def _text_length(encoder_hidden_states: torch.Tensor, mask: torch.Tensor | None) -> tuple[int, None, object]:
    return encoder_hidden_states.shape[1], None, None if mask is None else mask.bool()


PATCHES = {
    "qwen_real_rope": Patch(
        "No exporter takes complex numbers: the rotary tables and the rotation are written with real ones.",
        (DYNAMO, TORCHSCRIPT),
        lambda: [
            (qwen.QwenEmbedRope, "_get_device_freqs", _real_tables),
            (qwen.QwenEmbedRope, "forward", _rope_forward),
            # The original keeps its results, complex ones from before and real ones for after.
            (qwen.QwenEmbedRope, "_compute_video_freqs", qwen.QwenEmbedRope._compute_video_freqs.__wrapped__),
            (qwen, "apply_rotary_emb_qwen", _rotate),
        ],
    ),
    "qwen_text_length": Patch(
        "Dynamo fixes the text length where it becomes a tensor that nothing uses; only the mask is made boolean.",
        (DYNAMO, TORCHSCRIPT),
        lambda: [(qwen, "compute_text_seq_len_from_mask", _text_length)],
    ),
}
