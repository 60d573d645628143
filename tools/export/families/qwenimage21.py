"""Qwen-Image 2.1: a causal text and the picture behind it in one sequence."""

from collections.abc import Mapping

import torch

from ..family import Family, Input

TOKENS = {"split_dim": 1, "expected_dims": 3}


def _slots(names: Mapping[str, int]) -> torch.Tensor:
    """Which tokens (batch, txt + slots) of the encoder stand for the picture behind the text, each for 2 x 2 of its latents."""
    count = names["rows"] * names["columns"] // 4
    return torch.tensor([[False] * names["txt"] + [True] * count] * names["batch"])


FAMILY = Family(
    name="qwenimage21",
    model="QwenImage21Transformer2DModel",
    config=dict(
        in_channels=16,
        out_channels=16,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=4,
        context_in_dim=12,
        axes_dims_rope=(2, 2, 4),
    ),
    inputs={
        "hidden_states": Input(("batch", "rows * columns", "in_channels")),
        "encoder_hidden_states": Input(("batch", "txt", "context_in_dim")),
        "timestep": Input(("batch",), "uniform", options={"low": 0.1, "high": 0.9}),
    },
    constants={
        "img_shapes": lambda names: [[(1, names["rows"], names["columns"])]] * names["batch"],
        "img_mask": _slots,
    },
    outputs=("sample",),
    lengths={"batch": 2, "txt": 13, "rows": 6, "columns": 6},
    dynamic=("txt",),
    patches=("qwen21_text_then_picture",),
    plan={
        "": {"hidden_states": TOKENS, "encoder_hidden_states": TOKENS},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
