"""Chroma: FLUX.1 whose modulation comes from one small network instead of pooled text."""

from ..family import Family, Input

TOKENS = {"split_dim": 1, "expected_dims": 3}
IDS = {"split_dim": 0, "expected_dims": 2}

FAMILY = Family(
    name="chroma",
    model="ChromaTransformer2DModel",
    config=dict(
        patch_size=1,
        in_channels=8,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=12,
        axes_dims_rope=(2, 2, 4),
        approximator_num_channels=8,
        approximator_hidden_dim=16,
        approximator_layers=1,
    ),
    inputs={
        "hidden_states": Input(("batch", "img", "in_channels")),
        "encoder_hidden_states": Input(("batch", "txt", "joint_attention_dim")),
        "timestep": Input(("batch",), "uniform"),
        "img_ids": Input(("img", 3), "grid"),
        "txt_ids": Input(("txt", 3), "line"),
    },
    outputs=("sample",),
    lengths={"batch": 2, "img": 48, "txt": 20},
    # The exporter fixes the batch, by which the input of the modulation is repeated.
    dynamic=("img", "txt"),
    patches=("rms_norm",),
    plan={
        "": {"hidden_states": TOKENS, "encoder_hidden_states": TOKENS, "img_ids": IDS, "txt_ids": IDS},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
