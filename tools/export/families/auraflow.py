"""AuraFlow: two streams that become one sequence behind learned register tokens."""

from ..family import Family, Input

TOKENS = {"split_dim": 1, "expected_dims": 3}

FAMILY = Family(
    name="auraflow",
    model="AuraFlowTransformer2DModel",
    config=dict(
        sample_size=12,
        patch_size=2,
        in_channels=4,
        out_channels=4,
        num_mmdit_layers=1,
        num_single_dit_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=12,
        caption_projection_dim=16,
        pos_embed_max_size=64,
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", 14, 10)),
        "encoder_hidden_states": Input(("batch", "txt", "joint_attention_dim")),
        "timestep": Input(("batch",), "uniform"),
    },
    outputs=("sample",),
    lengths={"batch": 2, "txt": 20},
    dynamic=("batch", "txt"),
    patches=("rms_norm",),
    plan={
        "joint_transformer_blocks.0": {"hidden_states": TOKENS, "encoder_hidden_states": TOKENS},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
