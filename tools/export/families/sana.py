"""Sana: linear attention among image tokens, convolutions in the feed-forward, and attention to the text."""

from ..family import Family, Input

FAMILY = Family(
    name="sana",
    model="SanaTransformer2DModel",
    config=dict(
        in_channels=4,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=8,
        num_layers=1,
        num_cross_attention_heads=2,
        cross_attention_head_dim=8,
        cross_attention_dim=16,
        caption_channels=12,
        sample_size=7,
        patch_size=1,
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", "sample_size", "sample_size")),
        "encoder_hidden_states": Input(("batch", "txt", "caption_channels")),
        "timestep": Input(("batch",), "integers", "int64", options={"high": 1000}),
        "encoder_attention_mask": Input(("batch", "txt"), "mask", "int64"),
    },
    outputs=("sample",),
    lengths={"batch": 2, "txt": 20},
    dynamic=("txt",),
    patches=("rms_norm",),
    plan={
        "transformer_blocks.0": {"hidden_states": {"split_dim": 1, "expected_dims": 3}},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
