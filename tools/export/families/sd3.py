"""Stable Diffusion 3: two streams with separate weights meet in joint attention; the last block drops the text."""

from ..family import Family, Input

TOKENS = {"split_dim": 1, "expected_dims": 3}

FAMILY = Family(
    name="sd3",
    model="SD3Transformer2DModel",
    config=dict(
        sample_size=12,
        patch_size=2,
        in_channels=4,
        out_channels=4,
        num_layers=2,
        num_attention_heads=2,
        attention_head_dim=8,
        joint_attention_dim=12,
        caption_projection_dim=16,
        pooled_projection_dim=8,
        pos_embed_max_size=8,
        dual_attention_layers=(0,),
        qk_norm="rms_norm",
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", "height", "width")),
        "encoder_hidden_states": Input(("batch", "txt", "joint_attention_dim")),
        "pooled_projections": Input(("batch", "pooled_projection_dim")),
        "timestep": Input(("batch",), "uniform", options={"low": 1.0, "high": 999.0}),
    },
    outputs=("sample",),
    lengths={"batch": 2, "height": 14, "width": 12, "txt": 40},
    dynamic=("batch", "txt"),
    patches=("rms_norm",),
    plan={
        "transformer_blocks.0": {"hidden_states": TOKENS, "encoder_hidden_states": TOKENS},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
