"""HunyuanVideo 1.5: video tokens with those of a picture and two texts."""

from ..family import Family, Input

TOKENS = {"split_dim": 1, "expected_dims": 3}

FAMILY = Family(
    name="hunyuan_video15",
    model="HunyuanVideo15Transformer3DModel",
    config=dict(
        num_attention_heads=4,
        attention_head_dim=8,
        in_channels=9,
        out_channels=4,
        num_layers=2,
        num_refiner_layers=1,
        text_embed_dim=12,
        text_embed_2_dim=10,
        image_embed_dim=8,
        rope_axes_dim=(2, 2, 4),
        target_size=16,
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", 2, 3, 5)),
        "timestep": Input(("batch",), "integers", options={"high": 1000}),
        "encoder_hidden_states": Input(("batch", "txt", "text_embed_dim")),
        "encoder_attention_mask": Input(("batch", "txt"), "mask", "int64"),
        "encoder_hidden_states_2": Input(("batch", 6, "text_embed_2_dim")),
        "encoder_attention_mask_2": Input(("batch", 6), "mask", "int64"),
        "image_embeds": Input(("batch", 5, "image_embed_dim")),
    },
    outputs=("sample",),
    lengths={"batch": 2, "txt": 13},
    dynamic=("batch", "txt"),
    patches=("bool_masked_fill", "hunyuan15_masked_conditions"),
    plan={
        "": {"encoder_hidden_states": TOKENS, "encoder_hidden_states_2": TOKENS, "image_embeds": TOKENS},
        "transformer_blocks.0": {"hidden_states": TOKENS},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
