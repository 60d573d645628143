"""Lumina 2: text and image tokens refined alone, then in one sequence."""

from ..family import Family, Input

TOKENS = {"split_dim": 1, "expected_dims": 3}

FAMILY = Family(
    name="lumina2",
    model="Lumina2Transformer2DModel",
    config=dict(
        sample_size=16,
        in_channels=4,
        hidden_size=32,
        num_layers=2,
        num_refiner_layers=1,
        num_attention_heads=4,
        num_kv_heads=2,
        multiple_of=8,
        axes_dim_rope=(2, 2, 4),
        axes_lens=(64, 32, 32),
        cap_feat_dim=12,
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", 14, 10)),
        "timestep": Input(("batch",), "uniform", options={"low": 0.1, "high": 0.9}),
        "encoder_hidden_states": Input(("batch", "txt", "cap_feat_dim")),
        "encoder_attention_mask": Input(("batch", "txt"), "mask", "bool"),
    },
    outputs=("sample",),
    lengths={"batch": 2, "txt": 13},
    dynamic=("batch", "txt"),
    patches=("lumina2_masked_text",),
    plan={
        "": {"encoder_hidden_states": TOKENS},
        "x_embedder": {"0": {**TOKENS, "split_output": True}},
        "norm_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
