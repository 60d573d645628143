"""The digit model's shape, its data and its conditioning. Knows neither training nor sampling."""

from __future__ import annotations

import diffusers
import numpy as np
import torch
from sklearn.datasets import load_digits

CONFIG = dict(
    patch_size=1,
    in_channels=1,
    out_channels=1,
    num_layers=2,
    num_single_layers=2,
    attention_head_dim=24,
    num_attention_heads=4,
    joint_attention_dim=32,
    pooled_projection_dim=32,
    guidance_embeds=False,
    axes_dims_rope=(4, 10, 10),
)
SIDE = 16
TEXT = 8
NO_LABEL = 10


def new_model() -> torch.nn.Module:
    """A fresh model whose blocks start as the identity: modulation and the output layer are zero."""
    model = diffusers.FluxTransformer2DModel.from_config(CONFIG)
    for name, parameter in model.named_parameters():
        if ("norm" in name and ".linear." in name) or name.startswith("proj_out."):
            torch.nn.init.zeros_(parameter)
    return model


def conditioning() -> tuple[np.ndarray, np.ndarray]:
    """The fixed random tables that stand for a text encoder: tokens (11, 8, 32), pooled (11, 32); row 10 = no label."""
    rng = np.random.RandomState(20)
    tokens = rng.randn(NO_LABEL + 1, TEXT, CONFIG["joint_attention_dim"])
    pooled = rng.randn(NO_LABEL + 1, CONFIG["pooled_projection_dim"])
    return tokens.astype(np.float32), pooled.astype(np.float32)


def real_digits(side: int) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's 1797 handwritten digits as (n, side, side) in [-1, 1], and their labels."""
    images, labels = load_digits(return_X_y=True)
    pictures = torch.from_numpy(images / 8 - 1).float().reshape(-1, 1, 8, 8)
    if side != 8:
        pictures = torch.nn.functional.interpolate(pictures, (side, side), mode="bicubic").clamp(-1, 1)
    return pictures[:, 0].numpy(), labels


def image_ids(side: int) -> torch.Tensor:
    """(0, row, column) per pixel in 16 x 16 coordinates, (side * side, 3); smaller pictures sit at pixel centres."""
    step = SIDE // side
    at = torch.arange(side).float() * step + (step - 1) / 2
    rows, columns = torch.meshgrid(at, at, indexing="ij")
    return torch.stack([torch.zeros_like(rows), rows, columns], -1).reshape(-1, 3)
