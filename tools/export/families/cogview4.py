"""CogView4: text and image tokens in one sequence; only the image has positions."""

from ..family import Family, Input

TOKENS = {"split_dim": 1, "expected_dims": 3}

FAMILY = Family(
    name="cogview4",
    model="CogView4Transformer2DModel",
    config=dict(
        patch_size=2,
        in_channels=4,
        out_channels=4,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        text_embed_dim=12,
        time_embed_dim=8,
        condition_dim=4,
        pos_embed_max_size=8,
        sample_size=8,
        rope_axes_dim=(16, 16),
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", 14, 10)),
        "encoder_hidden_states": Input(("batch", "txt", "text_embed_dim")),
        "timestep": Input(("batch",), "integers", "int64", options={"high": 1000}),
        "original_size": Input(("batch", 2), "uniform", options={"low": 8.0, "high": 16.0}),
        "target_size": Input(("batch", 2), "uniform", options={"low": 8.0, "high": 16.0}),
        "crop_coords": Input(("batch", 2), "uniform", options={"low": 0.0, "high": 8.0}),
    },
    outputs=("sample",),
    lengths={"batch": 2, "txt": 20},
    dynamic=("txt",),
    plan={
        "transformer_blocks.0": {"hidden_states": TOKENS, "encoder_hidden_states": TOKENS},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
