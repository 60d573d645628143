"""Allegro: PixArt for video; the rotary positions, which the caller may give, are left out."""

from ..family import Family, Input

FAMILY = Family(
    name="allegro",
    model="AllegroTransformer3DModel",
    config=dict(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=4,
        out_channels=4,
        num_layers=1,
        cross_attention_dim=24,
        sample_height=6,
        sample_width=10,
        sample_frames=3,
        caption_channels=12,
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", "sample_frames", "sample_height", "sample_width")),
        "encoder_hidden_states": Input(("batch", "txt", "caption_channels")),
        "timestep": Input(("batch",), "integers", "int64", options={"high": 1000}),
        "encoder_attention_mask": Input(("batch", "txt"), "mask", "int64"),
    },
    outputs=("sample",),
    lengths={"batch": 2, "txt": 20},
    dynamic=("txt",),
    patches=("squeeze_of_more",),
    plan={
        "transformer_blocks.0": {"hidden_states": {"split_dim": 1, "expected_dims": 3}},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
