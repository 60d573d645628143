"""PixArt: image tokens that attend to each other and then to the whole text, as in a video model without time."""

from ..family import Family, Input

FAMILY = Family(
    name="pixart",
    model="PixArtTransformer2DModel",
    config=dict(
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=4,
        out_channels=8,
        num_layers=2,
        cross_attention_dim=16,
        sample_size=14,
        patch_size=2,
        caption_channels=12,
    ),
    inputs={
        "hidden_states": Input(("batch", "in_channels", "sample_size", "sample_size")),
        "encoder_hidden_states": Input(("batch", "txt", "caption_channels")),
        "timestep": Input(("batch",), "integers", "int64", options={"high": 1000}),
        "encoder_attention_mask": Input(("batch", "txt"), "mask", "int64"),
    },
    outputs=("sample",),
    lengths={"batch": 2, "txt": 20},
    # The batch must be fixed: the text is reshaped by the batch and a -1.
    dynamic=("txt",),
    patches=("squeeze_of_more",),
    # The model needs the argument, but reads it only with `use_additional_conditions`.
    constants={"added_cond_kwargs": {"resolution": None, "aspect_ratio": None}},
    plan={
        "transformer_blocks.0": {"hidden_states": {"split_dim": 1, "expected_dims": 3}},
        "proj_out": {"gather_dim": 1, "expected_dims": 3},
    },
)
