"""Mochi: video and text tokens in two streams with joint attention."""

from ..family import Family, Input

TOKENS = {"split_dim": 1, "expected_dims": 3}

FAMILY = Family(
    name="mochi",
    model="MochiTransformer3DModel",
    config=dict(
        num_attention_heads=4,
        attention_head_dim=8,
        in_channels=4,
        num_layers=2,
        pooled_projection_dim=8,
        text_embed_dim=16,
        time_embed_dim=8,
        max_sequence_length=13,
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", 3, 6, 10)),
        "encoder_hidden_states": Input(("batch", "txt", "text_embed_dim")),
        "timestep": Input(("batch",), "integers", "int64", options={"high": 1000}),
        "encoder_attention_mask": Input(("batch", "txt"), "mask", "int64"),
    },
    outputs=("sample",),
    lengths={"batch": 2, "txt": 13},
    dynamic=("batch", "txt"),
    patches=("mochi_masked_text",),
    plan={
        "transformer_blocks.0": {"hidden_states": TOKENS, "encoder_hidden_states": TOKENS},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
