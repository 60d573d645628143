"""CogVideoX of 2 billion parameters: text and video in one sequence with stored positions; the text has one length."""

from ..family import Family, Input

TOKENS = {"split_dim": 1, "expected_dims": 3}

FAMILY = Family(
    name="cogvideox",
    model="CogVideoXTransformer3DModel",
    config=dict(
        num_attention_heads=2,
        attention_head_dim=24,
        in_channels=4,
        out_channels=4,
        time_embed_dim=8,
        text_embed_dim=12,
        num_layers=1,
        sample_width=10,
        sample_height=6,
        sample_frames=9,
        patch_size=2,
        temporal_compression_ratio=4,
        max_text_seq_length=13,
    ),
    inputs={
        "hidden_states": Input(("batch", 3, "in_channels", "sample_height", "sample_width")),
        "encoder_hidden_states": Input(("batch", "max_text_seq_length", "text_embed_dim")),
        "timestep": Input(("batch",), "integers", "int64", options={"high": 1000}),
    },
    outputs=("sample",),
    lengths={"batch": 2},
    dynamic=("batch",),
    plan={
        "transformer_blocks.0": {"hidden_states": TOKENS, "encoder_hidden_states": TOKENS},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
